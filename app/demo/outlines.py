"""The people who must be in the demonstration, with the fixed facts about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.people.types import ContactKind, Source


class Outcome(StrEnum):
    """What has become of a person by the anchor day."""

    UNCONFIRMED = "unconfirmed"
    WAITING = "waiting"
    DECLINED = "declined"
    LEFT = "left"
    AWAY = "away"
    QUIET = "quiet"
    ACTIVE = "active"


APPROVED = (Outcome.LEFT, Outcome.AWAY, Outcome.QUIET, Outcome.ACTIVE)


@dataclass(frozen=True)
class Outline:
    """The fixed facts about a person. If a fact is None, a random value is used.

    ``expiry_day`` is the day on which their external certificate expires, counted from the anchor.
    ``trained`` is whether they have such a certificate, and ``kind`` is its kind. ``only_contact``
    is their only contact method. ``ward_unknown`` is whether they do not know their ward.
    ``in_organisation`` is whether they belong to an organisation in a deprived area.
    ``registered_early`` is whether they registered long ago.
    """

    outcome: Outcome = Outcome.ACTIVE
    networks: tuple[str, ...] | None = None
    outside: bool | None = None
    expiry_day: int | None = None
    trained: bool | None = None
    only_contact: ContactKind | None = None
    source: Source = Source.SELF
    ward_unknown: bool = False
    in_organisation: bool = False
    registered_early: bool = False
    kind: str | None = None


# Days from the anchor on which certificates of the first kind in demo.toml expire. Each reminder
# step of that kind (such as 180 days before, or the day after) is due for some of these people
# within 60 days.
DAYS_TO_EXPIRY = (
    2, 3, 5, 6, 8, 11, 13, 14, 17, 19, 22, 24, 27, 29, 31, 33, 36, 38, 41, 44, 47, 50, 53, 57, 59,
    66, 72, 81, 95, 99, 104, 112, 121, 138, 149, 182, 186, 193, 204, 217, 229, 238,
)  # fmt: skip
OFFICERS = ("council-officers",)
DAYS_SINCE_EXPIRY = (-2, -5, -12, -26, -48, -90, -150, -230, -340, -520)
RENEWED = tuple(range(-600, -20, 24))  # most of these took a refresher in time


def make_outlines(sensitive: str | None, partner_network: str | None) -> Iterator[Outline]:
    """Yield the outlines of the people who must be in the demonstration.

    ``sensitive`` is a sensitive network. ``partner_network`` is a network whose people are
    approved by a partner.
    """
    yield from [Outline(Outcome.UNCONFIRMED)] * 10
    yield from [Outline(Outcome.WAITING, networks=(sensitive,) if sensitive else ())] * 3
    yield from [
        Outline(Outcome.WAITING, networks=(partner_network,) if partner_network else ())
    ] * 4
    yield from [Outline(Outcome.WAITING, trained=True)] * 5
    yield from [Outline(Outcome.WAITING, only_contact=ContactKind.PHONE)] * 2
    yield Outline(Outcome.WAITING, only_contact=ContactKind.POST)
    yield from [Outline(Outcome.WAITING)] * 7
    yield from [Outline(Outcome.DECLINED)] * 8
    yield from [Outline(Outcome.LEFT)] * 26
    yield from [Outline(Outcome.AWAY)] * 14
    yield from [Outline(Outcome.QUIET)] * 34
    yield from (Outline(Outcome.QUIET, expiry_day=day) for day in (-140, -61, 12, 75))
    yield from (Outline(expiry_day=day) for day in DAYS_TO_EXPIRY)
    yield from (Outline(expiry_day=day) for day in DAYS_SINCE_EXPIRY)
    yield from (Outline(expiry_day=day, registered_early=True) for day in RENEWED)
    yield from (Outline(only_contact=ContactKind.PHONE, expiry_day=day) for day in (9, 34, 93, 184))
    yield from (Outline(only_contact=ContactKind.POST, expiry_day=day) for day in (16, 55))
    if partner_network:
        network = (partner_network,)
        yield from [
            Outline(networks=network, outside=True, trained=True, source=Source.IMPORT)
        ] * 32
        yield from [Outline(networks=network, outside=False, trained=True)] * 7
    yield from [Outline(source=Source.STAFF, only_contact=ContactKind.PHONE)] * 8
    yield from [Outline(source=Source.STAFF, only_contact=ContactKind.POST)] * 5
    yield from [Outline(ward_unknown=True)] * 22
    yield from [Outline(in_organisation=True, outside=False)] * 9
    for expiry_day in (21, 160):
        yield Outline(
            networks=OFFICERS, outside=False, expiry_day=expiry_day, kind="mhfa-instructor"
        )
