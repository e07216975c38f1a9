/** Move the focus to a message about what just happened, so that a screen reader reads it first. */
export function focusFlash(element) {
  if (element.getAttribute('role') !== 'alert') return
  if (document.querySelector('[data-module="app-flash"][role="alert"]') === element) element.focus()
}
