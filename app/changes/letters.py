"""Letters about email confirmation and pending changes. They never name a network.

These letters respond to a person's action, so they are sent immediately at any hour. Letters with a
link that a person requested are sent even if the person wants no contact.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.changes import queries
from app.messages.letters import add_letter
from app.messages.types import Letter


def install() -> None:
    add_letter(
        Letter(
            "registration-confirm",
            _l("Confirm the address on their registration"),
            fixed_address=True,
            even_if_silent=True,
        )
    )
    add_letter(
        Letter(
            "registration-known",
            _l("Tell them that they are already registered"),
            fixed_address=True,
            even_if_silent=True,
        )
    )
    add_letter(
        Letter(
            "vouch-contact",
            _l("Ask whether they want to use another address"),
            fixed_address=True,
            even_if_silent=True,
        )
    )
    add_letter(
        Letter(
            "contact-confirm",
            _l("Confirm their new address"),
            fixed_address=True,
            even_if_silent=True,
        )
    )
    add_letter(
        Letter(
            queries.REQUEST_LETTER,
            _l("Tell them what is about to change, and how to stop it"),
            repeatable=True,
        )
    )
    add_letter(
        Letter(queries.CALL_LETTER, _l("Check a change that they asked for"), even_if_silent=True)
    )
