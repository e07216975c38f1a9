"""The single rule for how a person is contacted, used by letters, calls and staff pages.

If a person has stated no wishes, we use their preferred contact method, or else email, phone, then
post, and skip addresses that fail. A person with wishes is contacted only by the methods they said
are safe. For a protected person, we use the method they chose, or another one only if they said it
is safe. If none of these works, the message stays on the call list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from app.core import clock
from app.core.db import db
from app.messages import channels
from app.messages import service as messages
from app.messages.types import Channel, Recipient, Ruling
from app.people.models import Person
from app.people.queries.contacts import contact_rows, earlier_wishes
from app.people.safety.types import ContactInstructions, ContactMethod, ContactPreferences
from app.people.types import ContactKind

CHANNELS: Mapping[ContactKind, Channel] = {
    ContactKind.EMAIL: Channel.EMAIL,
    ContactKind.PHONE: Channel.PHONE,
    ContactKind.POST: Channel.POST,
}
METHODS: Mapping[ContactKind, frozenset[ContactMethod]] = {
    ContactKind.EMAIL: frozenset({ContactMethod.EMAIL}),
    ContactKind.PHONE: frozenset({ContactMethod.CALL, ContactMethod.TEXT}),
    ContactKind.POST: frozenset({ContactMethod.POST}),
}
ORDER = (ContactKind.EMAIL, ContactKind.PHONE, ContactKind.POST)
WISHES = "they asked us not to contact them there"


@dataclass(frozen=True)
class Point:
    """A person's contact detail. Better ones of the same kind come first.

    ``vouched`` is whether we know that the person gave it. An email address must be verified.
    """

    kind: ContactKind
    value: str
    safe: bool
    fails: bool
    vouched: bool


@dataclass
class ContactFacts:
    """The facts about one person that the rule needs."""

    person_id: int
    name: str
    user_id: int | None
    preferred: ContactKind | None
    protected: bool
    wishes: ContactPreferences | None
    points: list[Point] = field(default_factory=list)

    @property
    def strict(self) -> bool:
        """Whether only safe contact details may be used."""
        return self.protected or self.wishes is not None

    @property
    def first(self) -> ContactKind | None:
        """The kind of contact to use first: the preferred one, or else the first in `ORDER`."""
        return self.preferred or first_kind(each.kind for each in self.points)

    def allowed(self) -> list[Point]:
        """Return the contact details that may be used, whether or not they work."""
        if self.wishes is not None:
            ways = self.wishes.ways
            return [each for each in self.points if each.safe and METHODS[each.kind] & ways]
        if self.protected:
            return [each for each in self.points if each.safe or each.kind is self.first]
        return list(self.points)

    @property
    def stated(self) -> ContactPreferences | None:
        """The person's wishes as shown to staff, or None.

        A protected person without wishes looks like somebody who allowed only one contact method,
        so that nobody learns who is protected.
        """
        return self.effective_wishes() if self.strict else None

    def effective_wishes(self) -> ContactPreferences:
        """Return the person's wishes, or cautious defaults if they stated none."""
        if self.wishes is not None:
            return self.wishes
        kinds = {each.kind for each in self.allowed()}
        ways = {CAREFUL_METHODS[kind] for kind in kinds}
        return ContactPreferences(ways=frozenset(ways))


CAREFUL_METHODS: Mapping[ContactKind, ContactMethod] = {
    ContactKind.EMAIL: ContactMethod.EMAIL,
    ContactKind.PHONE: ContactMethod.CALL,
    ContactKind.POST: ContactMethod.POST,
}


def first_kind(kinds: Iterable[ContactKind]) -> ContactKind | None:
    """Return the kind that is used first for a person who has no preference."""
    given = set(kinds)
    return next((kind for kind in ORDER if kind in given), None)


def read_contact_facts(
    person_ids: Iterable[int],
    on: date,
    user_ids: Iterable[int] = (),
    emails: Iterable[str] = (),
) -> dict[int, ContactFacts]:
    """Return the facts about how to contact people on a given day, by person id.

    The facts cover the people with these ids, the people who sign in as these users, and the people
    who gave these email addresses. This is one statement.
    """
    rows = contact_rows(person_ids, on, user_ids, emails)
    found: dict[int, ContactFacts] = {}
    for row in rows:
        facts = found.get(row.id)
        if facts is None:
            facts = found[row.id] = _contact_facts(row)
        if row.kind is not None:
            fails = row.failing_since is not None
            vouched = row.kind is not ContactKind.EMAIL or row.vouched_at is not None
            safe = row.safe_at is not None
            facts.points.append(Point(row.kind, row.value, safe, fails, vouched))
    return found


