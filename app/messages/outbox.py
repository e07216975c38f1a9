"""Sends what waits: one message at a time, each in a transaction of its own.

A message's row stays locked from the moment it is chosen until what became of it is committed, so
no two workers send it, and a worker that is killed leaves it waiting for the next one. Everything
is written before the carrier is asked; after its "accepted" nothing but the COMMIT is left to do.
A worker killed in that instant sends it once more, with the same Message-ID, which mail servers
and mail programs recognise (RFC 5322, 3.6.4); GOV.UK Notify is asked for our reference first.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

import structlog
from flask import current_app

from app.core import clock, public_ids, redaction
from app.core.db import db
from app.messages import hours, letters, queries
from app.messages.carriers import (
    Carrier,
    CarrierDown,
    Outgoing,
    TryLater,
    Undeliverable,
    reference_of,
)
from app.messages.models import Message
from app.messages.notify import Notify
from app.messages.queries import MessageFilter
from app.messages.rendering import Facts, render
from app.messages.smtp import MailServer, Sender, Smtp
from app.messages.types import NO_ADDRESS, NOT_ANYBODYS, Channel, Rendered

MOST_ATTEMPTS = 8
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720))
KEPT_HERE = "kept on this machine"  # a text message where no service for them is set up

log = structlog.get_logger()


class SendResult(StrEnum):
    """The result of trying to send one message."""

    SENT = "sent"
    FAILED = "failed"
    LATER = "later"
    VOIDED = "voided"


@dataclass(frozen=True)
class Tally:
    """What a call of `send_waiting` did. more: it stopped for its time, and others may wait."""

    sent: int = 0
    failed: int = 0
    later: int = 0
    voided: int = 0
    more: bool = False
    down: str | None = None


class Carriers:
    """The ways out of this machine, each opened when it is first needed."""

    def __init__(self, facts: Facts) -> None:
        settings = current_app.config["SETTINGS"]
        self._facts = facts
        self._smtp: Smtp | None = None
        self._texts_stay_here = not settings.is_production
        self._notify = (
            Notify(
                settings.notify_api_key,
                dict(facts.settings.get("notify") or {}),
                **current_app.config.get("NOTIFY_OPTIONS", {}),
            )
            if settings.notify_api_key
            else None
        )

    def channels(self) -> list[Channel]:
        """The channels that need no hand."""
        theirs = [c for c in Channel if self._notify and self._notify.can(c)]
        ours = [Channel.EMAIL, *([Channel.SMS] if self._texts_stay_here else [])]
        return sorted({*ours, *theirs})

    def send(self, outgoing: Outgoing) -> str:
        """Send it the way its channel goes; returns the carrier's name for it."""
        carrier = self._carrier(outgoing.channel, outgoing.rendered)
        return carrier.send(outgoing) if carrier else KEPT_HERE

    def _carrier(self, channel: Channel, rendered: Rendered) -> Carrier | None:
        files = bool(rendered.attachments)  # Notify makes links of files, and knows no calendars
        if self._notify and self._notify.can(channel) and not files:
            return self._notify
        if channel is not Channel.EMAIL:
            return None
        if self._smtp is None:
            server = MailServer.of(current_app.config["MAIL_URL"])
            host = urlsplit(current_app.config["PUBLIC_URL"]).hostname or ""
            sender = Sender.of(self._facts.name, server, self._facts.contact.get("email"), host)
            self._smtp = Smtp(server, sender)
        return self._smtp

    def close(self) -> None:
        """Let go of whatever was opened."""
        for carrier in (self._smtp, self._notify):
            if carrier is not None:
                carrier.close()


