"""A person's record as staff and partners read it: never a postcode, and opening it is noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.applications import approval, merging
from app.applications.queries import duplicates
from app.changes import loosening, vouching
from app.core import audit, registry
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.errors import NotFound
from app.core.reading import show_phone
from app.core.registry import Panel, TimelineEntry
from app.people import general, pausing, queries, reasons
from app.people.models import Person
from app.people.queries import details, participation, protection_known_to
from app.people.queries.details import ContactLine, PlaceLine
from app.people.queries.notices import is_informed
from app.people.safety import wording
from app.people.safety.contact_details import facts_of, how_to_reach
from app.people.safety.types import Change, Wishes
from app.people.types import ContactKind, Interest, PersonState, Source


@dataclass(frozen=True)
class Record:
    """What a person's page shows.

    may_change: the reader may change it; others only read. joins: those of the look-alikes with
    whom "Same person" leads on. general: whether they are a general champion, None: not for this
    reader; asked_general: the reader may change that. protected: see
    `protection_known_to`.
    """

    id: int
    name: str
    state: PersonState
    interest: Interest
    source: Source
    registered_at: datetime
    approved_at: datetime | None
    decision_reason: str | None
    last_heard_on: date | None
    away_until: date | None
    left_on: date | None
    left_reason: str | None
    protected: bool
    travel_km: int
    networks: tuple[str, ...]
    organisations: tuple[str, ...]
    contacts: Sequence[ContactLine]
    preferred: ContactKind | None
    how_to_reach: Sequence[str]
    changes: Sequence[Change]
    places: Sequence[PlaceLine]
    signs_in: bool | None
    general: bool | None
    asked_general: bool
    informed: bool
    may_change: bool
    look_alikes: Sequence[duplicates.LookAlike]
    joins: frozenset[int]
    panels: Sequence[Panel]
    timeline: Sequence[TimelineEntry]


def find(actor: Actor, person_id: int, on: date) -> Person:
    """The person, if the actor may read them. Raises NotFound."""
    return queries.get_visible(Scope.of(actor), person_id, on)


def open_one(actor: Actor, person_id: int, on: date) -> Record:
    """Open a record: it leaves a line in the audit log. Raises NotFound."""
    actor.require("people:read")
    person = find(actor, person_id, on)
    scope = Scope.of(actor)
    audit.record(actor, AuditVerb.PERSON_READ, "people", person.id)
    away = participation.absence(person.id, on)
    said = reasons.of_person(scope, person)
    may_change = actor.may("people:change")
    alike = duplicates.look_alikes(scope, person.id) if may_change else []
    unreachable = pausing.hides_contact(actor, person.id, on)
    return Record(
        id=person.id,
        name=person.full_name,
        state=person.state(on),
        interest=person.interest,
        source=person.source,
        registered_at=person.registered_at,
        approved_at=person.approved_at,
        decision_reason=said.decision if may_change else None,
        last_heard_on=max((each.on for each in person.activity if each.on <= on), default=None),
        away_until=away.until_on if away and away.from_on <= on else None,
        left_on=person.left_on,
        left_reason=said.leaving if may_change else None,
        protected=protection_known_to(scope, person),
        travel_km=person.reach_km,
        networks=queries.network_names(scope, [person.id], on)[person.id],
        organisations=tuple(each.name for each in details.affiliations(scope, person.id, on)),
        contacts=() if unreachable else details.contacts(person.id, on),
        preferred=person.preferred,
        how_to_reach=() if unreachable else wording.for_staff(how_to_reach(person.id, on)),
        changes=loosening.waiting(actor, person.id) if may_change else [],
        places=details.places(scope, person.id, on),
        signs_in=approval.signs_in(actor, person),
        general=general.is_general(person.id) if scope.sensitive else None,
        asked_general=scope.sensitive and may_change and general.may_answer(person.id, on),
        informed=is_informed(person.id),
        may_change=may_change,
        look_alikes=alike,
        joins=merging.offers(actor, person.id, [each.id for each in alike], on),
        panels=sorted(
            (panel for find in registry.person_panels for panel in find(actor, person.id)),
            key=lambda panel: panel.order,
        ),
        timeline=registry.newest_first(
            entry for find in registry.timeline for entry in find(actor, person.id)
        ),
    )


def name_of(actor: Actor, person_id: int, on: date) -> str:
    """Whose record it is. Raises NotFound."""
    return find(actor, person_id, on).full_name


def general_answer(actor: Actor, person_id: int, on: date) -> bool:
    """Whether the person is a general champion, for who may change it. Raises NotFound."""
    person = find(actor, person_id, on)
    if not Scope.of(actor).sensitive or not general.may_answer(person.id, on):
        raise NotFound()
    return general.is_general(person.id)


@dataclass(frozen=True)
class Ways:
    """How somebody can be reached now, for the form that changes it."""

    contacts: Sequence[ContactLine]
    preferred: ContactKind | None
    wishes: Wishes | None
    how: Sequence[str]

    @property
    def kinds(self) -> frozenset[ContactKind]:
        """What they can be reached at."""
        return frozenset(each.kind for each in self.contacts)

    def of(self, kind: ContactKind) -> str:
        """The newest of a kind, as it is typed, a proved one before others; "" for none."""
        lines = [each for each in self.contacts if each.kind is kind]
        if not lines:
            return ""
        value = ([each for each in lines if each.confirmed_at] or lines)[-1].value
        return show_phone(value) if kind is ContactKind.PHONE else value


def numbers(actor: Actor, person_id: int, on: date) -> list[tuple[int, str]]:
    """Numbers a call to which proves that it is the person who asks: id and number as it is read.

    Raises NotFound.
    """
    person = find(actor, person_id, on)
    return [(each.id, show_phone(each.point.value)) for each in vouching.numbers(actor, person.id)]


def ways(actor: Actor, person_id: int, on: date) -> Ways:
    """How the person can be reached, for who may change it. Raises NotFound."""
    person = find(actor, person_id, on)
    known = facts_of([person.id], on)[person.id]
    how = wording.for_staff(how_to_reach(person.id, on))
    return Ways(details.contacts(person.id, on), person.preferred, known.stated, how)
