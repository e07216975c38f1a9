"""Compares the reminders that are due with the recorded ones, and sends or voids the difference.

A run takes a lock, and the keys of reminders and messages are unique, so concurrent runs do not
send anything twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from app.core import audit, clock, locks, public_ids
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.locks import Lock
from app.messages import service as messages
from app.messages.letters import TooLateToSend
from app.messages.types import BY_HAND, NewMessage, Recipient
from app.people import contact
from app.reminders import letters, planning, writing
from app.reminders.models import Reminder
from app.reminders.queries import facts
from app.reminders.queries.obsolete_messages import COURSE_CALL, REMINDER
from app.reminders.types import (
    BOOKING_CHANGED,
    FINAL_REASONS,
    REISSUED,
    REVERSIBLE_REASONS,
    CertificateFacts,
    DueReminder,
    SkipReason,
    WaitingReminder,
)
from app.renewals.service import find_booked_renewals
from app.renewals.types import BookedRenewal, HeldCertificate

OVERNIGHT = NEXT_RUN = timedelta(days=1)
# (certificate ID, step) → (letter ID, call ID)
MessageIds = dict[tuple[int, int], tuple[int, int | None]]


def preview(actor: Actor, on: date) -> dict[str, Any]:
    """Return what a run on the given day would do. Changes nothing."""
    with db.session.begin_nested() as savepoint:
        _void_outdated_reminders(on)
        found = due_reminders(on)
        savepoint.rollback()
    to_send = [due for due in found if due.reason is None]
    booked = letters.CourseFinder(on).booked_renewals(to_send)
    return {
        "on": on.isoformat(),
        "due": [
            _preview_line(due) | _booked_day(booked.get(due.certificate_id)) for due in to_send
        ],
        "skipped": [
            _preview_line(due) | {"reason": due.reason.value}
            for due in found
            if due.reason is not None
        ],
    }


def _preview_line(due: DueReminder) -> dict[str, Any]:
    return {
        "person": public_ids.encode("people", due.person_id),
        "certificate": public_ids.encode("certificates", due.certificate_id),
        "step_days": due.step_days,
        "channel": due.channel,
        "due_on": due.due_on.isoformat(),
    }


def _booked_day(place: BookedRenewal | None) -> dict[str, str]:
    """Return {"renewal_on": first day} for a booked renewal, or an empty dictionary."""
    return {"renewal_on": place.first_day.isoformat()} if place is not None else {}


def run(actor: Actor, on: date, at_once: bool = False) -> dict[str, Any]:
    """Void reminders that are no longer due, post those that are due, and return the counts.

    The calls that sent reminders promise are restored if they were voided and are due again.
    Idempotent. With `at_once`, the messages ignore quiet hours, and the result has their IDs in
    `message_ids`, so that the caller can send them after the commit.
    """
    locks.acquire(Lock.REMINDERS)
    voided = _void_outdated_reminders(on)
    _restore_calls(on)
    found, recipients = _plan_reminders(on)
    to_send = [due for due in found if due.reason is None]
    ids, counts = _post_letters(to_send, recipients, on)
    skipped = [due for due in found if due.reason in FINAL_REASONS]
    _record_reminders(skipped, {})
    _record_reminders([due for due in to_send if (due.certificate_id, due.step_days) in ids], ids)
    result: dict[str, Any] = {
        "on": on.isoformat(),
        "reminders": len(ids),
        **counts,
        "skipped": len(skipped),
        "voided": voided,
    }
    audit.record(actor, AuditVerb.REMINDERS_RUN, "reminders", **result)
    people = {due.person_id for due in to_send}
    return result | {"message_ids": messages.skip_quiet_hours(people) if at_once else []}


def due_reminders(on: date, *conditions: ColumnElement[bool]) -> list[DueReminder]:
    """Return the reminders that are due on a given day, for people who meet the conditions."""
    return _plan_reminders(on, *conditions)[0]


def _plan_reminders(
    on: date, *conditions: ColumnElement[bool]
) -> tuple[list[DueReminder], dict[int, Recipient]]:
    certificates = facts.certificates_with_due_step(on, *conditions)
    recipients = _recipients({each.person_id for each in certificates}, on)
    with_channel = [_set_channel(each, recipients.get(each.person_id)) for each in certificates]
    return planning.plan_certificates(with_channel, on), recipients


def _recipients(person_ids: Iterable[int], on: date) -> dict[int, Recipient]:
    found: dict[int, Recipient] = {}
    for batch in facts.split_into_batches(person_ids):
        found |= contact.find_recipients(batch, on)
    return found


def _set_channel(certificate: CertificateFacts, recipient: Recipient | None) -> CertificateFacts:
    return replace(certificate, channel=recipient.channel.value if recipient else None)


def _post_letters(
    to_send: Sequence[DueReminder], recipients: dict[int, Recipient], on: date
) -> tuple[MessageIds, dict[str, int]]:
    """Post one letter for each person, and a call about certificates that cannot be renewed nearby.

    Staff are not asked again if they have made the call and only the letter is written again.
    Return the message IDs by certificate and step, and the counts.
    """
    kinds = facts.kinds({due.kind_id for due in to_send})
    positions = facts.home_positions({due.person_id for due in to_send}, on)
    courses = letters.CourseFinder(on)
    booked = courses.booked_renewals(to_send)
    done_calls = facts.finished_calls(to_send)
    drafts: dict[int, list[NewMessage]] = {}
    reminders_by_person: dict[int, list[DueReminder]] = {}
    to_call_about: set[int] = set()  # certificate IDs
    for person_id, group in groupby(to_send, key=lambda due: due.person_id):
        reminders = reminders_by_person[person_id] = list(group)
        renewals = {due.certificate_id: booked.get(due.certificate_id) for due in reminders}
        options = letters.find_options(
            reminders,
            {key: place for key, place in renewals.items() if place is not None},
            courses,
            positions.get(person_id),
            {due.certificate_id for due in reminders if _key(due) in done_calls},
        )
        recipient = recipients[person_id]
        has_account = recipient.user_id is not None
        context = letters.letter_context(reminders, kinds, options, on, has_account=has_account)
        drafts[person_id] = [letters.draft_message(REMINDER, recipient, reminders, context, on)]
        about_course = options.reminders_to_call_about(reminders)
        if about_course and recipient.channel not in BY_HAND:
            call_context = letters.letter_context(
                about_course, kinds, options, on, has_account=has_account
            )
            to_call = letters.to_call_recipient(recipient)
            drafts[person_id].append(
                letters.draft_message(COURSE_CALL, to_call, about_course, call_context, on)
            )
            to_call_about |= {due.certificate_id for due in about_course}
    posted = messages.post_all(draft for each in drafts.values() for draft in each)
    ids: MessageIds = {}
    counts = {"letters": 0, "by_hand": 0, "no_course": 0}
    for person_id, (letter, *calls) in drafts.items():
        if letter.key not in posted:
            continue  # voided earlier today, so it will be due again tomorrow
        call_id = posted.get(calls[0].key) if calls else None
        counts["by_hand" if letter.recipient.channel in BY_HAND else "letters"] += 1
        counts["no_course"] += call_id is not None
        for due in reminders_by_person[person_id]:
            in_call = due.certificate_id in to_call_about
            key = _key(due)
            ids[key] = (posted[letter.key], call_id if in_call else done_calls.get(key))
    return ids, counts


def _key(due: DueReminder) -> tuple[int, int]:
    return due.certificate_id, due.step_days


def _record_reminders(reminders: Sequence[DueReminder], ids: MessageIds) -> None:
    no_ids = (None, None)
    writing.record_reminders(
        reminders, [ids.get((due.certificate_id, due.step_days), no_ids) for due in reminders]
    )


def _void_outdated_reminders(on: date) -> int:
    """Void waiting reminders that are no longer due. Return how many."""
    waiting = facts.waiting_reminders()
    certificates = facts.certificates_by_id({each.certificate_id for each in waiting}, on)
    booked = _booked_renewals(certificates, on)
    by_message: dict[int, list[WaitingReminder]] = defaultdict(list)
    for each in waiting:
        by_message[each.message_id].append(each)
    return sum(_void_group(group, certificates, booked, on) for group in by_message.values())


def _restore_calls(on: date) -> None:
    """Restore the calls that sent reminders promise, if the reason to void them has passed."""
    group = facts.sent_reminders_without_call(on)
    certificates = facts.certificates_by_id({each.certificate_id for each in group}, on)
    reasons = _void_reasons(group, certificates, _booked_renewals(certificates, on), on)
    due = [each.call_id for each in group if each.call_id and each.reminder_id not in reasons]
    messages.restore_messages(due)


def _void_reasons(
    group: Iterable[WaitingReminder],
    certificates: dict[int, CertificateFacts],
    booked: dict[int, BookedRenewal],
    on: date,
) -> dict[int, str]:
    """Return the reasons to void these reminders, by reminder ID.

    A reminder is also voided if the person has since booked a renewal or given up their place. It
    then becomes due again.
    """
    found = {}
    for each in group:
        place = booked.get(each.certificate_id)
        reason = planning.reason_to_void(
            certificates.get(each.certificate_id), each.step_days, each.expires_on, on
        )
        if reason is None and (place.run_id if place else None) != each.renewal_run_id:
            reason = BOOKING_CHANGED
        if reason is not None:
            found[each.reminder_id] = reason
    return found


def _booked_renewals(
    certificates: dict[int, CertificateFacts], on: date
) -> dict[int, BookedRenewal]:
    """Return the booked renewal of each certificate, by certificate ID."""
    held = [
        HeldCertificate(key, each.person_id, each.kind_id, each.expires_on)
        for key, each in certificates.items()
    ]
    return find_booked_renewals(held, on)


def _void_group(
    group: Sequence[WaitingReminder],
    certificates: dict[int, CertificateFacts],
    booked: dict[int, BookedRenewal],
    on: date,
) -> int:
    """Void the message with these reminders if any of them has to be voided.

    Reminders for staff to pass on are kept if the reason may pass and they would not be sent again.
    If the letter was sent, void only the call, and only if all reminders have to be voided. If the
    letter may have been sent, or the other reminders cannot be sent in a new letter, void it only
    if all reminders have to be voided. Return how many reminders were voided.
    """
    reasons = _void_reasons(group, certificates, booked, on)
    for each in group:
        if _is_lost_if_voided(each, reasons.get(each.reminder_id), on):
            del reasons[each.reminder_id]
    if not reasons:
        return 0
    reason = next(iter(reasons.values()))
    letter_sent = group[0].letter_sent
    others = [each for each in group if each.reminder_id not in reasons]
    if not letter_sent and (
        any(each.in_doubt for each in others) or not _can_reissue(others, certificates, on)
    ):
        return 0
    if not letter_sent or len(reasons) == len(group):
        for call_id in {each.call_id for each in group if each.call_id}:
            messages.cancel_message(call_id, reason)
    if letter_sent:
        return 0
    messages.cancel_message(group[0].message_id, reason)
    return _void_reminders(group, reasons)


def _is_lost_if_voided(reminder: WaitingReminder, why: str | None, on: date) -> bool:
    """Return whether a reminder would not be due again when the reason to void it has passed."""
    too_late = planning.is_too_late(reminder.expires_on, reminder.step_days, on)
    return why in REVERSIBLE_REASONS and (too_late or reminder.in_doubt)


def _can_reissue(
    group: Iterable[WaitingReminder], certificates: dict[int, CertificateFacts], on: date
) -> bool:
    """Return whether a run on the given day would send all these reminders in a new letter."""
    return all(
        planning.is_reminder_due(certificates[each.certificate_id], each.step_days, on)
        for each in group
    )


def _void_reminders(group: Iterable[WaitingReminder], reasons: dict[int, str]) -> int:
    """Void these reminders. Those without a reason will be sent in a new message."""
    by_reason: dict[str, list[int]] = defaultdict(list)
    for each in group:
        by_reason[reasons.get(each.reminder_id, REISSUED)].append(each.reminder_id)
    for reason, reminder_ids in by_reason.items():
        writing.void_reminders(reminder_ids, reason)
    return sum(len(ids) for ids in by_reason.values())


def reason_not_to_send(message_id: int, context: dict[str, Any]) -> str | None:
    """Return the reason not to send a reminder, or None.

    The outbox calls this function just before sending. A letter that came back and is to be sent
    again to a new address is out of date: it gives the number of days that were left, and names
    courses that had places, when it was written. Its reminders become due again, so that the next
    run writes a new letter. A letter that only waited overnight is sent. The reminders in a letter
    that may have been sent do not become due again: the outbox adds the letter to the list of
    people to contact. Raises TooLateToSend if the next run cannot send a new letter, or the letter
    may have been sent and the reason not to send it now may pass.
    """
    written_on = date.fromisoformat(context["on"])
    on = max(written_on, clock.today())
    group = facts.waiting_reminders(facts.reminders_in_messages([message_id]))
    certificates = facts.certificates_by_id({each.certificate_id for each in group}, on)
    booked = _booked_renewals(certificates, on)
    reasons = _void_reasons(group, certificates, booked, on)
    if not group or (not reasons and on - written_on <= OVERNIGHT):
        return None
    others = [each for each in group if each.reminder_id not in reasons]
    if any(each.in_doubt for each in others):
        return None
    if not _can_reissue(others, certificates, on + NEXT_RUN) or any(
        _is_lost_if_voided(each, reasons.get(each.reminder_id), on + NEXT_RUN) for each in group
    ):
        raise TooLateToSend(
            _(
                "The dates in this reminder are out of date, and it is too late to send another"
                " one by email."
            )
        )
    reasons |= {each.reminder_id: REISSUED for each in others}
    _void_reminders(group, reasons)
    return next(iter(reasons.values()))


def void_person_reminders(actor: Actor, person_id: int, reason: str) -> None:
    """Void the waiting reminders of a person who has left."""
    for each in facts.waiting_reminders(Reminder.person_id == person_id):
        if each.call_id:
            messages.cancel_message(each.call_id, SkipReason.LEFT.value)
        if not each.letter_sent:
            messages.cancel_message(each.message_id, SkipReason.LEFT.value)
            _void_reminders([each], {each.reminder_id: SkipReason.LEFT.value})
