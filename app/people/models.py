"""Tables of people and their contact details, places and networks."""

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
    text,
)
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock, programme
from app.core.audit import Audited
from app.core.db import Base, HasId, text_enum
from app.core.folding import folded_name, folded_name_indexes, name_keys
from app.core.in_force import is_over
from app.core.personal import (
    CONTACT,
    HOME,
    IDENTITY,
    NOT_PERSONAL,
    PARTICIPATION,
    SENSITIVE_LINK,
    TRAINING,
)
from app.people.safety.models import CallAttempt
from app.people.state import ACTIVE_MONTHS, StateFacts, state_on
from app.people.types import (
    LONGEST_REFERENCE,
    LONGEST_TRAINING,
    TRAVEL_KM,
    AreaSource,
    Basis,
    ContactKind,
    Interest,
    PersonState,
    Source,
)


class Person(Audited, HasId, Base):
    """A member of the network, or an applicant.

    ``reach_km`` is how far the person would travel. ``protected_at`` is when the person became
    protected, or None. For a protected person, we keep only the ward of their home.
    """

    __tablename__ = "people"
    __table_args__ = (
        *folded_name_indexes("people"),
        Index(
            "ix_people_queue",
            "registered_at",
            postgresql_where="approved_at IS NULL AND declined_at IS NULL AND left_on IS NULL",
        ),
        CheckConstraint("approved_at IS NULL OR declined_at IS NULL", name="one_decision"),
    )

    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), unique=True)
    full_name: Mapped[str] = mapped_column(String(200), info=IDENTITY)
    folded_name: Mapped[str] = folded_name("full_name", info=IDENTITY)
    name_keys: Mapped[list[str]] = name_keys("full_name", info=IDENTITY)
    interest: Mapped[Interest] = mapped_column(text_enum(Interest), info=TRAINING)
    source: Mapped[Source] = mapped_column(text_enum(Source), info=NOT_PERSONAL)
    submission: Mapped[str | None] = mapped_column(String(64), unique=True, info=NOT_PERSONAL)
    over_18_at: Mapped[datetime | None]
    registered_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = mapped_column(Text, info=PARTICIPATION)
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    left_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)
    left_reason: Mapped[str | None] = mapped_column(Text, info=PARTICIPATION)
    protected_at: Mapped[datetime | None]
    reach_km: Mapped[int] = mapped_column(SmallInteger, default=TRAVEL_KM)
    preferred: Mapped[ContactKind | None] = mapped_column(text_enum(ContactKind), info=CONTACT)

    contacts: Mapped[list[PersonContact]] = relationship(
        back_populates="person", order_by="PersonContact.id"
    )
    memberships: Mapped[list[Membership]] = relationship(back_populates="person")
    presences: Mapped[list[Presence]] = relationship(
        back_populates="person", order_by="Presence.id"
    )
    affiliations: Mapped[list[Affiliation]] = relationship(back_populates="person")
    absences: Mapped[list[Absence]] = relationship(back_populates="person")
    suspensions: Mapped[list[Suspension]] = relationship()
    activity: Mapped[list[ActivityConfirmation]] = relationship(back_populates="person")
    calls: Mapped[list[CallAttempt]] = relationship()
    claims: Mapped[list[TrainingClaim]] = relationship(back_populates="person")

    def facts(self, on: date) -> StateFacts:
        """Return the dates that determine the person's state on a given day."""

        def day(instant: datetime | None) -> date | None:
            return clock.london_day(instant) if instant else None

        has_email = any(
            contact.point.kind is ContactKind.EMAIL
            for contact in self.contacts
            if not is_over(contact, on)
        )
        return StateFacts(
            must_confirm_email=self.source is Source.SELF and has_email,
            confirmed_on=day(self.confirmed_at),
            approved_on=day(self.approved_at),
            declined_on=day(self.declined_at),
            left_on=self.left_on,
            absences=[(absence.from_on, absence.until_on) for absence in self.absences],
            pauses=[(each.from_on, each.until_on) for each in self.suspensions],
            activity_confirmations=[each.on for each in self.activity],
            failed_calls=[each.on for each in self.calls if each.failed],
        )

    def state(self, on: date) -> PersonState:
        """Return the person's state on a given day."""
        months = programme.setting_on_day("active_months", on, ACTIVE_MONTHS)
        return state_on(self.facts(on), on, months)


