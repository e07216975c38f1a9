"""What the home page shows: what waits for its reader today, and how far the network is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from app.accounts import role_requests as role_requests
from app.certificates import queries as certificates
from app.certificates.types import CertificateRow, CertificateState
from app.core import registry
from app.core.actor import Actor, Scope
from app.core.registry import ToDo
from app.courses import queries as courses
from app.courses import service as training
from app.courses.types import FreeRun, RunFacts, RunState
from app.coverage import service as coverage
from app.coverage.measures import area_figures
from app.coverage.places import Places
from app.coverage.types import AreaFigure, Figure, PublishedArea, PublishedFigure
from app.people import pausing
from app.profile import pages as own_page
from app.reminders.queries.facts import positions
from app.site import health, queries
from app.site.types import Home, Lapsing, OpenClaim, OwnGlance

NEXT_RUNS = 5
SOON = 30  # days
SHOWN = 6
NEAR = 3  # runs at which a champion could renew
WORK = ("own:read", "courses:manage", "people:read")  # whom something may wait for
OVER = (RunState.CANCELLED, RunState.COMPLETED)


def front_door(actor: Actor, on: date) -> Home:
    """What the public sees of how far the network is: the safe numbers last published."""
    found = coverage.latest_published(on)
    return Home(
        on=on,
        name="",
        todos=(),
        figures=[one for one in found.figures if one.needed is not None] if found else (),
        areas=[area for area in found.areas if area.band] if found else (),
        counted_on=found.on if found else None,
    )


def home_of(actor: Actor, on: date) -> Home:
    """The home page of somebody signed in."""
    figures, areas, counted_on = _how_far(actor, on)
    return Home(
        on=on,
        name=actor.name,
        todos=what_waits(actor, on),
        figures=figures,
        areas=areas,
        counted_on=counted_on,
        live=actor.may("coverage:people"),
        own_people=actor.may("coverage:people") and not coverage.sees_everyone(actor),
        runs=_next_runs(actor, on),
        lapsing=_lapsing(actor, on),
        claims=_claims(actor, on),
        own=_own(actor, on),
        registration=own_page.mine(actor, on) if actor.waiting and actor.may("own:read") else None,
        awaits_role=bool(actor.user_id and role_requests.has_open_request(actor.user_id)),
        health=health.parts() if actor.may("programme:read") else {},
        has_tasks=any(actor.may(permission) for permission in WORK),
    )


def _how_far(
    actor: Actor, on: date
) -> tuple[Sequence[Figure | PublishedFigure], Sequence[AreaFigure | PublishedArea], date | None]:
    """Numbered targets and towns with a band; the day they were counted on."""
    if not actor.may("coverage:read"):
        return (), (), None
    figures, counted_on = coverage.home_figures(actor, on)
    if actor.may("coverage:people"):
        areas = area_figures(Places(), on, Scope.of(actor))
        return figures, [area for area in areas if area.band], counted_on
    published = coverage.latest_published(on)
    return figures, published.areas if published else (), counted_on


def what_waits(actor: Actor, on: date) -> list[ToDo]:
    """What all rooms say waits for the actor: what always comes first, then the urgent."""
    found = [todo for ask in registry.todos for todo in ask(actor, on)]
    return sorted(found, key=lambda todo: (not todo.first, not todo.urgent, todo.order, todo.text))


def _next_runs(actor: Actor, on: date) -> list[RunFacts]:
    if not actor.may("courses:manage"):
        return []
    found = training.managed_runs(actor, on, past=False)
    return [run for run in found if run.state not in OVER and run.last_day >= on][:NEXT_RUNS]


def _lapsing(actor: Actor, on: date) -> list[Lapsing]:
    """Of people in the actor's scope; who is away or gone is nobody to hurry."""
    if not actor.may("people:read"):
        return []
    return queries.lapsing(Scope.of(actor), on, SOON, SHOWN)


def _claims(actor: Actor, on: date) -> list[OpenClaim]:
    if not actor.may("certificates:confirm"):
        return []
    return queries.open_claims(Scope.of(actor), on, SHOWN)


def _own(actor: Actor, on: date) -> OwnGlance | None:
    if actor.person_id is None or actor.waiting or not actor.may("own:read"):
        return None
    paused = pausing.is_paused_oneself(actor, on)
    certificate = certificates.latest_by_person([actor.person_id], on).get(actor.person_id)
    coming = [
        each.run
        for each in training.bookings_of(actor, actor.person_id, on)
        if not each.cancelled_on and each.run.state not in OVER and each.run.last_day >= on
    ]
    return OwnGlance(
        certificate=certificate,
        next_course=min(coming, key=lambda run: run.first_day, default=None),
        renew_at=() if coming or paused else _renew_at(actor.person_id, certificate, on),
        is_paused=paused,
    )


def _renew_at(person_id: int, certificate: CertificateRow | None, on: date) -> list[FreeRun]:
    """Free runs within reach, for who has to renew."""
    if certificate is None or certificate.state not in (
        CertificateState.LAPSES_SOON,
        CertificateState.LAPSED,
    ):
        return []
    kind = certificates.kind_by_slug(certificate.kind)
    where = positions([person_id], on).get(person_id)
    if kind is None:
        return []
    return courses.free_runs(
        on,
        kind.id,
        where.easting if where else None,
        where.northing if where else None,
        where.travel_km if where else 0,
        NEAR,
        in_date_until=certificate.expires_on,
    )
