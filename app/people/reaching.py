"""How people change the ways they can be reached. A new e-mail address counts once it is proved."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select

from app.accounts import addresses
from app.core import audit, clock, links
from app.core.actor import PUBLIC, Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from app.messages import service as messages
from app.messages.types import Channel, Draft, Recipient
from app.people import contact, registration
from app.people.changing import myself
from app.people.locking import lock
from app.people.models import Person, PersonContact
from app.people.types import ContactKind

CONFIRM = "confirm-contact"
LIFETIME = timedelta(days=7)
Way = tuple[ContactKind, str]
LEFT = "they are not reached there any more"


@dataclass(frozen=True)
class Confirmed:
    """A new address was proved. signs_in: whether it is the one they sign in with now."""

    person_id: int
    signs_in: bool


def current(person_id: int, on: date) -> list[PersonContact]:
    """The ways a person can be reached on a day."""
    return list(
        db.session.scalars(
            select(PersonContact)
            .where(
                PersonContact.person_id == person_id,
                PersonContact.from_on <= on,
                or_(PersonContact.until_on.is_(None), PersonContact.until_on >= on),
            )
            .order_by(PersonContact.id)
        )
    )


def add(actor: Actor, kind: ContactKind, value: str) -> None:
    """Another way to reach me. It replaces the one of its kind; an e-mail address once proved."""
    person, on = myself(actor), clock.today()
    signs_in_with = addresses.of(person.user_id)
    known = [each for each in current(person.id, on) if each.point.kind is kind]
    if any(each.point.value.lower() == value.lower() and each.confirmed_at for each in known):
        return
    with audit.acting(actor, "person.contact"):
        ended = [
            before
            for before in known
            if kind is not ContactKind.EMAIL
            or (before.confirmed_at is None and not _same(before, signs_in_with))
        ]
        left = end_all(ended, on)
        made = contact.reach(actor, person, kind, value, on, confirmed=kind != ContactKind.EMAIL)
        follow(person, left, on)
    if kind is ContactKind.EMAIL:
        _send_link(made, value)


def _same(row: PersonContact, address: str | None) -> bool:
    return address is not None and row.point.value.casefold() == address.casefold()


def end_all(rows: Iterable[PersonContact], on: date) -> list[Way]:
    """They can be reached there no more, from `on`; what `follow` is to be told."""
    return [_end(row, on) for row in rows]


def follow(person: Person, left: Collection[Way], on: date) -> None:
    """What was on its way to where they are not reached any more goes where they are."""
    if any(kind is ContactKind.EMAIL for kind, _ in left):
        links.end(registration.CONFIRM, person.id)
    gone = [(contact.CHANNELS[kind], value) for kind, value in left]
    messages.redirect(person.id, gone, contact.recipient_of(person.id, on), LEFT)


def _end(row: PersonContact, on: date) -> Way:
    way = (row.point.kind, row.point.value)
    links.end(CONFIRM, row.id)
    if row.from_on >= on:
        db.session.delete(row)
    else:
        row.until_on = on - timedelta(days=1)
    db.session.flush()
    return way


def _send_link(made: PersonContact, email: str) -> None:
    link_id = links.make(CONFIRM, made.id, LIFETIME)
    messages.post(
        Draft(
            letter="contact-confirm",
            recipient=Recipient(Channel.EMAIL, email, "", made.person_id),
            key=f"contact-confirm:{link_id}",
            context={
                "link": {
                    "endpoint": "people.confirm_contact",
                    "purpose": CONFIRM,
                    "link_id": str(link_id),
                }
            },
        )
    )


def remove(actor: Actor, contact_id: int) -> bool:
    """One way less; returns whether they can still sign in.

    Raises InvalidInput for the last proved one, NotFound for another's.
    """
    person, on = myself(actor), clock.today()
    mine = current(person.id, on)
    row = next((each for each in mine if each.id == contact_id), None)
    if row is None:
        raise NotFound()
    others = [
        each
        for each in mine
        if each.id != contact_id and (each.confirmed_at or each.point.kind is not ContactKind.EMAIL)
    ]
    if not others:
        raise InvalidInput("Add another way to reach you first.")
    signs_in = _keep_sign_in(actor, person, [each for each in mine if each.id != contact_id])
    with audit.acting(actor, "person.contact"):
        if person.preferred is row.point.kind:
            person.preferred = None
        follow(person, end_all([row], on), on)
    return signs_in


def _keep_sign_in(actor: Actor, person: Person, left: Iterable[PersonContact]) -> bool:
    """They sign in with a proved address that is left to them, or with the one they have."""
    if person.user_id is None:
        return False
    now = addresses.of(person.user_id)
    theirs = [
        each.point.value
        for each in left
        if each.point.kind is ContactKind.EMAIL and (each.confirmed_at or _same(each, now))
    ]
    return addresses.keep_to(actor, person.user_id, theirs)


def prefer(actor: Actor, kind: ContactKind) -> None:
    """Use this way first. Raises InvalidInput when they gave none of its kind."""
    person, on = myself(actor), clock.today()
    if kind not in {each.point.kind for each in current(person.id, on)}:
        raise InvalidInput("Add it first.", "preferred")
    with audit.acting(actor, "person.contact"):
        person.preferred = kind


def is_good(token: str) -> bool:
    """Whether the link can still be used. Uses nothing up."""
    return links.look(CONFIRM, token) is not None


def confirm(token: str) -> Confirmed | None:
    """The new address is proved: it takes the place of the one before, for signing in too.

    None: the link is used or has run out. Raises Conflict when somebody else signs in with it.
    """
    subject = links.look(CONFIRM, token)
    row = db.session.get(PersonContact, int(subject)) if subject else None
    if row is None:
        return None
    on, person = clock.today(), lock(row.person_id)  # before the link, as who changes them does
    if links.spend(CONFIRM, token) is None or row.until_on is not None:
        return None
    signs_in = False
    if person.user_id is not None:
        addresses.keep_to(PUBLIC, person.user_id, [row.point.value])
        signs_in = _same(row, addresses.of(person.user_id))
    with audit.acting(PUBLIC, "person.contact"):
        row.confirmed_at = clock.now()
        others = [
            before
            for before in current(person.id, on)
            if before.id != row.id and before.point.kind is ContactKind.EMAIL
        ]
        follow(person, end_all(others, on), on)
    return Confirmed(person.id, signs_in)
