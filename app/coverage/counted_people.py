"""List the people who are counted in a figure, one page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Subquery

from app.areas import queries as areas
from app.areas.types import AreaKind
from app.certificates import queries as certificates
from app.certificates.types import DatePrecision
from app.core import audit, paging
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.errors import NotFound
from app.coverage import measures, queries
from app.coverage.places import Places
from app.coverage.queries import facts
from app.coverage.types import Catchment, CountedPerson, FigureGroup, Rule, Subject
from app.people import queries as people

COUNTED_AREAS = (AreaKind.DISTRICT, AreaKind.TOWN, AreaKind.VILLAGE, AreaKind.WARD)
_BY_NAME = paging.Order("coverage", (str, int))


def counted_people(
    actor: Actor, slug: str, on: date, group: FigureGroup, cursor: str | None = None
) -> tuple[Subject, paging.Page[CountedPerson]]:
    """Return a page of the people who count towards a target or in an area, sorted by name.

    If ``group`` is "unsettled", return the people whose area is unknown and who might count. The
    read is recorded in the audit log. Raises NotFound if the target or area does not exist, or if
    the actor is not allowed to see it.
    """
    scope = Scope.for_actor(actor)
    subject, rule, catchment, places = _find_subject(scope, slug, on)
    counted = queries.counted_subquery(rule, catchment, on, scope, places.districts)
    page = _page_of_people(counted, group, cursor)
    audit.record(
        actor,
        AuditVerb.COVERAGE_PEOPLE,
        f"{subject.kind}s",
        subject.id,
        on=on,
        which=group,
        shown=[row.id for row in page.rows],
    )
    return subject, _add_details(page, rule, on, scope)


def _find_subject(
    scope: Scope, slug: str, on: date
) -> tuple[Subject, Rule, Catchment | None, Places]:
    places = Places(on)
    for target in facts.targets_on(on):
        if target.slug == slug:
            if target.sensitive and not scope.sensitive:
                raise NotFound()
            subject = Subject(slug, target.name, "target", target.id)
            return subject, target.rule, places.catchment_for_rule(target.rule), places
    area, rule = areas.area_by_code(slug), measures.community_rule(on)
    if area is None or rule is None or not area.in_programme or area.kind not in COUNTED_AREAS:
        raise NotFound()
    return (
        Subject(slug, area.name, "area", area.id),
        rule,
        places.catchment_for_areas([area.id]),
        places,
    )


def _page_of_people(counted: Subquery, group: FigureGroup, cursor: str | None) -> paging.Page[Any]:
    rows = queries.people_in_group(counted, group, _BY_NAME.decode(cursor), paging.PAGE_SIZE + 1)
    return _BY_NAME.page(rows, lambda row: (row.folded_name, row.id), cursor)


def _add_details(
    page: paging.Page[Any], rule: Rule, on: date, scope: Scope
) -> paging.Page[CountedPerson]:
    ids = [row.id for row in page.rows]
    homes = people.home_wards(ids, on)
    latest = certificates.latest_certificates_by_person(ids, on, rule.kinds) if ids else {}
    general = _general_champions(ids, on, scope) if scope.sensitive else None
    rows = [
        CountedPerson(
            person_id=row.id,
            name=row.full_name,
            home=homes.get(row.id, ""),
            certificate=latest[row.id].kind_name if row.id in latest else "",
            expires_on=latest[row.id].expires_on if row.id in latest else None,
            expiry_known=latest[row.id].expiry_known if row.id in latest else DatePrecision.DAY,
            general=row.id in general if general is not None else None,
        )
        for row in page.rows
    ]
    return paging.Page(rows, page.next, page.first)


def _general_champions(ids: Sequence[int], on: date, scope: Scope) -> frozenset[int]:
    return frozenset(people.visible_ids(scope.only_general(), ids, on))
