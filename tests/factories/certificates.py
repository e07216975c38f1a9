"""Create certificates of the programme's kinds."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from app.certificates import queries, service
from app.certificates.models import Certificate, CertificateKind
from app.certificates.types import CertificateSource, DatePrecision, ExpiryBasis
from app.core import clock
from app.core.db import db
from app.people.models import Person


def kind(slug: str = "mhfa-adult") -> CertificateKind:
    """Return a kind of the loaded programme."""
    found = queries.kind_by_slug(slug)
    assert found is not None, slug
    return found


def certificate(
    holder: Person | None,
    kind_slug: str = "mhfa-adult",
    *,
    awarded_on: date = date(2025, 3, 27),
    expires_on: date | None = None,
    basis: ExpiryBasis = ExpiryBasis.RULE,
    known: DatePrecision = DatePrecision.DAY,
    confirmed_at: datetime | None = None,
    holder_name: str | None = None,
    never_expires: bool = False,
) -> Certificate:
    """Create a confirmed certificate, by default for three years."""
    if expires_on is None and not never_expires:
        expires_on = awarded_on.replace(year=awarded_on.year + 3)
    made = Certificate(
        person_id=holder.id if holder else None,
        holder_name=holder_name,
        kind_id=kind(kind_slug).id,
        awarded_on=awarded_on,
        award_known=known,
        expiry_known=known if basis is not ExpiryBasis.PRINTED else DatePrecision.DAY,
        expires_on=None if never_expires else expires_on,
        expiry_basis=ExpiryBasis.NONE if never_expires else basis,
        source=CertificateSource.COURSE,
        code=service.new_code(),
        recorded_at=clock.end_of_day(awarded_on),
        confirmed_at=confirmed_at or clock.start_of_day(awarded_on),
    )
    db.session.add(made)
    db.session.flush()
    return made


def reload(certificate_id: int) -> Certificate:
    """Return the certificate as it now is in the database."""
    return db.session.scalars(
        select(Certificate)
        .where(Certificate.id == certificate_id)
        .execution_options(populate_existing=True)
    ).one()
