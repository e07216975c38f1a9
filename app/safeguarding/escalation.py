"""Tell safeguarding leads and administrators about messages that have not been opened.

The first lead (the user who has held the role longest) is told immediately, the other leads after
one working day, and the administrators after another working day. If there are no users for a step,
the users of the next step are told instead. The letters do not say what the message is about.
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
from app.messages.letters import add_letter
from app.messages.types import Channel, Letter, NewMessage, Recipient
from app.safeguarding import queries, working_days
from app.safeguarding.models import SafeguardingReport

LETTER = "safeguarding-waits"


def register_letter() -> None:
    """Register this room's letter with app.messages.letters."""
    add_letter(
        Letter(
            LETTER,
            _l("Tell them that there is an unread message in the safeguarding queue"),
            even_if_silent=True,
        )
    )


def bank_holidays() -> frozenset[date]:
    """Return the bank holidays from the programme file."""
    days = (programme.setting("safeguarding") or {}).get("bank_holidays", [])
    return frozenset(date.fromisoformat(day) for day in days)


def opening_deadline(report: SafeguardingReport) -> datetime:
    """Return the time by which a lead must open a message: one working day after we receive it."""
    return working_days.add_working_days(report.received_at, 1, bank_holidays())


def send_due_letters(now: datetime) -> int:
    """Post the letters that are due about unopened messages. Return how many were posted.

    Idempotent. Each user is sent only one letter about a message.
    """
    holidays, on = bank_holidays(), clock.london_day(now)
    waiting = queries.unopened_reports(lock=True)
    if not waiting:
        return 0
    steps = _users_by_step(on)
    posted = 0
    for report in waiting:
        for days, users in enumerate(steps):
            due = working_days.add_working_days(report.received_at, days, holidays)
            if days == 0 or now >= due:
                posted += sum(_post_letter(report, user) for user in users)
    return posted


def _users_by_step(on: date) -> list[Collection[User]]:
    """Return the users to tell at each step, leaving out steps without users."""
    leads = users_by_first_grant(Role.SAFEGUARDING, on)
    administrators = users_by_first_grant(Role.ADMIN, on)
    return [users for users in (leads[:1], leads[1:], administrators) if users]


def _post_letter(report: SafeguardingReport, user: User) -> int:
    message_id = messages.post(
        NewMessage(
            letter=LETTER,
            recipient=Recipient(Channel.EMAIL, user.email, user.name, user_id=user.id),
            key=f"{LETTER}:{report.id}:{user.id}",
            context={"queue": {"endpoint": "accounts.staff_sign_in"}},
        )
    )
    return int(message_id is not None)
