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
# The kinds of elements on a page. For an element and the two around it: the tag, the classes, the
# names of the attributes and those values that axe judges, whether there is text, which elements
# are inside, whether it is visible, scrolls or has a label, and whether ids and references are
# wrong. Also the order of headings, and regions that are repeated.
KINDS = """
() => {
  const values = ["role", "type", "tabindex", "scope", "autocomplete", "style"];
  const references = ["for", "aria-describedby", "aria-labelledby", "aria-controls"];
  const all = [...document.querySelectorAll("html, body, body *")];
  const ids = new Map();
  for (const e of all) if (e.id) ids.set(e.id, (ids.get(e.id) || 0) + 1);
  const lost = (e, name) => (e.getAttribute(name) || "").split(" ").some(id => id && !ids.has(id));
  const value = a => values.includes(a.name) || a.name.startsWith("aria-")
    && /^(true|false|page|)$/.test(a.value) ? a.name + "=" + a.value : a.name;
  const describe = e => [
    e.tagName, e.getAttribute("class"), [...e.attributes].map(value).sort(),
    [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()),
    [...new Set([...e.children].map(c => c.tagName))].sort(), e.checkVisibility(),
    e.scrollWidth > e.clientWidth + 1, e.labels && e.labels.length, ids.get(e.id) > 1,
    e.alt === "", references.map(name => lost(e, name)),
  ].join();
  const described = new Map(all.map(e => [e, describe(e)]));
  const around = e => [e.parentElement && e.parentElement.parentElement, e.parentElement, e];
  const kinds = all.map(e => around(e).map(one => described.get(one) || "").join(" > "));
  const levels = all.map(e => e.tagName).filter(tag => /^H[1-6]$/.test(tag));
  const steps = levels.map((tag, place) => (levels[place - 1] || "") + tag);
  const regions = [...document.querySelectorAll("nav, aside, form, section, table, [role]")]
    .map(e => [e.tagName, e.getAttribute("role"), e.getAttribute("aria-label") || e.innerText
      .slice(0, 80)].join());
  const repeated = regions.filter((one, place) => regions.indexOf(one) !== place);
  return [...new Set([...kinds, ...steps, ...repeated])];
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
        new = self._kinds(page) - self._known
        if not new:
            return []
        if not page.evaluate("'axe' in window"):
            page.evaluate(_axe_source())
        found = [str(each) for each in page.evaluate(RUN_AXE)]
        if not found:
            self._known |= new
        return found

    def _kinds(self, page: Page) -> set[tuple[int, str]]:
        """Return the kind of the page and of its elements, each with the width."""
        assert page.viewport_size
        path = VARYING.sub("…", page.url.split("?")[0].split("/", 3)[-1])
        is_error = page.title().startswith("Error: ")
        kinds = (f"{path} {is_error}", *page.evaluate(KINDS))
        return {(page.viewport_size["width"], kind) for kind in kinds}


@cache
def _axe_source() -> str:
    return AXE.read_text()
