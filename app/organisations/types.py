"""Types and limits for the organisations room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

LONGEST_NAME = 160  # characters in the name of an organisation or site


class OrganisationKind(StrEnum):
    """The type of an organisation."""

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
    """A network for use in forms and pages."""

    id: int
    slug: str
    name: str
    description: str
    sensitive: bool


@dataclass(frozen=True)
class OrganisationChoice:
    """An organisation for use in forms and lists."""

    id: int
    name: str
    kind: OrganisationKind


class AgreementStatus(StrEnum):
    """The status of an agreement on a given day. It is derived from the dates and never stored."""

    IN_FORCE = "in force"
    NOT_STARTED = "to come"
    LAPSED = "lapsed"

    @classmethod
    def derive(cls, from_on: date, until_on: date, on: date) -> AgreementStatus:
        """Return the status on the day ``on`` of an agreement with these first and last days."""
        if on < from_on:
            return cls.NOT_STARTED
        return cls.IN_FORCE if on <= until_on else cls.LAPSED


@dataclass(frozen=True)
class OrganisationCommand:
    """The details of an organisation. ``until_on`` is its last day in the programme, or None."""

    name: str
    kind: OrganisationKind
    confidential_location: bool = False
    until_on: date | None = None


@dataclass(frozen=True)
class SiteCommand:
    """The details of a site, with a postcode or the GSS code of a ward."""

    name: str
    postcode: str | None = None
    ward: str | None = None


@dataclass(frozen=True)
class AgreementCommand:
    """The details of a data-sharing agreement, with its first and last day.

    ``network`` is a slug, or None if the agreement covers only the organisation's own people.
    """

    network: str | None
    purpose: str
    signed_on: date
    from_on: date
    until_on: date
