"""Queries for certificates as they were on a given day, and for rows to be changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from sqlalchemy import (
    ColumnElement,
    and_,
    false,
    or_,
    select,
    true,
)
from sqlalchemy.orm import joinedload, selectinload

from app.certificates import expiry
from app.certificates.models import Certificate, CertificateKind
from app.certificates.queries.holders import is_in_effect, kinds_including
from app.certificates.queries.kinds import rules_of_kind_row
from app.certificates.queries.renewed import is_renewed
from app.certificates.types import (
    AdjustmentRow,
    CertificateRow,
    CertificateState,
    ExpiryBasis,
    LastDay,
)
from app.core import clock
from app.core.actor import Actor, Scope
from app.core.db import db, shared_alias
from app.people.models import Person
from app.people.queries import visible_to


def _find_expiry_date(certificate: Certificate, on: date) -> date | None:
    if certificate.expires_on is None:
        return None
    end_of_day = clock.end_of_day(on)
    days = 0
    for adjustment in certificate.adjustments:
        was_in_force = adjustment.made_at < end_of_day and (
            adjustment.undone_at is None or adjustment.undone_at >= end_of_day
        )
        is_in_force = adjustment.undone_at is None
        days += adjustment.days * (int(is_in_force) - int(was_in_force))
    return expiry.add_days(certificate.expires_on, -days)


def to_certificate_row(certificate: Certificate, on: date, *, is_replaced: bool) -> CertificateRow:
    """Return the certificate as it was on the day `on`."""
    kind = certificate.kind
    rule = expiry.applicable_rule(rules_of_kind_row(kind), certificate.awarded_on or on)
    day = clock.london_day
    facts = expiry.StateFacts(
        expires_on=_find_expiry_date(certificate, on),
        basis=certificate.expiry_basis,
        confirmed_on=day(certificate.confirmed_at) if certificate.confirmed_at else None,
        revoked_on=day(certificate.revoked_at) if certificate.revoked_at else None,
        window_months=rule.refresher_window_months if rule else 0,
    )
    return CertificateRow(
        id=certificate.id,
        person_id=certificate.person_id,
        holder_name=certificate.holder_name or "",
        kind=kind.slug,
        kind_name=kind.name,
        awarding_body=kind.awarding_body,
        own=kind.own,
        state=expiry.certificate_state(facts, on),
        awarded_on=certificate.awarded_on,
        award_known=certificate.award_known,
        expires_on=facts.expires_on,
        expiry_known=certificate.expiry_known,
        expiry_basis=certificate.expiry_basis,
        source=certificate.source,
        provider=certificate.provider,
        course_reference=certificate.course_reference,
        number=certificate.number,
        code=certificate.code,
        revoked_on=facts.revoked_on,
        revoked_reason=certificate.revoked_reason,
        replaced=is_replaced,
        adjustments=tuple(
            AdjustmentRow(
                id=adjustment.id,
                days=adjustment.days,
                reason=adjustment.reason,
                made_by_user_id=adjustment.made_by_user_id,
                made_on=day(adjustment.made_at),
                undone_on=day(adjustment.undone_at) if adjustment.undone_at else None,
                keeps_anniversary=adjustment.counted_from_id is not None,
            )
            for adjustment in certificate.adjustments
        ),
    )


_newer = shared_alias(Certificate)


def _is_replaced(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for certificates that had been replaced by a newer one by `on`."""
    end_of_day = clock.end_of_day(on)
    return (
        select(_newer.id)
        .where(
            _newer.person_id == Certificate.person_id,
            _newer.kind_id == Certificate.kind_id,
            _newer.id != Certificate.id,
            _newer.confirmed_at < end_of_day,
            or_(_newer.revoked_at.is_(None), _newer.revoked_at >= end_of_day),
            _newer.awarded_on <= on,
            or_(
                Certificate.awarded_on.is_(None),
                _newer.awarded_on > Certificate.awarded_on,
                and_(_newer.awarded_on == Certificate.awarded_on, _newer.id > Certificate.id),
            ),
        )
        .exists()
    )


def _select_rows(on: date, *conditions: ColumnElement[bool]) -> list[CertificateRow]:
    name = select(Person.full_name).where(Person.id == Certificate.person_id).scalar_subquery()
    found = db.session.execute(
        select(Certificate, _is_replaced(on), name)
        .where(*conditions)
        .options(
            joinedload(Certificate.kind).selectinload(CertificateKind.rules),
            selectinload(Certificate.adjustments),
        )
        .order_by(Certificate.awarded_on.desc().nulls_last(), Certificate.id.desc())
    )
    return [
        _add_holder_name(to_certificate_row(certificate, on, is_replaced=replaced), full_name)
        for certificate, replaced, full_name in found
    ]


