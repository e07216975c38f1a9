"""The data for the home page. Parts that the reader is not allowed to see are empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.certificates.types import CertificateRow, ExpiringCertificate, OpenClaim
from app.core.registry import ToDo
from app.courses.types import RunFacts
from app.coverage.types import AreaFigure, Figure, PublishedArea, PublishedFigure
from app.profile.pages import OwnPage
from app.renewals.types import BookedRenewal, FreeRun


@dataclass(frozen=True)
class ChampionSummary:
    """A champion's certificate, next course and possible renewal courses.

    ``certificate`` is the one that expires last. ``renewal_runs`` are nearby runs with free places,
    if the certificate has expired or expires soon. ``is_paused`` is whether a safeguarding lead
    paused the champion.
    """

    certificate: CertificateRow | None
    next_course: RunFacts | None
    renewal_runs: Sequence[FreeRun] = ()
    is_paused: bool = False


@dataclass(frozen=True)
class Home:
    """The contents of the home page.

    ``figures`` are the targets that have a number and ``areas`` the towns that have a band, both as
    counted on ``counted_on``. If ``live`` is true, the figures link to lists of people. If
    ``own_people`` is true, only the partner's people are counted. ``health`` has the results of
    /readyz, for administrators. ``registration`` is set for applicants. ``role_pending`` is true if
    a second person has not yet approved a role for the user.
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
    expiring: Sequence[ExpiringCertificate] = ()
    booked_renewals: Mapping[int, BookedRenewal] = field(default_factory=dict)
    claims: Sequence[OpenClaim] = ()
    own: ChampionSummary | None = None
    registration: OwnPage | None = None
    role_pending: bool = False
    health: dict[str, dict[str, Any]] = field(default_factory=dict)
    has_tasks: bool = True  # whether the user can have tasks
