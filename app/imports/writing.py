"""Writing the people of a partner's list, many rows a statement.

The rules are those of a registration: shared contact points, a protected home without its postcode,
networks, organisation. Beyond it: they are taken on at once, for the list vouches for them, and the
notice of where their details came from is queued with the very same commit (UK GDPR Art. 14).
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
from app.imports.rows import Listed
from app.messages import service as messages
from app.messages.types import Channel, NewMessage, Recipient
from app.organisations import queries as organisations
from app.people import choices, general, presence
from app.people.contact import CHANNELS
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
from app.people.presence import Spot
from app.people.types import (
    DETAILS_RECEIVED,
    TRAVEL_KM,
    Basis,
    ContactKind,
    Interest,
    Settled,
    Source,
)

QUEUED = "letter queued"


@dataclass
class Newcomer:
    """Somebody on the list whom we don't know: their first row. The ids of all their networks."""

    row: Listed
    network_ids: set[int] = field(default_factory=set)
    protected: bool = False
    general: bool = True
    id: int = 0

    @property
    def ways(self) -> list[tuple[ContactKind, str]]:
        """How they can be reached, in the order that messages go by."""
        return ways_of(self.row)


def ways_of(row: Listed) -> list[tuple[ContactKind, str]]:
    """The contact points of a row."""
    given = (
        (ContactKind.EMAIL, row.email),
        (ContactKind.PHONE, row.phone),
        (ContactKind.POST, row.post),
    )
    return [(kind, value) for kind, value in given if value]


