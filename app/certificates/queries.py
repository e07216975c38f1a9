"""Reads of certificates. As at any date they answer as they would have answered on that evening:
what was confirmed, revoked or adjusted later does not count yet.

Whose certificates may be read is the caller's Scope: these take ids of people already scoped, or
give a select of ids to be narrowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import joinedload, selectinload

from app.certificates import expiry
from app.certificates.models import Adjustment, Certificate, CertificateKind, KindInclusion
from app.certificates.types import (
    AdjustmentRow,
    CertificateRow,
    CertificateState,
    ExpiryBasis,
    Rule,
)
from app.core import clock
from app.core.actor import Actor, Scope
from app.core.db import db, shared_alias
from app.people.models import Person
from app.people.queries import visible_to


def kind_by_slug(slug: str) -> CertificateKind | None:
    """The kind that the programme calls `slug`."""
    return db.session.scalar(select(CertificateKind).where(CertificateKind.slug == slug))


def kinds() -> list[CertificateKind]:
    """All kinds, in the order of the programme file."""
    return list(db.session.scalars(select(CertificateKind).order_by(CertificateKind.id)))


def rules_of(kind_id: int) -> tuple[Rule, ...]:
    """The dated versions of a kind's rule."""
    kind = db.session.get_one(CertificateKind, kind_id)
    return rules_from(kind)


def rules_from(kind: CertificateKind) -> tuple[Rule, ...]:
    """The versions of a loaded kind."""
    return tuple(
        Rule(
            row.from_on,
            row.validity_months,
            row.anchor,
            row.refresher_window_months,
            row.grace_months,
            row.early_renewal,
        )
        for row in kind.rules
    )


def _kinds_that_count(slugs: Iterable[str]) -> Select[int]:
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
            Certificate.kind_id.in_(_kinds_that_count(slugs)),
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


def holders_trained_since(since: date, on: date, kind_slugs: Iterable[str]) -> Select[int | None]:
    """Ids of people awarded one of the kinds from `since` to `on`, whether or not it lapsed."""
    return _standing(on, kind_slugs).where(Certificate.awarded_on >= since)


def _expires_as_at(certificate: Certificate, on: date) -> date | None:
    if certificate.expires_on is None:
        return None
    evening = clock.end_of(on)
    moved = 0
    for adjustment in certificate.adjustments:
        then = adjustment.made_at < evening and (
            adjustment.undone_at is None or adjustment.undone_at >= evening
        )
        now = adjustment.undone_at is None
        moved += adjustment.days * (int(now) - int(then))
    return expiry.extended(certificate.expires_on, -moved)


def row_of(certificate: Certificate, on: date, *, replaced: bool) -> CertificateRow:
    """The certificate as it stood on `on`."""
    kind = certificate.kind
    rule = expiry.rule_on(rules_from(kind), certificate.awarded_on or on)
    day = clock.london_day
    facts = expiry.Facts(
        expires_on=_expires_as_at(certificate, on),
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
        state=expiry.state(facts, on),
        awarded_on=certificate.awarded_on,
        award_known=certificate.award_known,
        expires_on=facts.expires_on,
        expiry_basis=certificate.expiry_basis,
        source=certificate.source,
        provider=certificate.provider,
        course_reference=certificate.course_reference,
        number=certificate.number,
        code=certificate.code,
        revoked_on=facts.revoked_on,
        revoked_reason=certificate.revoked_reason,
        replaced=replaced,
        adjustments=tuple(
            AdjustmentRow(
                id=adjustment.id,
                days=adjustment.days,
                reason=adjustment.reason,
                made_by_user_id=adjustment.made_by_user_id,
                made_on=day(adjustment.made_at),
                undone_on=day(adjustment.undone_at) if adjustment.undone_at else None,
            )
            for adjustment in certificate.adjustments
        ),
    )


_newer = shared_alias(Certificate)


def _is_replaced(on: date) -> ColumnElement[bool]:
    """Whether a newer certificate of the same kind and person stood on `on`."""
    evening = clock.end_of(on)
    return (
        select(_newer.id)
        .where(
            _newer.person_id == Certificate.person_id,
            _newer.kind_id == Certificate.kind_id,
            _newer.id != Certificate.id,
            _newer.confirmed_at < evening,
            or_(_newer.revoked_at.is_(None), _newer.revoked_at >= evening),
            _newer.awarded_on <= on,
            or_(
                Certificate.awarded_on.is_(None),
                _newer.awarded_on > Certificate.awarded_on,
                and_(_newer.awarded_on == Certificate.awarded_on, _newer.id > Certificate.id),
            ),
        )
        .exists()
    )


