"""Names of organisations that people typed, and the organisations that they may mean."""

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

MOST_SHOWN = 100


@dataclass(frozen=True)
class TypedName:
    """A typed name that waits. ``affiliation_id`` is one of the affiliations with the name."""

    affiliation_id: int
    name: str
    people: int


@dataclass(frozen=True)
class TypedNamePage:
    """A typed name with the people who typed it and the organisations that it may mean."""

    name: str
    people: Sequence[tuple[int, str]]
    suggestions: Sequence[OrganisationChoice]
    organisations: Sequence[OrganisationChoice]


def names_to_link(actor: Actor, on: date) -> list[TypedName]:
    """Return the typed names that wait for a decision, up to MOST_SHOWN."""
    actor.require("organisations:change")
    rows = queries.names_to_link(Scope.for_actor(actor), on, MOST_SHOWN)
    return [TypedName(row.id, row.named, row.people) for row in rows]


def count_people(actor: Actor, on: date) -> int:
    """Return how many people named an organisation that is not linked yet."""
    return queries.count_people(Scope.for_actor(actor), on)


def name_to_link(actor: Actor, affiliation_id: int, on: date) -> TypedNamePage:
    """Return a typed name. Raises NotFound if it does not wait or the actor may not know of it."""
    actor.require("organisations:change")
    scope = Scope.for_actor(actor)
    rows = queries.people_who_typed(scope, on, affiliation_id)
    if not rows:
        raise NotFound()
    return TypedNamePage(
        name=rows[0].named,
        people=[(row.id, row.full_name) for row in rows],
        suggestions=matching.suggestions(scope, rows[0].named, on),
        organisations=choices.organisations(actor, on),
    )


def similar_organisations(actor: Actor, name: str, on: date) -> list[TypedName]:
    """Return the typed names that may mean the organisation with this name."""
    wanted = matching.simplify_name(folding.fold_name(name))
    rows = queries.names_to_link(Scope.for_actor(actor), on, MOST_SHOWN)
    return [
        TypedName(row.id, row.named, row.people)
        for row in rows
        if matching.are_similar_names(wanted, matching.simplify_name(row.folded))
    ]


def create_organisation(
    actor: Actor, affiliation_id: int, name: str, kind: OrganisationKind
) -> int:
    """Add an organisation, and link everybody who typed the name to it. Return how many.

    Raises NotFound, or Conflict if there is an organisation with this name.
    """
    organisation_id = service.add_organisation(actor, OrganisationCommand(name, kind))
    return changes.link_organisation(actor, affiliation_id, organisation_id)
