"""Add needs, requests and assignments to the pages of other packages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.core import clock, registry
from app.core.actor import Actor
from app.core.registry import NavigationItem, Panel, TimelineEntry, ToDo
from app.matching import overview, queries, service, serving


def _navigation() -> Sequence[NavigationItem]:
    return [NavigationItem(_l("Needs"), "matching.needs", "needs:read", 40)]


def _todos(actor: Actor, on: date) -> Sequence[ToDo]:
    """Return the tasks about requests and answers for the home page."""
    return [*_own_todos(actor), *_staff_todos(actor, on)]


def _own_todos(actor: Actor) -> list[ToDo]:
    if not actor.may("requests:answer"):
        return []
    waiting = overview.own_requests(actor)
    if not waiting:
        return []
    text = ngettext("We have a question for you", "We have questions for you", len(waiting))
    url = url_for("matching.request", proposal_id=waiting[0].id)
    return [ToDo(text, len(waiting), url, order=5)]


def _staff_todos(actor: Actor, on: date) -> list[ToDo]:
    if not actor.may("needs:change"):
        return []
    counts, answers = overview.proposal_counts(actor, on), url_for("matching.answers")
    entries = [
        (
            counts.accepted,
            ngettext(
                "%(num)s person said yes this week",
                "%(num)s people said yes this week",
                counts.accepted,
            ),
            answers,
        ),
        (
            counts.declined,
            ngettext(
                "%(num)s person said no this week",
                "%(num)s people said no this week",
                counts.declined,
            ),
            answers,
        ),
        (
            counts.unanswered,
            ngettext(
                "%(num)s person has not answered for two weeks",
                "%(num)s people have not answered for two weeks",
                counts.unanswered,
            ),
            answers,
        ),
        (
            counts.proposed,
            ngettext("Ask %(num)s person to help", "Ask %(num)s people to help", counts.proposed),
            url_for("matching.needs"),
        ),
    ]
    return [
        ToDo(text, number, url, order=40 + place)
        for place, (number, text, url) in enumerate(entries)
        if number
    ]


def _own_panels(actor: Actor, person_id: int) -> Sequence[Panel]:
    """Return a panel with the person's own open requests and current assignments."""
    if actor.person_id != person_id:
        return []
    on = clock.today()
    requests = overview.own_requests(actor)
    current = [each for each in overview.own_assignments(actor, on) if each.is_current(on)]
    if not requests and not current:
        return []
    context = {"requests": requests, "assignments": current}
    return [Panel("matching/_own.html", context, order=5 if requests else 20)]


def _person_panels(actor: Actor, person_id: int) -> Sequence[Panel]:
    """Return a panel with the person's past and current assignments, for staff."""
    if not actor.may("needs:read"):
        return []
    on = clock.today()
    found = overview.assignments_of_person(actor, person_id, on)
    context = {"assignments": found, "on": on, "may_end": actor.may("needs:change")}
    return [Panel("matching/_person.html", context, order=40)] if found else []


def _timeline(actor: Actor, person_id: int) -> Sequence[TimelineEntry]:
    """Return the dates on which the person started or stopped serving."""
    entries = []
    for each in overview.assignments_of_person(actor, person_id, clock.today()):
        url = url_for("matching.need", need_id=each.need_id) if actor.may("needs:read") else None
        began = _("Agreed to help in %(area)s", area=each.area_name)
        entries.append(TimelineEntry(each.from_on, began, "assignment", url))
        if each.until_on is not None:
            ended = _("Stopped helping in %(area)s", area=each.area_name)
            on = each.until_on + timedelta(days=1)
            entries.append(TimelineEntry(on, ended, "assignment", url))
    return entries


def install() -> None:
    """Register this package's hooks with app.core.registry."""
    service.install()
    registry.navigation.register(_navigation)
    registry.todos.register(_todos)
    registry.own_panels.register(_own_panels)
    registry.person_panels.register(_person_panels)
    registry.timeline.register(_timeline)
    registry.hidden_places.register(queries.is_hidden_place)
    registry.hidden_messages.register(queries.is_hidden_message)
    registry.obsolete_messages.register(queries.is_obsolete_message)
    registry.hidden_entries.register(queries.is_hidden_entry)
    registry.on_left.register(serving.end_assignments_and_requests)
    registry.on_merged.register(serving.merge_assignments)
    registry.on_paused.register(service.cancel_unsent_requests)
    registry.on_general_ended.register(serving.end_general_assignments)
