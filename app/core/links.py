"""Links that confirm an email address, sign a user in, or reopen a saved draft.

A row holds no secret. The token in the URL is the row's id, signed with the application's key, so a
copy of the database is not enough to use a link. Opening a link does not use it up, because mail
scanners open links and run their scripts. Only the button's POST calls `spend`.
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
    """A link that was sent or shown. `subject` is the id of the user, person or draft."""

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
    """Add a link for `subject` and return its id, which a letter stores in its context."""
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
    """Return the token that goes in the URL."""
    return _signer(purpose).dumps(uuid.UUID(str(link_id)).hex)


def _id_of(purpose: str, token: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(_signer(purpose).loads(token))
    except (BadSignature, ValueError, TypeError, AttributeError):
        return None


def peek(purpose: str, token: str) -> str | None:
    """Return the subject of a valid link, or None. The link stays valid."""
    link_id = _id_of(purpose, token)
    link = db.session.get(Link, link_id) if link_id else None
    if link is None or link.purpose != purpose or link.spent_at or link.expires_at <= clock.now():
        return None
    return link.subject


def spend(purpose: str, token: str) -> str | None:
    """Use up the link and return its subject, or None if it is not valid. Safe against races."""
    link_id = _id_of(purpose, token)
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


def is_open(purpose: str, subject: str | int) -> bool:
    """Return whether an unused link for `subject` has not expired."""
    found = select(Link.id).where(
        Link.subject == str(subject),
        Link.purpose == purpose,
        Link.spent_at.is_(None),
        Link.expires_at > clock.now(),
    )
    return db.session.scalar(found.limit(1)) is not None


def revoke(purpose: str, subject: str | int) -> None:
    """Revoke every unused link for `subject`."""
    db.session.execute(
        update(Link)
        .where(
            Link.subject == str(subject),
            Link.purpose == purpose,
            Link.spent_at.is_(None),
        )
        .values(spent_at=clock.now())
    )
