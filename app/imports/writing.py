"""Write the people on a partner's list to the database, with many rows in each statement.

The rules for contact details, protected homes, networks and organisations are the same as for a
registration, but people are approved immediately because the partner vouches for them. A notice of
where we got their details is added in the same transaction (UK GDPR Art. 14).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from app.areas import service as directory
from app.areas.types import Location
from app.core import audit, clock, registry
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.imports.rows import ListedPerson
from app.messages import service as messages
from app.messages.types import Channel, NewMessage, Recipient
from app.organisations import matching
from app.people import choices, general, joining, presence
from app.people.contact import CHANNELS
from app.people.membership_models import MembershipApplication
from app.people.models import (
    ActivityConfirmation,
    Affiliation,
    ContactPoint,
    Membership,
    NoticeGiven,
    Person,
    PersonContact,
    Presence,
    TrainingClaim,
)
from app.people.presence import ResolvedPlace
from app.people.types import (
    DETAILS_RECEIVED,
    TRAVEL_KM,
    AreaSource,
    Basis,
    ContactKind,
    Interest,
    Source,
)

LETTER_QUEUED = "letter queued"


@dataclass
class NewPerson:
    """A person on the list who has no record yet.

    ``row`` is their first row. ``network_ids`` contains the networks from all their rows.
    """

    row: ListedPerson
    network_ids: set[int] = field(default_factory=set)
    protected: bool = False
    general: bool = True
    id: int = 0

    @property
    def contacts(self) -> list[tuple[ContactKind, str]]:
        """Return the person's contact details, preferred first."""
        return contact_details(self.row)


def contact_details(row: ListedPerson) -> list[tuple[ContactKind, str]]:
    """Return (kind, value) for each contact detail in a row."""
    given = (
        (ContactKind.EMAIL, row.email),
        (ContactKind.PHONE, row.phone),
        (ContactKind.POST, row.post),
    )
    return [(kind, value) for kind, value in given if value]


@dataclass(frozen=True)
class ImportWriter:
    """A writer for the rows of one import.

    ``vouched_by`` is the ID of the organisation that sent the list, or None.
    """

    actor: Actor
    now: datetime
    file: str
    digest: str
    vouched_by: int | None = None

    @property
    def import_date(self) -> date:
        """Return the day of the import."""
        return clock.london_day(self.now)

    @property
    def reason(self) -> str:
        """Return the recorded reason for approving these people."""
        return f"imported from {self.file}"

    def add(self, new_people: Sequence[NewPerson]) -> None:
        """Write new people with all their details, and set their IDs."""
        if not new_people:
            return
        self._add_people(new_people)
        self._add_contacts(new_people)
        self._add_places(new_people)
        self._add_affiliations(new_people)
        general.record_initial_answers(
            {each.id: each.general for each in new_people}, self.import_date
        )
        self.add_memberships(
            [(each.id, network_id) for each in new_people for network_id in each.network_ids]
        )
        activity_confirmations = [
            {"person_id": each.id, "on": self.import_date} for each in new_people
        ]
        db.session.execute(insert(ActivityConfirmation), activity_confirmations)
        self._send_notices(new_people)
        for each in new_people:
            for notify in registry.on_approved:
                notify(self.actor, each.id)

    def _add_people(self, new_people: Sequence[NewPerson]) -> None:
        rows = [
            {
                "full_name": each.row.name,
                "interest": Interest.TRAINED if each.row.course else Interest.CHAMPION,
                "source": Source.IMPORT,
                "submission": f"import:{self.digest[:40]}:{each.row.row}",
                "registered_at": self.now,
                "approved_at": self.now,
                "decision_reason": self.reason,
                "protected_at": self.now if each.protected else None,
                "preferred": each.contacts[0][0] if each.protected and each.contacts else None,
                "reach_km": TRAVEL_KM,
            }
            for each in new_people
        ]
        statement = insert(Person).returning(Person.id, sort_by_parameter_order=True)
        ids = db.session.scalars(statement, rows).all()
        for each, person_id in zip(new_people, ids, strict=True):
            each.id = person_id
        facts = {each.id: {"file": self.file, "row": each.row.row} for each in new_people}
        audit.record_all(self.actor, AuditVerb.PERSON_REGISTER, "people", facts)
        audit.record_all(self.actor, AuditVerb.PERSON_APPROVE, "people", facts, why=self.reason)

    def _add_contacts(self, new_people: Sequence[NewPerson]) -> None:
        ids = _contact_point_ids({contact for each in new_people for contact in each.contacts})
        rows = [
            {
                "person_id": each.id,
                "contact_point_id": ids[kind, value.casefold()],
                "vouched_at": self.now if kind is ContactKind.EMAIL else None,
                "from_on": self.import_date,
            }
            for each in new_people
            for kind, value in each.contacts
        ]
        db.session.execute(insert(PersonContact), rows)

    def _add_places(self, new_people: Sequence[NewPerson]) -> None:
        found = directory.locate_all(
            {each.row.postcode for each in new_people if each.row.postcode}
        )
        rows = [
            _place_values(each, found[each.row.postcode], self.now)
            for each in new_people
            if each.row.postcode
        ]
        if rows:
            db.session.execute(insert(Presence), rows)

    def _add_affiliations(self, new_people: Sequence[NewPerson]) -> None:
        names = {each.row.organisation for each in new_people if each.row.organisation}
        ids = matching.match_organisations(names, self.import_date) if names else {}
        rows = []
        for each in new_people:
            name = each.row.organisation
            if name:
                organisation_id = ids[name]
                rows.append(
                    {
                        "person_id": each.id,
                        "organisation_id": organisation_id,
                        "named": None if organisation_id else name,
                        "from_on": self.import_date,
                    }
                )
        if rows:
            db.session.execute(insert(Affiliation), rows)

    def add_memberships(self, memberships: Iterable[tuple[int, int]]) -> None:
        """Add memberships from today, for (person ID, network ID) pairs.

        If the network has an approver other than the organisation that sent the list, add an
        application instead.
        """
        pairs = list(memberships)
        networks = {network_id for _person, network_id in pairs}
        waiting = joining.networks_to_apply_for(self.actor, networks, self.vouched_by)
        joined = [
            {"person_id": person_id, "network_id": network_id, "from_on": self.import_date}
            for person_id, network_id in pairs
            if network_id not in waiting
        ]
        applied = [
            {"person_id": person_id, "network_id": network_id, "applied_at": self.now}
            for person_id, network_id in pairs
            if network_id in waiting
        ]
        if joined:
            db.session.execute(insert(Membership), joined)
        if applied:
            db.session.execute(insert(MembershipApplication), applied)

    def _send_notices(self, new_people: Sequence[NewPerson]) -> None:
        """Add the notice of where we got people's details to the outbox.

        A notice sent by email counts as given immediately. A notice by phone or post counts as
        given when a coordinator records it (see hooks).
        """
        version = choices.notice_version()
        drafts, notices = [], []
        for each in new_people:
            kind, value = each.contacts[0]
            drafts.append(_notice_message(each, kind, value))
            if CHANNELS[kind] is Channel.EMAIL:
                notices.append(
                    {
                        "person_id": each.id,
                        "version": version,
                        "given_at": self.now,
                        "how": LETTER_QUEUED,
                    }
                )
        messages.post_all(drafts)
        if notices:
            db.session.execute(insert(NoticeGiven), notices)

    def add_claims(self, claims: Sequence[tuple[int, ListedPerson]]) -> None:
        """Save training that a coordinator has to check as claims. Idempotent."""
        if not claims:
            return
        existing = {
            (row.person_id, row.course, row.year, row.month)
            for row in db.session.scalars(
                select(TrainingClaim).where(
                    TrainingClaim.person_id.in_({person_id for person_id, _ in claims})
                )
            )
        }
        rows: dict[tuple[Any, ...], dict[str, Any]] = {}
        for person_id, listed in claims:
            day = listed.awarded_on
            month = day.month if day and listed.date_precision in ("day", "month") else None
            key = (person_id, listed.course, day.year if day else None, month)
            if key not in existing:
                rows[key] = {
                    "person_id": person_id,
                    "course": listed.course,
                    "provider": listed.provider or "",
                    "month": month,
                    "year": day.year if day else None,
                    "certificate_number": listed.number,
                    "claimed_at": self.now,
                }
        if rows:
            db.session.execute(insert(TrainingClaim), list(rows.values()))


