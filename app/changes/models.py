"""The table of memorable words."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import Audited
from app.core.db import Base, HasId
from app.core.personal import personal

SECRET = personal(
    "to show what a person keeps private on their own page only to that person",
    basis="public task; substantial public interest (DPA 2018 Sch. 1 para. 18)",
)


class PrivateWord(Audited, HasId, Base):
    """A person's memorable word (Argon2id hash), and the code for replacing it.

    Everybody who has entered a word has a row, even if they have not chosen a word. `wrong` is the
    number of wrong attempts since the last correct one, and `tried_at` is the time of the last
    attempt.
    """

    __tablename__ = "private_words"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), unique=True)
    word_hash: Mapped[str | None] = mapped_column(String(200), info=SECRET)
    code_hash: Mapped[str | None] = mapped_column(String(200), info=SECRET)
    code_until: Mapped[datetime | None]
    wrong: Mapped[int] = mapped_column(SmallInteger, default=0)
    tried_at: Mapped[datetime | None]
