"""Simulate a month of mornings with killed processes, lost connections and wrong clocks.

Each morning, two processes run the reminders and send letters, like two workers. They are killed at
random moments and started again. Their connections to the database are cut, and their clocks are
hours ahead or behind. The date is an argument, so no process waits. The same month is run without
these problems in a copy of the database, to find out which letters are correct. Each of these
letters must reach the mail server exactly once, or be listed as possibly sent.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from datadir import DataFolder
from drill_letters import (
    Result,
    close_connections,
    delivered_letters,
    find_emails,
    make_site,
    missing_kills,
)
from servers import Addresses
from waiting import wait_until

if TYPE_CHECKING:
    from flask import Flask

START = date(2027, 3, 1)  # the clocks change on the 28th
UNDISTURBED = "champion_undisturbed"
CLOCK_ERRORS = (0, 0, 0, -26, -5, -1, 1, 5, 26)  # hours
QUIET_MORNINGS = 2  # mornings without kills at the end, because some letters wait for the next day
MAX_LIFETIME = 0.6  # maximum seconds before a process is killed
TIMEOUT = 60  # seconds for a process that is not killed
MAX_STARTS = 40  # maximum number of process pairs in one morning


class Drill:
    """A drill on its own servers. The same seed leads to the same decisions."""

    def __init__(
        self, data: DataFolder, addresses: Addresses, *, seed: int, people: int, kills: int
    ) -> None:
        self._mail = data.path / "mail"
        self._admin_url = addresses.admin_url
        self._url = addresses.environ["DATABASE_URL"]
        self._rng = random.Random(seed)  # noqa: S311 - not a secret
        self._people, self._kills = people, kills
        self._end = morning_time(START)  # no clock is later, so that no letter is left over
        self.killed = self.cut = self.started = self.hung = 0

    def run(self, days: int) -> Result:
        """Run both months and compare the letters."""
        site = make_site(self._url)
        with site.app_context():
            add_people(self._people, days, self._rng)
        close_connections(site)
        self._copy_database()
        mornings = [START + timedelta(days=number) for number in range(days)]
        quiet = [mornings[-1] + timedelta(days=number + 1) for number in range(QUIET_MORNINGS)]
        self._end = morning_time(mornings[-1], hours=11)
        copy = self._url.rsplit("/", 1)[0] + f"/{UNDISTURBED}"
        # With the same broker, the original database would look like an old dump.
        undisturbed = make_site(copy, broker=1)
        for day in mornings + quiet:
            run_worker(undisturbed, morning_time(day))
        expected = count_reminders(undisturbed)
        close_connections(undisturbed)
        self._empty_mailbox()
        for number, day in enumerate(mornings):
            self._run_morning(site, day, kills=self._kills // days + (number < self._kills % days))
        for day in quiet:
            run_worker(site, morning_time(day))
        result = self._compare(expected, site)
        close_connections(site)
        return result

    def _copy_database(self) -> None:
        """Copy the database. No process is using it at this time."""
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE champion OWNER champion_owner")
            connection.execute(copy.format(sql.Identifier(UNDISTURBED)))

    def _empty_mailbox(self) -> None:
        for path in self._mail.glob("*"):
            path.unlink()

    def _run_morning(self, site: Flask, day: date, *, kills: int) -> None:
        """Run a morning with two processes at a time. All except the last are killed."""
        remaining = kills
        for _ in range(MAX_STARTS):
            running = [self._start(site, day) for _ in range(2)]
            to_kill = running[: min(remaining, self._rng.choice((1, 2)))]
            self._maybe_cut_connections()
            for pid in self._rng.sample(to_kill, len(to_kill)):
                time.sleep(self._rng.uniform(0, MAX_LIFETIME / len(to_kill)))
                if self._kill(pid):
                    remaining -= 1
            self.hung += sum(not end_in_time(pid) for pid in running)
            if remaining <= 0:
                break
        run_worker(site, morning_time(day))

    def _start(self, site: Flask, day: date) -> int:
        """Start a process with a clock that may be wrong. Return its process ID."""
        at = min(morning_time(day, hours=self._rng.choice(CLOCK_ERRORS)), self._end)
        close_connections(site)
        self.started += 1
        pid = os.fork()
        if pid:
            return pid
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            with contextlib.suppress(Exception):  # a connection that was cut
                run_worker(site, at)
        finally:
            os._exit(0)

    def _kill(self, pid: int) -> bool:
        """Kill a process with SIGKILL. Return whether it was still running."""
        done, _status = os.waitpid(pid, os.WNOHANG)
        if done:
            return False
        os.kill(pid, signal.SIGKILL)
        self.killed += 1
        return True

    def _maybe_cut_connections(self) -> None:
        """Cut all connections to the database, with a probability of one in eight."""
        if self._rng.random() > 1 / 8:
            return
        time.sleep(self._rng.uniform(0, MAX_LIFETIME))
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            cut = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s",
                ["champion_app"],
            ).fetchall()
        self.cut += len(cut)

    def _compare(self, expected: Counter[Any], site: Flask) -> Result:
        """Compare the letters that were sent with the correct letters."""
        delivered = delivered_letters(self._mail)
        made, letters = count_reminders(site), find_emails(site)
        problems = missing_kills(self.killed, self._kills)
        problems += [f"Missing: {each}." for each in (expected - made).elements()]
        problems += [f"Too many: {each}." for each in (made - expected).elements()]
        doubled = {each.reference for each in letters if delivered[each.reference] > 1}
        missing = [each for each in letters if not delivered[each.reference]]
        listed = {each.reference for each in letters if each.is_unsettled}
        problems += [f"Sent twice and not listed: {each}." for each in sorted(doubled - listed)]
        problems += [
            f"Neither sent nor listed: message {each.id}."
            for each in missing
            if not each.is_unsettled
        ]
        if self.hung:
            problems.append(f"Processes that took longer than {TIMEOUT} seconds: {self.hung}.")
        counts: dict[str, float] = {
            "processes started": self.started,
            "killed": self.killed,
            "connections cut": self.cut,
            "letters": len(letters),
            "reminders expected": expected.total(),
            "reminders made": made.total(),
            "letters sent twice": len(doubled),
            "letters missing": sum(not each.is_unsettled for each in missing),
            "letters listed as possibly sent": len(listed),
            "letters sent twice and not listed": len(doubled - listed),
        }
        return Result(counts, problems)


def morning_time(day: date, *, hours: int = 0) -> datetime:
    """Return five past eight in the morning, plus `hours`."""
    from app.core.clock import london_instant

    morning: datetime = london_instant(day) + timedelta(hours=8 + hours, minutes=5)
    return morning


def run_worker(site: Flask, at: datetime) -> None:
    """Send the reminders and other letters that are due, as a worker does in the morning."""
    from app.core import clock
    from app.core.db import transaction
    from app.messages import outbox
    from app.reminders import morning

    with site.app_context(), clock.frozen(at):
        with transaction():
            morning.run_if_due(clock.now())
        outbox.send_waiting()


def end_in_time(pid: int) -> bool:
    """Wait until a process has ended, and return True. If it takes too long, kill it."""
    try:
        if wait_until(lambda: os.waitpid(pid, os.WNOHANG)[0], within=TIMEOUT, pause=0.01):
            return True
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except ChildProcessError:  # the process ended before it could be killed
        return True
    return False


def add_people(count: int, days: int, rng: random.Random) -> None:
    """Add people whose certificates have reminder steps in the month."""
    from app.core import clock
    from app.core.db import transaction
    from tests.factories.reminders import holder

    with clock.frozen(morning_time(START)), transaction():
        for number in range(count):
            step = rng.choice((180, 90, 30, 7))
            expires_on = START + timedelta(days=step + rng.randrange(days))
            holder(expires_on, f"Person {number}", email=f"person{number}@example.org")


def count_reminders(site: Flask) -> Counter[Any]:
    """Return the number of the month's reminders with a letter, by certificate ID and step.

    A letter that may have been sent counts, even if a later reminder has replaced it.
    """
    from app.core.db import db, transaction
    from app.messages.models import Message
    from app.reminders.models import Reminder

    with site.app_context(), transaction():
        rows = (
            db.session.query(Reminder)
            .join(Message, Message.id == Reminder.message_id)
            .filter(Reminder.voided_at.is_(None) | Message.unsettled_at.is_not(None))
        )
        return Counter((row.certificate_id, row.step_days) for row in rows)
