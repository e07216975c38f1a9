"""Suspending people: what stops, what is shown, and who can read the reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.courses import queries as courses_queries
from app.messages import letters
from app.messages import service as messages
from app.messages.models import Message
from app.messages.types import Channel, NewMessage, Recipient
from app.people.models import Person, Suspension
from app.people.queries import is_active_on, state_on
from app.people.types import PersonState
from tests.addresses import at, public_id
from tests.factories import accounts, certificates, courses, matching, organisations, people

SignIn = Callable[[Any], FlaskClient]
TODAY = clock.today()
REASON = "an allegation by a quetzal"


@pytest.fixture
def lead(session: Session) -> User:
    """Return a safeguarding lead."""
    return accounts.user(Role.SAFEGUARDING, name="Lee Lead")


def date_parts(name: str, day: Any) -> dict[str, str]:
    return {
        f"{name}-day": str(day.day),
        f"{name}-month": str(day.month),
        f"{name}-year": str(day.year),
    }


def pause(client: FlaskClient, person: Person, **more: str) -> Any:
    sent = {"words": REASON, **date_parts("from_on", TODAY), **more}
    return client.post(at(f"/safeguarding/people/{person.id}"), data=sent)


def test_a_lead_suspends_a_person_and_only_leads_read_the_reason(
    session: Session, client: FlaskClient, sign_in: SignIn, lead: User
) -> None:
    person = people.champion("Pat Paused")
    sign_in(lead)
    assert "Pause or resume" in client.get(at(f"/people/{person.id}")).text
    assert pause(client, person).status_code == 302
    page = client.get(at(f"/safeguarding/people/{person.id}")).text
    assert REASON in page
    assert "Paused from" in page
    for reader in (accounts.coordinator(), session.get_one(User, person.user_id)):
        sign_in(reader)
        path = "/me" if reader.id == person.user_id else at(f"/people/{person.id}")
        text = client.get(path).text
        assert "Paused by us" in text
        assert "quetzal" not in text
        assert client.get(at(f"/safeguarding/people/{person.id}")).status_code in (403, 404)
        assert client.get("/safeguarding").status_code in (403, 404)
    kept = str([(row.changes, row.why) for row in session.scalars(select(AuditEntry))])
    assert "quetzal" not in kept
    sign_in(lead)
    ended = client.post(at(f"/safeguarding/people/{person.id}"), data={"words": "cleared"})
    assert ended.status_code == 302
    assert person.state(TODAY) is PersonState.ACTIVE
    page = client.get(at(f"/safeguarding/people/{person.id}")).text
    assert "cleared" in page
    assert REASON in page
    assert pause(client, person).status_code == 302  # suspended again


def test_errors_are_shown_and_input_is_kept(
    session: Session, client: FlaskClient, sign_in: SignIn, lead: User
) -> None:
    person = people.person("Pat Paused")
    sign_in(lead)
    late = date_parts("until_on", TODAY - timedelta(days=1))
    for wrong, sentence in (
        (date_parts("from_on", TODAY - timedelta(days=1)), "The first day must be today or later"),
        (late, "The last day must be the same as or after the first day"),
        (date_parts("until_on", TODAY + timedelta(days=4000)), "Check the year of the last day"),
        ({"words": ""}, "Enter what you decided and why"),
    ):
        reply = pause(client, person, **wrong)
        assert reply.status_code == 422
        assert sentence in reply.text
        if "words" not in wrong:
            assert REASON in reply.text
    assert session.scalars(select(Suspension)).all() == []
    former_champion = people.person("Gone")
    former_champion.left_on = TODAY
    session.flush()
    assert "is not in the network" in pause(client, former_champion).text


def test_sql_and_python_agree_on_the_state_each_day(session: Session) -> None:
    person = people.person()
    people.absence(person, TODAY - timedelta(days=1), TODAY + timedelta(days=9))
    people.suspension(person, TODAY, TODAY + timedelta(days=2))
    session.refresh(person)
    for days in range(-1, 5):
        on = TODAY + timedelta(days=days)
        expected = PersonState.PAUSED if 0 <= days <= 2 else PersonState.AWAY
        assert person.state(on) is expected
        assert session.scalar(select(state_on(on)).where(Person.id == person.id)) == expected
        assert session.scalar(select(is_active_on(on)).where(Person.id == person.id)) is False


def test_a_suspended_person_cannot_be_booked_by_anyone(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    person = people.champion("Pat Paused")
    people.suspension(person, TODAY)
    run = courses.run(TODAY + timedelta(days=7))
    sign_in(session.get_one(User, person.user_id))
    own = client.post(
        at(f"/courses/{run.id}/book"), data={"trainer_reads": "name"}, follow_redirects=True
    )
    assert "We have paused your role in the network" in own.text
    sign_in(accounts.coordinator())
    sent = {"run": public_id("course_runs", run.id), "trainer_reads": "name"}
    staff = client.post(at(f"/people/{person.id}/book"), data=sent)
    assert "We have paused this person’s role in the network" in staff.text
    assert courses_queries.find_place(run.id, person.id) is None


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_waiting_request_is_not_sent_or_made_by_phone(
    session: Session, client: FlaskClient, sign_in: SignIn, lead: User, by_hand: bool
) -> None:
    person = matching.candidate(matching.ward())
    if by_hand:
        person = people.person(email=None, phone="+447700900111")
    proposal = matching.proposal(matching.need(), person, sent=True)
    to = Recipient(Channel.PHONE if by_hand else Channel.EMAIL, "x@example.org", "Pat", person.id)
    context = {"proposal_id": proposal.id}
    message_id = messages.post(NewMessage("request-to-serve", to, f"test:{proposal.id}", context))
    sign_in(lead)
    assert pause(client, person).status_code == 302
    row = session.get_one(Message, message_id)
    session.refresh(row)
    assert (row.voided_at is not None, row.void_reason) == (True, "the person is paused by us")


def test_a_request_sent_after_the_suspension_started_is_voided(session: Session) -> None:
    person = matching.candidate(matching.ward())
    proposal = matching.proposal(matching.need(), person, sent=True)
    people.suspension(person, TODAY)
    context = {"proposal_id": proposal.id}
    assert (
        letters.objection_to_sending("request-to-serve", 1, context) == "the person is paused by us"
    )


def test_partners_see_the_suspension_but_no_contact_details(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    yana = organisations.organisation()
    network = organisations.network(approver=yana)
    organisations.agreement(yana, network)
    partner = organisations.partner(yana)
    person = people.person("Pat Paused", email="pat@example.org", networks=[network])
    sign_in(partner)
    people.suspension(person, TODAY)
    page = client.get(at(f"/people/{person.id}")).text
    assert "Paused by us" in page
    assert "pat@example.org" not in page


def test_the_list_of_people_can_be_filtered_by_the_state(
    session: Session, client: FlaskClient, sign_in: SignIn
) -> None:
    person, other = people.person("Pat Paused"), people.person("Olive Other")
    people.suspension(person, TODAY)
    sign_in(accounts.coordinator())
    page = client.get("/people?state=paused+by+us").text
    assert person.full_name in page
    assert other.full_name not in page
    assert person.full_name not in client.get("/people?state=active").text


def test_the_persons_pages_show_no_requests_or_bookings(
    session: Session, client: FlaskClient, sign_in: SignIn, lead: User
) -> None:
    person = people.champion("Pat Paused")
    certificates.certificate(person, awarded_on=TODAY - timedelta(days=3 * 365 - 20))
    request = matching.proposal(matching.need(), person, asked_at=clock.now())
    run = courses.run(TODAY + timedelta(days=30))
    own = session.get_one(User, person.user_id)
    before = sign_in(own).get("/").text
    assert "We have a question for you" in before
    assert "Renew your certificate" in before
    sign_in(lead)
    assert pause(client, person).status_code == 302
    sign_in(own)
    for path in ("/", "/me"):
        page = client.get(path).text
        assert "We have paused your role in the network" in page, path
        assert "We have a question for you" not in page, path
        assert "Renew your certificate" not in page, path
    page = client.get(at(f"/courses/{run.id}")).text
    assert "you cannot book a place now" in page
    assert "Book a place" not in page
    assert client.get(at(f"/courses/{run.id}/book")).location == at(f"/courses/{run.id}")
    refused = client.post(at(f"/requests/{request.id}"), data={"answer": "yes"})
    assert refused.status_code == 422
    assert "We have paused your role in the network" in refused.text
    assert "If that has changed" not in refused.text
    sign_in(accounts.coordinator())
    assert at(f"/people/{person.id}/book") not in client.get(at(f"/people/{person.id}")).text


def test_selected_course_places_are_cancelled_with_a_neutral_letter(
    session: Session, client: FlaskClient, sign_in: SignIn, lead: User
) -> None:
    person = people.champion("Pat Paused")
    cancelled_run, kept_run = (courses.run(TODAY + timedelta(days=each)) for each in (7, 14))
    places = [courses.attendee(run, person) for run in (cancelled_run, kept_run)]
    other = courses.attendee(cancelled_run, people.champion("Olive Other"))
    sign_in(lead)
    page = client.get(at(f"/safeguarding/people/{person.id}")).text
    for place in places:
        assert f'value="{public_id("attendees", place.id)}" checked' in " ".join(page.split())
    cancel = public_id("attendees", places[0].id)
    assert pause(client, person, cancel=cancel).status_code == 302
    assert courses_queries.find_place(cancelled_run.id, person.id) is None
    assert courses_queries.find_place(kept_run.id, person.id) is not None
    assert session.get_one(type(other), other.id).cancelled_at is None
    letter = session.scalars(select(Message).where(Message.person_id == person.id)).one()
    assert letter.letter == "booking-cancelled"
    assert "quetzal" not in str(letter.context)
    assert "paused" not in str(letter.context)


def test_a_suspension_cannot_cancel_another_persons_places(
    session: Session, client: FlaskClient, sign_in: SignIn, lead: User
) -> None:
    person, other = people.champion("Pat Paused"), people.champion("Olive Other")
    other_place = courses.attendee(courses.run(TODAY + timedelta(days=7)), other)
    sign_in(lead)
    reply = pause(client, person, cancel=public_id("attendees", other_place.id))
    assert reply.status_code == 422
    assert session.get_one(type(other_place), other_place.id).cancelled_at is None


def test_only_requests_visible_to_the_lead_are_shown_and_withdrawn(
    session: Session, client: FlaskClient, sign_in: SignIn, lead: User
) -> None:
    person = matching.candidate(matching.ward())
    known = matching.proposal(matching.need(), person, sent=True)
    secret = matching.need(network=organisations.network(sensitive=True))
    hidden = matching.proposal(secret, person, sent=True)
    sign_in(lead)
    page = client.get(at(f"/safeguarding/people/{person.id}")).text
    known_id, hidden_id = (public_id("proposals", each.id) for each in (known, hidden))
    assert (known_id in page, hidden_id in page) == (True, False)
    assert pause(client, person, requests=hidden_id).status_code == 422
    assert pause(client, person, requests=known_id).status_code == 302
    for proposal in (known, hidden):
        session.refresh(proposal)
    assert known.withdrawn_at is not None
    assert hidden.withdrawn_at is None


def test_an_application_can_be_put_on_hold_without_telling_the_person(
    session: Session, client: FlaskClient, sign_in: SignIn, lead: User
) -> None:
    person = people.applicant("Pat Waiting")
    sign_in(lead)
    page = client.get(at(f"/safeguarding/people/{person.id}")).text
    assert "We do not tell the person" in page
    assert pause(client, person).status_code == 302
    assert session.scalars(select(Message)).all() == []
    staff = sign_in(accounts.coordinator())
    for path, data in (("approve", {}), ("decline", {"reason": "Too far"})):
        reply = staff.post(
            at(f"/applications/{person.id}") + f"/{path}", data=data, follow_redirects=True
        )
        assert "We have paused this registration" in reply.text, path
    session.refresh(person)
    assert (person.approved_at, person.declined_at) == (None, None)
    assert person.state(TODAY) is PersonState.WAITING
    sign_in(lead)
    client.post(at(f"/safeguarding/people/{person.id}"), data={"words": "cleared"})
    staff = sign_in(accounts.coordinator())
    staff.post(at(f"/applications/{person.id}") + "/approve")
    session.refresh(person)
    assert person.approved_at is not None


def test_only_a_lead_with_the_permission_can_suspend_a_hidden_person(
    session: Session, client: FlaskClient, sign_in: SignIn, lead: User
) -> None:
    hidden = people.champion(
        "Hidden Heron", networks=[organisations.network("domestic-abuse-support")], general=False
    )
    for reader in (lead, accounts.coordinator()):
        sign_in(reader)
        assert pause(client, hidden).status_code in (403, 404)
    sign_in(accounts.user(Role.SAFEGUARDING, Role.SENSITIVE))
    assert pause(client, hidden).status_code == 302
    state = session.scalar(select(state_on(TODAY)).where(Person.id == hidden.id))
    assert state == PersonState.PAUSED
