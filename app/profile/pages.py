"""Data for a person's own pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import url_for
from flask_babel import gettext as _

from app.areas import queries as areas
from app.changes import delayed_changes
from app.core import clock, registry
from app.core.actor import Actor, Scope
from app.core.db import db
from app.core.errors import NotFound
from app.core.registry import Panel, ProgressStep
from app.organisations.queries import secrecy
from app.people import general, joining, queries
from app.people.models import Person
from app.people.queries import details, participation
from app.people.queries.contacts import find_safe_contact
from app.people.queries.details import BlockRow, ContactRow, OrganisationRow, PlaceRow
from app.people.queries.joining import pending_network_names
from app.people.safety.types import Change, ContactPreferences
from app.people.types import Basis, ContactKind, Interest, PersonState
from app.profile import viewers
from app.profile.viewers import Viewer


@dataclass(frozen=True)
class OwnPage:
    """The content of a person's own page.

    ``word_entered`` is True if the person entered their memorable word in the last ten minutes. If
    they did not, sensitive networks are hidden. ``can_choose_general`` is True if the person can
    choose whether to be a general champion. ``general`` is True if they are one.
    """

    id: int
    name: str
    state: PersonState
    interest: Interest
    registered_at: datetime
    confirmed_at: datetime | None
    networks: tuple[str, ...]
    contacts: Sequence[ContactRow]
    preferred: ContactKind | None
    places: Sequence[PlaceRow]
    travel_km: int
    excluded: Sequence[str]
    organisations: Sequence[OrganisationRow]
    protected: bool
    away_until: date | None
    hidden_from: Sequence[BlockRow]
    wishes: ContactPreferences | None
    changes: Sequence[Change]
    viewers: Sequence[Viewer]
    word_entered: bool
    can_choose_general: bool
    general: bool
    steps: Sequence[ProgressStep]
    panels: Sequence[Panel]


def _find_own_record(actor: Actor) -> Person:
    person = db.session.get(Person, actor.person_id) if actor.person_id else None
    if person is None:
        raise NotFound()
    return person


def own_page(actor: Actor, on: date) -> OwnPage:
    """Return the actor's own page. Raises NotFound if the actor is not in the network."""
    person, scope = _find_own_record(actor), Scope.for_own_record(actor)
    away = participation.find_absence(person.id, on)
    wards = [each.area_id for each in participation.excluded_areas(person.id)]
    names = areas.areas_by_id(wards)
    return OwnPage(
        id=person.id,
        name=person.full_name,
        state=person.state(on),
        interest=person.interest,
        registered_at=person.registered_at,
        confirmed_at=person.confirmed_at,
        networks=queries.network_names(scope, [person.id], on)[person.id]
        + joining.describe_applications(pending_network_names(scope, person.id, on)),
        contacts=details.contacts(person.id, on),
        preferred=person.preferred,
        places=details.places(scope, person.id, on),
        travel_km=person.reach_km,
        excluded=sorted(names[area_id].name for area_id in wards),
        organisations=details.affiliations(scope, person.id, on),
        protected=person.protected_at is not None,
        away_until=away.until_on if away and away.from_on <= on else None,
        hidden_from=_own_blocks(scope, person.id, on),
        wishes=_own_wishes(person.id, on),
        changes=delayed_changes.pending_changes(actor, person.id),
        viewers=viewers.find_viewers(scope, person, on),
        word_entered=actor.word_entered,
        can_choose_general=actor.word_entered
        and general.has_general_champion_choice(person.id, on),
        general=general.is_general_champion(person.id),
        steps=sorted(
            (step for find in registry.progress_steps for step in find(actor, person.id)),
            key=lambda step: step.order,
        ),
        panels=sorted(
            (panel for find in registry.own_panels for panel in find(actor, person.id)),
            key=lambda panel: panel.order,
        ),
    )


def _own_blocks(scope: Scope, person_id: int, on: date) -> list[BlockRow]:
    visible_ids = secrecy.visible_organisation_ids(scope)
    return [
        each
        for each in details.blocks(person_id, on)
        if each.organisation_id is None or each.organisation_id in visible_ids
    ]


def _own_wishes(person_id: int, on: date) -> ContactPreferences | None:
    row = find_safe_contact(person_id, on)
    return row.wishes if row is not None else None


def progress_steps(actor: Actor, person_id: int) -> Sequence[ProgressStep]:
    """Return this package's steps in the person's progress: approval, and adding places."""
    person = db.session.get_one(Person, person_id)
    places = details.places(Scope.for_own_record(actor), person_id, clock.today())
    helping = any(each.basis in (Basis.COULD_HELP, Basis.SERVES) for each in places)
    is_approved = person.approved_at is not None
    return [
        ProgressStep(
            _("Register and be approved"), "completed" if is_approved else "in_progress", order=10
        ),
        ProgressStep(
            _("Tell us where you could help"),
            "completed" if helping else "incomplete",
            url_for("profile.add_own_place"),
            order=60,
        ),
    ]


@dataclass(frozen=True)
class CurrentChoices:
    """The person's networks and excluded wards."""

    networks: tuple[str, ...]
    excluded: tuple[str, ...]


def current_choices(actor: Actor, on: date) -> CurrentChoices:
    """Return the slugs of the actor's networks and the codes of their excluded wards."""
    person = _find_own_record(actor)
    wards = areas.areas_by_id([each.area_id for each in participation.excluded_areas(person.id)])
    return CurrentChoices(
        networks=tuple(participation.network_slugs(Scope.for_own_record(actor), person.id, on)),
        excluded=tuple(place.code for place in wards.values()),
    )


def applications_sentence(actor: Actor, on: date) -> str:
    """Return a sentence that says who decides the actor's applications to join networks.

    Return "" if there are no applications to show.
    """
    return joining.applications_sentence(
        pending_network_names(Scope.for_own_record(actor), _find_own_record(actor).id, on)
    )


def general_answer(actor: Actor, on: date) -> bool:
    """Return whether the actor is a general champion.

    Raises NotFound if the actor is not allowed to choose, or has not entered their memorable word.
    The question would reveal which networks the actor chose.
    """
    person = _find_own_record(actor)
    if not actor.word_entered or not general.has_general_champion_choice(person.id, on):
        raise NotFound()
    return general.is_general_champion(person.id)


def home_ward(actor: Actor, on: date) -> str | None:
    """Return the GSS code of the actor's home ward, or None if it is unknown."""
    return details.home_ward(_find_own_record(actor).id, on)
