"""Changes that make it easier to find or reach somebody: asked for, checked, waited for, stopped.

Asking for protection, for a block or for silence works at once. The way back needs a call to a
number that was recorded as safe before, or, without such a number, a meeting with two coordinators.
Then it waits for 24 hours. The person hears of it in the way that is safe for them and can stop it.
What takes effect, and how, is in `effects`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _

from app.changes import proving, queries
from app.changes.queries import ASKED, CALL, TELLING
from app.core import audit, clock, links
from app.core.actor import PUBLIC, SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.limits import LONGEST_REASON
from app.core.words import long_instant
from app.messages import queries as message_rows
from app.messages import service as messages
from app.messages.types import BY_HAND, Channel, NewMessage, Recipient
from app.people.models import Person, PersonContact
from app.people.queries.locking import lock
from app.people.safety import contact_details
from app.people.safety.models import Loosening
from app.people.safety.types import Change, LooseningKind, Stage, Waits

WAIT = timedelta(hours=24)
LATEST_CALL = timedelta(hours=24)  # how old a call may be that somebody notes
STOP = "stop-change"
STOP_LIFETIME = timedelta(days=30)
SETTLED = "the change was checked or stopped"


def ask(actor: Actor, person: Person, kind: LooseningKind, detail: dict[str, Any]) -> Waits:
    """Somebody wants a change that has to wait. Asked twice, it waits once.

    The person is told. Whoever works for the team is put on to it by a line on the call list,
    unless they ask it themselves for the person.
    """
    known = next((each for each in queries.open_of(person.id) if _same(each, kind, detail)), None)
    if known is not None:
        return Waits(known.id)
    row = Loosening(
        person_id=person.id,
        kind=kind,
        detail=detail,
        asked_at=clock.now(),
        asked_by_user_id=actor.user_id,
    )
    with audit.acting(actor, AuditVerb.PERSON_LOOSEN_ASK):
        db.session.add(row)
    _tell(person, row)
    if actor.person_id == person.id:
        _put_on_the_call_list(person, row)
    return Waits(row.id)


def _same(row: Loosening, kind: LooseningKind, detail: dict[str, Any]) -> bool:
    return row.kind is kind and row.detail == detail


def as_read(actor: Actor, row: Loosening) -> Change:
    """A change as this reader sees it."""
    mine = row.seen_by_user_id is not None and row.seen_by_user_id == actor.user_id
    by_call = row.stage is Stage.ASKED and bool(numbers(actor, row, clock.now()))
    return Change(row.id, row.kind, row.stage, row.asked_at, row.due_at, mine, by_call)


def waiting(actor: Actor, person_id: int) -> list[Change]:
    """What waits for a person, the oldest first, as far as this reader may know of it. Who may read
    the person is asked before.
    """
    return [as_read(actor, row) for row in queries.open_of(person_id, queries.known(actor))]


def find(person_id: int, change_id: int, actor: Actor = SYSTEM) -> Loosening:
    """One change asked for a person that the actor may know of, locked with the person. Raises
    NotFound.
    """
    lock(person_id)
    row = queries.change(person_id, change_id, actor)
    if row is None:
        raise NotFound()
    return row


def numbers(actor: Actor, row: Loosening, at: datetime) -> Sequence[PersonContact]:
    """Numbers a call to which checks a change: those recorded as safe for 24 hours at an instant.

    For changes that do not end protection or a block, the same as for a new way to sign in.
    """
    if row.kind in TELLING:
        return proving.safe_numbers(row.person_id, at)
    return proving.numbers_for(actor, row.person_id, at)


def called(actor: Actor, row: Loosening, contact_id: int, at: datetime) -> None:
    """A coordinator called the person on one of `numbers`, and they want it.

    contact_id: the number (PersonContact). Raises InvalidInput, Conflict.
    """
    _check(actor, row)
    now = clock.now()
    if not now - LATEST_CALL <= at <= now:
        raise InvalidInput(_("Enter a time today, not in the future"), "time")
    if contact_id not in {each.id for each in numbers(actor, row, at)}:
        raise InvalidInput(
            _("Select a number that we had for at least a day before the call"), "number"
        )
    note_call(actor, row, contact_id, at)


def note_call(actor: Actor, row: Loosening, contact_id: int, at: datetime) -> None:
    """Note a call to a number (PersonContact) that was one of `numbers` when it was made.

    Whether it was is for the caller to ask: the same form may have removed the number since. Does
    nothing where the change has been checked before.
    """
    if row.due_at is not None:
        return
    now = clock.now()
    with audit.acting(actor, AuditVerb.PERSON_LOOSEN_CALL):
        row.called_contact_id = contact_id
        row.called_by_user_id = actor.user_id
        row.called_at = at
        row.due_at = now + WAIT
    _start_waiting(row)


def seen(actor: Actor, row: Loosening, why: str) -> None:
    """A coordinator met the person, who has no number recorded as safe. A second one must too.

    Two different accounts are needed. Raises InvalidInput, Conflict.
    """
    _check(actor, row)
    if numbers(actor, row, clock.now()):
        raise Conflict(_("We have a number we can check them on. Call that number instead."))
    why = why.strip()
    if row.seen_by_user_id is not None:
        if row.seen_by_user_id == actor.user_id:
            raise Conflict(_("A second coordinator must meet them too."))
        with audit.acting(actor, AuditVerb.PERSON_LOOSEN_SEEN, row.why):
            row.seen_too_by_user_id = actor.user_id
            row.due_at = clock.now() + WAIT
        _start_waiting(row)
        return
    if not why:
        raise InvalidInput(_("Enter how you know it is them"), "why")
    with audit.acting(actor, AuditVerb.PERSON_LOOSEN_SEEN, why):
        row.seen_by_user_id = actor.user_id
        row.seen_at = clock.now()
        row.why = why[:LONGEST_REASON]


def _check(actor: Actor, row: Loosening) -> None:
    if actor.user_id is None or actor.person_id == row.person_id:
        raise Conflict(_("Somebody else must check this change."))
    if row.stage is Stage.STOPPED:
        raise Conflict(_("This change has been stopped."))
    if row.due_at is not None:
        raise Conflict(_("Somebody has already checked this change."))


def stop(actor: Actor, row: Loosening) -> None:
    """It does not happen. Twice is once. Raises Conflict when it has taken effect."""
    if row.done_at is not None:
        raise Conflict(_("This change has already been made."))
    if row.stopped_at is None:
        with audit.acting(actor, AuditVerb.PERSON_LOOSEN_STOP):
            row.stopped_at = clock.now()
            row.stopped_by_user_id = actor.user_id
        links.revoke(STOP, row.id)
        _off_the_call_list(row)


def stop_all(
    actor: Actor,
    person_id: int,
    kind: LooseningKind | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """What waits for them of this kind (None: of any) does not happen: they have asked for
    the opposite, or left.
    """
    for row in queries.open_of(person_id):
        if kind in (None, row.kind) and (detail is None or row.detail == detail):
            stop(actor, row)


def is_good(token: str) -> bool:
    """Whether a link to stop a change still works. Uses nothing up."""
    return links.peek(STOP, token) is not None


def stop_by_link(token: str) -> bool:
    """Whoever has the link stops the change; False when it no longer works."""
    subject = links.peek(STOP, token)
    row = db.session.get(Loosening, int(subject)) if subject else None
    if row is None:
        return False
    row = find(row.person_id, row.id)
    if links.spend(STOP, token) is None or row.done_at is not None:
        return False
    stop(PUBLIC, row)
    return True


def _tell(person: Person, row: Loosening) -> None:
    """Tell them, in the way that is safe for them, what waits and how to stop it."""
    recipient = contact_details.recipients_of([person.id], clock.today()).get(person.id)
    if recipient is None:
        return
    by_hand = recipient.channel in BY_HAND
    link_id = None if by_hand else links.create(STOP, row.id, STOP_LIFETIME)
    context = {
        "when": long_instant(row.due_at) if row.due_at else None,
        "stop": None
        if link_id is None
        else {"endpoint": "profile.stop_change", "purpose": STOP, "link_id": str(link_id)},
    }
    stage = "due" if row.due_at else "asked"
    messages.post(NewMessage(ASKED, recipient, f"{ASKED}:{row.id}:{stage}", context))


def _start_waiting(row: Loosening) -> None:
    _off_the_call_list(row)
    _tell(db.session.get_one(Person, row.person_id), row)


def _call_key(row: Loosening) -> str:
    return f"{CALL}:{row.id}"


def _put_on_the_call_list(person: Person, row: Loosening) -> None:
    """Somebody who may see them has to call, or to meet them where there is no safe number."""
    number = proving.safe_number(person.id, clock.now()) or ""
    recipient = Recipient(Channel.PHONE, number, person.full_name, person.id, person.user_id)
    messages.post(NewMessage(CALL, recipient, _call_key(row), {"safe": bool(number)}))


def _off_the_call_list(row: Loosening) -> None:
    waiting = message_rows.id_by_key(_call_key(row))
    if waiting is not None:
        messages.void(waiting, SETTLED)
