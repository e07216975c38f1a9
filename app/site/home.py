"""Collect the contents of the home page: the user's tasks and the progress towards the targets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from app.accounts import role_requests
from app.certificates import queries as certificates
from app.certificates.types import ExpiringCertificate, OpenClaim
from app.core import clock, registry
from app.core.actor import Actor, Scope
from app.core.registry import ToDo
from app.courses import service as training
from app.courses.types import RunFacts, RunState
from app.coverage import service as coverage
from app.coverage.measures import area_figures
from app.coverage.places import Places
from app.coverage.types import AreaFigure, Figure, PublishedArea, PublishedFigure
from app.people import pausing
from app.profile import pages
from app.reminders.queries.facts import home_positions
from app.renewals import service as renewals
from app.renewals.queries import free_runs
from app.renewals.types import BookedRenewal, FreeRun, HeldCertificate
from app.site import health
from app.site.types import ChampionSummary, Home

MAX_RUNS = 5
EXPIRING_WITHIN = 30  # days
MAX_ROWS = 6
MAX_RENEWAL_RUNS = 3
TASK_PERMISSIONS = ("own:read", "courses:manage", "people:read")
FINISHED = (RunState.CANCELLED, RunState.COMPLETED)


def public_home(actor: Actor, on: date) -> Home:
    """Return the contents of the public home page, with the latest published figures."""
    found = coverage.latest_published(on)
    return Home(
        on=on,
        name="",
        todos=(),
        figures=[figure for figure in found.figures if figure.needed is not None] if found else (),
        areas=[area for area in found.areas if area.band] if found else (),
        counted_on=found.on if found else None,
    )


def user_home(actor: Actor, on: date) -> Home:
    """Return the contents of the home page for a signed-in user."""
    figures, areas, counted_on = _progress_figures(actor, on)
    expiring = _expiring_certificates(actor, on)
    return Home(
        on=on,
        name=actor.name,
        todos=list_todos(actor, on),
        figures=figures,
        areas=areas,
        counted_on=counted_on,
        live=actor.may("coverage:people"),
        own_people=actor.may("coverage:people") and not coverage.can_see_everyone(actor),
        runs=_next_runs(actor, on),
        expiring=expiring,
        booked_renewals=_booked_renewals(expiring, on),
        claims=_open_claims(actor, on),
        own=_champion_summary(actor, on),
        registration=pages.own_page(actor, on) if actor.waiting and actor.may("own:read") else None,
        role_pending=bool(actor.user_id and role_requests.has_open_request(actor.user_id)),
        health=health.run_health_checks() if actor.may("programme:read") else {},
        has_tasks=any(actor.may(permission) for permission in TASK_PERMISSIONS),
    )


def _progress_figures(
    actor: Actor, on: date
) -> tuple[Sequence[Figure | PublishedFigure], Sequence[AreaFigure | PublishedArea], date | None]:
    """Return the figures for targets and for towns, and the day on which they were counted."""
    if not actor.may("coverage:read"):
        return (), (), None
    figures, counted_on = coverage.home_figures(actor, on)
    if actor.may("coverage:people"):
        areas = area_figures(Places(on), on, Scope.for_actor(actor))
        return figures, [area for area in areas if area.band], counted_on
    published = coverage.latest_published(on)
    return figures, published.areas if published else (), counted_on


def list_todos(actor: Actor, on: date) -> list[ToDo]:
    """Return the actor's tasks from all rooms. Pinned and urgent tasks come first."""
    found = [todo for find in registry.todos for todo in find(actor, on)]
    return sorted(found, key=lambda todo: (not todo.first, not todo.urgent, todo.order, todo.text))


def _next_runs(actor: Actor, on: date) -> list[RunFacts]:
    if not actor.may("courses:manage"):
        return []
    found, now = training.managed_runs(actor, on, past=False), clock.now()
    return [run for run in found if run.state not in FINISHED and not run.has_ended(now)][:MAX_RUNS]


def _expiring_certificates(actor: Actor, on: date) -> list[ExpiringCertificate]:
    """Return the certificates of active people that expire soon and that the actor can see."""
    if not actor.may("people:read"):
        return []
    return certificates.expiring_certificates(Scope.for_actor(actor), on, EXPIRING_WITHIN, MAX_ROWS)


def _booked_renewals(expiring: Sequence[ExpiringCertificate], on: date) -> dict[int, BookedRenewal]:
    """Return the bookings that will renew these certificates, by certificate ID."""
    held = [
        HeldCertificate(each.certificate_id, each.person_id, each.kind_id, each.expires_on)
        for each in expiring
    ]
    return renewals.find_booked_renewals(held, on)


def _open_claims(actor: Actor, on: date) -> list[OpenClaim]:
    if not actor.may("certificates:confirm"):
        return []
    return certificates.open_claims(Scope.for_actor(actor), on, MAX_ROWS)


def _champion_summary(actor: Actor, on: date) -> ChampionSummary | None:
    if actor.person_id is None or actor.waiting or not actor.may("own:read"):
        return None
    paused = pausing.is_actor_paused(actor, on)
    certificate = certificates.latest_certificates_by_person([actor.person_id], on).get(
        actor.person_id
    )
    future_runs = [
        each.run
        for each in training.list_bookings(actor, actor.person_id, on)
        if not each.cancelled_on
        and each.run.state not in FINISHED
        and not each.run.has_ended(clock.now())
    ]
    return ChampionSummary(
        certificate=certificate,
        next_course=min(future_runs, key=lambda run: run.first_day, default=None),
        renewal_runs=() if paused else _renewal_runs(actor, on),
        is_paused=paused,
    )


def _renewal_runs(actor: Actor, on: date) -> list[FreeRun]:
    """Return nearby runs with free places that renew the actor's certificate."""
    due = renewals.list_due_renewals(actor, on)
    if not due or actor.person_id is None:
        return []
    position = home_positions([actor.person_id], on).get(actor.person_id)
    finder = renewals.RenewalFinder(on)
    runs = {
        run.id: run
        for each in due
        for run in free_runs(
            on,
            finder.certificate_to_renew(each.kind_id, each.last_day),
            position.easting if position else None,
            position.northing if position else None,
            position.travel_km if position else 0,
            MAX_RENEWAL_RUNS,
        )
    }
    return sorted(runs.values(), key=lambda run: (run.first_day, run.id))
