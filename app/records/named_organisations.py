"""Match the organisation names that people entered with organisations in our list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.changes import organisations as changes
from app.core import folding
from app.core.actor import Actor, Scope
from app.core.errors import NotFound
from app.organisations import choices, matching, service
from app.organisations.types import OrganisationChoice, OrganisationCommand, OrganisationKind
from app.records.queries import named_organisations as queries

MAX_SHOWN = 100


@dataclass(frozen=True)
class UnlinkedName:
    """An organisation name that is not linked to an organisation.

    ``affiliation_id`` is the ID of one of the affiliations with this name.
    """

    affiliation_id: int
    name: str
    people: int


@dataclass(frozen=True)
class UnlinkedNamePage:
    """An organisation name, the people who entered it, and similar organisations."""

    name: str
    people: Sequence[tuple[int, str]]
    suggestions: Sequence[OrganisationChoice]
    organisations: Sequence[OrganisationChoice]


def list_unlinked_names(actor: Actor, on: date) -> list[UnlinkedName]:
    """Return the names to link to organisations, up to MAX_SHOWN."""
    actor.require("organisations:change")
    rows = queries.list_unlinked_names(Scope.for_actor(actor), on, MAX_SHOWN)
    return [UnlinkedName(row.id, row.named, row.people) for row in rows]


def count_people_to_link(actor: Actor, on: date) -> int:
    """Return how many people entered an organisation name that is not linked."""
    return queries.count_people_to_link(Scope.for_actor(actor), on)


def get_unlinked_name(actor: Actor, affiliation_id: int, on: date) -> UnlinkedNamePage:
    """Return a name to link, with the people who entered it.

    Raises NotFound if the name is already linked or the actor is not allowed to see it.
    """
    actor.require("organisations:change")
    scope = Scope.for_actor(actor)
    rows = queries.people_with_name(scope, on, affiliation_id)
    if not rows:
        raise NotFound()
    return UnlinkedNamePage(
        name=rows[0].named,
        people=[(row.id, row.full_name) for row in rows],
        suggestions=matching.suggestions(scope, rows[0].named, on),
        organisations=choices.organisations(actor, on),
    )


def similar_organisations(actor: Actor, name: str, on: date) -> list[UnlinkedName]:
    """Return the unlinked names that are similar to this organisation's name."""
    simple_name = matching.simplify_name(folding.fold_name(name))
    rows = queries.list_unlinked_names(Scope.for_actor(actor), on, MAX_SHOWN)
    return [
        UnlinkedName(row.id, row.named, row.people)
        for row in rows
        if matching.are_similar_names(simple_name, matching.simplify_name(row.folded))
    ]


def create_organisation(
    actor: Actor, affiliation_id: int, name: str, kind: OrganisationKind
) -> int:
    """Create an organisation, and link everybody who entered its name. Return the number of people.

    Raises NotFound if the actor is not allowed to see the name, and Conflict if the organisation
    already exists.
    """
    organisation_id = service.add_organisation(actor, OrganisationCommand(name, kind))
    return changes.link_organisation(actor, affiliation_id, organisation_id)
