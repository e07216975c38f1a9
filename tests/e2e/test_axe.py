"""axe runs again on a page like an earlier one if something on it could be wrong."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.e2e.axe import AxeChecker
from tests.e2e.conftest import DESK

PAGE = """<!doctype html><html lang="en"><head><title>A page</title></head><body><main>
<h1>A page</h1><h2>A heading</h2><nav aria-label="Pages"><a href="/next">Next</a></nav>
<label for="name">Name</label><input id="name" autocomplete="name"><button>Send</button>
<ul><li>One</li></ul><p>Some text</p><section aria-label="First">Text</section>
<section aria-label="Second">Text</section></main></body></html>"""
FAULTS = {
    "a field without a label": ('<label for="name">Name</label>', "<p>Name</p>"),
    "a button without a name": ("<button>Send", "<button>"),
    "too little contrast": ("<p>Some", '<p style="color: #ccc">Some'),
    "a heading too deep": ("<h2>A heading</h2>", "<h3>A heading</h3>"),
    "a link without a name": ('<a href="/next">Next', '<a href="/next">'),
    "regions with one name": ('label="Second"', 'label="First"'),
    "a list with something else": ("<li>One</li>", "<p>One</p>"),
    "an unknown purpose": ('autocomplete="name"', 'autocomplete="nickname-of-mine"'),
    "a missing language": (' lang="en"', ""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_on_a_page_like_an_earlier_one_is_found(browser: Browser, fault: str) -> None:
    context = browser.new_context(viewport=DESK)
    page, checker = context.new_page(), AxeChecker()
    page.set_content(PAGE)
    assert checker.violations(page) == []
    for _number in range(2):  # it is found again, as nothing is known of a page with a fault
        page.set_content(PAGE.replace(*FAULTS[fault]))
        assert checker.violations(page) != []
    context.close()
