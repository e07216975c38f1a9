"""Sends waiting messages one at a time, each in its own transaction.

A worker locks a message until the result is committed, so that no other worker sends it. Just
before the carrier receives a message, the attempt is committed on a second connection. If the
worker is then killed, the next worker finds the attempt and knows that the message may have been
sent. It looks up the message in GOV.UK Notify. This is not possible with a mail server, so the
message is recorded as unsettled. It is sent again only if a second copy does no harm
(`Letter.repeatable`), with the same Message-ID, which mail servers and mail programs recognise (RFC
5322, 3.6.4). Otherwise it is added to the list of people to contact.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from urllib.parse import urlsplit

import structlog
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError

from app.core import clock, public_ids, redaction
from app.core.db import db
from app.messages import copies, hours, letters, queries, restoring, writing
from app.messages.carriers import (
    Carrier,
    CarrierUnavailable,
    OutgoingMessage,
    TemporaryFailure,
    UndeliverableMessage,
    UnknownOutcome,
    make_reference,
)
from app.messages.models import Message
from app.messages.notify import Notify
from app.messages.queries import MessageFilter
from app.messages.rendering import ProgrammeFacts, render
from app.messages.smtp import MailServer, Sender, Smtp
from app.messages.types import (
    LONGEST_VOID_REASON,
    NO_ADDRESS,
    Channel,
    RenderedMessage,
)

MAX_ATTEMPTS = 8
RETRY_AFTER = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720))
KEPT_LOCALLY = "kept on this machine"  # reference of a text message that no service sent

log = structlog.get_logger()


class SendResult(StrEnum):
    """The result of trying to send one message."""

    SENT = "sent"
    FAILED = "failed"
    LATER = "later"
    VOIDED = "voided"
    UNSETTLED = "unsettled"


@dataclass(frozen=True)
class SendingSummary:
    """The number of messages that `send_waiting` sent and did not send.

    `later` counts messages that will be tried again, and `unsettled` counts messages that may have
    been sent and will not be tried again. `more` is True if time ran out and messages may still be
    waiting. `down` is the reason why a carrier cannot send messages, or None.
    """

    sent: int = 0
    failed: int = 0
    later: int = 0
    voided: int = 0
    unsettled: int = 0
    more: bool = False
    down: str | None = None


class Carriers:
    """The carriers of this installation. Each one is opened when it is first needed."""

    def __init__(self, facts: ProgrammeFacts) -> None:
        settings = current_app.config["SETTINGS"]
        self._facts = facts
        self._smtp: Smtp | None = None
        self._keeps_texts_local = not settings.is_production
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
        """Return the channels that do not need a coordinator."""
        by_notify = [c for c in Channel if self._notify and self._notify.can_send(c)]
        local = [Channel.EMAIL, *([Channel.SMS] if self._keeps_texts_local else [])]
        return sorted({*local, *by_notify})

    def send(self, outgoing: OutgoingMessage, before_send: Callable[[], None]) -> str:
        """Send the message with the carrier for its channel. Return the carrier's identifier.

        Calls `before_send` just before the carrier receives the whole message.
        """
        carrier = self.carrier(outgoing.channel, outgoing.rendered)
        if carrier is None:
            return KEPT_LOCALLY
        return carrier.send(outgoing, before_send)

    def carrier(self, channel: Channel, rendered: RenderedMessage) -> Carrier | None:
        """Return the carrier for this message, or None if no service sends it."""
        # Notify turns files into links, and does not take calendars.
        files = bool(rendered.attachments)
        if self._notify and self._notify.can_send(channel) and not files:
            return self._notify
        if channel is not Channel.EMAIL:
            return None
        if self._smtp is None:
            server = MailServer.from_url(current_app.config["MAIL_URL"])
            host = urlsplit(current_app.config["PUBLIC_URL"]).hostname or ""
            sender = Sender.from_settings(
                self._facts.name, server, self._facts.contact.get("email"), host
            )
            self._smtp = Smtp(server, sender)
        return self._smtp

    def close(self) -> None:
        """Close the carriers that were opened."""
        for carrier in (self._smtp, self._notify):
            if carrier is not None:
                carrier.close()


def send_waiting(
    *,
    at_once: bool = False,
    only: Collection[int] | None = None,
    seconds: float | None = None,
) -> SendingSummary:
    """Send messages that are due, until none is left or `seconds` have passed. Commits.

    `at_once` ignores quiet hours. `only` limits it to messages with these IDs.
    """
    started = time.monotonic()
    results: Counter[SendResult] = Counter()
    down: list[str] = []
    facts = ProgrammeFacts.current()
    carriers = Carriers(facts)
    if restoring.is_database_outdated():
        db.session.rollback()
        log.error("messages wait", why="the database was restored")
        return SendingSummary(down=restoring.instructions())
    try:
        for channel in carriers.channels():
            while seconds is None or time.monotonic() - started < seconds:
                any_letter = at_once or hours.is_open(clock.now())
                allowed = None if any_letter else letters.any_hour_names()
                try:
                    outcome = _send_next(MessageFilter(channel, allowed, only), carriers, facts)
                except CarrierUnavailable as error:
                    down.append(str(error))
                    log.error("messages wait", channel=channel, why=str(error))
                    break
                if outcome is None:
                    break
                results[outcome] += 1
        more = seconds is not None and time.monotonic() - started >= seconds
    finally:
        carriers.close()
    return SendingSummary(
        sent=results[SendResult.SENT],
        failed=results[SendResult.FAILED],
        later=results[SendResult.LATER],
        voided=results[SendResult.VOIDED],
        unsettled=results[SendResult.UNSETTLED],
        more=more,
        down="; ".join(down) or None,
    )


def count_results(ids: Collection[int]) -> dict[str, int]:
    """Return how many of these messages were sent, failed, were voided or are waiting. Commits."""
    found = queries.count_results(ids)
    db.session.commit()
    return found


def _send_next(
    filters: MessageFilter, carriers: Carriers, facts: ProgrammeFacts
) -> SendResult | None:
    """Send the next message and commit the result. Return None if no message is due."""
    message_id: int | None = None
    try:
        message = queries.claim_next_message(filters, clock.now())
        if message is None:
            db.session.commit()
            return None
        message_id = message.id
        result = (
            _settle_for_nobody(message)
            if message.address.endswith(NO_ADDRESS)
            else _send_message(message, carriers, facts)
        )
        db.session.commit()
        return result
    except CarrierUnavailable:
        db.session.rollback()
        raise
    except OperationalError:
        # The database failed, not this letter, so this does not count as an attempt. If the carrier
        # got the letter, the attempt is recorded, and the next worker finds it.
        db.session.rollback()
        log.exception("database failed while a message was sent", message=message_id)
        raise
    except Exception as error:
        # An error in this letter, such as in its template or file, must not stop the others.
        db.session.rollback()
        if message_id is None:
            raise
        log.exception("message could not be rendered", message=message_id)
        description = redaction.describe_error(error)
        return _postpone_message(
            message_id, _("The message could not be created: %(error)s", error=description)
        )
    except BaseException:
        db.session.rollback()
        raise


def _postpone_message(message_id: int, reason: str) -> SendResult:
    """Postpone a message in a separate transaction, unless another worker has sent it."""
    message = queries.lock_message(message_id)
    result = SendResult.LATER
    if message is not None and not (message.sent_at or message.voided_at or message.failed_at):
        message.unsettled_at = queries.attempt_in_doubt(message_id) or message.unsettled_at
        result = (
            _record_failure(message, reason, permanent=False)
            if message.unsettled_at is None or _can_repeat(message)
            else _stop_sending(message)
        )
    db.session.commit()
    return result


def _send_message(message: Message, carriers: Carriers, facts: ProgrammeFacts) -> SendResult:
    attempted_at = queries.attempt_in_doubt(message.id)
    try:
        objection = letters.objection_to_sending(message.letter, message.id, message.context)
    except letters.TooLateToSend as error:
        message.unsettled_at = attempted_at or message.unsettled_at
        return _leave_to_staff(message, str(error))
    if objection is not None:
        message.voided_at = clock.now()
        message.void_reason = objection[:LONGEST_VOID_REASON]
        message.unsettled_at = attempted_at or message.unsettled_at
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
    carrier = carriers.carrier(message.channel, rendered)
    if attempted_at is not None and carrier is not None and not carrier.supports_lookup:
        message.unsettled_at = attempted_at
        if not _can_repeat(message):
            return _stop_sending(message)
    identifier = public_ids.encode("messages", message.id)
    reference = make_reference(
        facts.slug, identifier, message.key, message.created_at, message.redirects
    )
    message.subject, message.text = rendered.subject, rendered.stored_text
    message.sent_at, message.last_error = clock.now(), None
    message.attempts += 1
    message.provider_reference = reference
    db.session.flush()
    sender = facts.neutral_sender if message.neutral else ""
    outgoing = OutgoingMessage(
        message.channel, message.address, message.name, rendered, reference, sender
    )
    try:
        carrier_reference = carriers.send(
            outgoing, partial(_record_attempt, message.id, message.attempts)
        )
    except UndeliverableMessage as error:
        return _record_failure(message, str(error), permanent=True)
    except TemporaryFailure as error:
        return _record_failure(message, str(error), permanent=False)
    except UnknownOutcome as error:
        message.unsettled_at = clock.now()
        if not _can_repeat(message):
            return _stop_sending(message)
        return _record_failure(message, str(error), permanent=False)
    if reference not in carrier_reference:
        message.provider_reference = carrier_reference
    return SendResult.SENT


def _settle_for_nobody(message: Message) -> SendResult:
    copies.settle(message)
    if message.failed_at:
        return SendResult.FAILED
    return SendResult.VOIDED if message.voided_at else SendResult.LATER


def _record_attempt(message_id: int, attempt: int) -> None:
    restoring.store_attempt_number(writing.record_attempt(message_id, attempt))


def _can_repeat(message: Message) -> bool:
    """Return whether to repeat a message after an attempt with an unknown outcome.

    Messages that cannot be shown in the list of people to contact are repeated.
    """
    letter = letters.find_letter(message.letter)
    return letter.repeatable or letter.fixed_address or message.person_id is None


def _stop_sending(message: Message) -> SendResult:
    """Stop sending a message that may already have been sent, and leave it to the coordinators."""
    message.sent_at = message.provider_reference = message.subject = message.text = None
    message.last_error = None
    message.failed_at = clock.now()
    log.warning("message may have been sent", message=message.id)
    return SendResult.UNSETTLED


def _leave_to_staff(message: Message, reason: str) -> SendResult:
    """Stop sending a message, for this reason or because it may already have been sent."""
    if message.unsettled_at is not None:
        return _stop_sending(message)
    return _record_failure(message, reason, permanent=True)


def _record_failure(message: Message, reason: str, *, permanent: bool) -> SendResult:
    """Record the reason, and schedule the next attempt unless this was the last one."""
    if message.sent_at is None:
        message.attempts += 1
    message.sent_at = message.provider_reference = message.subject = message.text = None
    message.last_error = reason
    now = clock.now()
    if permanent or message.attempts >= MAX_ATTEMPTS:
        message.failed_at = now
        log.warning("message not delivered", message=message.id, why=reason)
        return SendResult.FAILED
    retry_at = now + RETRY_AFTER[message.attempts - 1]
    at_any_hour = letters.find_letter(message.letter).at_any_hour
    message.send_after = retry_at if at_any_hour else hours.next_opening(retry_at)
    return SendResult.LATER