def _contact_facts(row: Any) -> ContactFacts:
    wishes = row.SafeContact.wishes if row.SafeContact is not None else None
    return ContactFacts(
        row.id, row.full_name, row.user_id, row.preferred, row.protected_at is not None, wishes
    )


def _best_point(facts: ContactFacts) -> Point | None:
    first = facts.preferred
    working = [
        each for each in facts.allowed() if not each.fails and (each.vouched or not facts.strict)
    ]
    return min(
        working,
        key=lambda each: -1 if each.kind is first else ORDER.index(each.kind),
        default=None,
    )


def _channel(facts: ContactFacts, best: Point) -> Channel:
    """Return the channel for this contact detail. A number only for texts gets a text."""
    ways = facts.effective_wishes().ways
    if (
        best.kind is ContactKind.PHONE
        and ContactMethod.CALL not in ways
        and channels.can_send_texts()
    ):
        return Channel.SMS
    return CHANNELS[best.kind]


def _instructions(facts: ContactFacts) -> ContactInstructions:
    terms, best = facts.effective_wishes(), _best_point(facts)
    channel: Channel | None = None
    if not terms.silent:
        if best is not None:
            channel = _channel(facts, best)
        elif facts.strict:
            channel = Channel.PHONE
    return ContactInstructions(
        person_id=facts.person_id,
        name=facts.name,
        user_id=facts.user_id,
        channel=channel,
        address=best.value if best is not None and channel is not None else "",
        wishes=terms,
        stated=facts.wishes is not None,
        neutral=facts.protected,
        numbers=tuple(each.value for each in facts.allowed() if each.kind is ContactKind.PHONE),
    )


def rule_on_recipients(recipients: Sequence[Recipient]) -> list[Ruling]:
    """Return what contact wishes mean for each message (app.core.registry.contact_rulings).

    The same statement is run whether or not any message is for a person on record.
    """
    people = {each.person_id or 0 for each in recipients}
    users = {each.user_id or 0 for each in recipients}
    unknown_addresses = {each.address for each in recipients if _is_unknown(each)}
    found = read_contact_facts(people, clock.today(), users, unknown_addresses)
    earlier = earlier_wishes(found, clock.today())
    by_user = {each.user_id: each for each in found.values() if each.user_id is not None}
    at_address = _people_by_address(found.values())
    return [
        _ruling_for_unknown(at_address.get(each.address.casefold(), ()))
        if _is_unknown(each)
        else _with_recent_wishes(
            _ruling(found.get(each.person_id or 0) or by_user.get(each.user_id or 0), each),
            found.get(each.person_id or 0) or by_user.get(each.user_id or 0),
            earlier,
            each,
        )
        for each in recipients
    ]


def _is_unknown(recipient: Recipient) -> bool:
    """Return whether we know only the address of a message, and no person or user."""
    return recipient.person_id is None and recipient.user_id is None


def _people_by_address(
    everybody: Iterable[ContactFacts],
) -> dict[str, list[tuple[ContactFacts, Point]]]:
    """Return the people who have each verified email address, by address."""
    found: dict[str, list[tuple[ContactFacts, Point]]] = {}
    for facts in everybody:
        for point in facts.points:
            if point.kind is ContactKind.EMAIL and point.vouched:
                found.setdefault(point.value.casefold(), []).append((facts, point))
    return found


def _ruling_for_unknown(whose: Sequence[tuple[ContactFacts, Point]]) -> Ruling:
    """Return the ruling for a message to somebody not on record, such as a named attendee.

    The message is blocked if it would reach a person at that address who does not want it.
    """
    unwanted = any(facts.strict and point not in facts.allowed() for facts, point in whose)
    return Ruling(blocked=unwanted, silent=unwanted)


