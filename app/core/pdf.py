"""Documents as PDF, typeset by Typst from templates/documents/*.typ.

Facts go in as data, never as markup, so nothing that somebody typed can change a document. What
comes out is tagged for screen readers (PDF/UA-1), with its language and title.
"""

from __future__ import annotations

import json
from typing import Any, Literal

import structlog
import typst
from flask import current_app, has_app_context
from flask_babel import gettext as _

from config import ROOT

FOLDER = ROOT / "templates/documents"
TRIES: tuple[tuple[Literal["ua-1"] | None, bool], ...] = (
    ("ua-1", True),
    ("ua-1", False),
    (None, False),
)
log = structlog.get_logger()


def _made_up() -> str:
    """What every page of a demonstration says, for paper to say it too; elsewhere nothing."""
    if not has_app_context() or current_app.config["APP_ENV"] != "demo":
        return ""
    return str(_("Demonstration: the people on this paper are made up."))


def typeset(template: str, facts: dict[str, Any]) -> bytes:
    """The PDF of `template` (a name in templates/documents) with these facts (plain JSON).

    Each gets `made_up` too: a sentence for the demonstration, or nothing.

    Only the fonts inside Typst are used, so that a document looks the same everywhere. PDF/UA
    refuses a letter that they lack (a Chinese name): then this machine's own fonts help out, and
    if they lack it too, the document is still tagged but makes no claim of conformance.
    """
    source = (FOLDER / template).read_bytes()
    data = {"data": json.dumps({**facts, "made_up": _made_up()})}
    for claim, own_fonts_only in TRIES:
        try:
            made = typst.compile(
                source,
                sys_inputs=data,
                format="pdf",
                pdf_standards=claim,
                ignore_system_fonts=own_fonts_only,
            )
        except typst.TypstError as error:
            if "could not be displayed" not in str(error):
                raise
            log.info("letter missing in fonts", template=template)
        else:
            return bytes(made)
    raise RuntimeError(f"{template} could not be typeset.")
