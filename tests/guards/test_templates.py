"""Every template compiles, extends an existing one, and obeys the page's security policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from config import ROOT

TEMPLATES = ROOT / "templates"
ALL = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.is_file())
PAGES = [name for name in ALL if name.endswith(".html") and not name.startswith("messages/")]
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=\"|javascript:", re.IGNORECASE)


@pytest.mark.parametrize("name", [name for name in ALL if not name.endswith(".typ")])
def test_the_template_compiles(name: str, app: Flask) -> None:
    app.jinja_env.get_template(name)


@pytest.mark.parametrize("name", PAGES)
def test_no_inline_script_or_style(name: str) -> None:
    text = Path(TEMPLATES, name).read_text()
    assert not INLINE.search(text)


@pytest.mark.parametrize("name", PAGES)
def test_every_form_that_writes_has_a_token(name: str) -> None:
    text = Path(TEMPLATES, name).read_text()
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", text, re.S | re.I):
        assert "csrf_token" in form or "csrf(" in form or "hidden_tag" in form, name
