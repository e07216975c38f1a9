import { Radios } from 'govuk-frontend'

/**
 * GOV.UK's radios, without `aria-expanded`: ARIA 1.2 does not allow it on a radio. What a radio
 * reveals stands right after it in the page, and `aria-controls` names it.
 */
export class PlainRadios extends Radios {
  syncConditionalRevealWithInputState($input) {
    super.syncConditionalRevealWithInputState($input)
    $input.removeAttribute('aria-expanded')
  }
}
