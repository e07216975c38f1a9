"""Accessibility checks with axe, run once for each kind of page and element."""

from __future__ import annotations

import re
from functools import cache

from playwright.sync_api import Page

from app.core import public_ids
from config import ROOT

AXE = ROOT / "assets/node_modules/axe-core/axe.min.js"
# axe need not describe what is right, or load style sheets again.
RUN_AXE = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"], preload: false});
  return found.violations.map(v => v.id + ": " + v.nodes.map(n => n.target.join(" ")).join(", "));
}"""
# The kinds of elements on a page: their tags, classes and attributes, those of the two elements
# around them, whether they have text, and whether their ids and references are wrong. Also the
# order of headings.
KINDS = """
() => {
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
  const many = new Set(ids.filter((id, place) => ids.indexOf(id) !== place));
  const names = ["for", "aria-describedby", "aria-labelledby", "aria-controls"];
  const lost = (e, name) => (e.getAttribute(name) || "").split(" ")
    .some(id => id && !ids.includes(id));
  const wrong = e => [many.has(e.id), e.alt === "", ...names.map(name => lost(e, name))].join();
  const plain = e => e === null ? "" : e.tagName + "." + e.className + "["
    + [...e.attributes].map(a => a.name === "role" ? a.name + a.value : a.name).sort() + "]"
    + [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) + wrong(e);
  const all = [...document.querySelectorAll("body, body *")];
  const around = e => [e.parentElement.parentElement, e.parentElement, e];
  const kinds = all.map(e => around(e).map(plain).join(" > "));
  const levels = all.map(e => e.tagName).filter(tag => /^H[1-6]$/.test(tag));
  const steps = levels.map((tag, place) => (levels[place - 1] || "") + tag);
  return [...new Set([...kinds, ...steps])];
}
"""
# Parts of a path that differ between pages of one kind.
VARYING = re.compile(rf"{public_ids.PATTERN}|[^/]{{20,}}|[0-9]+")


class AxeChecker:
    """axe, for all pages of a test process.

    It runs on the first page of each kind, and on each page that has a kind of element, or a step
    between headings, that no earlier page had at this width. Most pages of the browser tests are
    like earlier ones, and axe takes longer than all other checks of a page.
    """

    def __init__(self) -> None:
        self._known: set[tuple[int, str]] = set()

    def violations(self, page: Page) -> list[str]:
        """Return what axe finds on the page at its present width."""
        if not self._is_new(page):
            return []
        if not page.evaluate("'axe' in window"):
            page.evaluate(_axe_source())
        return [str(each) for each in page.evaluate(RUN_AXE)]

    def _is_new(self, page: Page) -> bool:
        """Return whether the page is of a new kind or has new kinds of elements."""
        assert page.viewport_size
        width = page.viewport_size["width"]
        kind_of_page = VARYING.sub("…", page.url.split("?")[0].split("/", 3)[-1])
        is_error = str(page.title().startswith("Error: "))
        kinds = (f"{kind_of_page} {is_error}", *page.evaluate(KINDS))
        new = {(width, kind) for kind in kinds} - self._known
        self._known |= new
        return bool(new)


@cache
def _axe_source() -> str:
    return AXE.read_text()
