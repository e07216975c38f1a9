/** A table that is wider than its place scrolls, and then the keyboard must reach it. */
export function scrollTables() {
  const look = () => {
    for (const box of document.querySelectorAll('.app-table--stack')) {
      const scrolls = box.scrollWidth > box.clientWidth + 1
      if (scrolls === box.hasAttribute('tabindex')) continue
      const caption = box.querySelector('caption')
      const attributes = { tabindex: '0', role: 'region', 'aria-label': caption.textContent.trim() }
      for (const [name, value] of Object.entries(attributes)) {
        if (scrolls) box.setAttribute(name, value)
        else box.removeAttribute(name)
      }
    }
  }
  look()
  window.addEventListener('resize', look)
}
