"""Add, remove, go back and add again: the second time counts, although the input is the same.

The browser does not store pages, so going back shows the form with a new token. Sending the first
page once more, as a second press does, adds nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time as clock_time
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.certificates.models import Certificate
from app.core import clock
from app.core.permissions import Role
from app.courses.models import Attendee, Booking, CourseRun
from app.organisations.models import Site
from app.people.models import Affiliation
from tests.addresses import at
from tests.factories import accounts, courses, organisations, people

STAFF = (Role.COORDINATOR, Role.SENSITIVE, Role.ADMIN)
TRAINING = {
    "kind": "mhfa-adult",
    "known": "day",
    "provider": "MHFA England",
    "expiry": "none",
    "day-day": "1",
    "day-month": "3",
    "day-year": "2025",
}


@dataclass
class Form:
    """A form that adds a row, and how to remove the row.

    `page` is its URL, and `removal` the URL and data that remove the newest row.
    """

    page: str
    data: dict[str, Any]
    rows: Any  # a query for the IDs of the rows that count
    removal: Callable[[int], tuple[str, dict[str, Any]]]
    user: User | None = None


def _run(session: Session, *, today: bool = False) -> CourseRun:
    day = clock.today() if today else clock.today() + timedelta(days=20)
    times = courses.session_times(day, clock_time(0, 0), clock_time(0, 1))
    return courses.run(day, sessions=[times] if today else ())


def _attendees(run: CourseRun, kind: str) -> Form:
    return Form(
        f"/training/{run.id}/add/{kind}",
        {"name": "Bob Brown", "trainer_reads": "name"},
        select(Attendee.id).where(Attendee.run_id == run.id, Attendee.cancelled_at.is_(None)),
        lambda row: (f"/training/{run.id}/people/{row}/remove", {}),
    )


def attendee_added_by_name(session: Session) -> Form:
    return _attendees(_run(session), "named")


def walk_in(session: Session) -> Form:
    return _attendees(_run(session, today=True), "walk-in")


def held_places(session: Session) -> Form:
    run = _run(session)
    return Form(
        f"/training/{run.id}/places",
        {"organisation": "team", "headcount": "2"},
        select(Booking.id).where(Booking.run_id == run.id, Booking.headcount > 0),
        lambda row: (f"/training/{run.id}/places/{row}/release", {}),
    )


def certificate(session: Session) -> Form:
    ann = people.person("Ann Smith")
    return Form(
        f"/people/{ann.id}/certificates/new",
        TRAINING,
        select(Certificate.id).where(
            Certificate.person_id == ann.id, Certificate.revoked_at.is_(None)
        ),
        lambda row: (f"/certificates/{row}/revoke", {"reason": "By mistake"}),
    )


def site(session: Session) -> Form:
    charity = organisations.organisation()
    return Form(
        f"/organisations/{charity.id}/sites/new",
        {"name": "Hall", "postcode": "IP24 1JD"},
        select(Site.id).where(Site.organisation_id == charity.id, Site.until_on.is_(None)),
        lambda row: (f"/organisations/{charity.id}/sites/{row}/end", {}),
    )


def own_organisation(session: Session) -> Form:
    ann = people.champion("Ann Smith")
    return Form(
        "/me/organisations",
        {"organisation": "Watton Choir"},
        select(Affiliation.id).where(
            Affiliation.person_id == ann.id, Affiliation.until_on.is_(None)
        ),
        lambda row: (f"/me/organisations/{row}/remove", {}),
        session.get_one(User, ann.user_id),
    )


FORMS = (attendee_added_by_name, walk_in, held_places, certificate, site, own_organisation)


def submitted_values(client: FlaskClient, page: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return what a browser sends from a page, with the token of this rendering."""
    reply = client.get(page)
    assert reply.status_code == 200
    assert reply.headers["Cache-Control"] == "no-store"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', reply.text)
    assert token is not None
    return data | {"csrf_token": token[1]}


@pytest.mark.parametrize("made", FORMS, ids=lambda each: each.__name__)
def test_what_was_removed_can_be_added_again(
    session: Session, sign_in: Any, made: Callable[[Session], Form]
) -> None:
    form = made(session)
    client = sign_in(form.user or accounts.user(*STAFF))
    page = at(form.page) if re.search(r"\d", form.page) else form.page

    def count() -> int:
        session.expire_all()
        return session.scalar(select(func.count()).select_from(form.rows.subquery())) or 0

    def newest() -> int:
        return max(session.scalars(form.rows))

    sent = submitted_values(client, page, form.data)
    for _press in range(2):
        reply = client.post(page, data=sent)
        assert reply.status_code == 302, reply.text
        assert count() == 1
    path, data = form.removal(newest())
    assert client.post(at(path), data=data).status_code == 302
    assert count() == 0
    time.sleep(1.1)  # a token changes every second
    again = submitted_values(client, page, form.data)
    assert again["csrf_token"] != sent["csrf_token"]
    for _press in range(2):
        assert client.post(page, data=again).status_code == 302
        assert count() == 1
