"""Merging two records while a run that both attended is signed off, with real threads."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.applications import merging, undoing
from app.applications.models import RecordMerge
from app.attendance import signing_off
from app.certificates import service as certificates
from app.certificates.models import Certificate
from app.core import clock
from app.core.actor import Actor
from app.core.db import db, transaction
from app.core.permissions import Role
from tests.factories import accounts, courses, people
from tests.factories.certificates import certificate
from tests.integration.courses.test_race import at_once

Pair = tuple[Actor, int, int, int]


class Meeting:
    """A point at which two threads wait for each other, or for a second if the other is blocked."""

    def __init__(self) -> None:
        self.barrier = threading.Barrier(2)

    def wait_after(self, action: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that calls `action` and then waits for the other thread."""

        def act(*args: Any, **more: Any) -> Any:
            result = action(*args, **more)
            with contextlib.suppress(threading.BrokenBarrierError):
                self.barrier.wait(timeout=1)
            return result

        return act


@pytest.fixture
def pair(site: Flask) -> Pair:
    """Create a run with two records of one person, each with a certificate, and a coordinator."""
    with site.app_context(), transaction():
        trainer = courses.trainer()
        run = courses.run(clock.today() - timedelta(days=10), trainer_user=trainer)
        ids = []
        for name in ("Ann Field", "Anne Field"):
            person = people.person(name)
            certificate(person, "mhfa-instructor")
            courses.mark_attendance(courses.attendee(run, person), trainer)
            ids.append(person.id)
        staff = courses.actor_of(accounts.coordinator(), Role.COORDINATOR, Role.SENSITIVE)
        return staff, run.id, *ids


def merge(pair: Pair) -> int:
    staff, _run_id, kept_id, copy_id = pair
    return merging.merge_records(staff, kept_id, copy_id)


def undo(pair: Pair) -> None:
    staff, _run_id, kept_id, _copy_id = pair
    undoing.undo_merge(staff, kept_id, db.session.scalars(select(RecordMerge.id)).one())


def holders(site: Flask) -> set[int | None]:
    """Return the holders of the valid certificates of the run."""
    with site.app_context():
        found = select(Certificate.person_id).where(
            Certificate.key.like("attendee:%"), Certificate.revoked_at.is_(None)
        )
        return set(db.session.scalars(found))


def test_a_merge_and_a_sign_off_do_not_wait_for_each_other(
    site: Flask, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The merge stops after it has moved the certificates, the sign-off when it has the run."""
    meeting = Meeting()
    for module, name in ((certificates, "move_certificates"), (signing_off, "_record_contacts")):
        monkeypatch.setattr(module, name, meeting.wait_after(getattr(module, name)))
    staff, run_id, kept_id, _copy_id = pair
    outcomes = at_once(site, [lambda: merge(pair), lambda: signing_off.sign_off(staff, run_id)])
    assert outcomes == {"done": 2}
    assert holders(site) == {kept_id}


def test_an_undone_merge_and_a_sign_off_do_not_wait_for_each_other(
    site: Flask, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.app_context(), transaction():
        merge(pair)
    meeting = Meeting()
    for module, name in ((undoing, "_restore_rows"), (signing_off, "_record_contacts")):
        monkeypatch.setattr(module, name, meeting.wait_after(getattr(module, name)))
    staff, run_id, kept_id, _copy_id = pair
    outcomes = at_once(site, [lambda: undo(pair), lambda: signing_off.sign_off(staff, run_id)])
    assert outcomes["done"] + outcomes["refused"] == 2
    assert kept_id in holders(site)
