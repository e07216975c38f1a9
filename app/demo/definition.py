"""demo.toml, read and checked: what the demonstration is made from."""

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
    """A user who works on the service. signs_in False: has no password."""

    email: Line
    name: Line
    roles: Many[Annotated[Role, Strict(False)]]
    organisation: Slug | None = None
    signs_in: bool = True


class AgreementPart(Part):
    """A data-sharing agreement; days are counted from the anchor."""

    organisation: Slug
    network: Slug | None = None
    purpose: Prose
    from_days: int
    until_days: int


class GroupPart(Part):
    """A made-up organisation: where it operates, and its share of those who belong to a group."""

    name: Line
    kind: Annotated[OrganisationKind, Strict(False)]
    deprived: int = 0
    towns: Many[Slug] = ()
    members: Share


class NetworkPart(Part):
    """How often people join a network, live outside the programme's area, and what they take."""

    slug: Slug
    share: Share
    outside: Share
    courses: Many[Slug]


class ElsewherePart(Part):
    """Training that people did somewhere else. months: how long it is good for."""

    kind: Slug
    course: Line
    provider: Line
    share: Share
    months: int = 36


class RunPart(Part):
    """A course that ran `times` times in three years, with so many places."""

    course: Slug
    times: int
    places: int


class ComingPart(Part):
    """A run to come, in days from the anchor. planned: not open for booking yet."""

    course: Slug
    days: int
    town: Slug
    places: int
    taken: int
    planned: bool = False


class NeedPart(Part):
    """A request for people; town "": a ward in the countryside."""

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
    """The champion who signs in."""

    email: Line
    name: Line
    networks: Many[Slug]
    town: Slug
    kind: Slug
    course: Line
    provider: Line
    lapses_in_days: int


class NamesPart(Part):
    """Names taken whole, and names that are put together."""

    whole: Many[Line]
    first: Many[Line]
    last: Many[Line]


class Definition(Part):
    """The whole file."""

    staff: Many[StaffPart]
    agreements: Many[AgreementPart]
    organisations: Many[GroupPart]
    networks: Many[NetworkPart]
    homes: dict[str, Share]
    elsewhere: Many[ElsewherePart]
    runs: Many[RunPart]
    coming: Many[ComingPart]
    needs: Many[NeedPart]
    champion: ChampionPart
    names: NamesPart


@cache
def load_definition() -> Definition:
    """Load the definition file. The result is cached."""
    return Definition.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))
