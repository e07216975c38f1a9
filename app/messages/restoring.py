"""Notices a database that was restored from an older dump, before it sends letters again.

Letters that were sent after the dump wait again in the restored database, or are posted again.
Each attempt to send a message has a number from a sequence in the database. Valkey keeps the
highest number. If the sequence is behind it, the database is older than the last letter. Then
nothing is sent until an operator has run `flask messages restored`. Without Valkey's number,
nothing is noticed, so the operator runs the command after every restore.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import structlog
from flask_babel import gettext as _
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import ServiceUnavailable

from app.core import public_ids, ratelimit
from app.core.db import after_commit, db
from app.messages import letters, queries, writing

_KEEP_HIGHEST = """
local known = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) > known then redis.call('SET', KEYS[1], ARGV[1]) end
"""
log = structlog.get_logger()


def _key() -> str:
    """Return Valkey's key. It contains an identifier of this installation's database."""
    return f"messages:last-attempt:{public_ids.encode('messages', public_ids.NO_ROW)}"


def remember_attempt(number: int) -> None:
    """Store the number of an attempt in Valkey."""
    try:
        with ratelimit.valkey() as store:
            store.eval(_KEEP_HIGHEST, 1, _key(), str(number))
    except RedisError as error:
        log.warning("number of the attempt not stored", error=error)


def is_older_than_letters() -> bool:
    """Return whether letters were sent that this database does not know.

    Reads Valkey first, so that an attempt in between is no cause for alarm.
    """
    try:
        with ratelimit.valkey() as store:
            known = store.get(_key())
    except RedisError:
        return False
    return known is not None and int(known) > queries.last_attempt_number()


def sentence() -> str:
    """Return what the operator must do if the database is older than the letters."""
    return _(
        "The database is older than the last letter that was sent, so it was restored. Nothing is"
        " sent until you have run “flask messages restored”."
    )


def check() -> dict[str, dict[str, Any]]:
    """Return the result for /readyz. Without the database, the check fails."""
    try:
        return {"messages": {"ok": not is_older_than_letters()}}
    except (SQLAlchemyError, ServiceUnavailable) as error:
        db.session.rollback()
        return {"messages": {"ok": False, "error": type(error).__name__}}


def put_in_doubt(until: datetime) -> dict[str, int]:
    """Record that all messages due by `until` may have been sent before the restore.

    Letters that may be repeated are sent again. Others are left to the coordinators. Returns how
    many of each there are. Sending works again after the commit.
    """
    stopped, repeated = writing.put_in_doubt(until, letters.names_to_repeat())
    after_commit(partial(_trust_database, _key()))  # the key is read before the commit
    return {"stopped": stopped, "repeated": repeated}


def _trust_database(key: str) -> None:
    """Let Valkey forget the letters that the database does not know."""
    try:
        with ratelimit.valkey() as store:
            store.delete(key)
    except RedisError as error:
        log.warning("number of the last attempt not deleted", error=error)
