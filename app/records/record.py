"""A person's record, for staff and partners. It contains no postcode. Each read is audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.applications import approval, merging, reasons
from app.applications.queries import duplicates
from app.areas import queries as areas
from app.changes import blocks as their_blocks
from app.changes import delayed_changes, vouching
from app.core import audit, registry
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.errors import NotFound
from app.core.parsing import format_phone
from app.core.registry import Panel, TimelineEntry
from app.organisations.types import NetworkChoice
from app.people import choices, general, joining, pausing, queries
from app.people.models import Person
from app.people.queries import details, is_protection_visible, participation
from app.people.queries.details import ContactRow, PlaceRow
from app.people.queries.joining import pending_network_names
from app.people.queries.notices import is_informed
from app.people.safety import wording
from app.people.safety.contact_details import contact_instructions, read_contact_facts
from app.people.safety.types import Change, ContactPreferences
from app.people.types import Basis, ContactKind, Interest, PersonState, Source


@dataclass(frozen=True)
class Record:
    """A person's record, as shown to a reader.

    ``mergeable`` contains the IDs of the people whose records the reader can merge with this one.
    ``general`` is True if the person is a general champion, or None if that is hidden.
    ``protected`` is true only if the reader is allowed to know that the person is protected.
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
    contacts: Sequence[ContactRow]
    preferred: ContactKind | None
    contact_instructions: Sequence[str]
    changes: Sequence[Change]
    places: Sequence[PlaceRow]
    signs_in: bool | None
    general: bool | None
    may_change_general: bool
    informed: bool
    may_change: bool
    possible_duplicates: Sequence[duplicates.PossibleDuplicate]
    mergeable: frozenset[int]
    panels: Sequence[Panel]
    timeline: Sequence[TimelineEntry]


def find_person(actor: Actor, person_id: int, on: date) -> Person:
    """Return the person. Raises NotFound if the actor is not allowed to see the person."""
    return queries.get_visible(Scope.for_actor(actor), person_id, on)


def open_record(actor: Actor, person_id: int, on: date) -> Record:
    """Return a person's record, and audit the read.

    Raises NotFound if the actor is not allowed to see the person.
    """
    actor.require("people:read")
    person = find_person(actor, person_id, on)
    scope = Scope.for_actor(actor)
    audit.record(actor, AuditVerb.PERSON_READ, "people", person.id)
    absence = participation.find_absence(person.id, on)
    stated_reasons = reasons.reasons_about_person(scope, person)
    may_change = actor.may("people:change")
    possible_duplicates = duplicates.find_duplicates(scope, person.id) if may_change else []
    contact_hidden = pausing.are_contact_details_hidden(actor, person.id, on)
    return Record(
        id=person.id,
        name=person.full_name,
        state=person.state(on),
        interest=person.interest,
        source=person.source,
        registered_at=person.registered_at,
        approved_at=person.approved_at,
        decision_reason=stated_reasons.decision if may_change else None,
        last_heard_on=max((each.on for each in person.activity if each.on <= on), default=None),
        away_until=absence.until_on if absence and absence.from_on <= on else None,
        left_on=person.left_on,
        left_reason=stated_reasons.leaving if may_change else None,
        protected=is_protection_visible(scope, person),
        travel_km=person.reach_km,
        networks=queries.network_names(scope, [person.id], on)[person.id]
        + joining.describe_applications(pending_network_names(scope, person.id, on)),
        organisations=tuple(each.name for each in details.affiliations(scope, person.id, on)),
        contacts=() if contact_hidden else details.contacts(person.id, on),
        preferred=person.preferred,
        contact_instructions=()
        if contact_hidden
        else wording.describe_for_staff(contact_instructions(person.id, on)),
        changes=delayed_changes.pending_changes(actor, person.id) if may_change else [],
        places=details.places(scope, person.id, on),
        signs_in=approval.person_can_sign_in(actor, person),
        general=general.is_general_champion(person.id) if scope.sensitive else None,
        may_change_general=scope.sensitive
        and may_change
        and general.has_general_champion_choice(person.id, on),
        informed=is_informed(person.id),
        may_change=may_change,
        possible_duplicates=possible_duplicates,
        mergeable=merging.mergeable_ids(
            actor, person.id, [each.id for each in possible_duplicates], on
        ),
        panels=sorted(
            (panel for find in registry.person_panels for panel in find(actor, person.id)),
            key=lambda panel: panel.order,
        ),
        timeline=registry.sort_newest_first(
            entry for find in registry.timeline for entry in find(actor, person.id)
        ),
    )


def find_name(actor: Actor, person_id: int, on: date) -> str:
    """Return the person's name. Raises NotFound if the actor is not allowed to see the person."""
    return find_person(actor, person_id, on).full_name


def general_answer(actor: Actor, person_id: int, on: date) -> bool:
    """Return whether the person is a general champion.

    Raises NotFound if the actor is not allowed to change that.
    """
    person = find_person(actor, person_id, on)
    if not Scope.for_actor(actor).sensitive or not general.has_general_champion_choice(
        person.id, on
    ):
        raise NotFound()
    return general.is_general_champion(person.id)


