"""The one rule for how somebody is contacted: for letters, for calls, and for the pages of staff.

Without wishes: the way they prefer, else email, phone, post; an address that fails is passed over.
Who told us their wishes is contacted only in the ways they said are safe. For somebody protected no
way stands in for another: they are contacted in the way they chose, and otherwise only where they
said that it is safe. Where no such way works, the message waits on the call list.
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
from app.people.queries.ways import reach_rows
from app.people.safety import lately
from app.people.safety.types import HowToReach, Way, Wishes
from app.people.types import ContactKind

CHANNELS: Mapping[ContactKind, Channel] = {
    ContactKind.EMAIL: Channel.EMAIL,
    ContactKind.PHONE: Channel.PHONE,
    ContactKind.POST: Channel.POST,
}
WAYS: Mapping[ContactKind, frozenset[Way]] = {
    ContactKind.EMAIL: frozenset({Way.EMAIL}),
    ContactKind.PHONE: frozenset({Way.CALL, Way.TEXT}),
    ContactKind.POST: frozenset({Way.POST}),
}
ORDER = (ContactKind.EMAIL, ContactKind.PHONE, ContactKind.POST)
WISHES = "they asked not to be reached there"


@dataclass(frozen=True)
class Point:
    """One way to reach a person, a better one before others of its kind. vouched: it is known that
    they gave it; for an email address that takes a proof.
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
    wishes: Wishes | None
    points: list[Point] = field(default_factory=list)

    @property
    def strict(self) -> bool:
        """Whether only safe ways may be used."""
        return self.protected or self.wishes is not None

    @property
    def first(self) -> ContactKind | None:
        """The kind of address they chose: the preferred one, else the first they gave."""
        return self.preferred or first_of(each.kind for each in self.points)

    def allowed(self) -> list[Point]:
        """What may be used, whether it works or not."""
        if self.wishes is not None:
            ways = self.wishes.ways
            return [each for each in self.points if each.safe and WAYS[each.kind] & ways]
        if self.protected:
            return [each for each in self.points if each.safe or each.kind is self.first]
        return list(self.points)

    @property
    def stated(self) -> Wishes | None:
        """Their wishes as staff read them. Somebody protected who told us none reads like somebody
        who asked for the one way they chose, so that nobody learns who is protected.
        """
        return self.terms() if self.strict else None

    def terms(self) -> Wishes:
        """Their wishes; the careful answers for somebody who told us none."""
        if self.wishes is not None:
            return self.wishes
        kinds = {each.kind for each in self.allowed()}
        ways = {CAREFUL[kind] for kind in kinds}
        return Wishes(ways=frozenset(ways))


CAREFUL: Mapping[ContactKind, Way] = {
    ContactKind.EMAIL: Way.EMAIL,
    ContactKind.PHONE: Way.CALL,
    ContactKind.POST: Way.POST,
}


def first_of(kinds: Iterable[ContactKind]) -> ContactKind | None:
    """The kind that is used first by somebody who prefers none."""
    given = set(kinds)
    return next((kind for kind in ORDER if kind in given), None)


def facts_of(
    person_ids: Iterable[int],
    on: date,
    user_ids: Iterable[int] = (),
    emails: Iterable[str] = (),
) -> dict[int, ContactFacts]:
    """Person id → what is known of how to reach them on a day, of these people, of those who sign
    in as these users, and of those who gave these email addresses. One statement.
    """
    rows = reach_rows(person_ids, on, user_ids, emails)
    found: dict[int, ContactFacts] = {}
    for row in rows:
        known = found.get(row.id)
        if known is None:
            known = found[row.id] = _known(row)
        if row.kind is not None:
            fails = row.failing_since is not None
            vouched = row.kind is not ContactKind.EMAIL or row.vouched_at is not None
            safe = row.safe_at is not None
            known.points.append(Point(row.kind, row.value, safe, fails, vouched))
    return found


def _known(row: Any) -> ContactFacts:
    wishes = row.SafeContact.wishes if row.SafeContact is not None else None
    return ContactFacts(
        row.id, row.full_name, row.user_id, row.preferred, row.protected_at is not None, wishes
    )


def _best(known: ContactFacts) -> Point | None:
    first = known.preferred
    working = [
        each for each in known.allowed() if not each.fails and (each.vouched or not known.strict)
    ]
    return min(
        working,
        key=lambda each: -1 if each.kind is first else ORDER.index(each.kind),
        default=None,
    )


def _channel(known: ContactFacts, best: Point) -> Channel:
    """How a message goes there. A number that is for texts only gets a text."""
    ways = known.terms().ways
    if best.kind is ContactKind.PHONE and Way.CALL not in ways and channels.can_send_texts():
        return Channel.SMS
    return CHANNELS[best.kind]


def _how(known: ContactFacts) -> HowToReach:
    terms, best = known.terms(), _best(known)
    channel: Channel | None = None
    if not terms.silent:
        if best is not None:
            channel = _channel(known, best)
        elif known.strict:
            channel = Channel.PHONE
    return HowToReach(
        person_id=known.person_id,
        name=known.name,
        user_id=known.user_id,
        channel=channel,
        address=best.value if best is not None and channel is not None else "",
        wishes=terms,
        said=known.wishes is not None,
        neutral=known.protected,
        numbers=tuple(each.value for each in known.allowed() if each.kind is ContactKind.PHONE),
    )


