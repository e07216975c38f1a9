"""The letter with a link by which somebody confirms the address of their registration."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import String, cast, func, or_, select

from app.core import clock, links
from app.core.db import db
from app.messages import ceiling
from app.messages import service as messages
from app.messages.types import Channel, Draft, Recipient
from app.people.models import ContactPoint, Person, PersonContact
from app.people.signing_in import CONFIRM, CONFIRM_LIFETIME
from app.people.types import ContactKind, Source

LETTERS_A_DAY = 5  # to one address; fewer in an hour (app.messages.ceiling)


def send_confirmation(person_id: int, email: str) -> None:
    """One letter to the mailbox: confirm, or "you are registered already" with the same link.

    Beyond the limits of a mailbox nothing is written.
    """
    known = _is_known(email, person_id)
    letter = "registration-known" if known else "registration-confirm"
    link_id = links.make(CONFIRM, person_id, CONFIRM_LIFETIME)
    if _links_today(email) > LETTERS_A_DAY or not ceiling.has_room(ceiling.REGISTER, email):
        return
    messages.post(
        Draft(
            letter=letter,
            recipient=Recipient(Channel.EMAIL, email, "", person_id),
            key=f"{letter}:{link_id}",
            context={
                "link": {
                    "endpoint": "registration.confirm",
                    "purpose": CONFIRM,
                    "link_id": str(link_id),
                },
                "sign_in": {"endpoint": "accounts.sign_in", "values": {}},
            },
        )
    )


def _links_today(email: str) -> int:
    """How many links went to this address within a day, the newest included."""
    subjects = (
        select(cast(PersonContact.person_id, String))
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(ContactPoint.kind == ContactKind.EMAIL, ContactPoint.value == email)
    )
    counted = select(func.count()).where(
        links.Link.purpose == CONFIRM,
        links.Link.subject.in_(subjects),
        links.Link.created_at > clock.now() - timedelta(days=1),
    )
    return db.session.scalar(counted) or 0


def _is_known(email: str, person_id: int) -> bool:
    """Whether somebody else proved this address, or was entered with it, and is still here."""
    found = db.session.scalar(
        select(Person.id)
        .join(PersonContact, PersonContact.person_id == Person.id)
        .join(ContactPoint, ContactPoint.id == PersonContact.contact_point_id)
        .where(
            ContactPoint.kind == ContactKind.EMAIL,
            ContactPoint.value == email,
            PersonContact.until_on.is_(None),
            Person.id != person_id,
            Person.left_on.is_(None),
            Person.declined_at.is_(None),
            or_(Person.source != Source.SELF, Person.confirmed_at.is_not(None)),
        )
        .limit(1)
    )
    return found is not None
