"""Queries for the IDs of people who hold certificates. Callers must limit them to a scope."""

from __future__ import annotations

from collections.abc import Collection, Iterable
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
from app.core.in_force import in_force
from app.people.models import Person


def kinds_including(slugs: Iterable[str], on: date) -> Select[int]:
    """Return a query for the IDs of these kinds and of all kinds that included them on a day.

    Inclusions are followed to any depth.
    """
    named_kinds = (
        select(CertificateKind.id.label("id"))
        .where(CertificateKind.slug.in_(tuple(slugs)))
        .cte("counting_kinds", recursive=True)
    )
    including = select(KindInclusion.kind_id).join(
        named_kinds,
        and_(KindInclusion.includes_id == named_kinds.c.id, in_force(KindInclusion, on)),
    )
    all_kinds = named_kinds.union(including)
    return select(all_kinds.c.id)


def _later_adjustment_days(on: date) -> Subquery:
    """Return a subquery for the number of days by which expiry dates were moved after `on`."""
    end_of_day = clock.end_of_day(on)
    made_later = and_(Adjustment.made_at >= end_of_day, Adjustment.undone_at.is_(None))
    undone_later = and_(Adjustment.made_at < end_of_day, Adjustment.undone_at >= end_of_day)
    days = func.sum(Adjustment.days).filter(made_later)
    undone_days = func.sum(Adjustment.days).filter(undone_later)
    return (
        select(
            Adjustment.certificate_id,
            cast(func.coalesce(days, 0) - func.coalesce(undone_days, 0), Integer).label("days"),
        )
        .where(or_(made_later, undone_later))
        .group_by(Adjustment.certificate_id)
        .subquery()
    )


def is_in_effect(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for certificates that were confirmed and not revoked by `on`."""
    end_of_day = clock.end_of_day(on)
    return and_(
        Certificate.confirmed_at < end_of_day,
        or_(Certificate.revoked_at.is_(None), Certificate.revoked_at >= end_of_day),
        or_(Certificate.awarded_on.is_(None), Certificate.awarded_on <= on),
    )


def _holders(on: date, slugs: Iterable[str]) -> Select[int | None]:
    return (
        select(Certificate.person_id)
        .where(
            Certificate.person_id.is_not(None),
            Certificate.kind_id.in_(kinds_including(slugs, on)),
            is_in_effect(on),
        )
        .distinct()
    )


def in_date_holders(on: date, kind_slugs: Iterable[str]) -> Select[int | None]:
    """Return a query for the IDs of people with an in-date certificate of these kinds on `on`.

    Kinds that include one of these kinds also count. A certificate without an expiry date is in
    date only if its kind does not expire.
    """
    adjusted = _later_adjustment_days(on)
    last_day = Certificate.expires_on - func.coalesce(adjusted.c.days, literal(0))
    return (
        _holders(on, kind_slugs)
        .outerjoin(adjusted, adjusted.c.certificate_id == Certificate.id)
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


def in_date_holder_ids(
    on: date, kind_slugs: Iterable[str], person_ids: Collection[int] | None = None
) -> set[int]:
    """Return the IDs of people with an in-date certificate of these kinds on the day `on`.

    The result is limited to ``person_ids`` unless that is None.
    """
    query = in_date_holders(on, kind_slugs)
    if person_ids is not None:
        query = query.where(Certificate.person_id.in_(person_ids))
    found = db.session.scalars(query)
    return {person_id for person_id in found if person_id is not None}


def holders_trained_since(since: date, on: date, kind_slugs: Iterable[str]) -> Select[int | None]:
    """Return a query for the IDs of people awarded one of these kinds from `since` to `on`."""
    return _holders(on, kind_slugs).where(Certificate.awarded_on >= since)


def lapsing_holders(on: date, kind_slugs: Iterable[str], until: date) -> Select[int]:
    """Return a query for the IDs of people with an in-date certificate on `on` but not on `until`.

    Renewals after `on` are ignored.
    """
    still_in_date = (Certificate.expires_on >= until) | (
        Certificate.expires_on.is_(None) & (Certificate.expiry_basis == ExpiryBasis.NONE)
    )
    in_date_later = select(Certificate.person_id).where(
        Certificate.person_id.is_not(None), is_in_effect(on), still_in_date
    )
    return select(Person.id).where(
        Person.id.in_(in_date_holders(on, kind_slugs)), Person.id.not_in(in_date_later)
    )


def lapsed_holders(on: date, kind_slugs: Iterable[str]) -> Select[int]:
    """Return a query for the IDs of people whose certificates have all expired."""
    return select(Person.id).where(
        Person.id.in_(_certificates_held(on)), Person.id.not_in(in_date_holders(on, kind_slugs))
    )


def people_without_certificates(on: date) -> Select[int]:
    """Return a query for the IDs of people without a certificate on the day `on`."""
    return select(Person.id).where(Person.id.not_in(_certificates_held(on)))


def _certificates_held(on: date) -> Select[int | None]:
    return select(Certificate.person_id).where(Certificate.person_id.is_not(None), is_in_effect(on))