def rulings(recipients: Sequence[Recipient]) -> list[Ruling]:
    """What their wishes mean for each of these messages (app.core.registry.contact_rulings).

    The same statement is made whether or not anybody on record is among them.
    """
    people = {each.person_id or 0 for each in recipients}
    users = {each.user_id or 0 for each in recipients}
    strangers = {each.address for each in recipients if _is_unknown(each)}
    found = facts_of(people, clock.today(), users, strangers)
    earlier = lately.before(found, clock.today())
    by_user = {each.user_id: each for each in found.values() if each.user_id is not None}
    at_address = _by_address(found.values())
    return [
        _ruling_there(at_address.get(each.address.casefold(), ()))
        if _is_unknown(each)
        else _lately(
            _ruling(found.get(each.person_id or 0) or by_user.get(each.user_id or 0), each),
            found.get(each.person_id or 0) or by_user.get(each.user_id or 0),
            earlier,
            each,
        )
        for each in recipients
    ]


def _is_unknown(recipient: Recipient) -> bool:
    """Whether only the address of a message is known, not whose it is."""
    return recipient.person_id is None and recipient.user_id is None


def _by_address(everybody: Iterable[ContactFacts]) -> dict[str, list[tuple[ContactFacts, Point]]]:
    """Proved email address → whose it is."""
    found: dict[str, list[tuple[ContactFacts, Point]]] = {}
    for known in everybody:
        for point in known.points:
            if point.kind is ContactKind.EMAIL and point.vouched:
                found.setdefault(point.value.casefold(), []).append((known, point))
    return found


def _ruling_there(whose: Sequence[tuple[ContactFacts, Point]]) -> Ruling:
    """For a message to nobody known, such as a named attendee of a course: it is blocked where it
    would reach somebody there who does not want that.
    """
    unwanted = any(known.strict and point not in known.allowed() for known, point in whose)
    return Ruling(blocked=unwanted, silent=unwanted)


def _ruling(known: ContactFacts | None, recipient: Recipient) -> Ruling:
    """A place that is theirs and not safe is blocked; one that was theirs, or is none of theirs
    yet, is for the caller to choose.
    """
    if known is None:
        return Ruling()
    if known.terms().silent:
        return Ruling(neutral=known.protected, blocked=True, silent=True)
    theirs = [each for each in known.points if _is_at(each, recipient)]
    if not known.strict or not theirs or any(each in known.allowed() for each in theirs):
        return Ruling(neutral=known.protected)
    how = _how(known)
    instead = (
        None
        if how.channel is None
        else replace(recipient, channel=how.channel, address=how.address, person_id=known.person_id)
    )
    return Ruling(neutral=known.protected, blocked=True, instead=instead)


def _lately(
    ruling: Ruling,
    known: ContactFacts | None,
    earlier: Mapping[int, Wishes | None],
    recipient: Recipient,
) -> Ruling:
    """Whether only wishes that were set lately stand in a message's way (`lately.before`)."""
    if not ruling.blocked or known is None or known.person_id not in earlier:
        return ruling
    if known.protected:
        return replace(ruling, by_call=_line(known))
    wishes = earlier[known.person_id]
    ways = {
        way
        for kind, channel in CHANNELS.items()
        if channel is recipient.channel
        for way in WAYS[kind]
    }
    return replace(
        ruling, recent_only=wishes is None or (not wishes.silent and bool(ways & wishes.ways))
    )


def _line(known: ContactFacts) -> Recipient:
    """A line on the call list without a number: whoever calls chooses one that is safe."""
    return Recipient(Channel.PHONE, "", known.name, known.person_id, known.user_id)


def _is_at(point: Point, recipient: Recipient) -> bool:
    return point.value.casefold() == recipient.address.casefold()


def rearrange(person_id: int, on: date) -> None:
    """What waits for them and may not go where it is addressed goes where they may be reached."""
    known = facts_of([person_id], on).get(person_id)
    if known is None:
        return
    allowed = {each.value.casefold() for each in known.allowed()}
    theirs = {each.value.casefold() for each in known.points}
    silent = known.terms().silent
    left = [
        (channel, address)
        for channel, address in messages.waiting_places(person_id)
        if silent or (known.strict and address.casefold() in theirs - allowed)
    ]
    set_lately = person_id in lately.before([person_id], on)
    messages.redirect(
        person_id,
        left,
        recipients_of([person_id], on).get(person_id),
        WISHES,
        recent_only=set_lately and not known.protected,
        by_call=_line(known) if set_lately and known.protected else None,
    )


def follow_protection(person: Person, on: date) -> None:
    """Make the messages that wait neutral, once somebody is protected.

    The way in which they are reached now becomes the one that they chose.
    """
    person.preferred = person.preferred or facts_of([person.id], on)[person.id].first
    db.session.flush()
    messages.make_neutral(person.id, person.user_id)
    rearrange(person.id, on)


def how_of(known: ContactFacts) -> HowToReach:
    """How to contact somebody whose facts were read before (`facts_of`)."""
    return _how(known)


def how_to_reach_all(person_ids: Iterable[int], on: date) -> dict[int, HowToReach]:
    """Person id → how to contact them on a day, for people who are on record."""
    return {each.person_id: _how(each) for each in facts_of(person_ids, on).values()}


def how_to_reach(person_id: int, on: date) -> HowToReach | None:
    """How to contact one person on a day; None when they are not on record."""
    return how_to_reach_all([person_id], on).get(person_id)


def ways_allowed(person_id: int, on: date) -> list[tuple[ContactKind, str]]:
    """Where a person may be reached on a day by their wishes, whether it works or not."""
    known = facts_of([person_id], on).get(person_id)
    if known is None or known.terms().silent:
        return []
    return [(each.kind, each.value) for each in known.allowed() if each.vouched]


def recipients_of(person_ids: Iterable[int], on: date) -> dict[int, Recipient]:
    """Person id → where their messages go; those who can't be reached are left out."""
    return {
        each.person_id: Recipient(
            each.channel, each.address, each.name, each.person_id, each.user_id
        )
        for each in how_to_reach_all(person_ids, on).values()
        if each.channel is not None
    }
