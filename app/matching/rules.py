"""The hard rules for one person and one need, as pure functions.

app.matching.candidates applies the same rules to arrays of people. A test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.matching.types import Obstacle
from app.people.state import COUNTED_STATES
from app.people.types import PersonState

METRES_PER_KM = 1_000
UNKNOWN = -1  # the distance if no location is known


class Stage(StrEnum):
    """The stage at which the rules are applied.

    A person who has not been in touch for a year is not asked, but can accept a request, because
    their answer shows that they are active. Earlier requests and the load matter only before a
    person is asked.
    """

    ASK = "ask"
    ACCEPT = "accept"
    SERVE = "serve"


@dataclass(frozen=True)
class Location:
    """The location of a person in metres, and the IDs of its areas. Unknown values are 0."""

    easting: int
    northing: int
    could_help: bool
    serves: bool
    ward_id: int
    lsoa_id: int


@dataclass(frozen=True)
class Facts:
    """The facts about a person and a need that the rules check.

    ``metres`` is the distance to the need, or UNKNOWN. ``load`` is the number of current
    assignments and unanswered requests, and ``max_load`` is its limit. ``was_asked`` is true if the
    person is assigned to the need or has already been asked about it. ``is_allowed`` is false if
    the person ruled out the area, blocked somebody responsible for the need, or is not in its
    network. ``protection_changed`` is true if the person became protected after they began to
    serve.
    """

    is_trained: bool
    state: PersonState
    metres: int
    reach_metres: int
    is_allowed: bool
    load: int = 0
    max_load: int = 1
    was_asked: bool = False
    protection_changed: bool = False


PARTICIPATING = frozenset({*COUNTED_STATES, PersonState.QUIET})
_OBSTACLES_BY_STATE = {
    PersonState.PAUSED: Obstacle.PAUSED,
    PersonState.AWAY: Obstacle.AWAY,
    PersonState.LEFT: Obstacle.LEFT,
}


def find_obstacle(facts: Facts, stage: Stage) -> Obstacle | None:
    """Return the first rule that the person does not meet at this stage, or None."""
    participating = (
        facts.state in COUNTED_STATES if stage is Stage.ASK else facts.state in PARTICIPATING
    )
    checks = (
        (not participating, _OBSTACLES_BY_STATE.get(facts.state, Obstacle.INACTIVE)),
        (not facts.is_trained, Obstacle.CERTIFICATE),
        (facts.metres > facts.reach_metres, Obstacle.TOO_FAR),
        (stage is Stage.ASK and facts.was_asked, Obstacle.ASKED),
        (stage is Stage.ASK and facts.load >= facts.max_load, Obstacle.BUSY),
        (facts.metres == UNKNOWN or not facts.is_allowed, Obstacle.UNAVAILABLE),
        (stage is Stage.SERVE and facts.protection_changed, Obstacle.UNAVAILABLE),
    )
    return next((obstacle for fails, obstacle in checks if fails), None)


def metres_between(
    places: Iterable[Location], centres: Iterable[tuple[int, int]], areas: frozenset[int]
) -> int:
    """Return the distance in metres from the nearest location to the nearest centre.

    The distance is 0 if the person offered to serve anywhere in ``areas``, and UNKNOWN if no
    location is known. Locations where the person serves are ignored, because they do not show how
    far the person will travel.
    """
    found: list[int] = []
    points = tuple(centres)
    for place in places:
        if place.could_help and not areas.isdisjoint({place.ward_id, place.lsoa_id}):
            found.append(0)
        if place.easting > 0 and not place.serves:
            found += [
                int(math.hypot(place.easting - easting, place.northing - northing))
                for easting, northing in points
            ]
    return min(found, default=UNKNOWN)
