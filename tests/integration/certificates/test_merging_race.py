"""Merging two records while staff change the certificates of one of them, with real threads."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.applications import merging
from app.certificates import access, claims, queries
from app.certificates.models import Certificate
from app.certificates.types import DatePrecision, ExternalTraining
from app.core import clock
from app.core.db import db, transaction
from app.core.permissions import Role
from app.people.models import TrainingClaim
from tests.factories import accounts, courses, people
from tests.factories.certificates import certificate
from tests.integration.courses.test_race import at_once

KIND = "mhfa-instructor"  # a renewal in time keeps the anniversary
LATER, EARLIER, NEWEST = date(2025, 10, 1), date(2024, 12, 1), date(2026, 9, 20)
TRAINING = ExternalTraining(KIND, NEWEST, DatePrecision.DAY, "MHFA England")
STEP = 0.5  # seconds between what the threads do


def first_certificate() -> int:
    return db.session.scalars(select(Certificate.id).order_by(Certificate.id)).all()[0]


def revoke(staff: Any, person_id: int) -> None:
    found = select(Certificate.id).where(Certificate.awarded_on == EARLIER)
    access.revoke_certificate(staff, db.session.scalars(found).one(), "A mix-up", clock.today())


def record(staff: Any, person_id: int) -> None:
    claims.record_training(staff, person_id, TRAINING)


def confirm(staff: Any, person_id: int) -> None:
    claim_id = db.session.scalars(select(TrainingClaim.id)).one()
    claims.confirm_claim(staff, claim_id, TRAINING)


@pytest.mark.parametrize("change", [revoke, record, confirm])
def test_a_merge_and_a_change_to_a_certificate_do_not_wait_for_each_other(
    site: Flask, change: Callable[[Any, int], None]
) -> None:
    """A merge locks certificates by ID and a change by date, so one of the two failed.

    A third transaction holds the certificate that both need until both wait for it.
    """
    with site.app_context(), transaction():
        kept, copy = people.person("Ann Field"), people.person("Anne Field")
        for awarded in (LATER, EARLIER):
            certificate(copy, KIND, awarded_on=awarded)
        people.claim(copy, "MHFA Instructor Member", month=9, year=2026)
        staff = courses.actor_of(accounts.coordinator(), Role.COORDINATOR, Role.SENSITIVE)
        kept_id, copy_id = kept.id, copy.id

    def hold() -> None:
        queries.lock_certificate(first_certificate())
        time.sleep(3 * STEP)

    def merge() -> None:
        time.sleep(STEP)
        merging.merge_records(staff, kept_id, copy_id)

    def act() -> None:
        time.sleep(2 * STEP)
        change(staff, copy_id)

    outcomes = at_once(site, [hold, merge, act])
    not_found = 1 if change is record else 0  # the copy no longer exists
    assert outcomes == Counter({"done": 3 - not_found, "NotFound('Page not found')": not_found})
    with site.app_context():
        assert set(db.session.scalars(select(Certificate.person_id))) == {kept_id}
