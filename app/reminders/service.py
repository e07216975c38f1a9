"""Reminders by reconciliation: what should exist from today's facts, against what does.

Runs take a lock, so that of several at once one does the work and the others find nothing left;
unique keys of the ledger and of the messages say the same once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement

from app.core import audit, clock, locks, public_ids
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.locks import Lock
from app.messages import service as messages
from app.messages.types import BY_HAND, NewMessage, Recipient
from app.people import contact
from app.reminders import letters, planning, writing
from app.reminders.models import Reminder
from app.reminders.queries import facts
from app.reminders.types import FINAL, MADE_ANEW, CertificateFacts, Due, Skip, Waiting

Ids = dict[tuple[int, int], tuple[int, int | None]]  # (certificate, step) → its letter, its call


def preview(actor: Actor, on: date) -> dict[str, Any]:
    """What a run on that day would do, as `reminders preview` prints it; nothing is changed."""
    with db.session.begin_nested() as savepoint:
        _reconsider(on)
        found = planned(on)
        savepoint.rollback()
    return {
        "on": on.isoformat(),
        "due": [_line(due) for due in found if due.reason is None],
        "skipped": [
            _line(due) | {"reason": due.reason.value} for due in found if due.reason is not None
        ],
    }


def _line(due: Due) -> dict[str, Any]:
    return {
        "person": public_ids.encode("people", due.person_id),
        "certificate": public_ids.encode("certificates", due.certificate_id),
        "step_days": due.step_days,
        "channel": due.channel,
        "due_on": due.due_on.isoformat(),
    }


def run(actor: Actor, on: date, at_once: bool = False) -> dict[str, Any]:
    """Void what is no longer due, post what is; running again changes nothing.

    at_once: by hand, so nothing waits for the quiet hours to end; `message_ids` are then those to
    be sent once this is committed.
    """
    locks.acquire(Lock.REMINDERS)
    voided = _reconsider(on)
    found, recipients = _plan(on)
    going = [due for due in found if due.reason is None]
    ids, counts = _post(going, recipients, on)
    settled = [due for due in found if due.reason in FINAL]
    _enter(settled, {})
    _enter([due for due in going if (due.certificate_id, due.step_days) in ids], ids)
    result: dict[str, Any] = {
        "on": on.isoformat(),
        "reminders": len(ids),
        **counts,
        "skipped": len(settled),
        "voided": voided,
    }
    audit.record(actor, AuditVerb.REMINDERS_RUN, "reminders", **result)
    people = {due.person_id for due in going}
    return result | {"message_ids": messages.send_now(people) if at_once else []}


def planned(on: date, *within: ColumnElement[bool]) -> list[Due]:
    """What a run on that day would do, for people `within` a Scope."""
    return _plan(on, *within)[0]


def _plan(on: date, *within: ColumnElement[bool]) -> tuple[list[Due], dict[int, Recipient]]:
    held = facts.candidates(on, *within)
    recipients = _recipients({each.person_id for each in held}, on)
    with_channel = [_reached(each, recipients.get(each.person_id)) for each in held]
    return planning.plan_all(with_channel, on), recipients


def _recipients(person_ids: Iterable[int], on: date) -> dict[int, Recipient]:
    found: dict[int, Recipient] = {}
    for portion in facts.in_portions(person_ids):
        found |= contact.recipients_of(portion, on)
    return found


def _reached(held: CertificateFacts, recipient: Recipient | None) -> CertificateFacts:
    return replace(held, channel=recipient.channel.value if recipient else None)


def _post(
    going: Sequence[Due], recipients: dict[int, Recipient], on: date
) -> tuple[Ids, dict[str, int]]:
    """One letter a person, and a call beside it where no free course is within reach."""
    kinds = facts.kinds({due.kind_id for due in going})
    positions = facts.positions({due.person_id for due in going}, on)
    courses = letters.Courses(on)
    drafts: dict[int, list[NewMessage]] = {}
    dues_of: dict[int, list[Due]] = {}
    for person_id, group in groupby(going, key=lambda due: due.person_id):
        dues = dues_of[person_id] = list(group)
        near = [run for due in dues for run in courses.near(due, positions.get(person_id))]
        runs = [run for place, run in enumerate(near) if run not in near[:place]]
        to = recipients[person_id]
        signs_in = to.user_id is not None
        context = letters.context_of(dues, kinds, runs, on, signs_in=signs_in)
        drafts[person_id] = [letters.draft(letters.REMINDER, to, dues, context, on)]
        if not runs and to.channel not in BY_HAND:
            call = letters.draft(letters.CALL, letters.call_of(to), dues, context, on)
            drafts[person_id].append(call)
    posted = messages.post_all(draft for each in drafts.values() for draft in each)
    ids: Ids = {}
    counts = {"letters": 0, "by_hand": 0, "no_course": 0}
    for person_id, (letter, *calls) in drafts.items():
        if letter.key not in posted:
            continue  # voided earlier on this very day: it comes due again tomorrow
        call_id = posted.get(calls[0].key) if calls else None
        counts["by_hand" if letter.recipient.channel in BY_HAND else "letters"] += 1
        counts["no_course"] += call_id is not None
        for due in dues_of[person_id]:
            ids[(due.certificate_id, due.step_days)] = (posted[letter.key], call_id)
    return ids, counts


def _enter(dues: Sequence[Due], ids: Ids) -> None:
    nothing = (None, None)
    writing.enter(dues, [ids.get((due.certificate_id, due.step_days), nothing) for due in dues])


def _reconsider(on: date) -> int:
    """Void the reminders that wait and are no longer due; how many."""
    waiting = facts.waiting()
    held = facts.held({each.certificate_id for each in waiting}, on)
    by_message: dict[int, list[Waiting]] = defaultdict(list)
    for each in waiting:
        by_message[each.message_id].append(each)
    return sum(_void_group(group, held, on) for group in by_message.values())


def _objections(
    group: Iterable[Waiting], held: dict[int, CertificateFacts], on: date
) -> dict[int, str]:
    """Reminder id → why it must not go, for those of which that is so."""
    found = {
        each.reminder_id: planning.objection(
            held.get(each.certificate_id), each.step_days, each.expires_on, on
        )
        for each in group
    }
    return {reminder_id: why for reminder_id, why in found.items() if why}


def _void_group(group: Sequence[Waiting], held: dict[int, CertificateFacts], on: date) -> int:
    """The reminders of one message: when one must not go, the message does not go as it is."""
    against = _objections(group, held, on)
    if not against:
        return 0
    why = next(iter(against.values()))
    if group[0].call_id:
        messages.void(group[0].call_id, why)
    if group[0].went:
        return 0  # only the call was open
    messages.void(group[0].message_id, why)
    return _void_rows(group, against)


def _void_rows(group: Iterable[Waiting], against: dict[int, str]) -> int:
    """Mark the ledger; those with nothing against them will be made again, in another message."""
    by_reason: dict[str, list[int]] = defaultdict(list)
    for each in group:
        by_reason[against.get(each.reminder_id, MADE_ANEW)].append(each.reminder_id)
    for reason, reminder_ids in by_reason.items():
        writing.void(reminder_ids, reason)
    return sum(len(ids) for ids in by_reason.values())


def last_minute_objection(message_id: int, context: dict[str, Any]) -> str | None:
    """Why a reminder should not be sent after all, or None. The outbox asks just before sending."""
    on = max(date.fromisoformat(context["on"]), clock.today())
    group = facts.waiting(facts.of_messages([message_id]))
    against = _objections(group, facts.held({each.certificate_id for each in group}, on), on)
    if not against:
        return None
    _void_rows(group, against)
    return next(iter(against.values()))


def person_left(actor: Actor, person_id: int, reason: str) -> None:
    """Somebody left: what waits for them does not go."""
    for each in facts.waiting(Reminder.person_id == person_id):
        if each.call_id:
            messages.void(each.call_id, Skip.LEFT.value)
        if not each.went:
            messages.void(each.message_id, Skip.LEFT.value)
            _void_rows([each], {each.reminder_id: Skip.LEFT.value})
