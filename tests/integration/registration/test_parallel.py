"""Concurrent submissions, with real threads and a separate database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.messages.models import Message
from app.people.models import ContactPoint, Person
from tests.addresses import at, public_id
from tests.factories import accounts, people
from tests.integration.registration.registering import fill_in, pages

TIMES = 6


def at_once(times: int, action: Any) -> list[Any]:
    """Run ``action`` in ``times`` threads that start together."""
    barrier = Barrier(times)

    def run(number: int) -> Any:
        barrier.wait()
        return action(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def test_a_double_submission_creates_one_registration(site: Flask) -> None:
    client = site.test_client()
    fill_in(client, pages(contact={"email": "twice@example.org"}))
    cookie = client.get_cookie("registration")
    assert cookie is not None

    def press(number: int) -> Any:
        other = site.test_client()
        other.set_cookie("registration", cookie.value)
        return other.post("/register/check", follow_redirects=True)

    replies = at_once(TIMES, press)
    assert {reply.status_code for reply in replies} == {200}
    assert all("Registration sent" in reply.get_data(as_text=True) for reply in replies)
    with site.app_context():
        assert db.session.scalar(select(func.count()).select_from(Person)) == 1
        to_them = select(func.count()).where(Message.address == "twice@example.org")
        assert db.session.scalar(to_them) == 1


def test_the_same_answers_from_several_browsers_are_one_registration(site: Flask) -> None:
    def register(number: int) -> Any:
        client = site.test_client()
        name = {"over_18": "yes", "name": "Ann Smith" if number % 2 else "ann  SMITH"}
        fill_in(client, pages(start=name, contact={"email": "many@example.org"}))
        return client.post("/register/check", follow_redirects=True)

    replies = at_once(TIMES, register)
    assert {reply.status_code for reply in replies} == {200}
    assert all("Registration sent" in reply.get_data(as_text=True) for reply in replies)
    with site.app_context():
        assert db.session.scalar(select(func.count()).select_from(Person)) == 1
        to_them = select(func.count()).where(Message.address == "many@example.org")
        assert db.session.scalar(to_them) == 1


def test_other_answers_or_a_later_day_are_another_registration(site: Flask) -> None:
    def register(**changed: Any) -> None:
        client = site.test_client()
        fill_in(client, pages(contact={"email": "again@example.org"}, **changed))
        assert client.post("/register/check").status_code == 302

    register()
    register(networks={"networks": ["none"], "interest": "champion"})
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        register()
    with site.app_context():
        assert db.session.scalar(select(func.count()).select_from(Person)) == 3


def test_people_with_one_mailbox_share_a_contact_point(site: Flask) -> None:
    def register(number: int) -> int:
        client = site.test_client()
        name = {"over_18": "yes", "name": f"Ann Number{number}"}
        fill_in(client, pages(start=name, contact={"email": "family@example.org"}))
        return client.post("/register/check").status_code

    assert set(at_once(TIMES, register)) == {302}
    with site.app_context():
        points = select(func.count()).where(ContactPoint.value == "family@example.org")
        assert db.session.scalar(points) == 1


def test_only_one_of_several_decisions_is_recorded(site: Flask) -> None:
    with site.app_context():
        person_id = people.applicant(email="one@example.org").id
        deciders = [accounts.coordinator().id for _ in range(TIMES)]
        db.session.commit()

    def decide(number: int) -> int:
        client = site.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = public_id("users", deciders[number], site)
            cookie["_fresh"] = True
            cookie["signed_in_at"] = clock.now().isoformat()
        path = at(f"/applications/{person_id}", site)
        if number % 2:
            return client.post(f"{path}/approve").status_code
        return client.post(f"{path}/decline", data={"reason": "No"}).status_code

    assert set(at_once(TIMES, decide)) <= {302, 303}  # accepted, or shown again with an error
    with site.app_context():
        person = db.session.get_one(Person, person_id)
        assert (person.approved_at is None) != (person.declined_at is None)
        letters = db.session.scalars(
            select(Message).where(Message.address == "one@example.org")
        ).all()
        assert len(letters) == 1
