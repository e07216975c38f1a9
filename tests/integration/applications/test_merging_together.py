"""Concurrent merges and decisions, with real threads and a separate database."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import db
from app.messages.models import Message
from app.people.duplicate_models import MergedRegistration
from app.people.models import ActivityConfirmation, Membership, Person, PersonContact
from tests.addresses import at, public_id
from tests.factories import accounts, organisations, people
from tests.integration.registration.test_parallel import TIMES, at_once

ROUNDS = 4


def registered_twice(email: str) -> tuple[int, int, list[int]]:
    """Return a person in the network, their second registration, and coordinators."""
    kept = people.person("Ann Smith", email=email)
    copy = people.applicant(
        "Ann Smith",
        email=email,
        phone="+447700900123",
        networks=[organisations.network()],
        registered_at=clock.now(),
    )
    deciders = [accounts.coordinator().id for _ in range(TIMES)]
    db.session.commit()
    return kept.id, copy.id, deciders


def signed_in(site: Flask, user_id: int) -> Any:
    client = site.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = public_id("users", user_id, site)
        cookie["_fresh"] = True
        cookie["signed_in_at"] = clock.now().isoformat()
    return client


def count(model: Any, *conditions: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def test_concurrent_merges_take_effect_once(site: Flask) -> None:
    with site.app_context():
        kept, copy, deciders = registered_twice("ann@example.org")

    def press(number: int) -> tuple[int, str]:
        first, second = (copy, kept) if number % 2 else (kept, copy)
        client = signed_in(site, deciders[number])
        reply = client.post(at(f"/applications/{first}/join/{second}", site), follow_redirects=True)
        return reply.status_code, reply.get_data(as_text=True)

    replies = at_once(TIMES, press)
    assert {status for status, _page in replies} == {200}
    assert sum("The two records have been merged" in page for _status, page in replies) == 1
    assert sum("merged into Ann Smith’s record" in page for _status, page in replies) == TIMES - 1
    with site.app_context():
        assert count(Person, Person.id == copy) == 0
        assert count(MergedRegistration, MergedRegistration.closed_id == copy) == 1
        assert count(PersonContact, PersonContact.person_id == kept) == 2
        assert count(Membership, Membership.person_id == kept) == 1
        assert (
            count(
                ActivityConfirmation,
                ActivityConfirmation.person_id == kept,
                ActivityConfirmation.on == clock.today(),
            )
            == 1
        )
        whole = (AuditEntry.verb == "person.join", AuditEntry.subject_id == copy)
        assert count(AuditEntry, *whole, AuditEntry.subject_type == "people") == 1


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_merging_during_a_decision(site: Flask, round_number: int) -> None:
    """The first request wins, and the others get an explanation."""
    email = f"round{round_number}@example.org"
    with site.app_context():
        kept, copy, deciders = registered_twice(email)

    def press(number: int) -> tuple[str, int, str]:
        client = signed_in(site, deciders[number])
        path_of_copy = at(f"/applications/{copy}", site)
        match number % 3:
            case 0:
                done, path = "join", at(f"/applications/{copy}/join/{kept}", site)
                shown_states = {"seen": "active, waiting for approval"}
                reply = client.post(path, data=shown_states, follow_redirects=True)
            case 1:
                done, reply = (
                    "approve",
                    client.post(f"{path_of_copy}/approve", follow_redirects=True),
                )
            case _:
                form = {"reason": "No"}
                done = "decline"
                reply = client.post(f"{path_of_copy}/decline", data=form, follow_redirects=True)
        return done, reply.status_code, reply.get_data(as_text=True)

    replies = at_once(TIMES, press)
    assert {status for _done, status, _page in replies} <= {200, 409, 422}
    with site.app_context():
        left = db.session.get(Person, copy)
        joined = count(MergedRegistration, MergedRegistration.closed_id == copy)
        letters = db.session.scalars(select(Message.letter).where(Message.address == email)).all()
        if left is None:
            # The registration added a phone number, so the old mailbox is told.
            assert (joined, list(letters)) == (1, ["something-changed"])
            notice = "merged into Ann Smith’s record"
            others = [page for done, _status, page in replies if done != "join"]
            assert all(notice in page for page in others)
        else:
            assert joined == 0
            assert (left.approved_at is None) != (left.declined_at is None)
            assert list(letters) == ["approved" if left.approved_at else "declined"]
            assert count(PersonContact, PersonContact.person_id == kept) == 1
            notice = "One of the records has changed since you compared them"
            pages = [page for done, _status, page in replies if done == "join"]
            assert all(notice in page for page in pages)