def assignable_networks(actor: Actor, on: date) -> list[NetworkChoice]:
    """Return the networks that the actor can add a person to."""
    sensitive = actor.may("networks:sensitive")
    return [each for each in choices.joinable_networks(on) if sensitive or not each.sensitive]


def network_slugs(actor: Actor, person_id: int, on: date) -> list[str]:
    """Return the slugs of a person's networks that the actor can see.

    Raises NotFound if the actor is not allowed to see the person.
    """
    person = find_person(actor, person_id, on)
    return participation.network_slugs(Scope.for_actor(actor), person.id, on)


def blocks(actor: Actor, person_id: int, on: date) -> tuple[str, Sequence[details.BlockRow]]:
    """Return the person's name and the blocks that the actor can see.

    Raises NotFound if the actor is not allowed to see the person.
    """
    person = find_person(actor, person_id, on)
    return person.full_name, their_blocks.blocks_for_staff(actor, person, on)


def organisations(
    actor: Actor, person_id: int, on: date
) -> tuple[str, Sequence[details.OrganisationRow]]:
    """Return the person's name and the organisations that the actor can see.

    Raises NotFound if the actor is not allowed to see the person.
    """
    person = find_person(actor, person_id, on)
    return person.full_name, details.affiliations(Scope.for_actor(actor), person.id, on)


def find_organisation_name(actor: Actor, person_id: int, affiliation_id: int, on: date) -> str:
    """Return the name of an organisation that the person belongs to.

    Raises NotFound if the actor is not allowed to see the person or the organisation.
    """
    _name, lines = organisations(actor, person_id, on)
    for line in lines:
        if line.id == affiliation_id:
            return line.name
    raise NotFound()


def find_removable_place(actor: Actor, person_id: int, presence_id: int, on: date) -> PlaceRow:
    """Return a place that can be removed from the person's record.

    Raises NotFound if there is no such place, or if the actor is not allowed to see the person.
    """
    person = find_person(actor, person_id, on)
    for line in details.places(Scope.for_actor(actor), person.id, on):
        if line.id == presence_id and line.basis is not Basis.SERVES:
            return line
    raise NotFound()


@dataclass(frozen=True)
class TravelPreferences:
    """How far a person would travel to help, and where they do not want to help.

    ``excluded`` contains the GSS codes of wards where the person does not want to help, or None if
    these are hidden from the reader.
    """

    travel_km: int
    excluded: Sequence[str] | None


def travel_distance(actor: Actor, person_id: int, on: date) -> TravelPreferences:
    """Return how far a person would travel to help, and where they do not want to help.

    Excluded wards are shown only with the permission for sensitive networks, because they can
    reveal who the person is avoiding. Raises NotFound if the actor is not allowed to see the
    person.
    """
    person = find_person(actor, person_id, on)
    if not Scope.for_actor(actor).sensitive:
        return TravelPreferences(person.reach_km, None)
    rows = participation.excluded_areas(person.id)
    wards = areas.areas_by_id([each.area_id for each in rows])
    return TravelPreferences(person.reach_km, [place.code for place in wards.values()])


@dataclass(frozen=True)
class CurrentContact:
    """A person's current contact details and contact wishes."""

    contacts: Sequence[ContactRow]
    preferred: ContactKind | None
    wishes: ContactPreferences | None
    instructions: Sequence[str]

    @property
    def kinds(self) -> frozenset[ContactKind]:
        """The kinds of contact detail that the person has."""
        return frozenset(each.kind for each in self.contacts)

    def newest(self, kind: ContactKind) -> str:
        """Return the newest contact detail of a kind, or "". Prefer a confirmed one."""
        lines = [each for each in self.contacts if each.kind is kind]
        if not lines:
            return ""
        value = ([each for each in lines if each.confirmed_at] or lines)[-1].value
        return format_phone(value) if kind is ContactKind.PHONE else value


def numbers_to_call(actor: Actor, person_id: int, on: date) -> list[tuple[int, str]]:
    """Return (contact ID, number) pairs that staff can call to verify who the person is.

    Raises NotFound if the actor is not allowed to see the person.
    """
    person = find_person(actor, person_id, on)
    return [
        (each.id, format_phone(each.point.value))
        for each in vouching.numbers_to_call(actor, person.id)
    ]


def current_contact(actor: Actor, person_id: int, on: date) -> CurrentContact:
    """Return the person's current contact details and contact wishes.

    Raises NotFound if the actor is not allowed to see the person.
    """
    person = find_person(actor, person_id, on)
    facts = read_contact_facts([person.id], on)[person.id]
    instructions = wording.describe_for_staff(contact_instructions(person.id, on))
    return CurrentContact(
        details.contacts(person.id, on), person.preferred, facts.shown_wishes, instructions
    )
