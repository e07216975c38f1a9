"""People, how to reach them, where they are, what they joined. State is derived from dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
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
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock, programme
from app.core.audit import Audited
from app.core.db import Base, HasId, text_enum
from app.core.in_force import is_over
from app.core.personal import (
    CONTACT,
    HOME,
    IDENTITY,
    NOT_PERSONAL,
    PARTICIPATION,
    SENSITIVE_LINK,
    TRAINING,
    personal,
)
from app.people.state import ACTIVE_MONTHS, Facts, state_on
from app.people.types import TRAVEL_KM, Basis, ContactKind, Interest, PersonState, Settled, Source

DRAFT = personal(
    "to let the person come back to a registration",
    retention="seven days",
    erasure="deleted",
)


class Person(Audited, HasId, Base):
    """Somebody in the network, or on the way into it.

    reach_km: how far they are willing to go. protected_at: since when their home is only the ward
    they chose (None: not protected).
    """

    __tablename__ = "people"
    __table_args__ = (
        Index("ix_people_name", "full_name", "id"),
        Index(
            "ix_people_name_trigram",
            "full_name",
            postgresql_using="gin",
            postgresql_ops={"full_name": "gin_trgm_ops"},
        ),
        Index(
            "ix_people_queue",
            "registered_at",
            postgresql_where="approved_at IS NULL AND declined_at IS NULL AND left_on IS NULL",
        ),
        CheckConstraint("approved_at IS NULL OR declined_at IS NULL", name="one_decision"),
    )

    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), unique=True)
    full_name: Mapped[str] = mapped_column(String(200), info=IDENTITY)
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
    claims: Mapped[list[TrainingClaim]] = relationship(back_populates="person")

    def facts(self, on: date) -> Facts:
        """The dates from which their state on a day follows."""

        def day(instant: datetime | None) -> date | None:
            return clock.london_day(instant) if instant else None

        has_email = any(
            contact.point.kind is ContactKind.EMAIL
            for contact in self.contacts
            if not is_over(contact, on)
        )
        return Facts(
            needs_proof=self.source is Source.SELF and has_email,
            confirmed_on=day(self.confirmed_at),
            approved_on=day(self.approved_at),
            declined_on=day(self.declined_at),
            left_on=self.left_on,
            absences=[(absence.from_on, absence.until_on) for absence in self.absences],
            pauses=[(each.from_on, each.until_on) for each in self.suspensions],
            activity_confirmations=[each.on for each in self.activity],
        )

    def state(self, on: date) -> PersonState:
        """What they are on a day: waiting, active, away … Never stored."""
        return state_on(self.facts(on), on, programme.setting("active_months", ACTIVE_MONTHS))


class MergedRegistration(Audited, HasId, Base):
    """A registration that turned out to be somebody's whom we know: what is left of it.

    Its row in people is gone and what it brought is theirs (docs/decisions/0017). closed_id: the id
    it had, for addresses that still name it. submission: its key, so that a late second press of
    its button makes nobody anew.
    """

    __tablename__ = "joined_registrations"

    closed_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    submission: Mapped[str | None] = mapped_column(String(64), unique=True, info=NOT_PERSONAL)
    registered_at: Mapped[datetime]
    joined_at: Mapped[datetime]


class ContactPoint(Audited, HasId, Base):
    """An address or number. Several people may share one."""

    __tablename__ = "contact_points"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    kind: Mapped[ContactKind] = mapped_column(text_enum(ContactKind), info=NOT_PERSONAL)
    value: Mapped[str] = mapped_column(CITEXT, info=CONTACT)  # email, E.164 number, lines of post
    failing_since: Mapped[datetime | None]


class PersonContact(Audited, HasId, Base):
    """A person may be reached at a contact point, from a day to a day.

    safe_at: since when it is recorded as safe for us to use (None: nobody said so). vouched_at:
    since when an email address may be used to sign in, once its mailbox is proved (None: never).
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
    """A person belongs to a network, from a day to a day."""

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
    """Whether a person is a general champion, from a day to a day; everybody has one such row.

    Readers without the permission for sensitive networks see and count general champions only
    (docs/decisions/0019).
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
    """A person belongs to an organisation (known, or only named), from a day to a day."""

    __tablename__ = "affiliations"
    __table_args__ = (
        Index("ix_affiliations_person_id", "person_id"),
        CheckConstraint("organisation_id IS NOT NULL OR named IS NOT NULL", name="known_or_named"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id"), index=True, info=SENSITIVE_LINK
    )
    named: Mapped[str | None] = mapped_column(String(200), info=HOME)
    from_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    until_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)

    person: Mapped[Person] = relationship(back_populates="affiliations")


class Presence(Audited, HasId, Base):
    """What ties a person to a place, from a day to a day, and how its area came to be known.

    postcode: None for protected people, whose home is the ward they chose. district: GSS code,
    known even where ward and LSOA are not.
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
    settled: Mapped[Settled] = mapped_column(text_enum(Settled), info=NOT_PERSONAL)
    settled_at: Mapped[datetime | None]
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("directory_editions.id"))
    from_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    until_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)

    person: Mapped[Person] = relationship(back_populates="presences")


