"""Decide how to contact a person. Letters, calls and staff pages all use this rule.

If a person has no contact wishes, use their preferred contact method, then email, phone and post,
and skip addresses that fail. If a person has contact wishes, use only the methods they marked as
safe. For a protected person, use the method they chose, and another method only if it is marked as
safe. If no method is available, add the message to the call list.
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
from app.messages.types import Channel, ContactDecision, Recipient
from app.people.models import Person
from app.people.queries.contacts import contact_rows, previous_wishes
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
BLOCKED_BY_WISHES = "they asked us not to contact them there"


@dataclass(frozen=True)
class Point:
    """A person's contact detail.

    ``vouched`` is whether we know that the person gave us the contact detail. Email addresses must
    also be verified.
    """

    kind: ContactKind
    value: str
    safe: bool
    fails: bool
    vouched: bool


@dataclass
class ContactFacts:
    """What we know about how to contact a person. Within a kind, the best points come first."""

    person_id: int
    name: str
    user_id: int | None
    preferred: ContactKind | None
    protected: bool
    wishes: ContactPreferences | None
    points: list[Point] = field(default_factory=list)

    @property
    def uses_only_safe_contacts(self) -> bool:
        """Whether only contact details marked as safe can be used."""
        return self.protected or self.wishes is not None

    @property
    def first(self) -> ContactKind | None:
        """The kind of contact detail to try first."""
        return self.preferred or first_kind(each.kind for each in self.points)

    def allowed(self) -> list[Point]:
        """Return the contact details that can be used, including ones that fail."""
        if self.wishes is not None:
            ways = self.wishes.ways
            return [each for each in self.points if each.safe and METHODS[each.kind] & ways]
        if self.protected:
            return [each for each in self.points if each.safe or each.kind is self.first]
        return list(self.points)

    @property
    def shown_wishes(self) -> ContactPreferences | None:
        """The person's contact wishes as shown to staff, or None.

        A protected person without wishes appears to have allowed only one contact method, so that
        staff cannot tell who is protected.
        """
        return self.effective_wishes() if self.uses_only_safe_contacts else None

    def effective_wishes(self) -> ContactPreferences:
        """Return the person's contact wishes, or cautious defaults if they have none."""
        if self.wishes is not None:
            return self.wishes
        kinds = {each.kind for each in self.allowed()}
        ways = {CAUTIOUS_METHODS[kind] for kind in kinds}
        return ContactPreferences(ways=frozenset(ways))


CAUTIOUS_METHODS: Mapping[ContactKind, ContactMethod] = {
    ContactKind.EMAIL: ContactMethod.EMAIL,
    ContactKind.PHONE: ContactMethod.CALL,
    ContactKind.POST: ContactMethod.POST,
}


def first_kind(kinds: Iterable[ContactKind]) -> ContactKind | None:
    """Return the kind of contact detail to try first for a person without a preference."""
    given = set(kinds)
    return next((kind for kind in ORDER if kind in given), None)


