"""What the home page shows, by what its reader may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.certificates.types import CertificateRow
from app.core.registry import ToDo
from app.courses.types import FreeRun, RunFacts
from app.coverage.types import AreaFigure, Figure, PublishedArea, PublishedFigure
from app.profile.pages import Own


@dataclass(frozen=True)
class Lapsing:
    """A certificate that lapses soon, with no newer one. booked: they have a place to renew it."""

    person_id: int
    name: str
    kind: str
    expires_on: date
    booked: bool


@dataclass(frozen=True)
class OpenClaim:
    """Earlier training that somebody in the network told of, and that nobody has looked at."""

    person_id: int
    name: str
    course: str
    claimed_on: date


@dataclass(frozen=True)
class OwnGlance:
    """A champion's own: their certificate that counts longest, their next course, where to renew.

    renew_at: free runs within reach, where the certificate lapses soon or has lapsed. is_paused: by
    us.
    """

    certificate: CertificateRow | None
    next_course: RunFacts | None
    renew_at: Sequence[FreeRun] = ()
    is_paused: bool = False


@dataclass(frozen=True)
class Home:
    """The first page of somebody signed in. What they may not see is empty.

    figures: the numbered targets, areas: the towns with a band, both counted on counted_on; live:
    for the readers of people, whose numbers open. own_people: only the partner's own people are
    counted. health: parts of /readyz, for administrators. registration: of somebody who is not
    approved. awaits_role: a second person still has to agree to a role of theirs.
    """

    on: date
    name: str
    todos: Sequence[ToDo]
    figures: Sequence[Figure | PublishedFigure] = ()
    areas: Sequence[AreaFigure | PublishedArea] = ()
    counted_on: date | None = None
    live: bool = False
    own_people: bool = False
    runs: Sequence[RunFacts] = ()
    lapsing: Sequence[Lapsing] = ()
    claims: Sequence[OpenClaim] = ()
    own: OwnGlance | None = None
    registration: Own | None = None
    awaits_role: bool = False
    health: dict[str, dict[str, Any]] = field(default_factory=dict)
    has_tasks: bool = True  # whether work can wait for them at all
