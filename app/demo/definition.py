"""The schema of demo.toml, which defines the demonstration."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, Strict

from app.core.permissions import Role
from app.core.programme_types import Line, Many, Part, Prose, Slug
from app.organisations.types import OrganisationKind

FILE = Path(__file__).with_name("demo.toml")
Share = Annotated[int, Field(ge=0, le=100)]


class StaffPart(Part):
    """A member of staff. They get a password only if ``signs_in`` is true."""

    email: Line
    name: Line
    roles: Many[Annotated[Role, Strict(False)]]
    organisation: Slug | None = None
    signs_in: bool = True


class AgreementPart(Part):
    """A data-sharing agreement. Its dates are numbers of days from the anchor day."""

    organisation: Slug
    network: Slug | None = None
    purpose: Prose
    from_days: int
    until_days: int


class OrganisationPart(Part):
    """A fictional organisation, with its sites and its share of the people in organisations."""

    name: Line
    kind: Annotated[OrganisationKind, Strict(False)]
    deprived: int = 0
    towns: Many[Slug] = ()
    members: Share


class NetworkPart(Part):
    """A network and its courses.

    ``share`` is the percentage of people who join it, and ``outside`` is the percentage of its
    members who live outside the area.
    """

    slug: Slug
    share: Share
    outside: Share
    courses: Many[Slug]


class ExternalTrainingPart(Part):
    """Training with another provider. ``months`` is how long its certificate is valid."""

    kind: Slug
    course: Line
    provider: Line
    share: Share
    months: int = 36


class RunPart(Part):
    """A course that ran ``times`` times in three years, with ``places`` places each time."""

    course: Slug
    times: int
    places: int


class FutureRunPart(Part):
    """A future run.

    Its date is a number of days from the anchor day. A planned run cannot be booked yet.
    """

    course: Slug
    days: int
    town: Slug
    places: int
    taken: int
    planned: bool = False


class NeedPart(Part):
    """A need for people. If ``town`` is empty, the need is in a ward in the countryside."""

    town: str
    network: Slug | None = None
    role: Slug | None = None
    places: int
    priority: Share
    what_for: Prose
    setting: Line
    times: Line
    for_champion: bool = False


class ChampionPart(Part):
    """The champion who can sign in."""

    email: Line
    name: Line
    networks: Many[Slug]
    town: Slug
    kind: Slug
    course: Line
    provider: Line
    expires_in_days: int


class NamesPart(Part):
    """Complete names, and first and last names that can be combined."""

    complete: Many[Line]
    first: Many[Line]
    last: Many[Line]


class Definition(Part):
    """The content of demo.toml."""

    staff: Many[StaffPart]
    agreements: Many[AgreementPart]
    organisations: Many[OrganisationPart]
    networks: Many[NetworkPart]
    homes: dict[str, Share]
    external_training: Many[ExternalTrainingPart]
    runs: Many[RunPart]
    future_runs: Many[FutureRunPart]
    needs: Many[NeedPart]
    champion: ChampionPart
    names: NamesPart


@cache
def load_definition() -> Definition:
    """Load demo.toml. The result is cached."""
    return Definition.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))
