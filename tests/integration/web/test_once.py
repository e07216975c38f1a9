"""A form that is sent again is accepted only once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.certificates.models import Adjustment, Certificate
from app.core import clock
from app.courses.models import Attendee, Booking
from app.organisations.models import Agreement, Site
from app.web import once
from tests.addresses import at, public_id
from tests.factories import accounts, courses, organisations, people
from tests.factories.certificates import certificate

TODAY = clock.today()
FormPage = tuple[str, dict[str, str], Any]


def day(name: str, on: date) -> dict[str, str]:
    return {
        f"{name}-day": str(on.day),
        f"{name}-month": str(on.month),
        f"{name}-year": str(on.year),
    }


def adjustment_page() -> FormPage:
    made = certificate(people.person(), awarded_on=TODAY - timedelta(days=100))
    return at(f"/certificates/{made.id}/adjust"), {"days": "30", "reason": "Illness"}, Adjustment


def certificate_page() -> FormPage:
    data = {"provider": "X", "number": "N1", "known": "day", "expiry": "none"}
    data |= {"kind": "mhfa-adult"} | day("day", TODAY - timedelta(days=100))
    return at(f"/people/{people.person().id}/certificates/new"), data, Certificate


def walk_in_page() -> FormPage:
    run = courses.run(TODAY + timedelta(days=30))
    data = {
        "name": "Walk In",
        "email": "w@example.org",
        "is_somebody_else": "yes",  # a name that is listed already is refused without it
        "organisation": "",
        "trainer_reads": "name",
    }
    return at(f"/training/{run.id}/add/walk-in"), data, Attendee


def booking_page() -> FormPage:
    run = courses.run(TODAY + timedelta(days=30))
    group = organisations.organisation("Watton Players")
    data = {"headcount": "2", "organisation": public_id("organisations", group.id)}
    return at(f"/training/{run.id}/places"), data, Booking


def site_page() -> FormPage:
    group = organisations.organisation("Watton Players")
    data = {"name": "Hall", "postcode": "IP25 6DZ", "ward": ""}
    return at(f"/organisations/{group.id}/sites/new"), data, Site


def agreement_page() -> FormPage:
    group = organisations.organisation("Watton Players")
    data = {"network": "", "purpose": "To help"}
    for name, on in (("signed", TODAY), ("starts", TODAY), ("ends", TODAY + timedelta(days=99))):
        data |= day(name, on)
    return at(f"/organisations/{group.id}/agreements/new"), data, Agreement


PAGES = [adjustment_page, certificate_page, walk_in_page, booking_page, site_page, agreement_page]


@pytest.mark.parametrize("page", PAGES)
def test_a_second_press_changes_nothing_and_redirects_to_the_same_page(
    page: Callable[[], FormPage],
    session: Session,
    client: FlaskClient,
    sign_in: Callable[[User], FlaskClient],
) -> None:
    address, data, model = page()
    sign_in(accounts.coordinator())

    def count() -> int:
        return session.scalar(select(func.count()).select_from(model)) or 0

    before = count()
    first, second = (client.post(address, data=data | {"csrf_token": "a"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.location == second.location
    assert count() == before + 1
    assert "did not save it again" in client.get(second.location).text
    # A form from another page is another submission.
    client.post(address, data=data | {"csrf_token": "b"})
    assert count() == before + 2


def test_a_refused_form_can_be_sent_again(
    session: Session, client: FlaskClient, sign_in: Callable[[User], FlaskClient]
) -> None:
    run = courses.run(TODAY + timedelta(days=30))
    sign_in(accounts.coordinator())
    for _ in range(2):
        reply = client.post(at(f"/training/{run.id}/add/walk-in"), data={"csrf_token": "a"})
        assert reply.status_code == 422


def test_old_submissions_are_deleted(session: Session) -> None:
    for key, days in (("old", 9), ("new", 1)):
        at = clock.now() - timedelta(days=days)
        session.add(once.Submission(key=key, at=at, led_to="/"))
    session.flush()
    assert once.delete_old_submissions(TODAY) == 1
    assert session.scalars(select(once.Submission.key)).all() == ["new"]
