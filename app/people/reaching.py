"""How people change the ways they can be reached. A new e-mail address counts once it is proved."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import or_, select

from app.accounts import service as accounts
from app.core import audit, clock, links
from app.core.actor import PUBLIC, Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from app.messages import service as messages
from app.messages.types import Channel, Draft, Recipient
from app.people import contact
from app.people.changing import myself
from app.people.models import ContactPoint, Person, PersonContact
from app.people.types import ContactKind

CONFIRM = "confirm-contact"
LIFETIME = timedelta(days=7)


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
    known = [each for each in current(person.id, on) if each.point.kind is kind]
    if any(each.point.value.lower() == value.lower() and each.confirmed_at for each in known):
        return
    with audit.acting(actor, "person.contact"):
        for before in known:
            if kind is not ContactKind.EMAIL or before.confirmed_at is None:
                end(before, on)
        made = contact.reach(actor, person, kind, value, on, confirmed=kind != ContactKind.EMAIL)
    if kind is ContactKind.EMAIL:
        _send_link(made, value)


def end(row: PersonContact, on: date) -> None:
    """They can be reached there no more, from `on`."""
    if row.from_on >= on:
        db.session.delete(row)
    else:
        row.until_on = on - timedelta(days=1)
    db.session.flush()


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


def remove(actor: Actor, contact_id: int) -> None:
    """One way less. Raises InvalidInput for the last proved one, NotFound for another's."""
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
    with audit.acting(actor, "person.contact"):
        if person.preferred is row.point.kind:
            person.preferred = None
        end(row, on)


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


def confirm(token: str) -> bool:
    """The new address is proved: it takes the place of the one before, for signing in too."""
    subject = links.spend(CONFIRM, token)
    row = db.session.get(PersonContact, int(subject)) if subject else None
    if row is None or row.until_on is not None:
        return False
    on = clock.today()
    person = db.session.get_one(Person, row.person_id)
    with audit.acting(PUBLIC, "person.contact"):
        row.confirmed_at = clock.now()
        for before in current(person.id, on):
            if before.id != row.id and before.point.kind is ContactKind.EMAIL:
                end(before, on)
    if person.user_id is not None:
        value = db.session.get_one(ContactPoint, row.contact_point_id).value
        accounts.change_address(PUBLIC, person.user_id, value)
    return True