def _add_holder_name(row: CertificateRow, full_name: str | None) -> CertificateRow:
    return CertificateRow(**(row.__dict__ | {"holder_name": full_name or row.holder_name}))


def person_certificates(person_id: int, on: date) -> list[CertificateRow]:
    """Return all of a person's certificates, latest award first."""
    return _select_rows(on, Certificate.person_id == person_id)


def person_certificates_to_renew(person_id: int, on: date) -> list[CertificateRow]:
    """Return a person's confirmed certificates that have not been renewed, latest award first."""
    return _select_rows(on, Certificate.person_id == person_id, is_in_effect(on), ~is_renewed(on))


def is_readable_by(actor: Actor, on: date) -> ColumnElement[bool]:
    """Return the SQL condition for certificates that the actor is allowed to see.

    Certificates that are not linked to a person are included only if the actor can see everyone.
    """
    scope = Scope.for_actor(actor)
    conditions: list[ColumnElement[bool]] = [false()]
    if actor.person_id is not None:
        conditions.append(Certificate.person_id == actor.person_id)
    if actor.may("people:read"):
        readable = select(Person.id).where(
            Person.id == Certificate.person_id, visible_to(scope, on)
        )
        conditions.append(readable.correlate(Certificate).exists())
    if scope.everyone:
        conditions.append(Certificate.person_id.is_(None))
    return or_(*conditions)


def certificate_by_id(
    certificate_id: int, on: date, condition: ColumnElement[bool]
) -> CertificateRow | None:
    """Return the certificate if it meets the condition, or None.

    Uses one statement, so that the response time does not reveal whether a hidden certificate
    exists.
    """
    return next(iter(_select_rows(on, Certificate.id == certificate_id, condition)), None)


def certificate_by_code(code: str, on: date) -> CertificateRow | None:
    """Return the certificate with this check code, or None."""
    return next(iter(_select_rows(on, Certificate.code == code)), None)


def latest_certificates_by_person(
    person_ids: Sequence[int], on: date, kind_slugs: Iterable[str] | None = None
) -> dict[int, CertificateRow]:
    """Return, for each person, the certificate that expires last.

    Certificates are read as of the day `on`. A certificate that never expires comes first. People
    without a certificate are left out.
    """
    conditions = [Certificate.person_id.in_(person_ids), is_in_effect(on)]
    if kind_slugs is not None:
        conditions.append(Certificate.kind_id.in_(kinds_including(kind_slugs, on)))
    best: dict[int, CertificateRow] = {}
    for row in _select_rows(on, *conditions):
        if row.person_id is not None and (
            row.person_id not in best
            or _certificate_rank(row) > _certificate_rank(best[row.person_id])
        ):
            best[row.person_id] = row
    return best


def _certificate_rank(row: CertificateRow) -> tuple[int, bool, date]:
    state_rank = {
        CertificateState.IN_DATE: 3,
        CertificateState.LAPSES_SOON: 3,
        CertificateState.LAPSED: 2,
        CertificateState.UNDATED: 1,
    }.get(row.state, 0)
    never_expires = row.expires_on is None and row.expiry_basis is ExpiryBasis.NONE
    return state_rank, never_expires, row.expires_on or date.min


def longest_validities(
    person_ids: Collection[int], kind_id: int, on: date, *, awarded_before: date | None = None
) -> dict[int, tuple[date | None, ExpiryBasis]]:
    """Return each person's latest expiry date for a kind, with its basis.

    Kinds that include this kind also count. A certificate that never expires gives (None, NONE).
    Certificates awarded on or after `awarded_before`, and people without a certificate, are left
    out.
    """
    slug = db.session.get_one(CertificateKind, kind_id).slug
    found: dict[int, tuple[date | None, ExpiryBasis]] = {}
    for row in _select_rows(
        on,
        Certificate.person_id.in_(person_ids),
        Certificate.kind_id.in_(kinds_including([slug], on)),
        is_in_effect(on),
        _is_awarded_before(awarded_before),
    ):
        if row.person_id is None:
            continue
        if row.expires_on is not None or row.expiry_basis is ExpiryBasis.NONE:
            validity = (row.expires_on, row.expiry_basis)
            found[row.person_id] = max(
                found.get(row.person_id, validity), validity, key=_validity_rank
            )
    return found


def _is_awarded_before(day: date | None) -> ColumnElement[bool]:
    """Return the SQL condition for certificates awarded before a day, or for all if it is None."""
    if day is None:
        return true()
    return or_(Certificate.awarded_on.is_(None), Certificate.awarded_on < day)


