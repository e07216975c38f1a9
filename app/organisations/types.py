"""Words of the organisations room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

LONGEST_NAME = 160  # characters, of an organisation or one of its places


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


class When(StrEnum):
    """Whether an agreement counts on a day. Derived from its dates, never stored."""

    IN_FORCE = "in force"
    TO_COME = "to come"
    LAPSED = "lapsed"

    @classmethod
    def of(cls, from_on: date, until_on: date, on: date) -> When:
        """Where a day lies: from_on and until_on both count."""
        if on < from_on:
            return cls.TO_COME
        return cls.IN_FORCE if on <= until_on else cls.LAPSED


@dataclass(frozen=True)
class OrganisationCommand:
    """An organisation, as entered. until_on: the last day it takes part (None: open)."""

    name: str
    kind: OrganisationKind
    confidential_location: bool = False
    until_on: date | None = None


@dataclass(frozen=True)
class SiteCommand:
    """A place where an organisation operates: its postcode, or a ward (GSS code)."""

    name: str
    postcode: str | None = None
    ward: str | None = None


@dataclass(frozen=True)
class AgreementCommand:
    """A data-sharing agreement, as entered. network: slug, None for the organisation's own people.

    from_on, until_on: the first and the last day it counts.
    """

    network: str | None
    purpose: str
    signed_on: date
    from_on: date
    until_on: date