def _ruling(facts: ContactFacts | None, recipient: Recipient) -> Ruling:
    """Return the ruling for a message to a person.

    The message is blocked if its address is one of theirs and is not safe. It is not blocked if the
    address is no longer, or not yet, theirs. The caller decides about those.
    """
    if facts is None:
        return Ruling()
    if facts.effective_wishes().silent:
        return Ruling(neutral=facts.protected, blocked=True, silent=True)
    theirs = [each for each in facts.points if _has_address(each, recipient)]
    if not facts.strict or not theirs or any(each in facts.allowed() for each in theirs):
        return Ruling(neutral=facts.protected)
    how = _instructions(facts)
    instead = (
        None
        if how.channel is None
        else replace(recipient, channel=how.channel, address=how.address, person_id=facts.person_id)
    )
    return Ruling(neutral=facts.protected, blocked=True, instead=instead)


def _with_recent_wishes(
    ruling: Ruling,
    facts: ContactFacts | None,
    earlier: Mapping[int, ContactPreferences | None],
    recipient: Recipient,
) -> Ruling:
    """Return the ruling, marked if only recently changed wishes block the message."""
    if not ruling.blocked or facts is None or facts.person_id not in earlier:
        return ruling
    if facts.protected:
        return replace(ruling, by_call=_call_list_entry(facts))
    wishes = earlier[facts.person_id]
    ways = {
        way
        for kind, channel in CHANNELS.items()
        if channel is recipient.channel
        for way in METHODS[kind]
    }
    return replace(
        ruling, recent_only=wishes is None or (not wishes.silent and bool(ways & wishes.ways))
    )


def _call_list_entry(facts: ContactFacts) -> Recipient:
    """Return an entry for the call list. It has no number, because staff choose a safe one."""
    return Recipient(Channel.PHONE, "", facts.name, facts.person_id, facts.user_id)


def _has_address(point: Point, recipient: Recipient) -> bool:
    return point.value.casefold() == recipient.address.casefold()


def redirect_pending_messages(person_id: int, on: date) -> None:
    """Redirect pending messages that may no longer be sent to their current address."""
    facts = read_contact_facts([person_id], on).get(person_id)
    if facts is None:
        return
    allowed = {each.value.casefold() for each in facts.allowed()}
    theirs = {each.value.casefold() for each in facts.points}
    silent = facts.effective_wishes().silent
    left = [
        (channel, address)
        for channel, address in messages.waiting_destinations(person_id)
        if silent or (facts.strict and address.casefold() in theirs - allowed)
    ]
    changed_recently = person_id in earlier_wishes([person_id], on)
    messages.redirect_messages(
        person_id,
        left,
        recipients_of([person_id], on).get(person_id),
        WISHES,
        recent_only=changed_recently and not facts.protected,
        by_call=_call_list_entry(facts) if changed_recently and facts.protected else None,
    )


def apply_protection(person: Person, on: date) -> None:
    """Make pending messages neutral once a person is protected.

    The contact method that we currently use becomes their preferred one.
    """
    person.preferred = person.preferred or read_contact_facts([person.id], on)[person.id].first
    db.session.flush()
    messages.make_messages_neutral(person.id, person.user_id)
    redirect_pending_messages(person.id, on)


def instructions_from(facts: ContactFacts) -> ContactInstructions:
    """Return how to contact a person, given the facts that `read_contact_facts` returned."""
    return _instructions(facts)


def contact_instructions_for(person_ids: Iterable[int], on: date) -> dict[int, ContactInstructions]:
    """Return how to contact people on record on a given day, by person id."""
    return {
        each.person_id: _instructions(each) for each in read_contact_facts(person_ids, on).values()
    }


def contact_instructions(person_id: int, on: date) -> ContactInstructions | None:
    """Return how to contact a person on a given day, or None if they are not on record."""
    return contact_instructions_for([person_id], on).get(person_id)


def allowed_contacts(person_id: int, on: date) -> list[tuple[ContactKind, str]]:
    """Return the contact details that a person's wishes allow on a given day.

    They are returned whether or not they work.
    """
    facts = read_contact_facts([person_id], on).get(person_id)
    if facts is None or facts.effective_wishes().silent:
        return []
    return [(each.kind, each.value) for each in facts.allowed() if each.vouched]


def recipients_of(person_ids: Iterable[int], on: date) -> dict[int, Recipient]:
    """Return where to send messages, by person id, leaving out people who cannot be contacted."""
    return {
        each.person_id: Recipient(
            each.channel, each.address, each.name, each.person_id, each.user_id
        )
        for each in contact_instructions_for(person_ids, on).values()
        if each.channel is not None
    }
