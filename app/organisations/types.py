"""Words of the organisations room."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OrganisationKind(StrEnum):
    """What sort of organisation."""

    COUNCIL = "council"
    PARISH = "parish"
    CHARITY = "charity"
    VOLUNTARY = "voluntary"
    BUSINESS = "business"
    HEALTH = "health"
    EDUCATION = "education"
    FARMING = "farming"
    OTHER = "other"


VOLUNTARY_SECTOR = frozenset({OrganisationKind.CHARITY, OrganisationKind.VOLUNTARY})


@dataclass(frozen=True)
class NetworkChoice:
    """A network as forms and pages show it."""

    id: int
    slug: str
    name: str
    description: str
    sensitive: bool


@dataclass(frozen=True)
class OrganisationChoice:
    """An organisation as forms and lists show it."""

    id: int
    name: str
    kind: OrganisationKind