class Absence(Audited, HasId, Base):
    """Away, with the last day of it (None: until they say)."""

    __tablename__ = "absences"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    from_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    until_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)

    person: Mapped[Person] = relationship(back_populates="absences")


class Suspension(Audited, HasId, Base):
    """Days on which somebody takes no part because we decided so. until_on: the last day, before
    from_on where it was ended before it began; None: until a decision ends it. The reason is kept
    by the safeguarding room.
    """

    __tablename__ = "suspensions"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    from_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    until_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime]


class ActivityConfirmation(Audited, HasId, Base):
    """A day on which the person, or staff for them, said that they still take part."""

    __tablename__ = "stays"
    __table_args__ = (UniqueConstraint("person_id", "on"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    on: Mapped[date] = mapped_column(info=PARTICIPATION)
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    person: Mapped[Person] = relationship(back_populates="activity")


class Block(Audited, HasId, Base):
    """A person never wants to meet a user or an organisation: not in lists, sheets, counts."""

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
    """A ward where the person does not want to be asked to serve."""

    __tablename__ = "excluded_areas"
    __table_args__ = (UniqueConstraint("person_id", "area_id"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), info=SENSITIVE_LINK)


class TrainingClaim(Audited, HasId, Base):
    """Training a person says they did; settled once staff confirm or set it aside."""

    __tablename__ = "training_claims"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    course: Mapped[str] = mapped_column(String(200), info=TRAINING)
    provider: Mapped[str] = mapped_column(String(200), info=TRAINING)
    month: Mapped[int | None] = mapped_column(SmallInteger)
    year: Mapped[int | None] = mapped_column(SmallInteger)
    certificate_number: Mapped[str | None] = mapped_column(String(80), info=TRAINING)
    claimed_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    accepted: Mapped[bool | None] = mapped_column(Boolean)

    person: Mapped[Person] = relationship(back_populates="claims")


class NoticeGiven(HasId, Base):
    """A version of the privacy notice was shown or sent to a person (UK GDPR Art. 13, 14)."""

    __tablename__ = "notices_given"
    __table_args__ = (UniqueConstraint("person_id", "version"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(Integer)
    given_at: Mapped[datetime]
    how: Mapped[str] = mapped_column(String(40), info=NOT_PERSONAL)


class SavedDraft(Base):
    """A registration its owner asked to come back to, encrypted; gone after a week or on return."""

    __tablename__ = "saved_drafts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, info=NOT_PERSONAL)
    content: Mapped[str] = mapped_column(Text, info=DRAFT)
    saved_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class PeopleImport(HasId, Base):
    """A file of people that was read in; the same file again changes nothing."""

    __tablename__ = "people_imports"

    digest: Mapped[str] = mapped_column(String(64), unique=True, info=NOT_PERSONAL)
    file_name: Mapped[str] = mapped_column(String(200), info=NOT_PERSONAL)
    imported_at: Mapped[datetime]
    counts: Mapped[dict[str, Any]] = mapped_column(info=NOT_PERSONAL)


class NotDuplicate(Audited, HasId, Base):
    """Two people who look alike and are not: remembered, lower id first."""

    __tablename__ = "not_duplicates"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint("first_id < second_id", name="in_order"),
    )

    first_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    second_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
