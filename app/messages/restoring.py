"""Stops sending if the database was restored from an older dump.

In a restored database, messages that were sent after the dump are still waiting. Each attempt to
send a message gets a number from a sequence in the database, and Valkey stores the highest number.
If the sequence is lower, nothing is sent until an operator has run `flask messages restored`.
Operators must run the command after every restore, because Valkey can lose its number.
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
    """Return the key in Valkey, which contains an identifier of this installation's database."""
    return f"messages:last-attempt:{public_ids.encode('messages', public_ids.NO_ROW)}"


def store_attempt_number(number: int) -> None:
    """Store the number of an attempt in Valkey."""
    try:
        with ratelimit.valkey() as store:
            store.eval(_KEEP_HIGHEST, 1, _key(), str(number))
    except RedisError as error:
        log.warning("number of the attempt not stored", error=error)


def is_database_outdated() -> bool:
    """Return whether the database is older than the last letter that was sent.

    Reads Valkey before the database, so that a concurrent attempt does not cause a false alarm.
    """
    try:
        with ratelimit.valkey() as store:
            last_number = store.get(_key())
    except RedisError:
        return False
    return last_number is not None and int(last_number) > queries.last_attempt_number()


def instructions() -> str:
    """Return instructions for the operator if the database is older than the last letter."""
    return _(
        "The database is older than the last letter that was sent, so it has been restored from"
        " a backup. No emails, texts or letters will be sent until you run “flask messages"
        " restored”."
    )


def check() -> dict[str, dict[str, Any]]:
    """Return the result for /readyz. The check fails if the database is not available."""
    try:
        return {"messages": {"ok": not is_database_outdated()}}
    except (SQLAlchemyError, ServiceUnavailable) as error:
        db.session.rollback()
        return {"messages": {"ok": False, "error": type(error).__name__}}


def mark_in_doubt(until: datetime) -> dict[str, int]:
    """Record that all messages due by `until` may have been sent before the restore.

    Letters that may be repeated are sent again. Others are left for the coordinators. Return the
    number of each.
    """
    stopped, repeated = writing.mark_in_doubt(until, letters.repeatable_names())
    after_commit(partial(_delete_last_attempt, _key()))  # the key is read before the commit
    return {"stopped": stopped, "repeated": repeated}


def _delete_last_attempt(key: str) -> None:
    """Delete the number in Valkey, so that sending resumes."""
    try:
        with ratelimit.valkey() as store:
            store.delete(key)
    except RedisError as error:
        log.warning("number of the last attempt not deleted", error=error)