@dataclass(frozen=True)
class Writing:
    """One import: who does it, when, from which file."""

    actor: Actor
    now: datetime
    file: str
    digest: str

    @property
    def on(self) -> date:
        """The day of the import."""
        return clock.london_day(self.now)

    @property
    def reason(self) -> str:
        """Why these people are in the network."""
        return f"imported from {self.file}"

    def add(self, newcomers: Sequence[Newcomer]) -> None:
        """Write new people down with all that belongs to them; sets their ids."""
        if not newcomers:
            return
        self._people(newcomers)
        self._contacts(newcomers)
        self._places(newcomers)
        self._affiliations(newcomers)
        general.begin({each.id: each.general for each in newcomers}, self.on)
        self.join([(each.id, network_id) for each in newcomers for network_id in each.network_ids])
        activity_confirmations = [{"person_id": each.id, "on": self.on} for each in newcomers]
        db.session.execute(insert(ActivityConfirmation), activity_confirmations)
        self._tell(newcomers)
        for each in newcomers:
            for follow in registry.on_approved:
                follow(self.actor, each.id)

    def _people(self, newcomers: Sequence[Newcomer]) -> None:
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
                "preferred": each.ways[0][0] if each.protected and each.ways else None,
                "reach_km": TRAVEL_KM,
            }
            for each in newcomers
        ]
        statement = insert(Person).returning(Person.id, sort_by_parameter_order=True)
        ids = db.session.scalars(statement, rows).all()
        for each, person_id in zip(newcomers, ids, strict=True):
            each.id = person_id
        facts = {each.id: {"file": self.file, "row": each.row.row} for each in newcomers}
        audit.record_all(self.actor, AuditVerb.PERSON_REGISTER, "people", facts)
        audit.record_all(self.actor, AuditVerb.PERSON_APPROVE, "people", facts, why=self.reason)

    def _contacts(self, newcomers: Sequence[Newcomer]) -> None:
        ids = _points({way for each in newcomers for way in each.ways})
        rows = [
            {
                "person_id": each.id,
                "contact_point_id": ids[kind, value.casefold()],
                "vouched_at": self.now if kind is ContactKind.EMAIL else None,
                "from_on": self.on,
            }
            for each in newcomers
            for kind, value in each.ways
        ]
        db.session.execute(insert(PersonContact), rows)

    def _places(self, newcomers: Sequence[Newcomer]) -> None:
        found = directory.locate_all({each.row.postcode for each in newcomers if each.row.postcode})
        rows = [
            _place(each, found[each.row.postcode], self.now)
            for each in newcomers
            if each.row.postcode
        ]
        if rows:
            db.session.execute(insert(Presence), rows)

    def _affiliations(self, newcomers: Sequence[Newcomer]) -> None:
        named = {each.row.organisation for each in newcomers if each.row.organisation}
        known = {name: organisations.organisation_by_name(name) for name in sorted(named)}
        rows = []
        for each in newcomers:
            name = each.row.organisation
            if name:
                found = known[name]
                rows.append(
                    {
                        "person_id": each.id,
                        "organisation_id": found.id if found else None,
                        "named": None if found else name,
                        "from_on": self.on,
                    }
                )
        if rows:
            db.session.execute(insert(Affiliation), rows)

    def join(self, memberships: Iterable[tuple[int, int]]) -> None:
        """People (ids) join networks (ids), from today."""
        rows = [
            {"person_id": person_id, "network_id": network_id, "from_on": self.on}
            for person_id, network_id in memberships
        ]
        if rows:
            db.session.execute(insert(Membership), rows)

    def _tell(self, newcomers: Sequence[Newcomer]) -> None:
        """Where we got their details from. By email it is given with the letter; by phone and
        post once a coordinator has done it (see hooks).
        """
        version = choices.notice_version()
        drafts, notices = [], []
        for each in newcomers:
            kind, value = each.ways[0]
            drafts.append(_letter(each, kind, value))
            if CHANNELS[kind] is Channel.EMAIL:
                notices.append(
                    {
                        "person_id": each.id,
                        "version": version,
                        "given_at": self.now,
                        "how": QUEUED,
                    }
                )
        messages.post_all(drafts)
        if notices:
            db.session.execute(insert(NoticeGiven), notices)

    def claim(self, claims: Sequence[tuple[int, Listed]]) -> None:
        """Courses that nobody knows: kept for somebody to look at. What is kept stays one."""
        if not claims:
            return
        kept = {
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
            month = day.month if day and listed.known in ("day", "month") else None
            what = (person_id, listed.course, day.year if day else None, month)
            if what not in kept:
                rows[what] = {
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


def _points(ways: set[tuple[ContactKind, str]]) -> dict[tuple[ContactKind, str], int]:
    """Ids of contact points, made if need be; in one order, so that nobody waits for ever."""
    wanted = {(kind, value.casefold()): value for kind, value in ways}
    rows = [{"kind": kind, "value": value} for (kind, _), value in sorted(wanted.items())]
    statement = upsert(ContactPoint)
    found = db.session.execute(
        statement.on_conflict_do_update(
            constraint="uq_contact_points_kind_value", set_={"kind": statement.excluded.kind}
        ).returning(ContactPoint.id, ContactPoint.kind, ContactPoint.value),
        rows,
    )
    return {(row.kind, row.value.casefold()): row.id for row in found}


def _place(newcomer: Newcomer, where: Location, now: datetime) -> Mapping[str, Any]:
    spot = Spot(
        Settled(where.settled),
        postcode=newcomer.row.postcode,
        district=where.district,
        ward_id=where.ward_id,
        lsoa_id=where.lsoa_id,
        edition_id=where.edition_id,
    )
    if newcomer.protected:
        spot = presence.without_postcode(spot)
    return {
        "person_id": newcomer.id,
        "basis": Basis.LIVES,
        "postcode": spot.postcode,
        "district": spot.district,
        "ward_id": spot.ward_id,
        "lsoa_id": spot.lsoa_id,
        "settled": spot.settled,
        "settled_at": None if spot.settled is Settled.UNSETTLED else now,
        "edition_id": spot.edition_id,
        "from_on": clock.london_day(now),
    }


def _letter(newcomer: Newcomer, kind: ContactKind, value: str) -> NewMessage:
    """The notice of where we got somebody's details from: once for each person."""
    sign_in = {"endpoint": "accounts.sign_in", "values": {}} if newcomer.row.email else None
    return NewMessage(
        letter=DETAILS_RECEIVED,
        recipient=Recipient(CHANNELS[kind], value, newcomer.row.name, newcomer.id),
        key=f"{DETAILS_RECEIVED}:{newcomer.id}",
        context={"privacy": {"endpoint": "site.privacy", "values": {}}, "sign_in": sign_in},
    )
