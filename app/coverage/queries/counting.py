"""Who counts, in SQL: set-based, one statement per measure, as at any date.

Each measure is one pass: the people whom the reader may meet, who were in the network on the day
(approved by that evening, not gone), narrowed to holders of the certificates, members of the
networks and people of the organisations that the rule names, each a semi-join; where the rule
speaks of a place, the places of these people are joined and folded to one row a person (does one
lie inside? may one?). Nothing is asked per person, so the cost is that of the same statement typed
by hand.

As at a date: memberships, affiliations, places, sites and absences have from and to dates (a place
that is settled later gets a row of its own from that day); approval, confirmation and revocation
have instants, and what happened after that evening has not happened yet. So a past day gives the
same answer next year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, assert_never

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    column,
    exists,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
    union_all,
    values,
)

from app.areas.models import Postcode
from app.certificates import queries as certificates
from app.core import clock
from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import in_force, not_over
from app.coverage.types import Catchment, FigureGroup, Measured, Rule
from app.organisations.models import Network, Organisation, Site
from app.people import queries as people
from app.people.models import Affiliation, Membership, Person, Presence
from app.people.types import Basis, Settled
from app.targets.types import Verb

Rows = Select[*tuple[Any, ...]]  # of columns that depend on the rule
PRESENCE_BASES = {"lives": Basis.LIVES, "works": Basis.WORKS, "serves": Basis.SERVES}


def _in_the_network(on: date) -> ColumnElement[bool]:
    """Approved by that evening and not gone by that day. Who waits or has left counts nowhere."""
    return and_(
        Person.approved_at < clock.end_of(on),
        or_(Person.left_on.is_(None), Person.left_on > on),
    )


def _trained(rule: Rule, on: date) -> ColumnElement[bool]:
    if rule.verb is Verb.TRAINED_SINCE:
        since = rule.since or date.min
        return Person.id.in_(certificates.holders_trained_since(since, on, rule.kinds))
    in_date = Person.id.in_(certificates.holders_in_date(on, rule.kinds))
    if rule.verb is Verb.IN_DATE:
        return in_date
    if rule.verb is Verb.ACTIVE_IN_DATE:
        return and_(in_date, people.active_on(on))
    assert_never(rule.verb)


def _belongs(rule: Rule, on: date, scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions on Person: networks and organisation kinds of the rule, on the day."""
    conditions: list[ColumnElement[bool]] = []
    if rule.networks:
        conditions.append(
            Person.id.in_(
                select(Membership.person_id)
                .join(Network, Network.id == Membership.network_id)
                .where(
                    Network.slug.in_(rule.networks),
                    in_force(Membership, on),
                )
            )
        )
    if rule.organisation_kinds:
        conditions.append(
            Person.id.in_(
                select(Affiliation.person_id)
                .join(Organisation, Organisation.id == Affiliation.organisation_id)
                .where(_affiliated(rule, on, scope))
            )
        )
    return conditions


def _affiliated(rule: Rule, on: date, scope: Scope) -> ColumnElement[bool]:
    standing = and_(
        in_force(Affiliation, on),
        not_over(Organisation, on),
        people.affiliation_known_to(scope),
    )
    if not rule.organisation_kinds:
        return standing
    return and_(standing, Organisation.kind.in_(rule.organisation_kinds))


def _presences(rule: Rule, on: date, by_lsoa: bool, scope: Scope) -> Rows:
    """(person, area that decides, elsewhere, district) of places where people live, work, serve."""
    areas = (Presence.lsoa_id, Presence.ward_id)
    first, second = areas if by_lsoa else areas[::-1]
    bases = [PRESENCE_BASES[basis] for basis in rule.bases if basis in PRESENCE_BASES]
    return select(
        Presence.person_id.label("person_id"),
        func.coalesce(first, second).label("area_id"),
        (Presence.settled == Settled.OUTSIDE).label("elsewhere"),
        Presence.district.label("district"),
    ).where(
        Presence.basis.in_(bases),
        in_force(Presence, on),
        people.place_known_to(scope, on),
    )


def _sites(rule: Rule, on: date, by_lsoa: bool, scope: Scope) -> Rows:
    """The same of the sites of their organisations: one without any site is somewhere unknown."""
    areas = (Site.lsoa_id, Site.ward_id)
    first, second = areas if by_lsoa else areas[::-1]
    compact = func.replace(Site.postcode, " ", "")
    return (
        select(
            Affiliation.person_id.label("person_id"),
            func.coalesce(first, second).label("area_id"),
            false().label("elsewhere"),
            Postcode.district.label("district"),
        )
        .join(Organisation, Organisation.id == Affiliation.organisation_id)
        .outerjoin(
            Site,
            and_(Site.organisation_id == Organisation.id, in_force(Site, on)),
        )
        .outerjoin(Postcode, Postcode.postcode == compact)
        .where(_affiliated(rule, on, scope))
    )


def _all_places(rule: Rule, on: date, by_lsoa: bool, scope: Scope) -> Subquery:
    parts = []
    if set(rule.bases) & PRESENCE_BASES.keys():
        parts.append(_presences(rule, on, by_lsoa, scope))
    if "operates" in rule.bases:
        parts.append(_sites(rule, on, by_lsoa, scope))
    return (union_all(*parts) if len(parts) > 1 else parts[0]).subquery("places")


