"""The home page for each role, and the page of a background job."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts import powers
from app.accounts import queries as accounts
from app.accounts.models import User
from app.accounts.powers import NewGrant
from app.core import clock, jobs
from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Role
from app.core.words import long_date
from app.people.models import Person
from tests.addresses import at
from tests.factories import accounts as users
from tests.factories import certificates, courses, people
from tests.integration.conftest import signed_in
from tests.integration.people import letters


def _page(app: Flask, who: str | None) -> str:
    user = accounts.user_by_email(f"{who}@demo.example") if who else None
    with signed_in(app, user) as browser:
        reply = browser.get("/")
    assert reply.status_code == 200
    return reply.text


def test_the_public_sees_actions_and_published_figures(demo: Session, demo_app: Flask) -> None:
    page = _page(demo_app, None)
    for words in ("Register as a champion", "Find help now", "of 50", "Attleborough", "116 123"):
        assert words in page
    assert "/coverage/" not in page


def test_a_coordinator_sees_tasks_and_targets(demo: Session, demo_app: Flask) -> None:
    page = _page(demo_app, "coordinator")
    for words in (
        "What to do today",
        "waiting for your decision",
        "Sign off 1 course",
        "Call or write to people",
        "of 50",
        "of 15",
        "/coverage/dereham/people",
        "Certificates that expire within 30 days",
        "Earlier training to confirm",
        "Next courses",
    ):
        assert words in page


def test_a_partner_sees_only_its_own_people(demo: Session, demo_app: Flask) -> None:
    page = _page(demo_app, "partner")
    assert "These numbers include only the people in your network or organisation." in page
    assert "Next courses" not in page
    for address in ("/", "/coverage"):
        user = accounts.user_by_email("partner@demo.example")
        with signed_in(demo_app, user) as browser:
            page = browser.get(address).text
        assert "of your people count towards 50" in page
        assert not re.search(r"[0-9] of (15|50|100)\b", page), "no shortfall of other people’s"
        assert "app-bar" not in page


def test_a_champion_with_an_expired_certificate_must_renew(
    client: FlaskClient, sign_in: Any
) -> None:
    champion: Person = people.champion("Lana Late")
    certificates.certificate(champion, awarded_on=date(2021, 3, 1))
    user = db.session.get_one(User, champion.user_id)
    page = sign_in(user).get("/").text
    assert "You have nothing to do today" not in page
    assert "It expired on 1 March 2024" in page
    assert 'href="/courses?course=mhfa-two-day-adult"' in page
    assert "Expired on 1 March 2024" in page
    assert "In date until" not in page
    assert "Expired on 1 March 2024" in sign_in(user).get("/me").text
    run = courses.run(clock.today() + timedelta(days=30))
    courses.attendee(run, champion)
    assert "It expired on" not in sign_in(user).get("/").text


def test_a_champion_sees_refreshers_before_expiry(client: FlaskClient, sign_in: Any) -> None:
    champion: Person = people.champion("Sona Soon")
    last = clock.today() + timedelta(days=20)
    awarded = last - timedelta(days=3 * 365)
    certificates.certificate(champion, awarded_on=awarded, expires_on=last)
    page = sign_in(db.session.get_one(User, champion.user_id)).get("/").text
    assert 'href="/courses?course=mhfa-refresher"' in page
    assert f"by {long_date(last)}" in page


def test_a_champion_sees_their_certificate_and_where_to_renew_it(
    demo: Session, demo_app: Flask
) -> None:
    page = _page(demo_app, "champion")
    for words in ("We have a question for you", "23 April 2027", "Expires soon", "MHFA Refresher"):
        assert words in page


def test_a_trainer_sees_the_next_courses(demo: Session, demo_app: Flask) -> None:
    page = _page(demo_app, "trainer")
    assert "Sign off 1 course" in page
    assert "Next courses" in page
    assert "Our targets</h2>" not in page


def test_an_analyst_sees_published_figures_but_no_people(demo: Session, demo_app: Flask) -> None:
    page = _page(demo_app, "analyst")
    assert "Welcome, Ellis Demo" in page
    assert "Counted on 1 March 2027 and shown as ranges." in page
    assert "/people" not in page


def test_an_administrator_sees_the_health_checks(demo: Session, demo_app: Flask) -> None:
    page = _page(demo_app, "admin")
    assert "Is everything running?" in page
    assert "Scheduler" in page


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_home_page_without_any_people(
    client: FlaskClient, sign_in: Any, role: Role
) -> None:
    user = users.user(role)
    reply = sign_in(user).get("/")
    assert reply.status_code == 200


def test_a_champion_without_a_certificate_is_told_so(client: FlaskClient, sign_in: Any) -> None:
    champion: Person = people.champion("Ada Newcome")
    user = db.session.get_one(User, champion.user_id)
    page = sign_in(user).get("/").text
    assert "None yet" in page
    assert "None booked" in page


def _actor(user: User) -> Actor:
    return Actor(kind="user", name=user.name, user_id=user.id, roles=frozenset({Role.COORDINATOR}))


def test_only_the_owner_can_see_a_job(client: FlaskClient, sign_in: Any) -> None:
    owner, other = users.coordinator(), users.coordinator()
    job = jobs.start_job(_actor(owner), "matching", on="2027-03-29")
    job.done, job.total, job.stage = 1, 4, "Reading needs and people"
    browser = sign_in(owner)
    page = browser.get(at(f"/jobs/{job.id}"))
    assert (page.status_code, "Reading needs and people" in page.text) == (200, True)
    assert "refresh" in page.text  # without JavaScript
    status = browser.get(at(f"/jobs/{job.id}/status")).json
    assert status == {
        "state": "waiting",
        "percent": 25,
        "stage": "Reading needs and people",
        "error": None,
        "url": None,
    }
    sign_in(other)
    assert client.get(at(f"/jobs/{job.id}")).status_code == 404
    assert client.get(at(f"/jobs/{job.id}/status")).status_code == 404


def test_a_finished_job_links_to_its_result(client: FlaskClient, sign_in: Any) -> None:
    owner = users.coordinator()
    job = jobs.start_job(_actor(owner), "matching", on="2027-03-29")
    page = {"endpoint": "matching.needs", "values": {}}
    jobs.finish_job(job.id, {"page": page})
    db.session.expire_all()
    browser = sign_in(owner)
    status = browser.get(at(f"/jobs/{job.id}/status")).json
    assert (status["state"], status["percent"], status["url"]) == ("done", 100, "/needs")
    assert 'href="/needs"' in browser.get(at(f"/jobs/{job.id}")).text


def test_a_user_without_roles_gets_an_explanation(client: FlaskClient, sign_in: Any) -> None:
    page = sign_in(users.user()).get("/").text
    assert "You are not in the network at the moment" in page


def test_an_applicant_sees_the_state_of_their_registration(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    people.applicant("Ann Waiting", email="ann@home.example")
    browser = letters.sign_in(client, session, "ann@home.example")
    page = browser.get("/").text
    for words in ("Your registration", "Waiting for a decision", "Sent on", 'href="/me"'):
        assert words in page
    page = page.split("<main", 1)[1]  # the menu leads to the courses from every page
    for words in (
        "Your training",
        "You have nothing to do",
        "Find a course",
        "You are not in the network",
    ):
        assert words not in page


def test_a_user_with_a_pending_role_is_told(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    admin = users.user(Role.ADMIN, name="Ada Min")
    asks = Actor(kind="user", name="Ada Min", user_id=admin.id, roles=frozenset({Role.ADMIN}))
    waits = users.user(name="Nell New")
    assert not powers.grant_or_request_role(asks, waits, NewGrant(Role.COORDINATOR, clock.today()))
    page = sign_in(waits).get("/").text
    assert "Your new role is waiting for a second person to approve it" in page
    assert "You are not in the network" not in page