class ContactPoint(Audited, HasId, Base):
    """An email address, phone number or postal address. Several people can share one."""

    __tablename__ = "contact_points"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    kind: Mapped[ContactKind] = mapped_column(text_enum(ContactKind), info=NOT_PERSONAL)
    value: Mapped[str] = mapped_column(CITEXT, info=CONTACT)  # phone numbers are in E.164 format
    failing_since: Mapped[datetime | None]


class PersonContact(Audited, HasId, Base):
    """A person's contact detail, with its first and last day.

    ``safe_at`` is when the contact detail was marked as safe, or None. ``vouched_at`` is when an
    email address was vouched for, or None. A person can sign in with an address that is vouched for
    and verified.
    """

    __tablename__ = "person_contacts"
    __table_args__ = (Index("ix_person_contacts_person_id", "person_id"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"), index=True)
    confirmed_at: Mapped[datetime | None]
    safe_at: Mapped[datetime | None]
    vouched_at: Mapped[datetime | None]
    from_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    until_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)

    person: Mapped[Person] = relationship(back_populates="contacts")
    point: Mapped[ContactPoint] = relationship()


class Membership(Audited, HasId, Base):
    """A person's membership of a network, with its first and last day."""

    __tablename__ = "memberships"
    __table_args__ = (Index("ix_memberships_person_id", "person_id"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    network_id: Mapped[int] = mapped_column(
        ForeignKey("networks.id"), index=True, info=SENSITIVE_LINK
    )
    from_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    until_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)

    person: Mapped[Person] = relationship(back_populates="memberships")


class GeneralAnswer(Audited, HasId, Base):
    """Whether a person is a general champion, with the first and last day of that answer.

    Each person has one current row (docs/decisions/0019).
    """

    __tablename__ = "general_answers"
    __table_args__ = (
        Index(
            "uq_general_answers_current",
            "person_id",
            unique=True,
            postgresql_where="until_on IS NULL",
        ),
        Index("ix_general_answers_person_id", "person_id", postgresql_where="general"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    general: Mapped[bool] = mapped_column(Boolean, info=SENSITIVE_LINK)
    from_on: Mapped[date] = mapped_column(info=SENSITIVE_LINK)
    until_on: Mapped[date | None] = mapped_column(info=SENSITIVE_LINK)


class Affiliation(Audited, HasId, Base):
    """A person's affiliation with an organisation, with its first and last day.

    ``named`` is the name that the person entered, if the organisation is not in our list.
    ``unmatched_at`` is when a coordinator decided that no organisation in our list has this name.
    """

    __tablename__ = "affiliations"
    __table_args__ = (
        Index("ix_affiliations_person_id", "person_id"),
        CheckConstraint("organisation_id IS NOT NULL OR named IS NOT NULL", name="known_or_named"),
        Index(
            "ix_affiliations_waiting",
            "person_id",
            postgresql_where="organisation_id IS NULL AND unmatched_at IS NULL",
        ),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id"), index=True, info=SENSITIVE_LINK
    )
    named: Mapped[str | None] = mapped_column(String(200), info=HOME)
    unmatched_at: Mapped[datetime | None]
    from_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    until_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)

    person: Mapped[Person] = relationship(back_populates="affiliations")


class Presence(Audited, HasId, Base):
    """A place where a person lives, works or helps, with the first and last day.

    ``settled`` is how the ward was determined. ``postcode`` is None for protected people.
    ``district`` is a GSS code. It can be known even if the ward and LSOA are not.
    """

    __tablename__ = "presences"
    __table_args__ = (
        Index("ix_presences_person_id", "person_id"),
        Index("ix_presences_postcode", "postcode", postgresql_where="postcode IS NOT NULL"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    basis: Mapped[Basis] = mapped_column(text_enum(Basis), info=HOME)
    postcode: Mapped[str | None] = mapped_column(String(8), info=HOME)
    district: Mapped[str | None] = mapped_column(String(9), info=HOME)
    ward_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True, info=HOME)
    lsoa_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True, info=HOME)
    settled: Mapped[AreaSource] = mapped_column(
        text_enum(AreaSource, name="settled"), info=NOT_PERSONAL
    )
    settled_at: Mapped[datetime | None]
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("directory_editions.id"))
    from_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    until_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)

    person: Mapped[Person] = relationship(back_populates="presences")


class Absence(Audited, HasId, Base):
    """A period when a person is away. ``until_on`` is the last day, or None if it is not known."""

    __tablename__ = "absences"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    from_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    until_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)

    person: Mapped[Person] = relationship(back_populates="absences")


