"""A registration under way: encrypted in a cookie of its own, nothing on the server.

It ends with the browser, and three hours after it was last touched. Its owner may ask to keep it
for a week (app.registration.saved).
"""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from flask import Request, current_app
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.core import clock, encryption
from app.core.errors import InvalidInput

COOKIE = "registration"
PURPOSE = "registration-draft"
LIFETIME = timedelta(hours=3)
LONGEST = 3_500  # bytes; browsers promise 4,096 for name, value and attributes together

Typed = Mapping[str, list[str]]


@dataclass(frozen=True)
class AreaCodes:
    """What is kept of a place whose postcode was dropped: GSS codes, or None."""

    ward: str | None = None
    district: str | None = None


@dataclass(frozen=True)
class RegistrationDraft:
    """What was typed, page by page, and which pages are answered.

    key: made once; the registration sent under it is sent once. kept: basis → the place without
    its postcode. sent: after sending, whether a letter is on its way ("email") or not ("other");
    nothing else is left then.
    """

    key: str
    typed: Mapping[str, Typed] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    kept: Mapping[str, AreaCodes] = field(default_factory=dict)
    sent: str | None = None

    def with_page(self, step: str, typed: Typed, *, done: bool) -> RegistrationDraft:
        """The draft with what was typed on a page; typed and not answered counts as open."""
        pages = self.done | {step} if done else self.done - {step}
        return replace(self, typed={**self.typed, step: typed}, done=pages)

    def opened(self, step: str) -> RegistrationDraft:
        """The draft with a page to be answered anew; what was typed there stays."""
        return replace(self, done=self.done - {step})

    def finished(self, sent: str) -> RegistrationDraft:
        """What is left once the registration was sent: which, and how it will be answered."""
        return RegistrationDraft(self.key, sent=sent)


def new() -> RegistrationDraft:
    """An empty draft with a key of its own."""
    return RegistrationDraft(uuid.uuid4().hex)


def pack(draft: RegistrationDraft, at: datetime) -> bytes:
    """The draft and the instant it was touched, small."""
    content = {
        "key": draft.key,
        "at": int(at.timestamp()),
        "typed": {step: dict(typed) for step, typed in draft.typed.items()},
        "done": sorted(draft.done),
        "kept": {basis: [kept.ward, kept.district] for basis, kept in draft.kept.items()},
        "sent": draft.sent,
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), level=9)


def unpack(packed: bytes) -> tuple[RegistrationDraft, datetime]:
    """What `pack` was given."""
    content = json.loads(zlib.decompress(packed))
    draft = RegistrationDraft(
        key=content["key"],
        typed=content["typed"],
        done=frozenset(content["done"]),
        kept={basis: AreaCodes(*codes) for basis, codes in content["kept"].items()},
        sent=content["sent"],
    )
    return draft, datetime.fromtimestamp(content["at"], UTC)


def read(request: Request) -> RegistrationDraft | None:
    """The draft in the request's cookie; None when there is none, or it is too old."""
    opened = encryption.decrypt(PURPOSE, request.cookies.get(COOKIE, ""))
    if opened is None:
        return None
    try:
        draft, at = unpack(opened)
    except (KeyError, TypeError, ValueError, zlib.error):
        return None  # an older version of this site wrote it
    return draft if clock.now() - at < LIFETIME else None


def encrypted(draft: RegistrationDraft) -> str:
    """The cookie's value. Raises InvalidInput when more was typed than a cookie holds."""
    value = encryption.encrypt(PURPOSE, pack(draft, clock.now()))
    if len(value) > LONGEST:
        raise InvalidInput(str(_l("Your answers are too long for this form. Shorten this one")))
    return value


def write(response: Response, value: str) -> None:
    """Keep an encrypted draft in the browser, for this visit."""
    response.set_cookie(
        COOKIE,
        value,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )


def clear(response: Response) -> None:
    """Leave nothing behind."""
    response.delete_cookie(
        COOKIE,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
