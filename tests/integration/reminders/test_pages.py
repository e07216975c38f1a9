"""The pages of reminders: who can see which people, and recording the outcome of a call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, registry
from app.core.actor import SYSTEM, Actor
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.messages import service as messages
from app.messages.models import Message
from app.messages.types import Channel, NewMessage, Recipient
from app.people.models import NoticeGiven, Person
from app.people.safety.models import DelayedChange
from app.people.safety.types import DelayedChangeKind
from app.people.types import CallOutcome
from app.reminders import hooks, morning, service
from tests.addresses import at, public_id
from tests.factories import accounts, organisations, people
from tests.factories.reminders import holder
from tests.integration.reminders.conftest import TODAY

LISTS = ["/reminders", "/reminders/due", "/reminders/sent", "/reminders/skipped"]
IN_30 = TODAY + timedelta(days=30)


def latest_message_id(session: Session, person: Person) -> int:
    """Return the ID of the newest message to a person."""
    found = session.scalars(select(Message.id).where(Message.person_id == person.id)).all()
    return max(found)


@pytest.fixture
def coordinator(sign_in: Any, session: Session) -> FlaskClient:
    """Sign in a coordinator with the permission for sensitive networks."""
    client: FlaskClient = sign_in(accounts.coordinator())
    return client


@pytest.mark.parametrize("path", [*LISTS, "/reminders/contacts/1"])
@pytest.mark.parametrize("role", [Role.TRAINER, Role.ANALYST, Role.PARTNER, Role.CHAMPION])
def test_only_coordinators_can_open_these_pages(
    sign_in: Any, session: Session, path: str, role: Role
) -> None:
    address = path if path in LISTS else at(path)
    assert sign_in(accounts.user(role)).get(address).status_code == 404


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_list_shows_a_message(coordinator: FlaskClient, path: str) -> None:
    response = coordinator.get(path)
    assert response.status_code == 200
    assert "We have not processed any reminders yet." in response.text


def test_people_to_call_are_listed_with_the_reason(
    coordinator: FlaskClient, session: Session
) -> None:
    holder(IN_30, "Rita Ring", email=None, phone="+441362000000")
    holder(IN_30, "Peter Post", email=None, post="1 High Street\nDereham\nNR19 2AB")
    holder(IN_30, "Nora Nocourse", email="nora@example.org")
    service.run(SYSTEM, TODAY)
    page = coordinator.get("/reminders").text
    for name, why in (
        ("Rita Ring", "They need a phone call"),
        ("Peter Post", "They asked for letters by post"),
        ("Nora Nocourse", "No course they can travel to has places left"),
    ):
        assert name in page
        assert why in page


def test_an_email_address_is_not_shown_for_people_who_must_be_called(
    coordinator: FlaskClient, session: Session
) -> None:
    ann = holder(IN_30, "Ann Example", email="ann@example.org", phone="+441362000000")
    recipient = Recipient(Channel.PHONE, "+441362000000", "Ann Example", ann.id)
    change = DelayedChange(
        person_id=ann.id, kind=DelayedChangeKind.ADD_CONTACT, detail={}, asked_at=clock.now()
    )
    session.add(change)
    session.flush()
    key = f"change-call:{change.id}"
    messages.post(NewMessage("change-call", recipient, key, context={"safe": True}))
    pages = [
        coordinator.get("/reminders").text,
        coordinator.get(at(f"/reminders/contacts/{latest_message_id(session, ann)}")).text,
    ]
    assert all("Ann Example" in page and "ann@example.org" not in page for page in pages)
    assert "They need a phone call" in pages[0]
    assert "01362 000000" in pages[1]


def test_recording_an_outcome_removes_the_person_from_the_list(
    coordinator: FlaskClient, session: Session
) -> None:
    ann = holder(IN_30, "Ann Example", email=None, phone="+441362000000")
    service.run(SYSTEM, TODAY)
    path = at(f"/reminders/contacts/{latest_message_id(session, ann)}")
    page = coordinator.get(path).text
    assert "01362 000000" in page
    assert "31 March 2027" in page
    assert session.scalars(
        select(AuditEntry).where(
            AuditEntry.verb == "person.call-read", AuditEntry.subject_id == ann.id
        )
    ).one()
    empty_outcome = coordinator.post(path, data={"result": "done", "outcome": "  "})
    assert empty_outcome.status_code == 422
    assert "Enter what happened" in empty_outcome.text
    done = coordinator.post(path, data={"outcome": "Will book in May"}, follow_redirects=True)
    assert "Ann Example" not in done.text
    assert "Will book in May" in coordinator.get("/reminders/sent").text
    assert coordinator.post(path, data={"outcome": "Again"}).location == "/reminders"


def test_an_email_that_came_back_is_on_the_list(coordinator: FlaskClient, session: Session) -> None:
    ann = holder(IN_30, "Ann Example", email="gone@example.org")
    service.run(SYSTEM, TODAY)
    letter = session.scalars(
        select(Message).where(Message.person_id == ann.id, Message.letter == "reminder")
    ).one()
    letter.failed_at, letter.last_error = clock.now(), "550 no such user"
    session.flush()
    assert "Our email could not be delivered" in coordinator.get("/reminders").text
    path = at(f"/reminders/contacts/{letter.id}")
    assert "550 no such user" in coordinator.get(path).text
    data = {"outcome": "New address noted", "told": public_id("messages", letter.id)}
    assert coordinator.post(path, data=data).status_code == 302
    assert "Our email could not be delivered" not in coordinator.get("/reminders").text


def test_reminders_due_within_sixty_days_are_listed(
    coordinator: FlaskClient, session: Session
) -> None:
    holder(TODAY + timedelta(days=67), "Soon Enough")  # the 7-day step is due in 60 days
    holder(TODAY + timedelta(days=242), "Later On")  # the 180-day step is due in 62 days
    page = coordinator.get("/reminders/due").text
    assert page.count("Soon Enough") == 2  # the 30-day and the 7-day steps
    assert "Later On" not in page
    assert "30 days before" in page


def test_long_lists_are_paginated(coordinator: FlaskClient, session: Session) -> None:
    names = [f"Person Number{number:02}" for number in range(30)]
    for name in names:
        holder(IN_30, name, email=None, phone="+441362000000")
    service.run(SYSTEM, TODAY)
    for path in LISTS:
        first = coordinator.get(path).text
        assert "after=" in first, path
    assert coordinator.get("/reminders?after=nonsense").status_code == 200
    assert coordinator.get("/reminders/due?after=WyJ4IiwxLDFd").status_code == 200
    assert coordinator.get("/reminders/sent?after=WyJ4IiwxXQ").status_code == 200


def test_skipped_reminders_are_listed_with_the_reason(
    coordinator: FlaskClient, session: Session
) -> None:
    holder(IN_30, "Ann Example")
    holder(IN_30, "Told Nothing", has_notice=False)
    service.run(SYSTEM, TODAY)
    page = coordinator.get("/reminders/skipped").text
    assert "A later reminder is due" in page
    assert "On hold today" in page
    assert "This person has not had the privacy notice yet" in page


def test_a_missed_morning_run_is_shown(coordinator: FlaskClient, session: Session) -> None:
    with clock.frozen(TODAY - timedelta(days=10)):
        morning.run_if_due(clock.now())
    assert "We could not process reminders this morning" in coordinator.get("/reminders").text


def sensitive(name: str) -> Person:
    """Create a person whose only network is sensitive."""
    network = organisations.network(sensitive=True)
    return holder(IN_30, name, email=None, phone="+441362000000", networks=[network])


def test_people_of_sensitive_networks_are_listed_only_with_the_permission(
    sign_in: Any, session: Session
) -> None:
    ann = sensitive("Ann Hidden")
    holder(TODAY + timedelta(days=67), "Bob Open")
    service.run(SYSTEM, TODAY)
    path = at(f"/reminders/contacts/{latest_message_id(session, ann)}")
    without = sign_in(accounts.coordinator(sensitive=False))
    for each in LISTS:
        assert "Ann Hidden" not in without.get(each).text, each
    assert without.get(path).status_code == 404
    assert without.post(path, data={"outcome": "Rang"}).status_code == 404
    allowed = sign_in(accounts.coordinator())
    assert "Ann Hidden" in allowed.get("/reminders").text
    assert allowed.get(path).status_code == 200


def test_people_who_blocked_a_coordinator_are_hidden_from_them(
    sign_in: Any, session: Session
) -> None:
    user = accounts.coordinator()
    ann = holder(IN_30, "Ann Example", email=None, phone="+441362000000")
    people.block(ann, user=user)
    service.run(SYSTEM, TODAY)
    client = sign_in(user)
    for each in LISTS:
        assert "Ann Example" not in client.get(each).text, each
    assert (
        client.get(at(f"/reminders/contacts/{latest_message_id(session, ann)}")).status_code == 404
    )


def test_the_home_page_counts_people_rather_than_messages(session: Session) -> None:
    user = accounts.coordinator(sensitive=False)
    actor = Actor("user", user.name, user.id, roles=frozenset({Role.COORDINATOR}))
    sensitive("Ann Hidden")
    holder(IN_30, "Rita Ring", email=None, phone="+441362000000")
    holder(IN_30, "Nora Nocourse")
    assert hooks.todos in list(registry.todos)
    service.run(SYSTEM, TODAY)
    with_request = [todo.count for todo in _todos(session, actor)]
    assert with_request == [2]


def _todos(session: Session, actor: Actor) -> Any:
    with current_app.test_request_context():
        return hooks.todos(actor, TODAY)


def test_other_letters_to_people_without_email_are_on_the_list(
    coordinator: FlaskClient, session: Session
) -> None:
    ann = people.person("Ann Example", email=None, phone="+441362000000")
    message_id = messages.post(
        NewMessage(
            "details-received",
            Recipient(Channel.PHONE, "+441362000000", "Ann Example", ann.id),
            "test:details",
            {"privacy": {"endpoint": "site.privacy"}, "sign_in": None},
        )
    )
    assert "Ann Example" in coordinator.get("/reminders").text
    page = coordinator.get(at(f"/reminders/contacts/{message_id}")).text
    assert "What to say" in page
    assert "Hello Ann Example" in page
    coordinator.post(at(f"/reminders/contacts/{message_id}"), data={"outcome": "Told her"})
    assert "Ann Example" not in coordinator.get("/reminders").text
    assert session.scalars(select(NoticeGiven).where(NoticeGiven.person_id == ann.id)).one()


def test_two_messages_for_one_person_are_one_entry(
    coordinator: FlaskClient, session: Session
) -> None:
    ann = holder(IN_30, "Ann Example", email=None, phone="+441362000000")
    notice = messages.post(
        NewMessage(
            "details-received",
            Recipient(Channel.PHONE, "+441362000000", "Ann Example", ann.id),
            "test:details",
            {"privacy": {"endpoint": "site.privacy"}, "sign_in": None},
        )
    )
    service.run(SYSTEM, TODAY)
    call = latest_message_id(session, ann)
    page = coordinator.get("/reminders").text
    assert page.count("Ann Example") == 1
    assert "Tell them where we got their details" in page
    assert "until 31 March 2027" in page
    first, second = (at(f"/reminders/contacts/{each}") for each in (notice, call))
    for path in (first, second):
        shown = coordinator.get(path).text
        assert "What did you tell them?" in shown
        assert shown.count('class="app-letter"') == 2
    nothing = coordinator.post(first, data={"result": "done", "outcome": "Told her"})
    assert "Select what you told them" in nothing.text
    data = {"result": "done", "outcome": "Told her", "told": public_id("messages", notice)}
    done = coordinator.post(first, data=data)
    assert done.location == second
    next_page = coordinator.get(done.location).text
    assert "What did you tell them?" not in next_page
    assert "There is something else to tell this person" in next_page
    assert coordinator.post(second, data={"outcome": "All"}).location == "/reminders"
    assert "Ann Example" not in coordinator.get("/reminders").text


def test_a_call_that_does_not_reach_the_person_stays_on_the_list(
    coordinator: FlaskClient, sign_in: Any, session: Session
) -> None:
    ann = holder(IN_30, "Ann Example", email=None, phone="+441362000000")
    service.run(SYSTEM, TODAY)
    path = at(f"/reminders/contacts/{latest_message_id(session, ann)}")
    assert "Select what happened" in coordinator.post(path, data={}).text
    again = {"again-day": "28", "again-month": "2", "again-year": "2027"}
    early = coordinator.post(path, data={"result": "left-message"} | again)
    assert early.status_code == 422
    again["again-day"], again["again-month"] = "3", "3"
    for _press in range(2):
        left = coordinator.post(path, data={"result": "left-message"} | again)
        assert left.location == "/reminders"
    page = coordinator.get("/reminders").text
    assert "The person is still on the list" in page
    assert "Call again on 3 March 2027. 1 call so far." in page
    for days in (0, 1):
        with clock.frozen(TODAY + timedelta(days=days)):
            sign_in(accounts.coordinator())
            assert "Stop trying" not in coordinator.get(path).text
            assert coordinator.post(path, data={"result": "stop"}).status_code == 422
            coordinator.post(path, data={"result": "not-reached"})
            coordinator.post(path, data={"result": "not-reached"})
    with clock.frozen(TODAY + timedelta(days=1)):
        sign_in(accounts.coordinator())
        assert "3 calls so far." in coordinator.get("/reminders").text
        assert "3 failed calls" in coordinator.get(path).text
        assert coordinator.post(path, data={"result": "stop"}).location == "/reminders"
        assert "Ann Example" not in coordinator.get("/reminders").text
    session.refresh(ann)
    failed = [each.on for each in ann.calls if each.outcome is CallOutcome.NOT_REACHED]
    assert failed == [TODAY, TODAY + timedelta(days=1)]


def test_speaking_to_a_person_counts_as_hearing_from_them(
    coordinator: FlaskClient, session: Session
) -> None:
    ann = holder(IN_30, "Ann Example", email=None, phone="+441362000000")
    service.run(SYSTEM, TODAY)
    path = at(f"/reminders/contacts/{latest_message_id(session, ann)}")
    coordinator.post(path, data={"result": "not-reached"})
    assert TODAY not in [each.on for each in ann.activity]
    coordinator.post(path, data={"result": "done", "outcome": "Will book in May"})
    session.refresh(ann)
    assert TODAY in [each.on for each in ann.activity]
    assert "Will book in May" in coordinator.get(at(f"/people/{ann.id}")).text


def test_the_text_for_a_call_has_no_links(coordinator: FlaskClient, session: Session) -> None:
    ann = holder(IN_30, "Ann Example", email=None, phone="+441362000000")
    service.run(SYSTEM, TODAY)
    page = coordinator.get(at(f"/reminders/contacts/{latest_message_id(session, ann)}")).text
    script = page.split('class="app-letter">')[1].split("</div>")[0]
    assert "Your certificate for" in script
    assert "http" not in script
    assert "Do not leave a voicemail" in page


def test_opening_a_completed_entry_shows_a_message(
    coordinator: FlaskClient, session: Session
) -> None:
    ann = holder(IN_30, "Ann Example", email=None, phone="+441362000000")
    service.run(SYSTEM, TODAY)
    path = at(f"/reminders/contacts/{latest_message_id(session, ann)}")
    coordinator.post(path, data={"outcome": "Rang"})
    response = coordinator.get(path)
    assert response.location == "/reminders"
    assert "no longer on the list" in coordinator.get("/reminders").text
    assert coordinator.get(at("/reminders/contacts/999999")).status_code == 404
