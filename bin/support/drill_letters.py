"""Functions that all drills share, to create the application and to find sent letters."""

from __future__ import annotations

import email
import json
import logging
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


@dataclass
class Result:
    """The counts of a drill, and a sentence for each problem."""

    counts: dict[str, float]
    problems: list[str] = field(default_factory=list)


def missing_kills(killed: int, requested: int) -> list[str]:
    """Return a problem if fewer processes were killed than requested. The others ended early."""
    if killed >= requested:
        return []
    return [f"Only {killed:,} of {requested:,} kills happened, so this drill proves too little."]


@dataclass(frozen=True)
class LetterFacts:
    """A letter with its ID and its reference at the mail server."""

    id: int
    letter: str
    reference: str
    is_unsettled: bool


def make_site(url: str, *, broker: int = 0) -> Flask:
    """Return an application that uses the database at ``url``.

    ``broker`` is the number of the Valkey database.
    """
    from app import create_app
    from config import read_settings

    environ = {**os.environ, "APP_ENV": "test", "DATABASE_URL": url}
    environ["REDIS_URL"] = os.environ["REDIS_URL"].rsplit("/", 1)[0] + f"/{broker}"
    site: Flask = create_app(read_settings(environ))
    logging.getLogger().setLevel(logging.CRITICAL)  # the drill causes errors on purpose
    return site


def close_connections(site: Flask) -> None:
    """Close the connections to the database."""
    from app.core.db import db

    with site.app_context():
        db.session.remove()
        db.engine.dispose()


def delivered_letters(mail: Path) -> Counter[str]:
    """Return the number of times that the mail server accepted each message, by reference."""
    return Counter(reference for reference, _address, _at in accepted_messages(mail))


def accepted_messages(mail: Path) -> list[tuple[str, str, str]]:
    """Return the reference, address and time of each message that the mail server accepted."""
    index = mail / "index.jsonl"
    found = []
    for line in index.read_text().splitlines() if index.exists() else []:
        entry = json.loads(line)
        parsed = email.message_from_bytes((mail / entry["file"]).read_bytes())
        reference = str(parsed["Message-ID"]).strip("<>").partition("@")[0]
        found.append((reference, ", ".join(entry["to"]), entry["at"]))
    return found


def find_emails(site: Flask) -> list[LetterFacts]:
    """Return the month's emails, and whether each is listed as possibly sent."""
    from app.core import public_ids
    from app.core.db import db, transaction
    from app.messages.carriers import make_reference
    from app.messages.models import Message
    from app.messages.rendering import ProgrammeFacts

    with site.app_context(), transaction():
        slug = ProgrammeFacts.current().slug
        rows = db.session.query(Message).filter(
            Message.channel == "email", Message.voided_at.is_(None), ~Message.key.like("before:%")
        )
        return [
            LetterFacts(
                row.id,
                row.letter,
                make_reference(
                    slug, public_ids.encode("messages", row.id), row.key, row.created_at
                ),
                row.unsettled_at is not None,
            )
            for row in rows
        ]
