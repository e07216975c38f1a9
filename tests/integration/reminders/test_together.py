"""Five concurrent runs of the reminders, each with its own database connection."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import audit, clock
from app.core.actor import SYSTEM
from app.core.db import db, transaction
from app.messages import outbox
from app.messages.models import Message
from app.reminders import service
from app.reminders.models import Reminder
from tests.databases import application, clone
from tests.factories import messages as make_messages
from tests.factories.reminders import expiring_certificate, holder
from tests.integration.reminders.conftest import TODAY

RUNS = 5
PEOPLE = 40


@pytest.fixture
def site(worker_id: str) -> Iterator[Flask]:
    """Create an application with a separate database, so that commits are real."""
    with clone(f"together_{worker_id}") as name:
        site = application(name)
        with site.app_context(), transaction():
            audit.set_actor(SYSTEM)
            for number in range(PEOPLE):
                ann = holder(TODAY + timedelta(days=30), email=f"ann{number}@example.org")
                expiring_certificate(ann, TODAY + timedelta(days=7), "mhfa-youth")
        yield site
        with site.app_context():
            db.engine.dispose()


def at_once(site: Flask, work: Any) -> list[Any]:
    """Run `work` in several threads that start together, and return the results."""
    start = threading.Barrier(RUNS)
    results: list[Any] = []

    def run_work() -> None:
        with site.app_context(), clock.frozen(TODAY):
            start.wait()
            try:
                results.append(work())
            except Exception as error:
                results.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run_work) for _ in range(RUNS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert len(results) == RUNS
    return results


def test_five_concurrent_runs_send_one_letter_to_each_person(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run() -> dict[str, Any]:
        with transaction():
            return service.run(SYSTEM, TODAY)

    results = at_once(site, run)
    assert sorted(result["letters"] for result in results) == [0, 0, 0, 0, PEOPLE]
    with site.app_context():
        steps = db.session.execute(
            select(Reminder.certificate_id, Reminder.step_days).where(
                Reminder.message_id.is_not(None)
            )
        ).all()
        letters = db.session.scalars(
            select(Message.person_id).where(Message.letter == "reminder")
        ).all()
    assert len(steps) == len(set(steps)) == 2 * PEOPLE
    assert len(letters) == len(set(letters)) == PEOPLE
    with make_messages.mailbox() as box:
        monkeypatch.setitem(site.config, "MAIL_URL", f"smtp://127.0.0.1:{box.port}")
        tallies = at_once(site, outbox.send_waiting)
    assert sum(tally.sent for tally in tallies) == PEOPLE
    assert Counter(box.addresses) == Counter(f"ann{number}@example.org" for number in range(PEOPLE))
