import { ExitThisPage } from 'govuk-frontend'

/**
 * GOV.UK's "Exit this page", which empties the page before it leaves and takes the page's own
 * entry out of the browser's history.
 */
export class EmptyingExit extends ExitThisPage {
  exitPage() {
    const overlay = document.createElement('div')
    overlay.className = 'govuk-exit-this-page-overlay'
    overlay.setAttribute('role', 'alert')
    document.body.classList.add('govuk-exit-this-page-hide-content')
    document.body.replaceChildren(overlay)
    overlay.textContent = this.i18n.t('activated')
    document.title = this.i18n.t('activated')
    window.location.replace(this.$button.href)
  }
}
EmptyingExit.moduleName = 'app-exit'

/**
 * Nothing of a page with "Exit this page" is shown from the browser's back/forward cache: the copy
 * that it keeps is hidden, and the page is fetched again, which only who is signed in can.
 */
export function hideOldCopies() {
  if (!document.querySelector('[data-module="app-exit"]')) return
  window.addEventListener('pagehide', () => {
    document.documentElement.style.display = 'none'
  })
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) window.location.reload()
  })
}