def _rows(on: date, *conditions: ColumnElement[bool]) -> list[CertificateRow]:
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
        _named(row_of(certificate, on, replaced=replaced), full_name)
        for certificate, replaced, full_name in found
    ]


def _named(row: CertificateRow, full_name: str | None) -> CertificateRow:
    return CertificateRow(**(row.__dict__ | {"holder_name": full_name or row.holder_name}))


def of_person(person_id: int, on: date) -> list[CertificateRow]:
    """All of a person's certificates, the latest award first."""
    return _rows(on, Certificate.person_id == person_id)


def known_to(actor: Actor, on: date) -> ColumnElement[bool]:
    """A condition on Certificate: the actor holds it, or may read its holder on a day.

    One without a person is for readers of everybody.
    """
    scope = Scope.of(actor)
    known: list[ColumnElement[bool]] = [false()]
    if actor.person_id is not None:
        known.append(Certificate.person_id == actor.person_id)
    if actor.may("people:read"):
        readable = select(Person.id).where(
            Person.id == Certificate.person_id, visible_to(scope, on)
        )
        known.append(readable.correlate(Certificate).exists())
    if scope.everyone:
        known.append(Certificate.person_id.is_(None))
    return or_(*known)


def by_id(certificate_id: int, on: date, known: ColumnElement[bool]) -> CertificateRow | None:
    """One certificate that meets a condition (`known_to`). Both are asked in one statement, so that
    a hidden certificate takes the same path as an absent one.
    """
    return next(iter(_rows(on, Certificate.id == certificate_id, known)), None)


def by_code(code: str, on: date) -> CertificateRow | None:
    """The certificate that a check code stands for."""
    return next(iter(_rows(on, Certificate.code == code)), None)


def nameless_like(name: str, on: date) -> list[CertificateRow]:
    """Certificates of attendees without a record here who bear this name, to be tied to one."""
    return _rows(
        on,
        Certificate.person_id.is_(None),
        func.lower(Certificate.holder_name) == name.strip().lower(),
    )


def latest_by_person(
    person_ids: Sequence[int], on: date, kind_slugs: Iterable[str] | None = None
) -> dict[int, CertificateRow]:
    """Each person's certificate that counts longest on `on`; people without one are left out.

    In date before lapsed, then the later last day; one that never expires is the longest.
    """
    conditions = [Certificate.person_id.in_(person_ids), stands_on(on)]
    if kind_slugs is not None:
        conditions.append(Certificate.kind_id.in_(_kinds_that_count(kind_slugs)))
    best: dict[int, CertificateRow] = {}
    for row in _rows(on, *conditions):
        if row.person_id is not None and (
            row.person_id not in best or _length(row) > _length(best[row.person_id])
        ):
            best[row.person_id] = row
    return best


def _length(row: CertificateRow) -> tuple[int, bool, date]:
    standing = {
        CertificateState.IN_DATE: 3,
        CertificateState.LAPSES_SOON: 3,
        CertificateState.LAPSED: 2,
        CertificateState.UNDATED: 1,
    }.get(row.state, 0)
    never = row.expires_on is None and row.expiry_basis is ExpiryBasis.NONE
    return standing, never, row.expires_on or date.min


def last_day_held(person_id: int, kind_id: int, on: date) -> tuple[date | None, ExpiryBasis] | None:
    """The last day in date among what a person holds of a kind (or of one that includes it), as
    things stand on `on`, with where it comes from; None when they hold none.

    A kind that never expires gives (None, NONE).
    """
    slug = db.session.get_one(CertificateKind, kind_id).slug
    found = [
        (row.expires_on, row.expiry_basis)
        for row in _rows(
            on,
            Certificate.person_id == person_id,
            Certificate.kind_id.in_(_kinds_that_count([slug])),
            stands_on(on),
        )
        if row.expires_on is not None or row.expiry_basis is ExpiryBasis.NONE
    ]
    if not found:
        return None
    return max(found, key=lambda held: (held[1] is ExpiryBasis.NONE, held[0] or date.min))


def ids_by_key(keys: Sequence[str]) -> dict[str, int]:
    """Key → id of the certificates that were issued under these keys."""
    found = db.session.execute(
        select(Certificate.key, Certificate.id).where(Certificate.key.in_(keys))
    )
    return {key: certificate_id for key, certificate_id in found if key}
