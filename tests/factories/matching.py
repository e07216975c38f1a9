"""Factories for needs, candidates, runs, proposals and assignments."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

from app.accounts.models import User
from app.areas.models import Area
from app.areas.types import AreaKind
from app.core import clock
from app.core.db import db
from app.matching.models import Assignment, MatchingRun, Need, Proposal
from app.organisations.models import Network
from app.people.models import Person
from app.people.types import Basis
from tests.factories import areas, certificates, people

LONG_AGO = date(2019, 4, 1)
CENTRE = (700_000, 300_000)  # far away from all of the programme's places
_number = itertools.count(1)


def ward(east: int = 0, north: int = 0, **more: Any) -> Area:
    """Create a ward whose centre is ``east`` and ``north`` metres from CENTRE."""
    place = {"easting": CENTRE[0] + east, "northing": CENTRE[1] + north}
    return areas.area(AreaKind.WARD, f"E0588{next(_number):04d}", **(place | more))


def need(
    area: Area | None = None,
    *,
    places: int = 1,
    priority: int = 50,
    network: Network | None = None,
    kind: str | None = None,
    by: User | None = None,
    opened_on: date = LONG_AGO,
    **more: Any,
) -> Need:
    """Create an open need, in a new ward unless an area is given."""
    details: dict[str, Any] = {
        "what_for": "To listen at the market.",
        "setting": "The livestock market",
        "times": "One Friday a month",
        "contact": "The Prevention Team",
        "source": "hand",
    }
    made = Need(
        area_id=(area or ward()).id,
        network_id=network.id if network else None,
        kind_id=certificates.kind(kind).id if kind else None,
        places=places,
        priority=priority,
        made_by_user_id=by.id if by else None,
        opened_on=opened_on,
        **(details | more),
    )
    db.session.add(made)
    db.session.flush()
    return made


def candidate(
    home: Area | None,
    name: str | None = None,
    *,
    kind: str | None = "community-champion",
    awarded_on: date | None = None,
    travel_km: int = 15,
    can_sign_in: bool = False,
    **more: Any,
) -> Person:
    """Create a person who passes every hard rule: trained, active and living in `home`."""
    made = (people.champion if can_sign_in else people.person)(name, **more)
    made.reach_km = travel_km
    if home is not None:
        people.presence(made, ward_id=home.id)
    if kind is not None:
        awarded = awarded_on or clock.today() - timedelta(days=100)
        certificates.certificate(made, kind, awarded_on=awarded)
    db.session.flush()
    return made


def run(on: date | None = None) -> MatchingRun:
    """Create a run without proposals."""
    made = MatchingRun(
        on=on or clock.today(),
        made_at=clock.now(),
        needs=0,
        places=0,
        filled=0,
        objective=0,
        optimal=True,
        seconds=0.0,
    )
    db.session.add(made)
    db.session.flush()
    return made


def proposal(need: Need, person: Person, *, sent: bool = False, **more: Any) -> Proposal:
    """Create a proposal. If ``sent`` is true, it has been sent as a request."""
    details: dict[str, Any] = {
        "place": 1,
        "score": 46_000,
        "terms": {"place": 50_000, "distance": -4_000},
        "asked_at": clock.now() if sent else None,
    }
    made = Proposal(run_id=run().id, need_id=need.id, person_id=person.id, **(details | more))
    db.session.add(made)
    db.session.flush()
    return made


def assignment(
    need: Need, person: Person, *, from_on: date | None = None, until_on: date | None = None
) -> Assignment:
    """Create an assignment and, if it has not ended, its presence."""
    starts_on = from_on or clock.today() - timedelta(days=10)
    made = Assignment(need_id=need.id, person_id=person.id, from_on=starts_on, until_on=until_on)
    if until_on is None:
        made.presence_id = people.presence(
            person, Basis.SERVES, ward_id=need.area_id, from_on=starts_on
        ).id
    db.session.add(made)
    db.session.flush()
    return made