def read_contact_facts(
    person_ids: Iterable[int],
    on: date,
    user_ids: Iterable[int] = (),
    emails: Iterable[str] = (),
) -> dict[int, ContactFacts]:
    """Return how people can be contacted on a given day, by person ID.

    Select people by ID, by user ID or by email address. Runs one statement.
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
        each
        for each in facts.allowed()
        if not each.fails and (each.vouched or not facts.uses_only_safe_contacts)
    ]
    return min(
        working,
        key=lambda each: -1 if each.kind is first else ORDER.index(each.kind),
        default=None,
    )


def _choose_channel(facts: ContactFacts, best: Point) -> Channel:
    """Return the channel for a contact detail.

    For a phone number that is only for texts, this is the text channel.
    """
    ways = facts.effective_wishes().ways
    if (
        best.kind is ContactKind.PHONE
        and ContactMethod.CALL not in ways
        and channels.can_send_texts()
    ):
        return Channel.SMS
    return CHANNELS[best.kind]


def _create_instructions(facts: ContactFacts) -> ContactInstructions:
    wishes, best = facts.effective_wishes(), _best_point(facts)
    channel: Channel | None = None
    if not wishes.silent:
        if best is not None:
            channel = _choose_channel(facts, best)
        elif facts.uses_only_safe_contacts:
            channel = Channel.PHONE
    return ContactInstructions(
        person_id=facts.person_id,
        name=facts.name,
        user_id=facts.user_id,
        channel=channel,
        address=best.value if best is not None and channel is not None else "",
        wishes=wishes,
        has_wishes=facts.wishes is not None,
        neutral=facts.protected,
        numbers=tuple(each.value for each in facts.allowed() if each.kind is ContactKind.PHONE),
    )


def find_contact_decisions(recipients: Sequence[Recipient]) -> list[ContactDecision]:
    """Return a decision for each message: whether the person's contact wishes allow it.

    Runs the same statement even if no recipient is in our records.
    """
    people = {each.person_id or 0 for each in recipients}
    users = {each.user_id or 0 for each in recipients}
    unknown_addresses = {each.address for each in recipients if _has_only_address(each)}
    found = read_contact_facts(people, clock.today(), users, unknown_addresses)
    earlier = previous_wishes(found, clock.today())
    by_user = {each.user_id: each for each in found.values() if each.user_id is not None}
    at_address = _people_by_address(found.values())
    return [
        _decide_for_unknown_person(at_address.get(each.address.casefold(), ()))
        if _has_only_address(each)
        else _with_recent_wishes(
            _decide_for_person(
                found.get(each.person_id or 0) or by_user.get(each.user_id or 0), each
            ),
            found.get(each.person_id or 0) or by_user.get(each.user_id or 0),
            earlier,
            each,
        )
        for each in recipients
    ]


def _has_only_address(recipient: Recipient) -> bool:
    """Return whether a recipient has only an address, and no person or user."""
    return recipient.person_id is None and recipient.user_id is None


def _people_by_address(
    everybody: Iterable[ContactFacts],
) -> dict[str, list[tuple[ContactFacts, Point]]]:
    """Return the people who have verified each email address, by address."""
    found: dict[str, list[tuple[ContactFacts, Point]]] = {}
    for facts in everybody:
        for point in facts.points:
            if point.kind is ContactKind.EMAIL and point.vouched:
                found.setdefault(point.value.casefold(), []).append((facts, point))
    return found


def _decide_for_unknown_person(people: Sequence[tuple[ContactFacts, Point]]) -> ContactDecision:
    """Return the decision for a message to an address, without a person in our records.

    The message is blocked if somebody with this address does not want to be contacted there. It is
    neutral if somebody with this address is protected.
    """
    unwanted = any(
        facts.uses_only_safe_contacts and point not in facts.allowed() for facts, point in people
    )
    neutral = any(facts.protected for facts, _point in people)
    return ContactDecision(neutral=neutral, blocked=unwanted, silent=unwanted)


def _decide_for_person(facts: ContactFacts | None, recipient: Recipient) -> ContactDecision:
    """Return the decision for a message to a person.

    The message is blocked if the address belongs to the person and is not safe. If the address does
    not belong to the person, the caller decides.
    """
    if facts is None:
        return ContactDecision()
    if facts.effective_wishes().silent:
        return ContactDecision(neutral=facts.protected, blocked=True, silent=True)
    own_addresses = [each for each in facts.points if _has_address(each, recipient)]
    if (
        not facts.uses_only_safe_contacts
        or not own_addresses
        or any(each in facts.allowed() for each in own_addresses)
    ):
        return ContactDecision(neutral=facts.protected)
    instructions = _create_instructions(facts)
    alternative = (
        None
        if instructions.channel is None
        else replace(
            recipient,
            channel=instructions.channel,
            address=instructions.address,
            person_id=facts.person_id,
        )
    )
    return ContactDecision(neutral=facts.protected, blocked=True, alternative=alternative)


def _with_recent_wishes(
    decision: ContactDecision,
    facts: ContactFacts | None,
    earlier: Mapping[int, ContactPreferences | None],
    recipient: Recipient,
) -> ContactDecision:
    """Set `recent_only` on a decision if recent wishes are the only reason to block the message."""
    if not decision.blocked or facts is None or facts.person_id not in earlier:
        return decision
    if facts.protected:
        return replace(decision, by_call=_call_list_entry(facts))
    wishes = earlier[facts.person_id]
    ways = {
        way
        for kind, channel in CHANNELS.items()
        if channel is recipient.channel
        for way in METHODS[kind]
    }
    return replace(
        decision, recent_only=wishes is None or (not wishes.silent and bool(ways & wishes.ways))
    )


def _call_list_entry(facts: ContactFacts) -> Recipient:
    """Return a call list entry without a phone number. Staff choose a safe number."""
    return Recipient(Channel.PHONE, "", facts.name, facts.person_id, facts.user_id)


def _has_address(point: Point, recipient: Recipient) -> bool:
    return point.value.casefold() == recipient.address.casefold()


def apply_contact_choices(person_id: int, on: date, *, resend: bool = True) -> None:
    """Redirect messages after a change to a person's wishes, protection or preferred method.

    Pending messages are redirected if their current address is no longer allowed. Emails that could
    not be delivered are sent again if messages now go to another email address. Without `resend`,
    the caller sends them again later.
    """
    db.session.flush()
    facts = read_contact_facts([person_id], on).get(person_id)
    if facts is None:
        return
    allowed = {each.value.casefold() for each in facts.allowed()}
    own_addresses = {each.value.casefold() for each in facts.points}
    silent = facts.effective_wishes().silent
    destinations = [
        (channel, address)
        for channel, address in messages.destinations_of_waiting_messages(person_id)
        if silent
        or (facts.uses_only_safe_contacts and address.casefold() in own_addresses - allowed)
    ]
    recipient = find_recipients([person_id], on).get(person_id)
    changed_recently = person_id in previous_wishes([person_id], on)
    messages.redirect_messages(
        person_id,
        destinations,
        recipient,
        BLOCKED_BY_WISHES,
        recent_only=changed_recently and not facts.protected,
        by_call=_call_list_entry(facts) if changed_recently and facts.protected else None,
    )
    if resend:
        messages.resend_undelivered(person_id, recipient, on)


def apply_protection(person: Person, on: date) -> None:
    """Switch pending messages to neutral wording after a person becomes protected.

    The contact method currently in use becomes the person's preferred method.
    """
    facts = read_contact_facts([person.id], on)[person.id]
    person.preferred = person.preferred or facts.first
    emails = [
        each.value for each in facts.points if each.kind is ContactKind.EMAIL and each.vouched
    ]
    messages.make_messages_neutral(person.id, person.user_id, emails)
    apply_contact_choices(person.id, on)


def build_instructions(facts: ContactFacts) -> ContactInstructions:
    """Return how to contact a person, given the result of `read_contact_facts`."""
    return _create_instructions(facts)


def contact_instructions_for(person_ids: Iterable[int], on: date) -> dict[int, ContactInstructions]:
    """Return how to contact people on a given day, by person ID."""
    return {
        each.person_id: _create_instructions(each)
        for each in read_contact_facts(person_ids, on).values()
    }


def contact_instructions(person_id: int, on: date) -> ContactInstructions | None:
    """Return how to contact a person on a given day, or None if the person does not exist."""
    return contact_instructions_for([person_id], on).get(person_id)


def allowed_contacts(person_id: int, on: date) -> list[tuple[ContactKind, str]]:
    """Return the contact details that a person's wishes allow, including ones that fail."""
    facts = read_contact_facts([person_id], on).get(person_id)
    if facts is None or facts.effective_wishes().silent:
        return []
    return [(each.kind, each.value) for each in facts.allowed() if each.vouched]


def find_recipients(person_ids: Iterable[int], on: date) -> dict[int, Recipient]:
    """Return where to send messages, by person ID. Omits people who cannot be contacted."""
    return {
        each.person_id: Recipient(
            each.channel, each.address, each.name, each.person_id, each.user_id
        )
        for each in contact_instructions_for(person_ids, on).values()
        if each.channel is not None
    }
