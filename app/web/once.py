"""A form sent twice is taken once: a second press, or a page sent again from the browser's history.

What makes two posts the same is all that was sent, with the token that was made when the page was
shown. The second waits for the first and is led where the first was. A post that was refused left
nothing behind, so the same may be sent again.
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

from app.core import clock, locks, public_ids
from app.core.db import Base, db
from app.core.personal import NOT_PERSONAL
from app.web import http

View = TypeVar("View", bound=Callable[..., Any])
TOKEN = "csrf_token"  # noqa: S105  # the name of an input
KEPT = timedelta(days=7)


class Submission(Base):
    """A post that was taken. led_to: the page it was answered with."""

    __tablename__ = "submissions"

    key: Mapped[str] = mapped_column(String(64), primary_key=True, info=NOT_PERSONAL)
    at: Mapped[datetime] = mapped_column(index=True)
    led_to: Mapped[str | None] = mapped_column(String(300), info=NOT_PERSONAL)


def once(view: View) -> View:
    """The view takes each post once; stands below `@requires`."""

    @wraps(view)
    def wrapped(**values: Any) -> Any:
        key = _key(http.actor().user_id)
        if key is None:
            return view(**values)
        if not _enter(key):
            flash(_("This was saved already, so it was not saved twice."), "success")
            return redirect(_led_to(key) or request.path)
        reply = make_response(view(**values))
        if reply.location:
            db.session.execute(
                update(Submission).where(Submission.key == key).values(led_to=reply.location)
            )
        else:
            db.session.execute(delete(Submission).where(Submission.key == key))
        return reply

    return cast(View, wrapped)


def one_at_a_time(view: View) -> View:
    """Posts to one address wait for each other, so that each finds what the one before left.

    Stands below `@requires`.
    """

    @wraps(view)
    def wrapped(**values: Any) -> Any:
        if request.method == "POST":
            locks.acquire_name(request.path)
        return view(**values)

    return cast(View, wrapped)


def taken_before() -> str | None:
    """The address to which this post led when it was accepted; None: it was not accepted.

    For a second press after the first one ended the session, as leaving the network does.
    """
    key = _key(public_ids.decode("users", session.get(http.SIGNED_IN, "")))
    return _led_to(key) if key is not None else None


def install(site: Flask) -> None:
    """Let `app.web.http` ask whether a post of an ended session was taken before."""
    site.extensions[http.TAKEN_BEFORE] = taken_before


def _key(user_id: int | None) -> str | None:
    """Of a post with a token, sent by a user; None: of anything else."""
    if request.method != "POST" or not request.form.get(TOKEN):
        return None
    told = (user_id, request.path, sorted(request.form.items(multi=True)))
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _enter(key: str) -> bool:
    """Whether it is the first. While the first is at work, this waits for its end."""
    entered = db.session.scalar(
        insert(Submission)
        .values(key=key, at=clock.now())
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Submission.key)
    )
    return entered is not None


def _led_to(key: str) -> str | None:
    return db.session.scalar(select(Submission.led_to).where(Submission.key == key))


def forget(on: date) -> int:
    """Leave go of what is older than a week: no page is open that long. Returns how many."""
    gone = db.session.execute(
        delete(Submission)
        .where(Submission.at < clock.start_of(on) - KEPT)
        .returning(Submission.key)
    )
    return len(gone.all())
