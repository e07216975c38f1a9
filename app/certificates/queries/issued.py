"""Queries for certificates by key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.certificates.models import Certificate, CertificateKind
from app.core.db import db


def certificate_ids_by_key(keys: Sequence[str]) -> dict[str, int]:
    """Return the IDs of the certificates with these keys, by key.

    Includes other certificates that the same refresher renewed.
    """
    family_kind_ids = select(CertificateKind.id).where(CertificateKind.family.is_not(None))
    all_keys = [*keys, *renewal_keys(keys, db.session.scalars(family_kind_ids).all())]
    found = db.session.execute(
        select(Certificate.key, Certificate.id).where(Certificate.key.in_(all_keys))
    )
    return {key: certificate_id for key, certificate_id in found if key}


def renewal_keys(keys: Iterable[str], kind_ids: Iterable[int]) -> list[str]:
    """Return the keys of other certificates that the same refresher may have renewed."""
    return [f"{key}/{kind_id}" for key in keys for kind_id in kind_ids]


@dataclass(frozen=True)
class IssuedCertificate:
    """A certificate issued for a place on a course. `person_id` is None if it is not linked."""

    certificate_id: int
    person_id: int | None
    kind_id: int
    revoked: bool


def issued_certificates(keys: Sequence[str]) -> dict[str, IssuedCertificate]:
    """Return the certificates with these keys, by key.

    Includes revoked certificates, and other certificates that the same refresher renewed.
    """
    family_kind_ids = select(CertificateKind.id).where(CertificateKind.family.is_not(None))
    all_keys = [*keys, *renewal_keys(keys, db.session.scalars(family_kind_ids).all())]
    found = db.session.execute(
        select(
            Certificate.key,
            Certificate.id,
            Certificate.person_id,
            Certificate.kind_id,
            Certificate.revoked_at.is_not(None),
        ).where(Certificate.key.in_(all_keys))
    )
    return {row[0]: IssuedCertificate(*row[1:]) for row in found if row[0]}
