"""Standing assignments whose person no longer meets the rules."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, registry
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.words import long_date
from app.matching import service, serving
from app.matching.models import Assignment, Need, Proposal
from app.messages.models import Message
from app.organisations.models import Network
from app.people.models import Person, Presence
from app.people.types import Basis
from app.standing import service as standing
from tests.addresses import at
from tests.factories import accounts, matching, organisations, people
from tests.integration.matching.conftest import Run, proposed
from tests.integration.matching.test_eligibility import (
    block_creator,
    expire_certificate,
    record_absence,
    record_suspension,
    revoke_certificate,
    rule_out_area,
)

TODAY = clock.today()
DAY_FREED = TODAY + timedelta(days=28)
PAGE = "/needs/assignments"
Change = Callable[[Session, Person, Need], None]
SignIn = Callable[[Any], FlaskClient]


def shorten_travel(session: Session, person: Person, need: Need) -> None:
    person.reach_km = 1


def protect_person(session: Session, person: Person, need: Need) -> None:
    person.protected_at = clock.now()


def end_memberships(session: Session, person: Person, need: Need) -> None:
    for each in person.memberships:
        each.until_on = TODAY - timedelta(days=1)


CHANGES = [
    (revoke_certificate, "This person does not have an in-date certificate"),
    (expire_certificate, "This person does not have an in-date certificate"),
    (record_absence, "This person is away"),
    (record_suspension, "We have paused this person’s role in the network"),
    (shorten_travel, "This person lives further away than they are willing to travel"),
    (rule_out_area, "This person can’t help here now."),
    (block_creator, "This person can’t help here now."),
    (protect_person, "This person can’t help here now."),
    (end_memberships, "This person can’t help here now."),
]


def helper(
    session: Session, change: Change | None = None, *, network: Network | None = None, **more: Any
) -> tuple[Need, Person, Assignment]:
    network = network or organisations.network()
    need = matching.need(matching.ward(name="Openham"), by=accounts.coordinator(), network=network)
    person = matching.candidate(matching.ward(east=5_000), "Ann Smith", networks=[network], **more)
    assignment = matching.assignment(need, person)
    if change is not None:
        change(session, person, need)
    session.flush()
    return need, person, assignment


def text(client: FlaskClient, address: str) -> str:
    return html.unescape(client.get(address).text)


def letters_to(session: Session, person: Person) -> list[Message]:
    query = select(Message).where(Message.person_id == person.id)
    return list(session.scalars(query.order_by(Message.id)))


@pytest.mark.parametrize(("change", "why"), CHANGES)
def test_the_page_shows_what_no_longer_holds(
    change: Change, why: str, session: Session, sign_in: SignIn
) -> None:
    need, _person, assignment = helper(session, change)
    client = sign_in(accounts.coordinator())
    page = text(client, PAGE)
    assert why in page
    assert at(f"{PAGE}/{assignment.id}") in page
    assert why in text(client, at(f"/needs/{need.id}"))
    assert why in text(client, at(f"{PAGE}/{assignment.id}"))


@pytest.mark.parametrize("quiet", [False, True])
def test_a_person_who_still_meets_the_rules_needs_no_decision(
    quiet: bool, session: Session, sign_in: SignIn
) -> None:
    long_ago = {
        "registered_at": clock.now() - timedelta(days=900),
        "active_on": TODAY - timedelta(days=500),
    }
    _need, _person, assignment = helper(session, **(long_ago if quiet else {}))
    assert standing.review_assignments_and_requests(TODAY) == 0
    client = sign_in(accounts.coordinator())
    page = text(client, PAGE)
    assert "There are no decisions to make." in page
    assert "Ann Smith" in page
    assert client.get(at(f"{PAGE}/{assignment.id}")).status_code == 302


@pytest.mark.parametrize(("change", "why"), CHANGES)
def test_the_place_is_freed_after_the_time_in_the_programme_file_and_the_person_told_once(
    change: Change, why: str, session: Session
) -> None:
    need, person, assignment = helper(session, change)
    assert standing.review_assignments_and_requests(TODAY) == 1
    assert standing.review_assignments_and_requests(TODAY) == 0
    for each in session.scalars(select(Assignment.until_on)):
        assert each is None
    if change is record_absence:  # an absence without an end
        assert standing.review_assignments_and_requests(DAY_FREED - timedelta(days=1)) == 0
    assert standing.review_assignments_and_requests(DAY_FREED) == 1
    session.refresh(assignment)
    assert assignment.until_on == DAY_FREED - timedelta(days=1)
    assert assignment.until_reason in serving.REASONS.values()
    serves = select(Presence.until_on).where(Presence.basis == Basis.SERVES)
    assert session.scalars(serves).all() == [DAY_FREED - timedelta(days=1)]
    assert standing.review_assignments_and_requests(DAY_FREED) == 0
    assert [each.letter for each in letters_to(session, person)] == ["place-freed"]
    verbs = session.scalars(select(AuditEntry.verb).order_by(AuditEntry.id)).all()
    assert [each for each in verbs if each in ("assignment.note", "assignment.end")] == [
        "assignment.note",
        "assignment.end",
    ]


def test_a_person_who_meets_the_rules_again_keeps_the_place(session: Session) -> None:
    _need, person, assignment = helper(session, shorten_travel)
    standing.review_assignments_and_requests(TODAY)
    person.reach_km = 15
    session.flush()
    standing.review_assignments_and_requests(DAY_FREED)
    session.refresh(assignment)
    assert (assignment.obstacle, assignment.until_on) == (None, None)
    person.reach_km = 1
    session.flush()
    standing.review_assignments_and_requests(DAY_FREED + timedelta(days=1))
    standing.review_assignments_and_requests(DAY_FREED + timedelta(days=28))
    session.refresh(assignment)
    assert assignment.until_on is None  # the time counts from the second change
    assert letters_to(session, person) == []


def test_a_new_reason_is_decided_on_its_own(session: Session, sign_in: SignIn) -> None:
    need, person, assignment = helper(session, shorten_travel)
    client = sign_in(accounts.coordinator())
    keep(client, assignment, TODAY + timedelta(days=100))
    record_suspension(session, person, need)
    session.flush()
    page = text(client, PAGE)
    assert "Places kept for now" not in page
    assert "We have paused this person’s role" in page


def test_a_new_reason_does_not_start_the_time_again(session: Session, sign_in: SignIn) -> None:
    need, person, assignment = helper(session, shorten_travel)
    standing.review_assignments_and_requests(TODAY)
    record_suspension(session, person, need)
    person.reach_km = 15
    session.flush()
    day = TODAY + timedelta(days=20)
    assert standing.review_assignments_and_requests(day) == 1
    assert standing.review_assignments_and_requests(DAY_FREED - timedelta(days=1)) == 0
    shown = long_date(DAY_FREED)
    assert shown in text(sign_in(accounts.coordinator()), at(f"{PAGE}/{assignment.id}"))
    standing.review_assignments_and_requests(DAY_FREED)
    session.refresh(assignment)
    assert assignment.until_on == DAY_FREED - timedelta(days=1)
    assert assignment.until_reason == "the person is paused by us"


def test_a_new_reason_does_not_free_a_place_that_is_kept(session: Session, sign_in: SignIn) -> None:
    need, person, assignment = helper(session, shorten_travel)
    client, until = sign_in(accounts.coordinator()), TODAY + timedelta(days=60)
    keep(client, assignment, until)
    record_suspension(session, person, need)
    session.flush()
    standing.review_assignments_and_requests(DAY_FREED + timedelta(days=9))
    session.refresh(assignment)
    assert assignment.until_on is None
    assert "Places kept for now" not in text(client, PAGE)  # the new reason has to be decided
    standing.review_assignments_and_requests(until + timedelta(days=1))
    session.refresh(assignment)
    assert assignment.until_on == until


def keep(client: FlaskClient, assignment: Assignment, until: Any) -> Any:
    sent = {
        "decision": "keep",
        "until-day": until.day,
        "until-month": until.month,
        "until-year": until.year,
    }
    return client.post(at(f"{PAGE}/{assignment.id}"), data=sent)


def test_a_coordinator_keeps_the_place_until_a_day(session: Session, sign_in: SignIn) -> None:
    _need, person, assignment = helper(session, shorten_travel)
    client = sign_in(accounts.coordinator())
    until = TODAY + timedelta(days=60)
    assert keep(client, assignment, until).status_code == 302
    assert keep(client, assignment, until).status_code == 302  # a double press
    assert "Places kept for now" in text(client, PAGE)
    assert "There are no decisions to make." in text(client, PAGE)
    standing.review_assignments_and_requests(until)
    session.refresh(assignment)
    assert assignment.until_on is None
    standing.review_assignments_and_requests(until + timedelta(days=1))
    session.refresh(assignment)
    assert assignment.until_on == until
    assert len(letters_to(session, person)) == 1


@pytest.mark.parametrize("days", [-1, 400, None])
def test_the_last_day_has_to_be_in_the_next_year(
    days: int | None, session: Session, sign_in: SignIn
) -> None:
    _need, _person, assignment = helper(session, shorten_travel)
    client = sign_in(accounts.coordinator())
    if days is None:
        reply = client.post(at(f"{PAGE}/{assignment.id}"), data={"decision": "keep"})
    else:
        reply = keep(client, assignment, TODAY + timedelta(days=days))
    assert reply.status_code == 422
    session.refresh(assignment)
    assert assignment.kept_until is None


def test_a_coordinator_frees_the_place_and_somebody_else_is_proposed(
    session: Session, sign_in: SignIn, run: Run
) -> None:
    need, person, assignment = helper(session, shorten_travel)
    network = session.get_one(Network, need.network_id)
    other = matching.candidate(matching.ward(), "Bob Brown", networks=[network])
    client = sign_in(accounts.coordinator())
    for _press in range(2):
        reply = client.post(at(f"{PAGE}/{assignment.id}"), data={"decision": "end"})
        assert reply.status_code == 302
    session.refresh(assignment)
    assert assignment.until_reason == "the person lives too far away"
    assert [each.letter for each in letters_to(session, person)] == ["place-freed"]
    assert proposed(run()) == [other.id]


def test_a_coordinator_puts_one_call_on_the_call_list(session: Session, sign_in: SignIn) -> None:
    _need, person, assignment = helper(session, shorten_travel, phone="+447700900123")
    client = sign_in(accounts.coordinator())
    for _press in range(2):
        client.post(at(f"{PAGE}/{assignment.id}"), data={"decision": "call"})
    (call,) = letters_to(session, person)
    assert (call.letter, call.channel) == ("place-call", "phone")
    assert "Ask whether they can still help" in text(client, "/reminders")
    opened = text(client, at(f"/reminders/contacts/{call.id}"))
    assert "further away than the distance you gave us" in opened


def test_the_home_page_counts_the_people_to_decide_about(session: Session, sign_in: SignIn) -> None:
    _need, person, assignment = helper(session, shorten_travel)
    client = sign_in(accounts.coordinator())
    standing.review_assignments_and_requests(TODAY)
    assert "Decide what to do about 1 person who can no longer help" in text(client, "/")
    keep(client, assignment, TODAY + timedelta(days=60))
    assert "who can no longer help" not in text(client, "/")


# Hidden people and needs


def test_nothing_shows_assignments_for_a_sensitive_network_to_others(
    session: Session, sign_in: SignIn
) -> None:
    reader = accounts.coordinator(sensitive=False)
    before = {address: lines(sign_in(reader), address) for address in (PAGE, "/")}
    sensitive = organisations.network(sensitive=True)
    _need, person, assignment = helper(session, shorten_travel, network=sensitive, general=True)
    standing.review_assignments_and_requests(TODAY)
    client = sign_in(reader)
    assert {address: lines(client, address) for address in before} == before
    hidden, missing = at(f"{PAGE}/{assignment.id}"), at(f"{PAGE}/{assignment.id + 999}")
    assert client.get(hidden).status_code == 404
    assert client.post(hidden, data={"decision": "end"}).status_code == 404
    assert client.get(missing).status_code == 404
    holder = sign_in(accounts.coordinator())
    assert "Ann Smith" in text(holder, PAGE)
    standing.review_assignments_and_requests(DAY_FREED)
    (message,) = letters_to(session, person)
    assert (message.letter, message.channel) == ("place-freed", "phone")
    assert "Ann Smith" not in text(sign_in(reader), "/reminders")
    assert "Ann Smith" in text(sign_in(accounts.coordinator()), "/reminders")


def lines(client: FlaskClient, address: str) -> list[str]:
    """Return the lines of a page without the token that changes in every response."""
    page = client.get(address).text
    return [line for line in page.splitlines() if "csrf" not in line and "nonce" not in line]


def test_a_person_who_blocks_the_reader_is_not_on_the_page(
    session: Session, sign_in: SignIn
) -> None:
    reader = accounts.coordinator()
    _need, person, assignment = helper(session, shorten_travel)
    people.block(person, user=reader)
    client = sign_in(reader)
    assert "Ann Smith" not in text(client, PAGE)
    assert client.get(at(f"{PAGE}/{assignment.id}")).status_code == 404


# Requests


@pytest.mark.parametrize("email", [None, ""])
def test_a_request_that_nobody_has_made_yet_is_withdrawn_at_night(
    email: str | None, session: Session
) -> None:
    need = matching.need(matching.ward())
    person = matching.candidate(matching.ward(east=5_000), phone="+447700900123", email=email)
    proposal = matching.proposal(need, person)
    service.send_requests(SYSTEM, [proposal.id])
    shorten_travel(session, person, need)
    session.flush()
    assert standing.review_assignments_and_requests(TODAY) == 1
    assert session.get_one(Proposal, proposal.id).withdrawn_at is not None
    (message,) = letters_to(session, person)
    session.refresh(message)
    assert message.void_reason == "the person lives too far away"


def test_a_request_that_a_paused_person_never_got_is_withdrawn(session: Session) -> None:
    person = matching.candidate(matching.ward(east=5_000), phone="+447700900123", email=None)
    proposal = matching.proposal(matching.need(matching.ward()), person)
    service.send_requests(SYSTEM, [proposal.id])
    for hook in registry.on_paused:
        hook(SYSTEM, person.id)
    session.flush()
    (message,) = letters_to(session, person)
    session.refresh(message)
    assert message.void_reason == "the person is paused by us"
    assert session.get_one(Proposal, proposal.id).withdrawn_at is not None
