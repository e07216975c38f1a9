"""A query for certificates that expire soon and have not been renewed."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from app.certificates.models import Certificate, CertificateKind
from app.certificates.queries.holders import is_in_effect
from app.certificates.queries.renewed import is_renewed
from app.certificates.types import ExpiringCertificate
from app.core.actor import Scope
from app.core.db import db
from app.people.models import Person
from app.people.queries import is_active_on, visible_to


def expiring_certificates(
    scope: Scope, on: date, days: int, limit: int
) -> list[ExpiringCertificate]:
    """Return at most `limit` certificates that expire within `days` days, earliest first.

    Only certificates of active people within the scope are included. Renewed certificates are left
    out.
    """
    rows = db.session.execute(
        select(
            Certificate.id,
            Person.id,
            Person.full_name,
            CertificateKind.id,
            CertificateKind.name,
            Certificate.expires_on,
            Certificate.expiry_known,
        )
        .join(Certificate, Certificate.person_id == Person.id)
        .join(CertificateKind, CertificateKind.id == Certificate.kind_id)
        .where(
            visible_to(scope, on),
            is_active_on(on),
            is_in_effect(on),
            Certificate.expires_on.between(on, on + timedelta(days=days)),
            ~is_renewed(on),
        )
        .order_by(Certificate.expires_on, Person.folded_name, Certificate.id)
        .limit(limit)
    )
    return [
        ExpiringCertificate(certificate_id, person_id, name, kind_id, kind, expires_on, known)
        for certificate_id, person_id, name, kind_id, kind, expires_on, known in rows
        if expires_on is not None
    ]
