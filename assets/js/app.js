// Everything works without this file; it only makes pages nicer.
import {
  Button,
  CharacterCount,
  Checkboxes,
  ErrorSummary,
  ServiceNavigation,
  SkipLink
} from 'govuk-frontend'

import { EmptyingExit, hideOldCopies } from './exit.js'
import { foldFilters } from './filters.js'
import { focusFlash } from './flash.js'
import { followJob } from './job.js'
import { PlainRadios } from './radios.js'
import { scrollTables } from './tables.js'

document.body.classList.add('js-enabled', 'govuk-frontend-supported')

const components = [
  [ErrorSummary, 'govuk-error-summary'],
  [EmptyingExit, 'app-exit'],
  [ServiceNavigation, 'govuk-service-navigation'],
  [PlainRadios, 'govuk-radios'],
  [Checkboxes, 'govuk-checkboxes'],
  [CharacterCount, 'govuk-character-count'],
  [Button, 'govuk-button'],
  [SkipLink, 'govuk-skip-link']
]

const own = [
  [focusFlash, 'app-flash'],
  [foldFilters, 'app-filters'],
  [followJob, 'app-job']
]

/** Start one piece on each of its elements; a piece that fails must not stop the others. */
function start(name, begin) {
  for (const element of document.querySelectorAll(`[data-module="${name}"]`)) {
    try {
      begin(element)
    } catch (error) {
      console.error(error)
    }
  }
}

for (const [Component, name] of components) start(name, (element) => new Component(element))
for (const [begin, name] of own) start(name, begin)
scrollTables()
hideOldCopies()