def send_waiting(
    *,
    at_once: bool = False,
    only: Collection[int] | None = None,
    seconds: float | None = None,
) -> Tally:
    """Send the messages that are due, until none waits or `seconds` have passed. Commits.

    at_once: by hand, whatever the hour; otherwise letters that can wait keep quiet hours.
    only: these rows and no others.
    """
    started = time.monotonic()
    became: Counter[SendResult] = Counter()
    down: list[str] = []
    facts = Facts.current()
    carriers = Carriers(facts)
    try:
        for channel in carriers.channels():
            while seconds is None or time.monotonic() - started < seconds:
                any_letter = at_once or hours.is_open(clock.now())
                allowed = None if any_letter else letters.for_any_hour()
                try:
                    outcome = _send_next(MessageFilter(channel, allowed, only), carriers, facts)
                except CarrierDown as error:
                    down.append(str(error))
                    log.error("messages wait", channel=channel, why=str(error))
                    break
                if outcome is None:
                    break
                became[outcome] += 1
        more = seconds is not None and time.monotonic() - started >= seconds
    finally:
        carriers.close()
    return Tally(
        sent=became[SendResult.SENT],
        failed=became[SendResult.FAILED],
        later=became[SendResult.LATER],
        voided=became[SendResult.VOIDED],
        more=more,
        down="; ".join(down) or None,
    )


def _send_next(which: MessageFilter, carriers: Carriers, facts: Facts) -> SendResult | None:
    """Send the next one and commit what became of it; None when none is due."""
    message_id: int | None = None
    try:
        message = queries.claim(which, clock.now())
        if message is None:
            db.session.commit()
            return None
        message_id = message.id
        became = _send(message, carriers, facts)
        db.session.commit()
        return became
    except CarrierDown:
        db.session.rollback()
        raise
    except Exception as error:
        # The letter's own fault (a template, a file that can't be made): it must not stop others.
        db.session.rollback()
        if message_id is None:
            raise
        log.exception("message can't be made", message=message_id)
        return _note(message_id, f"The letter could not be made: {redaction.describe(error)}")
    except BaseException:
        db.session.rollback()
        raise


def _note(message_id: int, why: str) -> SendResult:
    """Put a message off in a transaction of its own, unless somebody else sent it meanwhile."""
    message = queries.locked(message_id)
    became = SendResult.LATER
    if message is not None and not (message.sent_at or message.voided_at or message.failed_at):
        became = _not_sent(message, why, for_good=False)
    db.session.commit()
    return became


def _send(message: Message, carriers: Carriers, facts: Facts) -> SendResult:
    objection = (
        NOT_ANYBODYS
        if message.address.endswith(NO_ADDRESS)
        else letters.objection(message.letter, message.id, message.context)
    )
    if objection is not None:
        message.voided_at = clock.now()
        message.void_reason = objection[:200]
        return SendResult.VOIDED
    rendered = render(
        message.letter,
        message.channel,
        message.name,
        message.context,
        facts,
        neutral=message.neutral,
        signs_in=message.user_id is not None,
    )
    identifier = public_ids.encode("messages", message.id)
    reference = reference_of(facts.slug, identifier, message.key, message.created_at)
    message.subject, message.text = rendered.subject, rendered.kept
    message.sent_at, message.last_error = clock.now(), None
    message.attempts += 1
    message.provider_reference = reference
    db.session.flush()
    sender = facts.neutral_sender if message.neutral else ""
    outgoing = Outgoing(message.channel, message.address, message.name, rendered, reference, sender)
    try:
        theirs = carriers.send(outgoing)
    except Undeliverable as error:
        return _not_sent(message, str(error), for_good=True)
    except TryLater as error:
        return _not_sent(message, str(error), for_good=False)
    if reference not in theirs:
        message.provider_reference = theirs
    return SendResult.SENT


def _not_sent(message: Message, why: str, *, for_good: bool) -> SendResult:
    """Note why, and when to try again: later each time, then no more."""
    if message.sent_at is None:
        message.attempts += 1
    message.sent_at = message.provider_reference = message.subject = message.text = None
    message.last_error = why
    now = clock.now()
    if for_good or message.attempts >= MOST_ATTEMPTS:
        message.failed_at = now
        log.warning("message not delivered", message=message.id, why=why)
        return SendResult.FAILED
    again = now + WAITS[message.attempts - 1]
    anytime = letters.letter(message.letter).at_any_hour
    message.send_after = again if anytime else hours.next_open(again)
    return SendResult.LATER
