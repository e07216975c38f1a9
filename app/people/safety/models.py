"""How people want to be contacted, with dates."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Boolean, ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import Audited
from app.core.db import Base, Numbered
from app.core.personal import CONTACT, PARTICIPATION
from app.people.safety.types import Days, Hours, Way, Wishes


class SafeContact(Audited, Numbered, Base):
    """What a person said about how to contact them, from a day to a day.

    The values never enter the audit trail. Which of their addresses and numbers are safe is on
    each of them (PersonContact.safe_at).
    """

    __tablename__ = "safe_contacts"
    __table_args__ = (Index("ix_safe_contacts_person_id", "person_id", "from_on"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    ways: Mapped[list[str]] = mapped_column(ARRAY(String(10)), info=CONTACT)
    voicemail: Mapped[bool] = mapped_column(Boolean, info=CONTACT)
    others_may_answer: Mapped[bool] = mapped_column(Boolean, info=CONTACT)
    days: Mapped[list[str]] = mapped_column(ARRAY(String(10)), info=CONTACT)
    hours: Mapped[list[str]] = mapped_column(ARRAY(String(10)), info=CONTACT)
    say_we_are: Mapped[str] = mapped_column(String(80), info=CONTACT)
    silent: Mapped[bool] = mapped_column(Boolean, info=CONTACT)
    from_on: Mapped[date] = mapped_column(info=PARTICIPATION)
    until_on: Mapped[date | None] = mapped_column(info=PARTICIPATION)

    @property
    def wishes(self) -> Wishes:
        """The row as rules read it."""
        return Wishes(
            ways=frozenset(map(Way, self.ways)),
            voicemail=self.voicemail,
            others_may_answer=self.others_may_answer,
            days=frozenset(map(Days, self.days)),
            hours=frozenset(map(Hours, self.hours)),
            say_we_are=self.say_we_are,
            silent=self.silent,
        )

    def set(self, wishes: Wishes) -> None:
        """Write the wishes into the row."""
        self.ways = sorted(wishes.ways)
        self.voicemail = wishes.voicemail
        self.others_may_answer = wishes.others_may_answer
        self.days = sorted(wishes.days)
        self.hours = sorted(wishes.hours)
        self.say_we_are = wishes.say_we_are
        self.silent = wishes.silent
