"""Reads for the demonstration: places to live in, and what its steps refer to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from app.areas.models import Area, AreaPart, Postcode
from app.areas.types import AreaKind
from app.core.db import db
from app.core.links import Link
from app.matching.models import Assignment, Proposal
from app.messages.models import Message
from app.messages.types import DEMO_HISTORY
from app.organisations.models import Network, Organisation
from app.people.models import TrainingClaim
from app.targets.models import Target


def postcodes(districts: Collection[str], besides: Collection[str] = ()) -> Sequence[Any]:
    """Rows of postcode, easting and northing (metres) of postcodes in use in these districts, less
    those in `besides`; by postcode.
    """
    return db.session.execute(
        select(Postcode.postcode, Postcode.easting, Postcode.northing)
        .where(
            Postcode.district.in_(districts),
            Postcode.district.not_in(besides),
            Postcode.terminated_on.is_(None),
            Postcode.easting.is_not(None),
            Postcode.northing.is_not(None),
        )
        .order_by(Postcode.postcode)
    ).all()


def wards() -> Sequence[Area]:
    """The programme's wards in use whose centre is known, by code."""
    return db.session.scalars(
        select(Area)
        .where(
            Area.kind == AreaKind.WARD,
            Area.in_programme,
            Area.valid_until.is_(None),
            Area.easting.is_not(None),
        )
        .order_by(Area.code)
    ).all()


def lsoas(area_ids: Collection[int]) -> Sequence[Area]:
    """The LSOAs among these areas whose centre is known, by code."""
    return db.session.scalars(
        select(Area)
        .where(Area.id.in_(area_ids), Area.kind == AreaKind.LSOA, Area.easting.is_not(None))
        .order_by(Area.code)
    ).all()


def town_of_ward() -> dict[int, str]:
    """Id of an area that lies in a town → the town's slug."""
    rows = db.session.execute(
        select(AreaPart.part_id, Area.code)
        .join(Area, Area.id == AreaPart.whole_id)
        .where(Area.kind == AreaKind.TOWN)
    )
    return {ward_id: town for ward_id, town in rows}


def ward_of(area_ids: Collection[int]) -> dict[int, int]:
    """Id of an area → id of the ward that it lies in."""
    rows = db.session.execute(
        select(AreaPart.part_id, Area.id)
        .join(Area, Area.id == AreaPart.whole_id)
        .where(Area.kind == AreaKind.WARD, AreaPart.part_id.in_(area_ids))
    )
    return {lsoa_id: ward_id for lsoa_id, ward_id in rows}


def target_rules() -> Sequence[dict[str, Any]]:
    """The rules of all targets, in the programme's order."""
    return db.session.scalars(select(Target.rule).order_by(Target.position)).all()


def organisation(slug: str) -> Organisation | None:
    """The organisation that the programme calls by this slug."""
    return db.session.scalar(select(Organisation).where(Organisation.slug == slug))


def network_id(slug: str | None) -> int | None:
    """The network with this slug."""
    return db.session.scalar(select(Network.id).where(Network.slug == slug))


def link_id(purpose: str, subject: str) -> Any:
    """The link for a purpose that opens a subject."""
    return db.session.scalar(
        select(Link.id).where(Link.purpose == purpose, Link.subject == subject)
    )


def claim_id(person_id: int) -> int | None:
    """The training that somebody says they had."""
    return db.session.scalar(select(TrainingClaim.id).where(TrainingClaim.person_id == person_id))


def proposals() -> Sequence[int]:
    """Ids of all proposals that were not withdrawn."""
    return db.session.scalars(
        select(Proposal.id).where(Proposal.withdrawn_at.is_(None)).order_by(Proposal.id)
    ).all()


def requests() -> Sequence[Proposal]:
    """Everything that somebody was asked, by id."""
    return db.session.scalars(
        select(Proposal).where(Proposal.asked_at.is_not(None)).order_by(Proposal.id)
    ).all()


def proposed_to(person_id: int) -> Sequence[int]:
    """Ids of what is proposed for somebody who was not asked about it yet."""
    return db.session.scalars(
        select(Proposal.id).where(
            Proposal.person_id == person_id,
            Proposal.asked_at.is_(None),
            Proposal.withdrawn_at.is_(None),
        )
    ).all()


def first_assignment() -> int | None:
    """The first assignment that has no end."""
    return db.session.scalar(
        select(Assignment.id).where(Assignment.until_on.is_(None)).order_by(Assignment.id).limit(1)
    )


def letters_without_text() -> Sequence[Message]:
    """Letters of the made-up history whose text is not filled in, by id."""
    return db.session.scalars(
        select(Message)
        .where(Message.provider_reference == DEMO_HISTORY, Message.text.is_(None))
        .order_by(Message.id)
    ).all()
