"""Tables of contact wishes and pending changes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import Audited
from app.core.db import Base, HasId, text_enum
from app.core.personal import CONTACT, PARTICIPATION
from app.people.safety.types import (
    LONGEST_SENDER,
    ContactMethod,
    ContactPreferences,
    Days,
    DelayedChangeKind,
    Hours,
    Stage,
)
from app.people.types import CallOutcome


class SafeContact(Audited, HasId, Base):
    """A person's contact wishes, with their first and last day.

    The values are never written to the audit log.
    """

    __tablename__ = "safe_contacts"
    __table_args__ = (Index("ix_safe_contacts_person_id", "person_id", "from_on"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    ways: Mapped[list[str]] = mapped_column(ARRAY(String(10)), info=CONTACT)
    voicemail: Mapped[bool] = mapped_column(Boolean, info=CONTACT)
    others_may_answer: Mapped[bool] = mapped_column(Boolean, info=CONTACT)
    days: Mapped[list[str]] = mapped_column(ARRAY(String(10)), info=CONTACT)
    hours: Mapped[list[str]] = mapped_column(ARRAY(String(10)), info=CONTACT)
    say_we_are: Mapped[str] = mapped_column(String(LONGEST_SENDER), info=CONTACT)
    silent: Mapped[bool] = mapped_column(Boolean, info=CONTACT)
    from_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    until_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)

    @property
    def wishes(self) -> ContactPreferences:
        """The contact wishes stored in this row."""
        return ContactPreferences(
            ways=frozenset(map(ContactMethod, self.ways)),
            voicemail=self.voicemail,
            others_may_answer=self.others_may_answer,
            days=frozenset(map(Days, self.days)),
            hours=frozenset(map(Hours, self.hours)),
            say_we_are=self.say_we_are,
            silent=self.silent,
        )

    def write(self, wishes: ContactPreferences) -> None:
        """Store contact wishes in this row."""
        self.ways = sorted(wishes.ways)
        self.voicemail = wishes.voicemail
        self.others_may_answer = wishes.others_may_answer
        self.days = sorted(wishes.days)
        self.hours = sorted(wishes.hours)
        self.say_we_are = wishes.say_we_are
        self.silent = wishes.silent


class DelayedChange(Audited, HasId, Base):
    """A pending change that would make it easier to find or contact a person.

    ``detail`` is the new value: a block ID, a contact detail or contact wishes. ``called_*``
    columns record who called the person, on which number, and when. ``seen_*`` columns record which
    two coordinators met the person, and why. ``due_at`` is when the change takes effect. It is None
    until the change has been checked by a call or two meetings.
    """

    __tablename__ = "loosenings"
    __table_args__ = (
        Index("ix_loosenings_person_id", "person_id"),
        Index(
            "ix_loosenings_due_at",
            "due_at",
            postgresql_where="done_at IS NULL AND stopped_at IS NULL AND due_at IS NOT NULL",
        ),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    kind: Mapped[DelayedChangeKind] = mapped_column(
        text_enum(DelayedChangeKind, name="looseningkind"), info=CONTACT
    )
    detail: Mapped[dict[str, Any]] = mapped_column(info=CONTACT)
    asked_at: Mapped[datetime]
    asked_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    called_contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("person_contacts.id", ondelete="SET NULL")
    )
    called_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    called_at: Mapped[datetime | None]
    seen_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    seen_at: Mapped[datetime | None]
    seen_too_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    why: Mapped[str | None] = mapped_column(Text, info=CONTACT)
    due_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stopped_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    done_at: Mapped[datetime | None]

    @property
    def stage(self) -> Stage:
        """The current stage of the change."""
        if self.stopped_at is not None:
            return Stage.STOPPED
        if self.done_at is not None:
            return Stage.DONE
        if self.due_at is not None:
            return Stage.WAITING
        return Stage.ASKED if self.seen_by_user_id is None else Stage.SEEN_ONCE


class CallAttempt(HasId, Base):
    """A call to a person, and its outcome.

    `call_again_on` is the day to try again after a message was left. Each outcome is stored once a
    day. A `hidden` call was only about something that some readers are not allowed to see. Hidden
    calls do not affect the person's state, because all readers can see the state.
    """

    __tablename__ = "call_attempts"
    __table_args__ = (UniqueConstraint("person_id", "on", "outcome"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    on: Mapped[date] = mapped_column(info=PARTICIPATION)
    outcome: Mapped[CallOutcome] = mapped_column(text_enum(CallOutcome), info=PARTICIPATION)
    call_again_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)
    at: Mapped[datetime]
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    hidden: Mapped[bool] = mapped_column(Boolean, default=False, server_default=text("false"))

    @property
    def failed(self) -> bool:
        """Return whether this failed call counts towards the person's state.

        A call does not count if a message was left or if the call is hidden.
        """
        return self.outcome is CallOutcome.NOT_REACHED and not self.hidden