class Suspension(Audited, HasId, Base):
    """A period when staff have paused a person's role in the network.

    ``until_on`` is the last day, or None. It is earlier than ``from_on`` if the suspension was
    cancelled before it started. The reason is stored by the safeguarding package.
    """

    __tablename__ = "suspensions"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    from_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    until_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime]


class ActivityConfirmation(Audited, HasId, Base):
    """A day on which we heard from a person."""

    __tablename__ = "stays"
    __table_args__ = (UniqueConstraint("person_id", "on"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    on: Mapped[date] = mapped_column(info=PARTICIPATION)
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    # Whether the person confirmed that they still take part, or staff confirmed it for them.
    said: Mapped[bool] = mapped_column(Boolean, default=True, server_default=text("true"))

    person: Mapped[Person] = relationship(back_populates="activity")


class Block(Audited, HasId, Base):
    """A block that stops a user or organisation from seeing or meeting a person."""

    __tablename__ = "blocks"
    __table_args__ = (
        CheckConstraint("num_nonnulls(user_id, organisation_id) = 1", name="one_of_two"),
        Index("ix_blocks_person_id", "person_id"),
        Index("ix_blocks_user_id", "user_id"),
        Index("ix_blocks_organisation_id", "organisation_id"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), info=SENSITIVE_LINK)
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id"), info=SENSITIVE_LINK
    )
    from_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    until_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)


class ExcludedArea(Audited, HasId, Base):
    """A ward where the person does not want to help."""

    __tablename__ = "excluded_areas"
    __table_args__ = (UniqueConstraint("person_id", "area_id"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), info=SENSITIVE_LINK)


class TrainingClaim(Audited, HasId, Base):
    """Training that a person says they have done. Staff accept or reject each claim."""

    __tablename__ = "training_claims"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    course: Mapped[str] = mapped_column(String(LONGEST_TRAINING), info=TRAINING)
    provider: Mapped[str] = mapped_column(String(LONGEST_TRAINING), info=TRAINING)
    month: Mapped[int | None] = mapped_column(SmallInteger)
    year: Mapped[int | None] = mapped_column(SmallInteger)
    certificate_number: Mapped[str | None] = mapped_column(String(LONGEST_REFERENCE), info=TRAINING)
    printed_expiry: Mapped[date | None] = mapped_column(info=TRAINING)
    claimed_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    accepted: Mapped[bool | None] = mapped_column(Boolean)

    person: Mapped[Person] = relationship(back_populates="claims")


class NoticeGiven(HasId, Base):
    """A version of the privacy notice that a person was given (UK GDPR Articles 13 and 14)."""

    __tablename__ = "notices_given"
    __table_args__ = (UniqueConstraint("person_id", "version"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(Integer)
    given_at: Mapped[datetime]
    how: Mapped[str] = mapped_column(String(40), info=NOT_PERSONAL)