def _contact_point_ids(
    contacts: set[tuple[ContactKind, str]],
) -> dict[tuple[ContactKind, str], int]:
    """Return the IDs of contact points, and create any that are missing.

    Sorts the rows to prevent deadlocks.
    """
    unique = {(kind, value.casefold()): value for kind, value in contacts}
    rows = [{"kind": kind, "value": value} for (kind, _), value in sorted(unique.items())]
    statement = upsert(ContactPoint)
    found = db.session.execute(
        statement.on_conflict_do_update(
            constraint="uq_contact_points_kind_value", set_={"kind": statement.excluded.kind}
        ).returning(ContactPoint.id, ContactPoint.kind, ContactPoint.value),
        rows,
    )
    return {(row.kind, row.value.casefold()): row.id for row in found}


def _place_values(new_person: NewPerson, where: Location, now: datetime) -> Mapping[str, Any]:
    place = ResolvedPlace(
        AreaSource(where.settled),
        postcode=new_person.row.postcode,
        district=where.district,
        ward_id=where.ward_id,
        lsoa_id=where.lsoa_id,
        edition_id=where.edition_id,
    )
    if new_person.protected:
        place = presence.remove_postcode(place)
    return {
        "person_id": new_person.id,
        "basis": Basis.LIVES,
        "postcode": place.postcode,
        "district": place.district,
        "ward_id": place.ward_id,
        "lsoa_id": place.lsoa_id,
        "settled": place.settled,
        "settled_at": None if place.settled is AreaSource.UNSETTLED else now,
        "edition_id": place.edition_id,
        "from_on": clock.london_day(now),
    }


def _notice_message(new_person: NewPerson, kind: ContactKind, value: str) -> NewMessage:
    """Return the notice of where we got a person's details. Each person gets only one."""
    sign_in = {"endpoint": "accounts.sign_in", "values": {}} if new_person.row.email else None
    return NewMessage(
        letter=DETAILS_RECEIVED,
        recipient=Recipient(CHANNELS[kind], value, new_person.row.name, new_person.id),
        key=f"{DETAILS_RECEIVED}:{new_person.id}",
        context={"privacy": {"endpoint": "site.privacy", "values": {}}, "sign_in": sign_in},
    )
