"""The queue of applications, and the page of an application, for staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.applications import approval, merging, reasons
from app.applications import queries as queue
from app.applications.queries import duplicates
from app.core import audit, registry
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.paging import PAGE_SIZE, Order, Page
from app.core.registry import Panel
from app.organisations import queries as organisations
from app.people import queries
from app.people.queries import details, is_protection_visible
from app.people.queries.details import ContactRow, PlaceRow
from app.people.safety import wording
from app.people.safety.contact_details import contact_instructions
from app.people.types import Interest, PersonState

_LONGEST_WAITING_FIRST = Order("applications", (datetime, int))


@dataclass(frozen=True)
class ApplicationRow:
    """An application in the queue.

    ``waiting_for`` is the organisation that decides, or "". ``unconfirmed`` is true if no email
    address was confirmed and staff have not contacted the person.
    """

    id: int
    name: str
    registered_at: datetime
    interest: Interest
    networks: tuple[str, ...]
    home: str
    waiting_for: str
    can_decide: bool
    unconfirmed: bool
    has_claim: bool


@dataclass(frozen=True)
class Application:
    """An application. ``mergeable`` holds the IDs of the people that it can be merged with."""

    id: int
    name: str
    state: PersonState
    registered_at: datetime
    confirmed_at: datetime | None
    decided_at: datetime | None
    decision_reason: str | None
    interest: Interest
    protected: bool
    networks: tuple[str, ...]
    organisations: tuple[str, ...]
    contacts: Sequence[ContactRow]
    contact_instructions: Sequence[str]
    places: Sequence[PlaceRow]
    waiting_for: str
    can_decide: bool
    may_confirm: bool
    may_call: bool
    possible_duplicates: Sequence[duplicates.PossibleDuplicate]
    mergeable: frozenset[int]
    panels: Sequence[Panel]


def network_choices(actor: Actor, on: date) -> list[tuple[str, str]]:
    """Return the (slug, name) of each network that the actor can filter by."""
    scope = Scope.for_actor(actor)
    visible = queries.visible_network_ids(scope)
    return [
        (network.slug, network.name)
        for network in organisations.current_networks(on)
        if (scope.everyone or network.id in visible) and (scope.sensitive or not network.sensitive)
    ]


def page_of_applications(
    actor: Actor,
    on: date,
    *,
    network: str | None = None,
    confirmed: bool = True,
    cursor: str | None = None,
) -> Page[ApplicationRow]:
    """Return a page of the queue, longest waiting first.

    ``network`` is the slug of a network that the actor can filter by.
    """
    scope = Scope.for_actor(actor)
    network_ids = organisations.network_ids([network]) if network else None
    people = queue.pending_applicants(
        scope,
        on,
        queue.ApplicationFilter(confirmed=confirmed, network_ids=network_ids),
        _LONGEST_WAITING_FIRST.decode(cursor),
        PAGE_SIZE + 1,
    )
    shown = _LONGEST_WAITING_FIRST.page(people, lambda each: (each.registered_at, each.id), cursor)
    ids = [person.id for person in shown.rows]
    names = queries.network_names(scope, ids, on)
    homes = queries.home_wards(ids, on)
    deciders = queue.approvers_by_person(ids, on)
    claims = queue.people_with_unchecked_claims(scope, ids)
    rows = [
        ApplicationRow(
            id=person.id,
            name=person.full_name,
            registered_at=person.registered_at,
            interest=person.interest,
            networks=names[person.id],
            home=homes[person.id],
            waiting_for=deciders[person.id][0].organisation if deciders[person.id] else "",
            can_decide=approval.can_decide(actor, deciders[person.id]),
            unconfirmed=person.confirmed_at is None,
            has_claim=person.id in claims,
        )
        for person in shown.rows
    ]
    return Page(rows, shown.next, shown.first)


def open_application(actor: Actor, person_id: int, on: date) -> Application:
    """Return an application, and record the read in the audit log.

    Raises NotFound if the actor is not allowed to read it.
    """
    actor.require("applications:read")
    person = approval.find_applicant(actor, person_id, on)
    scope = Scope.for_actor(actor)
    audit.record(actor, AuditVerb.PERSON_READ, "people", person.id)
    deciders = queue.approvers_by_person([person.id], on)[person.id]
    contacts = details.contacts(person.id, on)
    undecided = person.approved_at is None and person.declined_at is None
    can_decide = approval.can_decide(actor, deciders)
    has_email = any(each.kind == "email" for each in contacts)
    possible_duplicates = duplicates.find_duplicates(scope, person.id) if undecided else []
    return Application(
        id=person.id,
        name=person.full_name,
        state=person.state(on),
        registered_at=person.registered_at,
        confirmed_at=person.confirmed_at,
        decided_at=person.approved_at or person.declined_at,
        decision_reason=reasons.reasons_about_person(scope, person).decision,
        interest=person.interest,
        protected=is_protection_visible(scope, person),
        networks=queries.network_names(scope, [person.id], on)[person.id],
        organisations=tuple(each.name for each in details.affiliations(scope, person.id, on)),
        contacts=contacts,
        contact_instructions=wording.describe_for_staff(contact_instructions(person.id, on)),
        places=details.places(scope, person.id, on),
        waiting_for="" if can_decide or not deciders else deciders[0].organisation,
        can_decide=can_decide and undecided and person.left_on is None,
        may_confirm=undecided and person.confirmed_at is None and not has_email,
        may_call=can_decide
        and person.state(on) is PersonState.UNCONFIRMED
        and any(each.kind != "email" for each in contacts),
        possible_duplicates=possible_duplicates,
        mergeable=merging.mergeable_ids(
            actor, person.id, [each.id for each in possible_duplicates], on
        ),
        panels=sorted(
            (panel for find in registry.person_panels for panel in find(actor, person.id)),
            key=lambda panel: panel.order,
        ),
    )


def applicant_name(actor: Actor, person_id: int, on: date) -> str:
    """Return the applicant's name.

    Raises NotFound if the actor is not allowed to read the application.
    """
    return approval.find_applicant(actor, person_id, on).full_name


def count_awaiting_decision(actor: Actor, on: date) -> int:
    """Return the number of applications that are waiting for a decision by the actor."""
    return queue.count_awaiting_decision(Scope.for_actor(actor), on)