def _validity_rank(validity: tuple[date | None, ExpiryBasis]) -> tuple[bool, date]:
    return validity[1] is ExpiryBasis.NONE, validity[0] or date.min


def longest_validity(
    person_id: int, kind_id: int, on: date
) -> tuple[date | None, ExpiryBasis] | None:
    """Return a person's latest expiry date for a kind, with its basis, or None.

    See `longest_validities`.
    """
    return longest_validities([person_id], kind_id, on).get(person_id)


def latest_expiries_by_kind(
    person_ids: Collection[int],
    kind_ids: Collection[int],
    on: date,
    *,
    awarded_before: date | None = None,
) -> dict[tuple[int, int], tuple[date | None, ExpiryBasis]]:
    """Return the latest expiry date, with its basis, by person ID and kind ID.

    Only certificates of these kinds themselves are included. Certificates with an unknown expiry
    date, and those awarded on or after `awarded_before`, are left out.
    """
    found: dict[tuple[int, int], tuple[date | None, ExpiryBasis]] = {}
    rows = db.session.execute(
        select(
            Certificate.person_id,
            Certificate.kind_id,
            Certificate.expires_on,
            Certificate.expiry_basis,
        ).where(
            Certificate.person_id.in_(person_ids),
            Certificate.kind_id.in_(kind_ids),
            is_in_effect(on),
            _is_awarded_before(awarded_before),
        )
    )
    for person_id, kind_id, last_day, basis in rows:
        if person_id is None or (last_day is None and basis is not ExpiryBasis.NONE):
            continue
        validity = (last_day, basis)
        found[person_id, kind_id] = max(
            found.get((person_id, kind_id), validity), validity, key=_validity_length
        )
    return found


def _validity_length(validity: tuple[date | None, ExpiryBasis]) -> tuple[bool, date]:
    return validity[1] is ExpiryBasis.NONE, validity[0] or date.min


def award_dates(person_ids: Collection[int]) -> set[tuple[int | None, int, date | None]]:
    """Return (person ID, kind ID, award date) for all of these people's certificates."""
    rows = db.session.execute(
        select(Certificate.person_id, Certificate.kind_id, Certificate.awarded_on).where(
            Certificate.person_id.in_(person_ids)
        )
    )
    return {(row[0], row[1], row[2]) for row in rows}


def certificate_id_by_claim(claim_id: int) -> int | None:
    """Return the ID of the certificate recorded for a claim, or None."""
    return db.session.scalar(select(Certificate.id).where(Certificate.claim_id == claim_id))


def latest_expiry(person_id: int, kind_id: int, before: date) -> LastDay | None:
    """Return the latest expiry date of a person's certificates of a kind, or None.

    Only certificates of this kind itself, awarded before the day `before`, are included.
    """
    found = db.session.execute(
        select(Certificate.expires_on, Certificate.expiry_known, Certificate.expiry_basis)
        .where(
            Certificate.person_id == person_id,
            Certificate.kind_id == kind_id,
            Certificate.awarded_on < before,
            Certificate.confirmed_at.is_not(None),
            Certificate.revoked_at.is_(None),
            Certificate.expires_on.is_not(None),
        )
        .order_by(Certificate.expires_on.desc())
        .limit(1)
    ).first()
    return LastDay(found[0], found[1], found[2]) if found else None


def lock_valid_certificates(
    person_ids: Collection[int], kind_ids: Collection[int]
) -> list[Certificate]:
    """Lock and return these people's valid certificates of these kinds, by award date.

    Certificates that are not confirmed, have been revoked or have no expiry date are left out.
    """
    found = db.session.scalars(
        select(Certificate)
        .where(
            Certificate.person_id.in_(person_ids),
            Certificate.kind_id.in_(kind_ids),
            Certificate.confirmed_at.is_not(None),
            Certificate.revoked_at.is_(None),
            Certificate.awarded_on.is_not(None),
            Certificate.expires_on.is_not(None),
        )
        .options(selectinload(Certificate.adjustments))
        .order_by(Certificate.awarded_on, Certificate.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(found)


def lock_certificate(certificate_id: int) -> Certificate | None:
    """Lock and return the certificate, or return None if it does not exist."""
    return db.session.scalar(
        select(Certificate)
        .where(Certificate.id == certificate_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def lock_person_certificates(person_id: int) -> Sequence[Certificate]:
    """Lock and return all of a person's certificates, ordered by ID."""
    return db.session.scalars(
        select(Certificate)
        .where(Certificate.person_id == person_id)
        .order_by(Certificate.id)
        .with_for_update()
    ).all()
