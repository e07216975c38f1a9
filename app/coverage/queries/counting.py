"""Count people in SQL on any date, with one statement for each measure.

A statement selects people who were in the network at the end of the day (already approved and still
members) and are visible to the reader. If the rule is about a place, the result also shows whether
a person has a place inside the area, and whether one of their places might be inside. No statement
is run per person.

A count for a past day gives the same result whenever it is run. Memberships, affiliations, places,
sites and absences have first and last days. If a place's ward is confirmed later, a new row starts
on that day. An organisation or network that ended counts until the day on which we learned of it.
Approvals, confirmations and revocations after the day are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, assert_never

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from app.certificates import queries as certificates
from app.core import clock
from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import in_force
from app.coverage.types import Catchment, FigureGroup, Measurement, Rule
from app.organisations import queries as organisations
from app.organisations.models import Network, Organisation, Site
from app.people import queries as people
from app.people.models import Affiliation, Membership, Person, Presence
from app.people.types import AreaSource, Basis
from app.targets.types import Verb

Rows = Select[*tuple[Any, ...]]  # the columns depend on the rule
PRESENCE_BASES = {"lives": Basis.LIVES, "works": Basis.WORKS, "serves": Basis.SERVES}


def _is_in_network(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people in the network at the end of a given day."""
    return and_(
        Person.approved_at < clock.end_of_day(on),
        or_(Person.left_on.is_(None), Person.left_on > on),
    )


def _is_trained(rule: Rule, on: date) -> ColumnElement[bool]:
    if rule.verb is Verb.TRAINED_SINCE:
        since = rule.since or date.min
        return Person.id.in_(certificates.holders_trained_since(since, on, rule.kinds))
    in_date = Person.id.in_(certificates.in_date_holders(on, rule.kinds))
    if rule.verb is Verb.IN_DATE:
        return in_date
    if rule.verb is Verb.ACTIVE_IN_DATE:
        return and_(in_date, people.is_active_on(on))
    assert_never(rule.verb)


def _group_conditions(rule: Rule, on: date, scope: Scope) -> list[ColumnElement[bool]]:
    """Return the SQL conditions on Person for a rule's networks and kinds of organisation."""
    conditions: list[ColumnElement[bool]] = []
    if rule.networks:
        conditions.append(
            Person.id.in_(
                select(Membership.person_id)
                .join(Network, Network.id == Membership.network_id)
                .where(
                    Network.slug.in_(rule.networks),
                    in_force(Membership, on),
                    organisations.is_network_counted(on),
                )
            )
        )
    if rule.organisation_kinds:
        conditions.append(
            Person.id.in_(
                select(Affiliation.person_id)
                .join(Organisation, Organisation.id == Affiliation.organisation_id)
                .where(_is_affiliated(rule, on, scope))
            )
        )
    return conditions


def _is_affiliated(rule: Rule, on: date, scope: Scope) -> ColumnElement[bool]:
    current = and_(
        in_force(Affiliation, on),
        organisations.is_organisation_counted(on),
        people.is_affiliation_visible(scope),
    )
    if not rule.organisation_kinds:
        return current
    return and_(current, organisations.kind_expression(on).in_(rule.organisation_kinds))


def _presences(rule: Rule, on: date, by_lsoa: bool, scope: Scope) -> Rows:
    """Select the places where people live, work or serve.

    The columns are the person, the smallest known area, whether the place is outside the programme,
    and the district.
    """
    areas = (Presence.lsoa_id, Presence.ward_id)
    first, second = areas if by_lsoa else areas[::-1]
    bases = [PRESENCE_BASES[basis] for basis in rule.bases if basis in PRESENCE_BASES]
    return select(
        Presence.person_id.label("person_id"),
        func.coalesce(first, second).label("area_id"),
        (Presence.settled == AreaSource.OUTSIDE).label("elsewhere"),
        Presence.district.label("district"),
    ).where(
        Presence.basis.in_(bases),
        in_force(Presence, on),
        people.is_place_visible(scope, on),
    )


def _sites(rule: Rule, on: date, by_lsoa: bool, scope: Scope) -> Rows:
    """Select the sites of people's organisations.

    The columns are those of `_presences`. If an organisation has no site, the area is unknown.
    """
    areas = (Site.lsoa_id, Site.ward_id)
    first, second = areas if by_lsoa else areas[::-1]
    return (
        select(
            Affiliation.person_id.label("person_id"),
            func.coalesce(first, second).label("area_id"),
            false().label("elsewhere"),
            Site.district.label("district"),
        )
        .join(Organisation, Organisation.id == Affiliation.organisation_id)
        .outerjoin(
            Site,
            and_(Site.organisation_id == Organisation.id, in_force(Site, on)),
        )
        .where(_is_affiliated(rule, on, scope))
    )


def _all_places(rule: Rule, on: date, by_lsoa: bool, scope: Scope) -> Subquery:
    parts = []
    if set(rule.bases) & PRESENCE_BASES.keys():
        parts.append(_presences(rule, on, by_lsoa, scope))
    if "operates" in rule.bases:
        parts.append(_sites(rule, on, by_lsoa, scope))
    return (union_all(*parts) if len(parts) > 1 else parts[0]).subquery("places")


def _is_inside(
    place: Subquery, catchment: Catchment, districts: tuple[str, ...]
) -> ColumnElement[bool]:
    """Return the SQL condition for places inside the catchment."""
    inside = func.coalesce(place.c.area_id.in_(sorted(catchment.inside)), false())
    if not catchment.whole_district:
        return inside
    return or_(inside, func.coalesce(place.c.district.in_(districts), false()))


