"""PDF documents, typeset by Typst from templates/documents/*.typ.

Facts are passed as data, never as markup, so typed text cannot change a document. Documents are
tagged for screen readers (PDF/UA-1) and have a language and a title.
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
ATTEMPTS: tuple[tuple[Literal["ua-1"] | None, bool], ...] = (
    ("ua-1", True),
    ("ua-1", False),
    (None, False),
)
log = structlog.get_logger()


def _demo_notice() -> str:
    """Return the notice that every document of the demonstration carries, or "" elsewhere."""
    if not has_app_context() or current_app.config["APP_ENV"] != "demo":
        return ""
    return str(_("Demonstration: the people on this page are made up."))


def typeset(template: str, facts: dict[str, Any]) -> bytes:
    """Return the PDF of a template in templates/documents, filled with `facts` (plain JSON).

    The template also receives `made_up`, the notice shown in the demonstration (otherwise "").

    Only the fonts inside Typst are used, so that a document looks the same everywhere. PDF/UA does
    not allow a character that these fonts lack, for example in a Chinese name. The machine's fonts
    are then used as well. If they also lack the character, the document is tagged but makes no
    claim of conformance.
    """
    source = (FOLDER / template).read_bytes()
    data = {"data": json.dumps({**facts, "made_up": _demo_notice()})}
    for claim, own_fonts_only in ATTEMPTS:
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
