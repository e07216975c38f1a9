"""Accept each form only once, even if the user presses the button twice.

Two posts are identical if all their values are the same, including the token that was created with
the page. A second post waits for the first and redirects to the same page. If a post is rejected,
it can be sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, flash, make_response, redirect, request, session
from flask_babel import gettext as _
from sqlalchemy import String, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock, locks, public_ids, throttling
from app.core.db import Base, db
from app.core.personal import NOT_PERSONAL
from app.web import http

View = TypeVar("View", bound=Callable[..., Any])
TOKEN = "csrf_token"  # noqa: S105  # the name of an input
RETENTION = timedelta(days=7)


class Submission(Base):
    """An accepted post. `led_to` is the URL to which it redirected."""

    __tablename__ = "submissions"

    key: Mapped[str] = mapped_column(String(64), primary_key=True, info=NOT_PERSONAL)
    at: Mapped[datetime] = mapped_column(index=True)
    led_to: Mapped[str | None] = mapped_column(String(300), info=NOT_PERSONAL)


def once(view: View) -> View:
    """Decorate a view to accept each post only once. Place this below `@requires`."""

    @wraps(view)
    def wrapped(**values: Any) -> Any:
        key = _post_key(http.actor().user_id)
        if key is None:
            return view(**values)
        if not _claim_key(key):
            flash(_("We have already saved this, so we did not save it again."), "success")
            return redirect(_stored_redirect(key) or request.path)
        reply = make_response(view(**values))
        if reply.location:
            db.session.execute(
                update(Submission).where(Submission.key == key).values(led_to=reply.location)
            )
        else:
            db.session.execute(delete(Submission).where(Submission.key == key))
        return reply

    return cast(View, wrapped)


def serialise_posts(view: View) -> View:
    """Decorate a view so that posts to the same URL run one after another.

    Place this below `@requires`.
    """

    @wraps(view)
    def wrapped(**values: Any) -> Any:
        if request.method == "POST":
            locks.acquire_named(request.path)
        return view(**values)

    return cast(View, wrapped)


def claim_content(name: str, content: object, period: timedelta) -> bool:
    """Claim `content`. Return False if it was already claimed within `period`.

    This detects copies of a form from several browsers, which have different tokens. Waits if
    another transaction is claiming the same content. Only a keyed hash is stored.
    """
    now = clock.now()
    claimed = db.session.scalar(
        insert(Submission)
        .values(key=throttling.hash_name(f"{name}:{content!r}"), at=now)
        .on_conflict_do_update(
            index_elements=["key"], set_={"at": now}, where=Submission.at < now - period
        )
        .returning(Submission.key)
    )
    return claimed is not None


def first_redirect() -> str | None:
    """Return the URL to which an identical earlier post redirected, or None.

    Used when a button that ends the session, such as the one for leaving the network, is pressed
    twice.
    """
    key = _post_key(public_ids.decode("users", session.get(http.USER_SESSION_KEY, "")))
    return _stored_redirect(key) if key is not None else None


def install(site: Flask) -> None:
    """Register `first_redirect` with `app.web.http`, for posts after the session has ended."""
    site.extensions[http.FIRST_REDIRECT] = first_redirect


def _post_key(user_id: int | None) -> str | None:
    """Return the key of a post with a token, or None for other requests."""
    if request.method != "POST" or not request.form.get(TOKEN):
        return None
    content = (user_id, request.path, sorted(request.form.items(multi=True)))
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _claim_key(key: str) -> bool:
    """Return whether this is the first post with this key. Waits for the first post to finish."""
    claimed = db.session.scalar(
        insert(Submission)
        .values(key=key, at=clock.now())
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Submission.key)
    )
    return claimed is not None


def _stored_redirect(key: str) -> str | None:
    return db.session.scalar(select(Submission.led_to).where(Submission.key == key))


def delete_old_submissions(on: date) -> int:
    """Delete submissions older than a week, and return how many were deleted."""
    deleted = db.session.execute(
        delete(Submission)
        .where(Submission.at < clock.start_of_day(on) - RETENTION)
        .returning(Submission.key)
    )
    return len(deleted.all())
