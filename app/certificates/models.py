"""Tables for certificate kinds, their rules, certificates and adjustments."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.certificates.types import (
    Anchor,
    CertificateSource,
    DatePrecision,
    EarlyRenewal,
    ExpiryBasis,
)
from app.core.audit import Audited
from app.core.db import Base, HasId, text_enum
from app.core.personal import IDENTITY, NOT_PERSONAL, TRAINING
from app.people.types import LONGEST_REFERENCE, LONGEST_TRAINING


class CertificateKind(Audited, HasId, Base):
    """A kind of certificate and the body that awards it.

    `own` is True for the programme's own kinds. Other kinds get a record of training instead of a
    certificate. `reminder_steps` are in days before expiry. Negative numbers are days after expiry.
    A refresher for one kind renews all kinds with the same `family`, which is the name shown for
    them.
    """

    __tablename__ = "certificate_kinds"

    slug: Mapped[str] = mapped_column(String(60), unique=True, info=NOT_PERSONAL)
    name: Mapped[str] = mapped_column(String(160), info=NOT_PERSONAL)
    awarding_body: Mapped[str] = mapped_column(String(160), info=NOT_PERSONAL)
    own: Mapped[bool] = mapped_column(Boolean, default=False)
    reminder_steps: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    family: Mapped[str | None] = mapped_column(String(160), info=NOT_PERSONAL)

    rules: Mapped[list[KindRule]] = relationship(back_populates="kind", order_by="KindRule.from_on")


class KindRule(Audited, HasId, Base):
    """One version of a kind's rule, in force until the next version starts."""

    __tablename__ = "kind_rules"
    __table_args__ = (UniqueConstraint("kind_id", "from_on"),)

    kind_id: Mapped[int] = mapped_column(ForeignKey("certificate_kinds.id"))
    from_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    validity_months: Mapped[int | None] = mapped_column(SmallInteger)
    anchor: Mapped[Anchor] = mapped_column(text_enum(Anchor), info=NOT_PERSONAL)
    refresher_window_months: Mapped[int] = mapped_column(SmallInteger, default=0)
    grace_months: Mapped[int] = mapped_column(SmallInteger, default=0)
    early_renewal: Mapped[EarlyRenewal] = mapped_column(text_enum(EarlyRenewal), info=NOT_PERSONAL)

    kind: Mapped[CertificateKind] = relationship(back_populates="rules")


class KindInclusion(Base):
    """A kind of certificate whose holders also count as holding another kind.

    For example, an MHFA is also a champion. `until_on` is None if the inclusion has no end date.
    """

    __tablename__ = "kind_inclusions"

    kind_id: Mapped[int] = mapped_column(ForeignKey("certificate_kinds.id"), primary_key=True)
    includes_id: Mapped[int] = mapped_column(ForeignKey("certificate_kinds.id"), primary_key=True)
    from_on: Mapped[date] = mapped_column(primary_key=True, info=NOT_PERSONAL)
    until_on: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)


class Certificate(Audited, HasId, Base):
    """One award. A renewal adds a row and never changes an existing one.

    `person_id` is None for an attendee without a record, whose name is in `holder_name`.
    `expires_on` is the last day on which the certificate is in date, including adjustments. It is
    None if the certificate does not expire or its award date is unknown. If `expiry_known` is MONTH
    or YEAR, `expires_on` is the first possible expiry date. `code` is the 140-bit code for the
    public check page. `key` identifies the reason for the award ("attendee:12"), so that issuing is
    idempotent.
    """

    __tablename__ = "certificates"
    __table_args__ = (
        Index("ix_certificates_person_id", "person_id", "kind_id"),
        Index("ix_certificates_expires_on", "expires_on"),
        CheckConstraint("person_id IS NOT NULL OR holder_name IS NOT NULL", name="has_holder"),
    )

    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    holder_name: Mapped[str | None] = mapped_column(String(200), info=IDENTITY)
    kind_id: Mapped[int] = mapped_column(ForeignKey("certificate_kinds.id"), index=True)
    awarded_on: Mapped[date | None] = mapped_column(info=TRAINING)
    award_known: Mapped[DatePrecision] = mapped_column(
        text_enum(DatePrecision, name="dateknown"), info=NOT_PERSONAL
    )
    expires_on: Mapped[date | None] = mapped_column(info=TRAINING)
    expiry_known: Mapped[DatePrecision] = mapped_column(
        text_enum(DatePrecision, name="expiryknown"),
        default=DatePrecision.DAY,
        server_default=DatePrecision.DAY.value,
        info=NOT_PERSONAL,
    )
    expiry_basis: Mapped[ExpiryBasis] = mapped_column(text_enum(ExpiryBasis), info=NOT_PERSONAL)
    source: Mapped[CertificateSource] = mapped_column(
        text_enum(CertificateSource), info=NOT_PERSONAL
    )
    provider: Mapped[str | None] = mapped_column(String(LONGEST_TRAINING), info=TRAINING)
    course_reference: Mapped[str | None] = mapped_column(String(LONGEST_REFERENCE), info=TRAINING)
    number: Mapped[str | None] = mapped_column(String(LONGEST_REFERENCE), info=TRAINING)
    code: Mapped[str] = mapped_column(String(32), unique=True, info=NOT_PERSONAL)
    key: Mapped[str | None] = mapped_column(String(80), unique=True, info=NOT_PERSONAL)
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("training_claims.id"), unique=True)
    recorded_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    confirmed_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None] = mapped_column(Text, info=TRAINING)

    kind: Mapped[CertificateKind] = relationship()
    adjustments: Mapped[list[Adjustment]] = relationship(
        back_populates="certificate",
        order_by="Adjustment.id",
        foreign_keys="Adjustment.certificate_id",
    )


class Adjustment(Audited, HasId, Base):
    """A number of days by which a certificate's expiry date was moved.

    An adjustment can be undone, but its row is never deleted. For the extension of a renewal,
    `counted_from_id` is the certificate that was renewed.
    """

    __tablename__ = "adjustments"

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), index=True)
    days: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text, info=TRAINING)
    made_at: Mapped[datetime]
    made_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undone_at: Mapped[datetime | None]
    counted_from_id: Mapped[int | None] = mapped_column(ForeignKey("certificates.id"))

    certificate: Mapped[Certificate] = relationship(
        back_populates="adjustments", foreign_keys=certificate_id
    )
