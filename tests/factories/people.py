"""Create people in every state, with contact points, memberships and places."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from app.accounts.models import User
from app.applications import merging_rows, undoing
from app.applications.models import RecordMerge
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.permissions import Role
from app.organisations.models import Network, Organisation
from app.people import general as rules
from app.people.membership_models import MembershipApplication
from app.people.models import (
    Absence,
    ActivityConfirmation,
    Affiliation,
    Block,
    ContactPoint,
    GeneralAnswer,
    Membership,
    Person,
    PersonContact,
    Presence,
    Suspension,
    TrainingClaim,
)
from app.people.safety.models import CallAttempt
from app.people.types import AreaSource, Basis, CallOutcome, ContactKind, Interest, Source
from tests.factories import accounts

_number = itertools.count(1)


def point(kind: ContactKind, value: str) -> ContactPoint:
    """Return this contact point, and create it if necessary."""
    known = db.session.scalar(
        select(ContactPoint).where(ContactPoint.kind == kind, ContactPoint.value == value)
    )
    made = known or ContactPoint(kind=kind, value=value)
    db.session.add(made)
    db.session.flush()
    return made


def contact(
    person: Person, kind: ContactKind, value: str, *, confirmed: bool = True, on: date | None = None
) -> PersonContact:
    """Add a contact detail to a person."""
    made = PersonContact(
        person_id=person.id,
        contact_point_id=point(kind, value).id,
        from_on=on or clock.today(),
        confirmed_at=clock.now() if confirmed else None,
        vouched_at=clock.now() if kind is ContactKind.EMAIL else None,
    )
    db.session.add(made)
    db.session.flush()
    return made


def person(
    name: str | None = None,
    *,
    email: str | None = "",
    phone: str | None = None,
    post: str | None = None,
    networks: Sequence[Network] = (),
    organisations: Sequence[Organisation] = (),
    interest: Interest = Interest.CHAMPION,
    source: Source = Source.SELF,
    confirmed: bool = True,
    approved: bool = True,
    registered_at: datetime | None = None,
    active_on: date | None = None,
    protected: bool = False,
    user: User | None = None,
    preferred: ContactKind | None = None,
    general: bool | None = None,
) -> Person:
    """Create a person, by default approved, active today and with their own email address.

    An empty `email` gives them a made-up address, and None gives them no address. `active_on` is
    the day on which they last confirmed that they are active. `general` is whether they said that
    the team may see them. If it is None, the rule for new registrations applies.
    """
    number = next(_number)
    at = registered_at or clock.now() - timedelta(days=30)
    on = clock.london_day(at)
    made = Person(
        full_name=name or f"Person {number}",
        interest=interest,
        source=source,
        over_18_at=at,
        registered_at=at,
        confirmed_at=at if confirmed else None,
        approved_at=at if approved else None,
        protected_at=at if protected else None,
        user_id=user.id if user else None,
        preferred=preferred,
        reach_km=15,
    )
    db.session.add(made)
    db.session.flush()
    email = f"person{number}@example.org" if email == "" else email
    for kind, value in (
        (ContactKind.EMAIL, email),
        (ContactKind.PHONE, phone),
        (ContactKind.POST, post),
    ):
        if value:
            contact(made, kind, value, confirmed=confirmed, on=on)
    for network in networks:
        membership(made, network, from_on=on)
    sensitive = [network.id for network in networks if network.sensitive]
    is_general = rules.is_general_at_registration(
        [network.id for network in networks], sensitive, answer=general
    )
    rules.record_initial_answers({made.id: is_general}, on)
    for organisation in organisations:
        db.session.add(Affiliation(person_id=made.id, organisation_id=organisation.id, from_on=on))
    if approved:
        db.session.add(ActivityConfirmation(person_id=made.id, on=active_on or on))
    db.session.flush()
    db.session.refresh(made)
    return made


def champion(name: str | None = None, **more: Any) -> Person:
    """Create an approved person who can sign in."""
    email = f"champion{next(_number)}@example.org"
    user = accounts.user(Role.CHAMPION, email=email, name=name)
    return person(name or user.name, email=email, user=user, **more)


def applicant(name: str | None = None, **more: Any) -> Person:
    """Create a person who has confirmed their registration and is waiting for a decision."""
    return person(name, approved=False, **more)


def membership(
    person: Person, network: Network, *, from_on: date, until_on: date | None = None
) -> None:
    """Add a person to a network."""
    db.session.add(
        Membership(person_id=person.id, network_id=network.id, from_on=from_on, until_on=until_on)
    )
    db.session.flush()


def membership_application(person: Person, network: Network) -> MembershipApplication:
    """Create an open application to join a network."""
    made = MembershipApplication(person_id=person.id, network_id=network.id, applied_at=clock.now())
    db.session.add(made)
    db.session.flush()
    return made


def make_not_general(person: Person) -> None:
    """Record that the person is not a general champion, from their first day on."""
    _set_general(person, general=False)


def make_general(person: Person) -> None:
    """Record that the person is a general champion, from their first day on."""
    _set_general(person, general=True)


def _set_general(person: Person, *, general: bool) -> None:
    db.session.execute(
        update(GeneralAnswer).where(GeneralAnswer.person_id == person.id).values(general=general)
    )


def presence(
    person: Person,
    basis: Basis = Basis.LIVES,
    *,
    postcode: str | None = None,
    district: str | None = None,
    ward_id: int | None = None,
    lsoa_id: int | None = None,
    settled: AreaSource = AreaSource.CHOSEN,
    from_on: date | None = None,
    until_on: date | None = None,
) -> Presence:
    """Add a place to a person."""
    made = Presence(
        person_id=person.id,
        basis=basis,
        postcode=postcode,
        district=district,
        ward_id=ward_id,
        lsoa_id=lsoa_id,
        settled=settled,
        settled_at=clock.now() if settled is not AreaSource.UNSETTLED else None,
        from_on=from_on or clock.london_day(person.registered_at),
        until_on=until_on,
    )
    db.session.add(made)
    db.session.flush()
    return made


def absence(person: Person, from_on: date, until_on: date | None = None) -> None:
    """Record a pause that the person chose."""
    db.session.add(Absence(person_id=person.id, from_on=from_on, until_on=until_on))
    db.session.flush()


def call(person: Person, on: date, outcome: CallOutcome, again: date | None = None) -> None:
    """Record a call to a person."""
    db.session.add(
        CallAttempt(
            person_id=person.id,
            on=on,
            outcome=outcome,
            call_again_on=again,
            at=clock.start_of_day(on),
        )
    )
    db.session.flush()


def suspension(person: Person, from_on: date, until_on: date | None = None) -> None:
    """Record a pause decided by a safeguarding lead."""
    db.session.add(
        Suspension(person_id=person.id, from_on=from_on, until_on=until_on, decided_at=clock.now())
    )
    db.session.flush()


def block(
    person: Person, *, user: User | None = None, organisation: Organisation | None = None
) -> Block:
    """Record that a person never wants to meet a user or an organisation."""
    made = Block(
        person_id=person.id,
        user_id=user.id if user else None,
        organisation_id=organisation.id if organisation else None,
        from_on=clock.today(),
    )
    db.session.add(made)
    db.session.flush()
    return made


def claim(person: Person, course: str = "MHFA two-day (Adult)", **more: object) -> TrainingClaim:
    """Record training that the person says they did."""
    details: dict[str, object] = {"provider": "MHFA England", "month": 3, "year": 2024} | more
    made = TrainingClaim(person_id=person.id, course=course, claimed_at=clock.now(), **details)
    db.session.add(made)
    db.session.flush()
    return made


def merge(into: Person) -> int:
    """Merge another record into the person's, and return the id of the merge."""
    other = person(f"Second {into.full_name}")
    other_id, into_id = other.id, into.id
    with undoing.record_merge_changes(SYSTEM, into_id, other_id):
        merging_rows.delete_record(other)
    found = select(RecordMerge.id).where(RecordMerge.closed_id == other_id)
    return db.session.scalars(found).one()
