"""Concurrent changes in real threads: the person's request takes effect in any order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.db import db
from app.people.duplicate_models import NotDuplicate
from app.people.models import Absence, ActivityConfirmation, Membership, Person, Presence
from app.people.types import Basis
from tests.addresses import at, public_id
from tests.factories import accounts, organisations, people
from tests.integration.registration.test_parallel import TIMES, at_once
from tests.telling import TOLD_BY_PHONE

POSTCODE = "IP24 1JD"
ROUNDS = 6


def signed_in(site: Flask, user_id: int) -> Any:
    client = site.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = public_id("users", user_id, site)
        cookie["_fresh"] = True
        cookie["signed_in_at"] = clock.now().isoformat()
    return client


def press(site: Flask, user_id: int, path: str, data: Any) -> Callable[[], int]:
    client = signed_in(site, user_id)
    return lambda: client.post(path, data=data).status_code


def count(model: Any, *conditions: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def test_protection_and_a_new_postcode_at_once_leave_no_postcode(site: Flask) -> None:
    place = {**TOLD_BY_PHONE, "basis": "works", "postcode": POSTCODE, "ward": ""}
    for number in range(ROUNDS):
        with site.app_context():
            person = people.champion()
            person_id, user_id = person.id, person.user_id
            coordinator_id = accounts.coordinator().id
            db.session.commit()
        by_staff = number % 2
        actor_id, path = (
            (coordinator_id, at(f"/people/{person_id}/place", site)) if by_staff else (user_id, "")
        )
        actions = [
            press(site, user_id, "/me/protection", {"protected": "yes", "ward": ""}),
            press(site, actor_id, path or "/me/places", place),
        ]
        assert set(at_once(2, lambda each, actions=actions: actions[each]())) == {302}
        with site.app_context():
            assert db.session.get_one(Person, person_id).protected_at is not None
            assert count(Presence, Presence.person_id == person_id) == 1
            kept = Presence.postcode.is_not(None)
            assert count(Presence, Presence.person_id == person_id, kept) == 0


@pytest.mark.parametrize(
    ("path", "data", "model", "kept"),
    [
        ("/me/here", {}, ActivityConfirmation, 2),  # with the day on which they joined
        (
            "/me/pause",
            {"until-day": "1", "until-month": "2", "until-year": str(clock.today().year + 1)},
            Absence,
            1,
        ),
        ("/me/networks", {"networks": ["farming"]}, Membership, 1),
        ("/me/places", {"basis": "lives", "postcode": POSTCODE, "ward": ""}, Presence, 1),
        ("/me/places", {"basis": "could_help", "postcode": POSTCODE, "ward": ""}, Presence, 1),
    ],
)
def test_repeated_presses_count_once(
    site: Flask, path: str, data: Any, model: Any, kept: int
) -> None:
    with site.app_context():
        organisations.network("farming")
        person = people.champion()
        person_id, user_id = person.id, person.user_id
        db.session.commit()
    presses = [press(site, user_id, path, data) for _ in range(TIMES)]
    assert set(at_once(TIMES, lambda each: presses[each]())) == {302}
    with site.app_context():
        assert count(model, model.person_id == person_id) == kept


def test_not_a_duplicate_is_recorded_once(site: Flask) -> None:
    with site.app_context():
        one, other = people.person().id, people.person().id
        coordinator_id = accounts.coordinator().id
        db.session.commit()
    paths = [at(f"/people/{one}/not/{other}", site), at(f"/people/{other}/not/{one}", site)]
    presses = [press(site, coordinator_id, paths[each % 2], {}) for each in range(TIMES)]
    assert set(at_once(TIMES, lambda each: presses[each]())) == {302}
    with site.app_context():
        assert count(NotDuplicate, NotDuplicate.first_id.in_([one, other])) == 1


def test_coming_back_ends_every_absence(site: Flask) -> None:
    on = clock.today()
    with site.app_context():
        person = people.champion()
        for _ in range(3):
            people.absence(person, on - timedelta(days=2), on + timedelta(days=20))
        person_id, user_id = person.id, person.user_id
        db.session.commit()
    assert press(site, user_id, "/me/back", {})() == 302
    with site.app_context():
        still = count(Absence, Absence.person_id == person_id, Absence.until_on >= on)
        assert still == 0


def test_database_refuses_a_postcode_of_a_protected_person(site: Flask) -> None:
    with site.app_context():
        protected = people.person(protected=True)
        with pytest.raises(DBAPIError, match="SQLSTATE P0001"):
            people.presence(protected, Basis.LIVES, postcode=POSTCODE)
        db.session.rollback()
        person = people.person()
        people.presence(person, Basis.LIVES, postcode=POSTCODE)
        db.session.commit()
        person.protected_at = clock.now()
        with pytest.raises(DBAPIError, match="SQLSTATE P0001"):
            db.session.commit()
        db.session.rollback()