def _lies(place: Subquery, catchment: Catchment, districts: tuple[str, ...]) -> ColumnElement[bool]:
    """A place lies inside the reach."""
    inside = func.coalesce(place.c.area_id.in_(sorted(catchment.inside)), false())
    if not catchment.whole_district:
        return inside
    return or_(inside, func.coalesce(place.c.district.in_(districts), false()))


def _may_lie(
    place: Subquery, catchment: Catchment, districts: tuple[str, ...], *, homeless: bool
) -> ColumnElement[bool]:
    """A place may lie inside the reach: its area is not known, or only a part of it belongs there.

    homeless: who has no place at all may live anywhere.
    """
    area, district = place.c.area_id, place.c.district
    may_be_ours = or_(district.is_(None), district.in_(districts))
    return case(
        (place.c.person_id.is_(None), true() if homeless else false()),
        (area.is_(None), and_(~place.c.elsewhere, may_be_ours)),
        else_=area.in_(sorted(catchment.partly)),
    )


def counting(
    rule: Rule, catchment: Catchment | None, on: date, scope: Scope, districts: tuple[str, ...]
) -> Subquery:
    """A row for each person of a rule on a day: id, inside (some place of theirs lies there),
    unknown (some place may). Counted are those inside; not settled the other unknown ones.
    """
    conditions = [
        _in_the_network(on),
        people.visible_to(scope, on),
        _trained(rule, on),
        *_belongs(rule, on, scope),
    ]
    if catchment is None:
        everywhere = select(Person.id, true().label("inside"), false().label("unknown"))
        return everywhere.where(*conditions).subquery("counted")
    place = _all_places(rule, on, catchment.by_lsoa, scope)
    # Who lives somewhere has a home: with none on record, their area is not known either.
    unknown = _may_lie(place, catchment, districts, homeless="lives" in rule.bases)
    return (
        select(
            Person.id,
            func.bool_or(_lies(place, catchment, districts)).label("inside"),
            func.bool_or(unknown).label("unknown"),
        )
        .outerjoin(place, place.c.person_id == Person.id)
        .where(*conditions)
        .group_by(Person.id)
        .subquery("counted")
    )


def those(which: FigureGroup, counted: Subquery) -> ColumnElement[bool]:
    """A condition on a row of `counting`."""
    if which == "held":
        return counted.c.inside.is_(True)
    return and_(~counted.c.inside, counted.c.unknown)


def measure(
    rule: Rule, catchment: Catchment | None, on: date, scope: Scope, districts: tuple[str, ...]
) -> Measured:
    """How many distinct people count, and how many would but for an area not known."""
    counted = counting(rule, catchment, on, scope, districts)
    row = db.session.execute(
        select(
            func.count().filter(those("held", counted)).label("held"),
            func.count().filter(those("unsettled", counted)).label("unsettled"),
        ).select_from(counted)
    ).one()
    return Measured(row.held, row.unsettled)


def count_by_area(
    rule: Rule, catchments: Mapping[int, Catchment], on: date, scope: Scope
) -> dict[int, int]:
    """Area id → distinct people of a rule there; one statement for all areas.

    Somebody who lives in one and works in another counts once in each.
    """
    pairs = [
        (key, area)
        for area, catchment in sorted(catchments.items())
        for key in sorted(catchment.inside)
    ]
    if not pairs:
        return {}
    lies = (
        values(column("key", BigInteger), column("area_id", BigInteger), name="lies")
        .data(pairs)
        .alias("lies")
    )
    place = _all_places(rule, on, by_lsoa=False, scope=scope)
    rows = db.session.execute(
        select(lies.c.area_id, func.count(place.c.person_id.distinct()))
        .join(place, place.c.area_id == lies.c.key)
        .join(Person, Person.id == place.c.person_id)
        .where(_in_the_network(on), people.visible_to(scope, on), _trained(rule, on))
        .where(*_belongs(rule, on, scope))
        .group_by(lies.c.area_id)
    )
    return {area_id: number for area_id, number in rows}


def first_approved_on() -> date | None:
    """The day the first person came into the network; None when nobody ever did."""
    first = db.session.scalar(select(func.min(Person.approved_at)))
    return clock.london_day(first) if first else None


def anybody_by(on: date) -> bool:
    """Whether anybody was in the network by the end of a day."""
    return bool(db.session.scalar(select(exists().where(Person.approved_at < clock.end_of(on)))))


def people_of(
    counted: Subquery, which: FigureGroup, after: tuple[Any, ...] | None, limit: int
) -> Sequence[Any]:
    """Rows of id and full_name of the people behind a figure (`those`), by name. after: name and id
    of the row before the first.
    """
    query = (
        select(Person.id, Person.full_name)
        .join(counted, counted.c.id == Person.id)
        .where(those(which, counted))
    )
    if after is not None:
        query = query.where(tuple_(Person.full_name, Person.id) > after)
    return db.session.execute(query.order_by(Person.full_name, Person.id).limit(limit)).all()
