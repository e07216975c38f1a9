"""Who is told that a message waits in the queue, and when. No letter says more than that.

The lead (of those who hold the role, the one who was given it first) is told at once; after one
working day the other leads; after another the administrators. Where one of the steps has nobody,
the next one's are told in its place.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from flask_babel import lazy_gettext as _l

from app.accounts.models import User
from app.accounts.queries import users_by_first_grant
from app.core import clock, programme
from app.core.permissions import Role
from app.messages import service as messages
from app.messages.letters import register
from app.messages.types import Channel, Letter, NewMessage, Recipient
from app.safeguarding import queries, working_days
from app.safeguarding.models import SafeguardingReport
from app.safeguarding.types import Step

LETTER = "safeguarding-waits"
STEPS = tuple(Step)


def register_letter() -> None:
    """Make the letter known."""
    register(
        Letter(
            LETTER,
            _l("Say that something is waiting in the safeguarding queue"),
            even_if_silent=True,
        )
    )


def bank_holidays() -> frozenset[date]:
    """Days off besides weekends."""
    listed = (programme.setting("safeguarding") or {}).get("bank_holidays", [])
    return frozenset(date.fromisoformat(day) for day in listed)


def due_at(report: SafeguardingReport) -> datetime:
    """By when a lead has to have opened it: one working day after it came."""
    return working_days.after(report.received_at, 1, bank_holidays())


def tell(now: datetime) -> int:
    """Post the letters that are due about messages that nobody has opened; returns how many.

    Again changes nothing: a letter about a message goes to each user once.
    """
    holidays, on = bank_holidays(), clock.london_day(now)
    waiting = queries.unopened(lock=True)
    if not waiting:
        return 0
    told = _told(on)
    posted = 0
    for report in waiting:
        for number, users in enumerate(told):
            if now >= working_days.after(report.received_at, number, holidays) or number == 0:
                posted += sum(_post(report, user) for user in users)
    return posted


def _told(on: date) -> list[Collection[User]]:
    """Whom each step tells, with empty ones left out."""
    leads = users_by_first_grant(Role.SAFEGUARDING, on)
    administrators = users_by_first_grant(Role.ADMIN, on)
    return [users for users in (leads[:1], leads[1:], administrators) if users]


def _post(report: SafeguardingReport, user: User) -> int:
    made = messages.post(
        NewMessage(
            letter=LETTER,
            recipient=Recipient(Channel.EMAIL, user.email, user.name, user_id=user.id),
            key=f"{LETTER}:{report.id}:{user.id}",
            context={"queue": {"endpoint": "accounts.staff_sign_in"}},
        )
    )
    return int(made is not None)
