"""Links that confirm an email address, sign a user in, or open a saved draft.

The database stores no secret. The token in the URL is the ID of the link, signed with the
application's secret key. Opening a link does not use it up, because email scanners open links and
run scripts. Only the form's POST request calls `spend`.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, db
from app.core.personal import NOT_PERSONAL


class Link(Base):
    """A link in a letter or on a page. `subject` identifies the user, person or draft."""

    __tablename__ = "links"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(30), info=NOT_PERSONAL)
    subject: Mapped[str] = mapped_column(String(60), index=True, info=NOT_PERSONAL)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]


def _signer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"link:{purpose}")


def create(purpose: str, subject: str | int, lifetime: timedelta) -> uuid.UUID:
    """Add a link for `subject` and return its ID."""
    link = Link(
        id=uuid.uuid4(),
        purpose=purpose,
        subject=str(subject),
        created_at=clock.now(),
        expires_at=clock.now() + lifetime,
    )
    db.session.add(link)
    db.session.flush()
    return link.id


def token(purpose: str, link_id: uuid.UUID | str) -> str:
    """Return the token to use in the URL of a link."""
    return _signer(purpose).dumps(uuid.UUID(str(link_id)).hex)


def _link_id_from_token(purpose: str, token: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(_signer(purpose).loads(token))
    except (BadSignature, ValueError, TypeError, AttributeError):
        return None


def peek(purpose: str, token: str) -> str | None:
    """Return the subject of a link without using the link up, or None if it is not valid."""
    link_id = _link_id_from_token(purpose, token)
    link = db.session.get(Link, link_id) if link_id else None
    if link is None or link.purpose != purpose or link.spent_at or link.expires_at <= clock.now():
        return None
    return link.subject


def find_subject(purpose: str, token: str) -> str | None:
    """Return the subject of a link, even if the link has been used or has expired.

    Returns None if there is no such link.
    """
    link_id = _link_id_from_token(purpose, token)
    link = db.session.get(Link, link_id) if link_id else None
    return link.subject if link is not None and link.purpose == purpose else None


def spend(purpose: str, token: str) -> str | None:
    """Use up a link and return its subject, or None if it is not valid.

    If several requests use the link at the same time, only one of them gets the subject.
    """
    link_id = _link_id_from_token(purpose, token)
    if link_id is None:
        return None
    return db.session.execute(
        update(Link)
        .where(
            Link.id == link_id,
            Link.purpose == purpose,
            Link.spent_at.is_(None),
            Link.expires_at > clock.now(),
        )
        .values(spent_at=clock.now())
        .returning(Link.subject)
    ).scalar_one_or_none()


def has_open_link(purpose: str, subject: str | int) -> bool:
    """Return whether `subject` has a link that has not been used and has not expired."""
    found = select(Link.id).where(
        Link.subject == str(subject),
        Link.purpose == purpose,
        Link.spent_at.is_(None),
        Link.expires_at > clock.now(),
    )
    return db.session.scalar(found.limit(1)) is not None


def revoke(purpose: str, subject: str | int) -> None:
    """Revoke all unused links for `subject`."""
    db.session.execute(
        update(Link)
        .where(
            Link.subject == str(subject),
            Link.purpose == purpose,
            Link.spent_at.is_(None),
        )
        .values(spent_at=clock.now())
    )
