"""Who holds what, as selects of ids of people to be narrowed by the caller's Scope."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
)

from app.certificates.models import Adjustment, Certificate, CertificateKind, KindInclusion
from app.certificates.types import ExpiryBasis
from app.core import clock
from app.core.db import db
from app.people.models import Person


def kinds_that_count(slugs: Iterable[str]) -> Select[int]:
    """Ids of the kinds named, and of all kinds that include one of them, at any remove."""
    named = (
        select(CertificateKind.id.label("id"))
        .where(CertificateKind.slug.in_(tuple(slugs)))
        .cte("counting_kinds", recursive=True)
    )
    including = select(KindInclusion.kind_id).join(named, KindInclusion.includes_id == named.c.id)
    counting = named.union(including)
    return select(counting.c.id)


def _moved_since(on: date) -> Subquery:
    """Days by which adjustments made or undone after `on` have moved expiry dates since then."""
    evening = clock.end_of(on)
    made_later = and_(Adjustment.made_at >= evening, Adjustment.undone_at.is_(None))
    undone_later = and_(Adjustment.made_at < evening, Adjustment.undone_at >= evening)
    days = func.sum(Adjustment.days).filter(made_later)
    back = func.sum(Adjustment.days).filter(undone_later)
    return (
        select(
            Adjustment.certificate_id,
            cast(func.coalesce(days, 0) - func.coalesce(back, 0), Integer).label("days"),
        )
        .where(or_(made_later, undone_later))
        .group_by(Adjustment.certificate_id)
        .subquery()
    )


def stands_on(on: date) -> ColumnElement[bool]:
    """Certificates that were confirmed, and not revoked, by the end of `on`."""
    evening = clock.end_of(on)
    return and_(
        Certificate.confirmed_at < evening,
        or_(Certificate.revoked_at.is_(None), Certificate.revoked_at >= evening),
        or_(Certificate.awarded_on.is_(None), Certificate.awarded_on <= on),
    )


def _standing(on: date, slugs: Iterable[str]) -> Select[int | None]:
    return (
        select(Certificate.person_id)
        .where(
            Certificate.person_id.is_not(None),
            Certificate.kind_id.in_(kinds_that_count(slugs)),
            stands_on(on),
        )
        .distinct()
    )


def holders_in_date(on: date, kind_slugs: Iterable[str]) -> Select[int | None]:
    """Ids of people who held, on `on`, a certificate in date of one of the kinds.

    A kind that includes one of them counts. Without an expiry date only kinds that never expire
    are in date: an award whose date nobody knows is not.
    """
    moved = _moved_since(on)
    last_day = Certificate.expires_on - func.coalesce(moved.c.days, literal(0))
    return (
        _standing(on, kind_slugs)
        .outerjoin(moved, moved.c.certificate_id == Certificate.id)
        .where(
            or_(
                and_(
                    Certificate.expires_on.is_(None),
                    Certificate.expiry_basis == ExpiryBasis.NONE,
                ),
                last_day >= on,
            )
        )
    )


def ids_in_date(on: date, kind_slugs: Iterable[str]) -> set[int]:
    """The ids of `holders_in_date`."""
    found = db.session.scalars(holders_in_date(on, kind_slugs))
    return {person_id for person_id in found if person_id is not None}


def holders_trained_since(since: date, on: date, kind_slugs: Iterable[str]) -> Select[int | None]:
    """Ids of people awarded one of the kinds from `since` to `on`, whether or not it lapsed."""
    return _standing(on, kind_slugs).where(Certificate.awarded_on >= since)


def people_lapsing(on: date, kind_slugs: Iterable[str], until: date) -> Select[int]:
    """Ids of people in date on `on` who, if nothing is renewed, are not on `until`."""
    lasts = (Certificate.expires_on >= until) | (
        Certificate.expires_on.is_(None) & (Certificate.expiry_basis == ExpiryBasis.NONE)
    )
    later = select(Certificate.person_id).where(
        Certificate.person_id.is_not(None), stands_on(on), lasts
    )
    return select(Person.id).where(
        Person.id.in_(holders_in_date(on, kind_slugs)), Person.id.not_in(later)
    )


def people_lapsed(on: date, kind_slugs: Iterable[str]) -> Select[int]:
    """Ids of people who hold something and are in date with nothing on a day."""
    return select(Person.id).where(
        Person.id.in_(_held(on)), Person.id.not_in(holders_in_date(on, kind_slugs))
    )


def people_without(on: date) -> Select[int]:
    """Ids of people who hold nothing on a day."""
    return select(Person.id).where(Person.id.not_in(_held(on)))


def _held(on: date) -> Select[int | None]:
    return select(Certificate.person_id).where(Certificate.person_id.is_not(None), stands_on(on))
