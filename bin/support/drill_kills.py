"""Kill processes that send letters many times, at random moments.

Two processes at a time send letters to the mail catcher. They are killed with SIGKILL after a few
letters. Half of the letters can arrive twice without harm, so they are sent again if they may not
have arrived. The others are never sent again. Each letter must have reached the mail server exactly
once, or be listed as possibly sent.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from datadir import DataFolder
from drill_letters import (
    Result,
    close_connections,
    delivered_letters,
    find_emails,
    make_site,
    missing_kills,
)
from say import say
from servers import Addresses
from waiting import wait_until

if TYPE_CHECKING:
    from flask import Flask

    from app.messages.types import NewMessage

REPEATABLE, SENT_ONCE = "sign-in", "training-corrected"
PEOPLE = 40
BATCH = 500  # letters added at a time
MIN_WAITING = 100  # if fewer letters are waiting, another batch is added
LETTERS_BEFORE_KILL = (0, 6)  # range of letters sent before a process is killed
MAX_KILL_DELAY = 0.02  # maximum seconds between the last of these letters and the kill
BYTES_PER_LETTER = 150  # minimum size of a letter's line in the mail catcher's index
TIMEOUT = 1.0  # seconds to wait for these letters
FINAL_HOURS = 24  # hours of sending at the end without kills
REPORT_EVERY = 100  # kills


class Drill:
    """A drill on its own servers."""

    def __init__(
        self, data: DataFolder, addresses: Addresses, *, seed: int, kills: int, minutes: float
    ) -> None:
        self._mail = data.path / "mail"
        self._site = make_site(addresses.environ["DATABASE_URL"])
        self._rng = random.Random(seed)  # noqa: S311 - not a secret
        self._kills, self._killed, self._added = kills, 0, 0
        self._seconds = minutes * 60
        self._people: list[tuple[int, str]] = []

    def run(self) -> Result:
        """Run the drill."""
        self._people = add_people(self._site)
        reported, deadline = 0, time.monotonic() + self._seconds
        while self._killed < self._kills and time.monotonic() < deadline:
            if count_waiting(self._site) < MIN_WAITING:
                self._add_letters()
            close_connections(self._site)
            for pid in [self._start() for _ in range(2)]:
                self._wait_for_letters(self._rng.randint(*LETTERS_BEFORE_KILL))
                time.sleep(self._rng.uniform(0, MAX_KILL_DELAY))
                self._kill(pid)
            if self._killed - reported >= REPORT_EVERY:
                reported = self._killed
                say(f"{reported:,} kills, {self._added:,} letters.")
        for hours in range(FINAL_HOURS):  # some letters wait before they are tried again
            send(self._site, noon(hours))
            if not count_waiting(self._site):
                break
        result = self._compare()
        close_connections(self._site)
        return result

    def _wait_for_letters(self, count: int) -> None:
        """Wait until the mail server has accepted this many more letters, or until a timeout."""
        index = self._mail / "index.jsonl"

        def size() -> int:
            return index.stat().st_size if index.exists() else 0

        target = size() + count * BYTES_PER_LETTER
        wait_until(lambda: size() >= target, within=TIMEOUT, pause=0.001)

    def _start(self) -> int:
        """Start a process that sends letters. Return its process ID."""
        pid = os.fork()
        if pid:
            return pid
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            with contextlib.suppress(Exception):
                send(self._site, noon())
        finally:
            os._exit(0)

    def _kill(self, pid: int) -> None:
        """Kill a process with SIGKILL, and count it if it was still running."""
        done, _status = os.waitpid(pid, os.WNOHANG)
        if not done:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            self._killed += 1

    def _add_letters(self) -> None:
        from app.core import clock
        from app.core.db import transaction
        from app.messages import service

        with self._site.app_context(), clock.frozen(noon()), transaction():
            service.post_all(self._letter(self._added + number) for number in range(BATCH))
        self._added += BATCH

    def _letter(self, number: int) -> NewMessage:
        from app.messages.types import Channel, NewMessage, Recipient

        person_id, address = self._people[number % PEOPLE]
        recipient = Recipient(Channel.EMAIL, address, "Ann Smith", person_id)
        if number // PEOPLE % 2:
            link = {"link": {"endpoint": "accounts.sign_in"}}
            return NewMessage(REPEATABLE, recipient, f"drill:{number}", link)
        context = {"course": "Adult MHFA", "cancelled": False}
        return NewMessage(SENT_ONCE, recipient, f"drill:{number}", context)

    def _compare(self) -> Result:
        delivered, letters = delivered_letters(self._mail), find_emails(self._site)
        once = {each.reference for each in letters if each.letter == SENT_ONCE}
        listed = {each.reference for each in letters if each.is_unsettled}
        doubled = {each.reference for each in letters if delivered[each.reference] > 1}
        missing = {each.reference for each in letters if not delivered[each.reference]}
        problems = missing_kills(self._killed, self._kills)
        problems += [f"Sent twice and not listed: {each}." for each in sorted(doubled - listed)]
        problems += [
            f"Sent twice, although it must be sent only once: {each}."
            for each in sorted(doubled & once)
        ]
        problems += [f"Neither sent nor listed: {each}." for each in sorted(missing - listed)]
        if len(letters) != self._added:
            problems.append(f"{self._added:,} letters were added, and {len(letters):,} exist.")
        counts: dict[str, float] = {
            "killed": self._killed,
            "letters": len(letters),
            "letters sent twice": len(doubled),
            "letters sent twice and not listed": len(doubled - listed),
            "letters sent twice that must be sent once": len(doubled & once),
            "letters listed as possibly sent": len(listed),
            "letters of these that were sent": len(listed - missing),
            "letters missing and not listed": len(missing - listed),
        }
        return Result(counts, problems)


def noon(hours: int = 0) -> datetime:
    """Return noon on the day of the drill, plus `hours`."""
    from app.core.clock import london_instant

    midnight: datetime = london_instant(date(2027, 3, 1))
    return midnight + timedelta(hours=12 + hours)


def send(site: Flask, at: datetime) -> None:
    """Send the letters that are due, as a worker does."""
    from app.core import clock
    from app.messages import outbox

    with site.app_context(), clock.frozen(at):
        outbox.send_waiting()


def count_waiting(site: Flask) -> int:
    """Return the number of pending letters."""
    from app.core.db import db, transaction
    from app.messages.models import Message
    from app.messages.queries import WAITING

    with site.app_context(), transaction():
        return int(db.session.query(Message).filter(WAITING).count())


def add_people(site: Flask) -> list[tuple[int, str]]:
    """Add the recipients. Return the ID and the address of each."""
    from app.core import clock
    from app.core.db import db, transaction
    from tests.factories import people

    with site.app_context(), clock.frozen(noon()), transaction():
        addresses = [f"person{number}@example.org" for number in range(PEOPLE)]
        recipients = [people.person(f"Person {address}", email=address) for address in addresses]
        db.session.flush()
        return [(person.id, address) for person, address in zip(recipients, addresses, strict=True)]
