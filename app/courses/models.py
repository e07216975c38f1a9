"""Tables for course types, runs, sessions, bookings, attendees and attendance."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.audit import Audited
from app.core.db import Base, HasId, text_enum
from app.core.limits import LONGEST_EMAIL, LONGEST_LINE
from app.core.personal import CONTACT, IDENTITY, NOT_PERSONAL, TRAINING, personal
from app.courses.types import LONGEST_PHONE, MAX_LINK_LENGTH, Mark, TrainerAccess
from app.people.types import LONGEST_REFERENCE

ACCESS = personal(
    "to make the course accessible to the person",
    basis="explicit consent (UK GDPR Art. 9(2)(a))",
    retention="three months after the run",
)


CHOICE = personal(
    "to let the trainer see only what the person chose to show",
    retention="as long as the place is recorded",
    erasure="kept with the place",
)


class CourseType(Audited, HasId, Base):
    """A course in the catalogue.

    `floor` is the minimum number of people required by the owner of the course.
    """

    __tablename__ = "course_types"

    slug: Mapped[str] = mapped_column(String(60), unique=True, info=NOT_PERSONAL)
    name: Mapped[str] = mapped_column(String(160), info=NOT_PERSONAL)
    description: Mapped[str] = mapped_column(Text, info=NOT_PERSONAL)
    days: Mapped[float] = mapped_column(Numeric(3, 1))
    hours: Mapped[float | None] = mapped_column(Numeric(4, 1))
    minimum: Mapped[int] = mapped_column(SmallInteger)
    maximum: Mapped[int] = mapped_column(SmallInteger)
    floor: Mapped[int] = mapped_column(SmallInteger)
    awards_id: Mapped[int | None] = mapped_column(ForeignKey("certificate_kinds.id"))
    prerequisite_id: Mapped[int | None] = mapped_column(ForeignKey("certificate_kinds.id"))
    is_refresher: Mapped[bool] = mapped_column(Boolean, default=False)
    until_on: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)


class CourseRun(Audited, HasId, Base):
    """A course that takes place on particular days.

    `reference` is the awarding body's ID for the run. `revision` is the SEQUENCE of its calendar
    entries and increases with every change. `completions` is the number of times the run has been
    signed off.
    """

    __tablename__ = "course_runs"
    __table_args__ = (CheckConstraint("capacity > 0 AND minimum > 0", name="has_places"),)

    course_type_id: Mapped[int] = mapped_column(ForeignKey("course_types.id"), index=True)
    trainer_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    venue: Mapped[str] = mapped_column(String(LONGEST_LINE), info=NOT_PERSONAL)
    venue_postcode: Mapped[str | None] = mapped_column(String(8), info=NOT_PERSONAL)
    venue_ward_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    venue_easting: Mapped[int | None] = mapped_column(Integer)
    venue_northing: Mapped[int | None] = mapped_column(Integer)
    link: Mapped[str | None] = mapped_column(String(MAX_LINK_LENGTH), info=NOT_PERSONAL)
    minimum: Mapped[int] = mapped_column(SmallInteger)
    capacity: Mapped[int] = mapped_column(SmallInteger)
    cut_off_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    fee_pence: Mapped[int] = mapped_column(Integer, default=0)
    exception_reference: Mapped[str | None] = mapped_column(
        String(LONGEST_REFERENCE), info=NOT_PERSONAL
    )
    reference: Mapped[str | None] = mapped_column(String(LONGEST_REFERENCE), info=NOT_PERSONAL)
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None] = mapped_column(Text, info=NOT_PERSONAL)
    completed_at: Mapped[datetime | None]
    completed_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    revision: Mapped[int] = mapped_column(Integer, default=0)
    completions: Mapped[int] = mapped_column(SmallInteger, default=0)

    course_type: Mapped[CourseType] = relationship()
    sessions: Mapped[list[CourseSession]] = relationship(
        back_populates="run", order_by="CourseSession.starts_at"
    )
    attendees: Mapped[list[Attendee]] = relationship(back_populates="run", order_by="Attendee.id")


class CourseSession(Audited, HasId, Base):
    """One day of a run, from `starts_at` (inclusive) to `ends_at` (exclusive)."""

    __tablename__ = "course_sessions"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="in_order"),)

    run_id: Mapped[int] = mapped_column(
        ForeignKey("course_runs.id", ondelete="CASCADE"), index=True
    )
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    run: Mapped[CourseRun] = relationship(back_populates="sessions")


class Booking(Audited, HasId, Base):
    """One or more places on a run, booked by staff or by the person who will attend.

    `headcount` is the number of unnamed places.
    """

    __tablename__ = "bookings"
    __table_args__ = (CheckConstraint("headcount >= 0", name="headcount_not_negative"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("course_runs.id"), index=True)
    booker_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    headcount: Mapped[int] = mapped_column(SmallInteger, default=0)
    booked_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]

    attendees: Mapped[list[Attendee]] = relationship(back_populates="booking")


class Attendee(Audited, HasId, Base):
    """Somebody who has a place on a run, either a person with a record or only a name.

    A person with a record can have only one place on a run. `earlier_seen_at` is the time at which
    a coordinator confirmed that they had seen the earlier certificate. `earlier_kind_id` is its
    kind and `earlier_awarded_on` its date. Both are None if they were not recorded.
    """

    __tablename__ = "attendees"
    __table_args__ = (
        Index(
            "uq_attendees_run_person",
            "run_id",
            "person_id",
            unique=True,
            postgresql_where="person_id IS NOT NULL AND cancelled_at IS NULL",
        ),
        Index("ix_attendees_person_id", "person_id"),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("course_runs.id"), index=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str | None] = mapped_column(String(200), info=IDENTITY)
    email: Mapped[str | None] = mapped_column(String(LONGEST_EMAIL), info=CONTACT)
    phone: Mapped[str | None] = mapped_column(String(LONGEST_PHONE), info=CONTACT)
    access_needs: Mapped[str | None] = mapped_column(Text, info=ACCESS)
    trainer_reads: Mapped[TrainerAccess] = mapped_column(
        text_enum(TrainerAccess, name="trainerreads"), default=TrainerAccess.NAME, info=CHOICE
    )
    walk_in: Mapped[bool] = mapped_column(Boolean, default=False)
    earlier_seen_at: Mapped[datetime | None]
    earlier_seen_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    earlier_kind_id: Mapped[int | None] = mapped_column(ForeignKey("certificate_kinds.id"))
    earlier_awarded_on: Mapped[date | None] = mapped_column(info=TRAINING)
    added_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]

    run: Mapped[CourseRun] = relationship(back_populates="attendees")
    booking: Mapped[Booking] = relationship(back_populates="attendees")
    marks: Mapped[list[Attendance]] = relationship(back_populates="attendee")


class AttendeeLink(Audited, HasId, Base):
    """A link between an attendee who was added by name and the person's record.

    `made_by_user_id` is None if the system made the link. The attendee keeps the name and contact
    details that were entered, so that the run's pages do not show whether the person has a record.
    """

    __tablename__ = "attendee_links"
    __table_args__ = (
        Index(
            "uq_attendee_links_attendee",
            "attendee_id",
            unique=True,
            postgresql_where="undone_at IS NULL",
        ),
        Index("ix_attendee_links_person_id", "person_id"),
    )

    attendee_id: Mapped[int] = mapped_column(ForeignKey("attendees.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]
    made_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undone_at: Mapped[datetime | None]
    undone_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Attendance(Audited, HasId, Base):
    """The attendance of one attendee at one session."""

    __tablename__ = "attendances"
    __table_args__ = (UniqueConstraint("attendee_id", "session_id"),)

    attendee_id: Mapped[int] = mapped_column(ForeignKey("attendees.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("course_sessions.id"), index=True)
    mark: Mapped[Mark] = mapped_column(text_enum(Mark), info=NOT_PERSONAL)
    marked_at: Mapped[datetime]
    marked_by_user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    attendee: Mapped[Attendee] = relationship(back_populates="marks")
