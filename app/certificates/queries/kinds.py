"""Queries for certificate kinds and the versions of their rules."""

from __future__ import annotations

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from app.certificates.models import CertificateKind
from app.certificates.types import Rule
from app.core.db import db


def kind_by_slug(slug: str) -> CertificateKind | None:
    """Return the kind with this slug, or None."""
    return db.session.scalar(select(CertificateKind).where(CertificateKind.slug == slug))


def kinds() -> list[CertificateKind]:
    """Return all kinds, in the order of the programme file."""
    return list(db.session.scalars(select(CertificateKind).order_by(CertificateKind.id)))


def family_kind_ids(kind_id: int) -> tuple[int, ...]:
    """Return the IDs of the kinds that one refresher renews, in the order of the programme file.

    If the kind has no family, return only its own ID.
    """
    all_kinds = kinds()
    family = next((kind.family for kind in all_kinds if kind.id == kind_id), None)
    if family is None:
        return (kind_id,)
    return tuple(kind.id for kind in all_kinds if kind.family == family)


def kind_name(kind_id: InstrumentedAttribute[int | None]) -> ScalarSelect[str]:
    """Return a subquery for the name of the kind with this ID."""
    return select(CertificateKind.name).where(CertificateKind.id == kind_id).scalar_subquery()


def kind_slug(kind_id: InstrumentedAttribute[int | None]) -> ScalarSelect[str]:
    """Return a subquery for the slug of the kind with this ID."""
    return select(CertificateKind.slug).where(CertificateKind.id == kind_id).scalar_subquery()


def rules_by_kind() -> dict[int, tuple[Rule, ...]]:
    """Return the versions of the rule of each kind, by kind ID."""
    query = select(CertificateKind).options(selectinload(CertificateKind.rules))
    return {kind.id: rules_of_kind_row(kind) for kind in db.session.scalars(query)}


def kind_rules(kind_id: int) -> tuple[Rule, ...]:
    """Return the versions of a kind's rule."""
    kind = db.session.get_one(CertificateKind, kind_id)
    return rules_of_kind_row(kind)


def rules_of_kind_row(kind: CertificateKind) -> tuple[Rule, ...]:
    """Return the versions of the rule of a kind that is already loaded."""
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
