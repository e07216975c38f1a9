"""An unfinished registration, stored in an encrypted cookie.

The cookie expires when the browser closes, or three hours after the last page was submitted. A
draft can also be saved on the server for a week (app.registration.saved).
"""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from flask import Request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.core import clock, encryption
from app.core.errors import InvalidInput
from app.web.cookies import delete_private_cookie, set_private_cookie

COOKIE = "registration"
PURPOSE = "registration-draft"
LIFETIME = timedelta(hours=3)
MAX_BYTES = 3_500  # browsers allow 4,096 for the name, value and attributes together

FormInput = Mapping[str, list[str]]


@dataclass(frozen=True)
class AreaCodes:
    """The GSS codes of a place whose postcode was removed."""

    ward: str | None = None
    district: str | None = None


@dataclass(frozen=True)
class RegistrationDraft:
    """The answers to each page, and which pages are complete.

    ``key`` is the submission key. ``typed`` contains the input of each page. ``kept_areas``
    contains the areas of places whose postcode was removed, by basis. ``sent`` is "email" if a
    confirmation email was sent, "other" if the registration was sent without one, or None.
    ``address`` is the address of the confirmation email. After sending, the draft contains no
    answers.
    """

    key: str
    typed: Mapping[str, FormInput] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    kept_areas: Mapping[str, AreaCodes] = field(default_factory=dict)
    sent: str | None = None
    address: str | None = None

    def with_page(self, step: str, typed: FormInput, *, done: bool) -> RegistrationDraft:
        """Return a draft with the input of a page. ``done`` is True if the page is complete."""
        pages = self.done | {step} if done else self.done - {step}
        return replace(self, typed={**self.typed, step: typed}, done=pages)

    def with_page_reopened(self, step: str) -> RegistrationDraft:
        """Return a draft with a page marked as incomplete. The input is kept."""
        return replace(self, done=self.done - {step})

    def as_sent(self, address: str | None) -> RegistrationDraft:
        """Return a draft without answers, which records that the registration has been sent.

        ``address`` is the email address to confirm, or None.
        """
        sent = "email" if address else "other"
        return RegistrationDraft(self.key, sent=sent, address=address)


def new_draft() -> RegistrationDraft:
    """Return an empty draft with a new key."""
    return RegistrationDraft(uuid.uuid4().hex)


def pack_draft(draft: RegistrationDraft, at: datetime) -> bytes:
    """Serialise and compress a draft with the time of its last change."""
    content = {
        "key": draft.key,
        "at": int(at.timestamp()),
        "typed": {step: dict(typed) for step, typed in draft.typed.items()},
        "done": sorted(draft.done),
        "kept": {basis: [area.ward, area.district] for basis, area in draft.kept_areas.items()},
        "sent": draft.sent,
        "address": draft.address,
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), level=9)


def unpack_draft(packed: bytes) -> tuple[RegistrationDraft, datetime]:
    """Return the draft and the time from the result of ``pack_draft``."""
    content = json.loads(zlib.decompress(packed))
    draft = RegistrationDraft(
        key=content["key"],
        typed=content["typed"],
        done=frozenset(content["done"]),
        kept_areas={basis: AreaCodes(*codes) for basis, codes in content["kept"].items()},
        sent=content["sent"],
        address=content["address"],
    )
    return draft, datetime.fromtimestamp(content["at"], UTC)


def read_draft(request: Request) -> RegistrationDraft | None:
    """Return the draft in the request's cookie, or None if it is missing or has expired."""
    opened = encryption.decrypt(PURPOSE, request.cookies.get(COOKIE, ""))
    if opened is None:
        return None
    try:
        draft, at = unpack_draft(opened)
    except (KeyError, TypeError, ValueError, zlib.error):
        return None  # written by an older version of this site
    return draft if clock.now() - at < LIFETIME else None


def encrypt_draft(draft: RegistrationDraft) -> str:
    """Return the cookie value. Raises InvalidInput if the draft is too large for a cookie."""
    value = encryption.encrypt(PURPOSE, pack_draft(draft, clock.now()))
    if len(value) > MAX_BYTES:
        raise InvalidInput(str(_l("Your answers are too long to save. Shorten this answer")))
    return value


def write_cookie(response: Response, value: str) -> None:
    """Set the encrypted draft as a session cookie."""
    set_private_cookie(response, COOKIE, value)


def clear_cookie(response: Response) -> None:
    """Delete the cookie that contains the draft."""
    delete_private_cookie(response, COOKIE)
