/** On a wide screen the filters stand open; on a phone they stay folded until asked for. */
export function foldFilters(element) {
  if (window.matchMedia('(min-width: 61.25em)').matches) element.open = true
}
