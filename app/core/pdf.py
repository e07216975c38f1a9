"""PDF documents, typeset by Typst from templates/documents/*.typ.

Text from users is passed as data and never as markup, so it cannot change the document. Documents
have a language and a title, and are tagged for screen readers (PDF/UA-1).
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
    """Return the notice for documents of the demonstration, or "" on other sites."""
    if not has_app_context() or current_app.config["APP_ENV"] != "demo":
        return ""
    return str(_("Demonstration: the people on this page are made up."))


def typeset(template: str, facts: dict[str, Any]) -> bytes:
    """Return a PDF made from a template in templates/documents and `facts` (plain JSON).

    The template also receives `made_up`, the notice for the demonstration, or "".

    Only the fonts that Typst includes are used, so that a document looks the same on every machine.
    If these fonts lack a character, for example in a Chinese name, the machine's fonts are used as
    well. If those also lack the character, the document does not claim to conform to PDF/UA.
    """
    source = (FOLDER / template).read_bytes()
    data = {"data": json.dumps({**facts, "made_up": _demo_notice()})}
    for claim, own_fonts_only in ATTEMPTS:
        try:
            pdf = typst.compile(
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
            return bytes(pdf)
    raise RuntimeError(f"{template} could not be typeset.")