def _may_be_inside(
    place: Subquery,
    catchment: Catchment,
    districts: tuple[str, ...],
    *,
    include_people_without_place: bool,
) -> ColumnElement[bool]:
    """Return the SQL condition for places that might be inside the catchment.

    The area of such a place is unknown or only partly inside. If ``include_people_without_place``
    is true, people without any place are included.
    """
    area, district = place.c.area_id, place.c.district
    may_be_in_programme = or_(district.is_(None), district.in_(districts))
    return case(
        (place.c.person_id.is_(None), true() if include_people_without_place else false()),
        (area.is_(None), and_(~place.c.elsewhere, may_be_in_programme)),
        else_=area.in_(sorted(catchment.partly_inside)),
    )


def counted_subquery(
    rule: Rule, catchment: Catchment | None, on: date, scope: Scope, districts: tuple[str, ...]
) -> Subquery:
    """Return a subquery with a row for each person who meets a rule on a given day.

    The columns are the ID, ``inside`` (one of the person's places is inside the catchment),
    ``unknown`` (one of their places might be inside) and ``not_confirmed``.
    """
    conditions = [
        _is_in_network(on),
        people.visible_to(scope, on),
        _is_trained(rule, on),
        *_group_conditions(rule, on, scope),
    ]
    not_confirmed = _is_not_confirmed(rule, on).label("not_confirmed")
    if catchment is None:
        query = select(Person.id, true().label("inside"), false().label("unknown"), not_confirmed)
        return query.where(*conditions).subquery("counted")
    place = _all_places(rule, on, catchment.by_lsoa, scope)
    # Everyone lives somewhere, so a person without a recorded home has an unknown area.
    unknown = _may_be_inside(
        place, catchment, districts, include_people_without_place="lives" in rule.bases
    )
    return (
        select(
            Person.id,
            func.bool_or(_is_inside(place, catchment, districts)).label("inside"),
            func.bool_or(unknown).label("unknown"),
            not_confirmed,
        )
        .outerjoin(place, place.c.person_id == Person.id)
        .where(*conditions)
        .group_by(Person.id)
        .subquery("counted")
    )


def group_condition(group: FigureGroup, counted: Subquery) -> ColumnElement[bool]:
    """Return the SQL condition for the people in one group of a figure."""
    if group == "held":
        return counted.c.inside.is_(True)
    if group == "not_confirmed":
        return and_(counted.c.inside.is_(True), counted.c.not_confirmed)
    return and_(~counted.c.inside, counted.c.unknown)


def _is_not_confirmed(rule: Rule, on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people who count as active but have not confirmed it."""
    confirmed = rule.verb is not Verb.ACTIVE_IN_DATE
    return false() if confirmed else people.is_not_confirmed_on(on)


def count_measure(
    rule: Rule, catchment: Catchment | None, on: date, scope: Scope, districts: tuple[str, ...]
) -> Measurement:
    """Count the people who meet a rule, and those who might meet it but whose area is unknown."""
    counted = counted_subquery(rule, catchment, on, scope, districts)
    row = db.session.execute(
        select(
            func.count().filter(group_condition("held", counted)).label("held"),
            func.count().filter(group_condition("unsettled", counted)).label("unsettled"),
            func.count().filter(group_condition("not_confirmed", counted)).label("not_confirmed"),
        ).select_from(counted)
    ).one()
    return Measurement(row.held, row.unsettled, row.not_confirmed)


def count_by_area(
    rule: Rule, catchments: Mapping[int, Catchment], on: date, scope: Scope
) -> dict[int, Measurement]:
    """Count the people who meet a rule in each area, by area ID.

    A person who lives in one area and works in another is counted in both.
    """
    pairs = [
        (key, area)
        for area, catchment in sorted(catchments.items())
        for key in sorted(catchment.inside)
    ]
    if not pairs:
        return {}
    keys, areas = (cast(list(each), ARRAY(BigInteger)) for each in zip(*pairs, strict=True))
    # SQLAlchemy caches this statement. It would not cache one with VALUES.
    lookup = func.unnest(keys, areas).table_valued("key", "area_id").render_derived("lookup")
    place = _all_places(rule, on, by_lsoa=False, scope=scope)
    rows = db.session.execute(
        select(
            lookup.c.area_id,
            func.count(place.c.person_id.distinct()),
            func.count(place.c.person_id.distinct()).filter(_is_not_confirmed(rule, on)),
        )
        .join(place, place.c.area_id == lookup.c.key)
        .join(Person, Person.id == place.c.person_id)
        .where(_is_in_network(on), people.visible_to(scope, on), _is_trained(rule, on))
        .where(*_group_conditions(rule, on, scope))
        .group_by(lookup.c.area_id)
    )
    return {
        area_id: Measurement(held, not_confirmed=not_confirmed)
        for area_id, held, not_confirmed in rows
    }


def first_approval_day() -> date | None:
    """Return the day on which the first person joined the network, or None."""
    first = db.session.scalar(select(func.min(Person.approved_at)))
    return clock.london_day(first) if first else None


def has_anyone_joined(on: date) -> bool:
    """Return whether anybody had joined the network by the end of a given day."""
    return bool(
        db.session.scalar(select(exists().where(Person.approved_at < clock.end_of_day(on))))
    )


def people_in_group(
    counted: Subquery, group: FigureGroup, after: tuple[Any, ...] | None, limit: int
) -> Sequence[Any]:
    """Return up to ``limit`` people in a group as (ID, full name, folded name), sorted by name.

    ``after`` is the (folded name, ID) of the last row of the previous page.
    """
    query = (
        select(Person.id, Person.full_name, Person.folded_name)
        .join(counted, counted.c.id == Person.id)
        .where(group_condition(group, counted))
    )
    if after is not None:
        query = query.where(tuple_(Person.folded_name, Person.id) > after)
    return db.session.execute(query.order_by(Person.folded_name, Person.id).limit(limit)).all()
