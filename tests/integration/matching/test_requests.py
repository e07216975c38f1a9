"""Sending requests and answering them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.core.audit import AuditEntry
from app.core.errors import InvalidInput, NotFound
from app.matching import needs, service, serving
from app.matching.models import Assignment, Need, Proposal
from app.matching.types import ProposalState, SentRequests
from app.messages import letters, sent
from app.messages.models import Message
from app.messages.types import Channel
from app.people.models import Person, Presence
from app.people.types import Basis
from app.signin.sessions import actor_for_user
from tests.factories import accounts, matching, organisations, people

TODAY = clock.today()
ACCEPTED, DECLINED, WITHDRAWN = (
    ProposalState.ACCEPTED,
    ProposalState.DECLINED,
    ProposalState.WITHDRAWN,
)


def actor(user: User) -> Actor:
    made = actor_for_user(user.id)
    assert made is not None
    return made


def own_actor(person: Person) -> Actor:
    """Return the person as a signed-in actor."""
    return Actor(kind="user", person_id=person.id)


@pytest.fixture
def staff(session: Session) -> Actor:
    """Return a coordinator."""
    return actor(accounts.coordinator())


def assignments(session: Session) -> list[Assignment]:
    return list(session.scalars(select(Assignment).order_by(Assignment.id)))


def presences_served(session: Session, person: Person) -> list[Presence]:
    query = select(Presence).where(Presence.person_id == person.id, Presence.basis == Basis.SERVES)
    return list(session.scalars(query))


def letter_of(session: Session, proposal: Proposal) -> Message:
    key = serving.message_key(proposal.id)
    found = session.scalars(select(Message).where(Message.key == key)).one()
    session.refresh(found)
    return found


# Asking


def test_each_person_is_asked_once_in_a_separate_letter(staff: Actor, session: Session) -> None:
    need = matching.need(places=2)
    proposals = [matching.proposal(need, matching.candidate(matching.ward())) for _each in range(2)]
    ids = [each.id for each in proposals]
    assert service.send_requests(staff, ids, TODAY) == SentRequests(2, 0)
    assert service.send_requests(staff, ids, TODAY) == SentRequests(0, 0)
    messages = session.scalars(select(Message)).all()
    assert sorted(each.person_id or 0 for each in messages) == sorted(
        each.person_id for each in proposals
    )
    assert {each.letter for each in messages} == {"request-to-serve"}
    assert all(each.asked_at for each in proposals)


def test_a_person_without_email_is_called_or_written_to(staff: Actor, session: Session) -> None:
    need = matching.need(places=2)
    by_phone = matching.candidate(matching.ward(), email=None, phone="+441362555123")
    by_post = matching.candidate(matching.ward(), email=None, post="1 High Street\nWatton")
    ids = [matching.proposal(need, each).id for each in (by_phone, by_post)]
    assert service.send_requests(staff, ids, TODAY) == SentRequests(2, 2)
    messages = session.scalars(select(Message).order_by(Message.id)).all()
    assert [each.channel for each in messages] == [Channel.PHONE, Channel.POST]
    assert [each.context["answer"] for each in messages] == [None, None]
    for message in messages:
        script = sent.script_for_staff(message.id)
        assert "To listen at the market." in script
        assert "[link]" not in script


def test_a_person_without_contact_details_is_named_but_not_asked(
    staff: Actor, session: Session
) -> None:
    person = matching.candidate(matching.ward(), "Ann Smith", email=None)
    proposal = matching.proposal(matching.need(), person)
    assert service.send_requests(staff, [proposal.id], TODAY) == SentRequests(0, 0, ("Ann Smith",))
    assert proposal.asked_at is None


@pytest.mark.parametrize("reason", ["withdrawn", "need closed", "hidden", "unknown need"])
def test_proposals_that_cannot_be_asked_are_ignored(reason: str, session: Session) -> None:
    user = accounts.coordinator(sensitive=False)
    person = matching.candidate(matching.ward())
    network = organisations.network(sensitive=True)
    need = matching.need(network=network if reason == "unknown need" else None)
    proposal = matching.proposal(need, person)
    if reason == "withdrawn":
        proposal.withdrawn_at = clock.now()
    if reason == "need closed":
        need.closed_on = TODAY
    if reason == "hidden":
        people.block(person, user=user)
    session.flush()
    assert service.send_requests(actor(user), [proposal.id, 0, 10**12], TODAY) == SentRequests(0, 0)
    assert session.scalars(select(Message)).all() == []


def test_only_coordinators_ask(session: Session) -> None:
    proposal = matching.proposal(matching.need(), matching.candidate(matching.ward()))
    partner = organisations.partner(organisations.organisation())
    for other in (actor(partner), Actor(kind="user", person_id=proposal.person_id)):
        with pytest.raises(NotFound):
            service.send_requests(other, [proposal.id], TODAY)


# Answering


def test_accepting_creates_an_assignment_and_a_presence(session: Session) -> None:
    person, need = matching.candidate(matching.ward()), matching.need()
    proposal = matching.proposal(need, person, sent=True)
    assert service.accept_request(own_actor(person), proposal.id, TODAY) is ACCEPTED
    assert service.accept_request(own_actor(person), proposal.id, TODAY) is ACCEPTED
    assert service.decline_request(own_actor(person), proposal.id, "oh") is ACCEPTED
    (made,) = assignments(session)
    (presence,) = presences_served(session, person)
    assert (made.need_id, made.person_id, made.proposal_id) == (need.id, person.id, proposal.id)
    assert (made.from_on, made.until_on) == (TODAY, None)
    assert (presence.id, presence.ward_id, presence.from_on) == (
        made.presence_id,
        need.area_id,
        TODAY,
    )
    verbs = set(session.scalars(select(AuditEntry.verb)))
    assert {"request.accept", "assignment.begin", "presence.start_serving"} <= verbs


def test_declining_stores_the_reason_without_an_assignment(session: Session) -> None:
    person = matching.candidate(matching.ward())
    proposal = matching.proposal(matching.need(), person, sent=True)
    assert service.decline_request(own_actor(person), proposal.id, " Harvest ") is DECLINED
    assert service.accept_request(own_actor(person), proposal.id, TODAY) is DECLINED
    assert proposal.decline_reason == "Harvest"
    assert assignments(session) == []
    assert presences_served(session, person) == []


def test_a_reason_is_optional_and_limited_in_length(session: Session) -> None:
    person = matching.candidate(matching.ward())
    proposal = matching.proposal(matching.need(), person, sent=True)
    with pytest.raises(InvalidInput) as error:
        service.decline_request(own_actor(person), proposal.id, "x" * 501)
    assert error.value.field == "reason"
    assert service.decline_request(own_actor(person), proposal.id, "") is DECLINED
    assert proposal.decline_reason is None


@pytest.mark.parametrize("answer", [service.accept_request, service.decline_request])
def test_only_the_person_asked_can_answer_and_only_once_asked(
    answer: object, session: Session
) -> None:
    assert callable(answer)
    person, need = matching.candidate(matching.ward()), matching.need(places=2)
    request = matching.proposal(need, person, sent=True)
    proposed = matching.proposal(need, matching.candidate(matching.ward()))
    for other_actor, proposal_id in (
        (own_actor(matching.candidate(matching.ward())), request.id),
        (Actor(kind="user"), request.id),
        (SYSTEM, request.id),
        (Actor(kind="user", person_id=proposed.person_id), proposed.id),
        (own_actor(person), 10**12),
    ):
        with pytest.raises(NotFound):
            answer(other_actor, proposal_id)
    assert assignments(session) == []


def test_the_last_place_is_filled_only_once(session: Session) -> None:
    need = matching.need(places=1)
    first, second = matching.candidate(matching.ward()), matching.candidate(None)
    one = matching.proposal(need, first, sent=True)
    two = matching.proposal(need, second, sent=True)
    assert service.accept_request(own_actor(first), one.id, TODAY) is ACCEPTED
    assert service.accept_request(own_actor(second), two.id, TODAY) is WITHDRAWN
    assert [each.person_id for each in assignments(session)] == [first.id]
    assert two.withdrawn_at is not None


def test_a_request_for_a_closed_need_cannot_be_accepted(staff: Actor, session: Session) -> None:
    person, need = matching.candidate(matching.ward()), matching.need()
    proposal = matching.proposal(need, person, sent=True)
    needs.close_need(staff, need.id, TODAY)
    assert service.accept_request(own_actor(person), proposal.id, TODAY) is WITHDRAWN
    assert assignments(session) == []


def test_two_needs_in_one_area_share_the_presence(staff: Actor, session: Session) -> None:
    person, area = matching.candidate(matching.ward()), matching.ward()
    for _each in range(2):
        proposal = matching.proposal(matching.need(area), person, sent=True)
        service.accept_request(own_actor(person), proposal.id, TODAY - timedelta(days=5))
    first, second = assignments(session)
    assert first.presence_id == second.presence_id
    serving.end_assignment(staff, first.id, "Moved", TODAY)
    (presence,) = presences_served(session, person)
    assert presence.until_on is None
    serving.end_assignment(staff, second.id, "Moved", TODAY)
    session.refresh(presence)
    assert presence.until_on == TODAY - timedelta(days=1)


# Answers recorded by staff


@pytest.mark.parametrize("accepted", [True, False])
def test_an_answer_given_by_phone(accepted: bool, staff: Actor, session: Session) -> None:
    person = matching.candidate(matching.ward(), email=None, phone="+441362555124")
    proposal = matching.proposal(matching.need(), person)
    service.send_requests(staff, [proposal.id], TODAY)
    for _attempt in range(2):
        state = service.record_answer(
            staff, proposal.id, accepted=accepted, reason="Busy", on=TODAY
        )
        assert state is (ACCEPTED if accepted else DECLINED)
    message = letter_of(session, proposal)
    assert message.outcome == ("Said yes" if accepted else "Said no")
    assert message.done_by_user_id == staff.user_id
    assert len(assignments(session)) == accepted


def test_answering_online_removes_the_call(staff: Actor, session: Session) -> None:
    person = matching.candidate(matching.ward(), email=None, phone="+441362555125")
    proposal = matching.proposal(matching.need(), person)
    service.send_requests(staff, [proposal.id], TODAY)
    service.decline_request(own_actor(person), proposal.id, "")
    assert letter_of(session, proposal).voided_at is not None


def test_withdrawing_a_request_voids_its_letter(staff: Actor, session: Session) -> None:
    person = matching.candidate(matching.ward())
    proposal = matching.proposal(matching.need(), person)
    service.send_requests(staff, [proposal.id], TODAY)
    message = letter_of(session, proposal)
    assert letters.objection_to_sending(message.letter, message.id, message.context) is None
    service.withdraw_request(staff, proposal.id, TODAY)
    assert letter_of(session, proposal).voided_at is not None
    assert letters.objection_to_sending(message.letter, message.id, message.context)
    assert service.accept_request(own_actor(person), proposal.id, TODAY) is WITHDRAWN


def test_an_answered_request_cannot_be_withdrawn(staff: Actor, session: Session) -> None:
    person = matching.candidate(matching.ward())
    proposal = matching.proposal(matching.need(), person, sent=True)
    service.accept_request(own_actor(person), proposal.id, TODAY)
    service.withdraw_request(staff, proposal.id, TODAY)
    assert proposal.withdrawn_at is None


def test_staff_cannot_act_for_people_they_may_not_see(session: Session) -> None:
    user = accounts.coordinator()
    person = matching.candidate(matching.ward())
    people.block(person, user=user)
    need = matching.need(places=2)
    proposal = matching.proposal(need, person, sent=True)
    assignment = matching.assignment(matching.need(), person)
    staff_actor = actor(user)
    with pytest.raises(NotFound):
        service.withdraw_request(staff_actor, proposal.id, TODAY)
    with pytest.raises(NotFound):
        service.record_answer(staff_actor, proposal.id, accepted=True, reason="", on=TODAY)
    with pytest.raises(NotFound):
        serving.end_assignment(staff_actor, assignment.id, "Moved", TODAY)


def test_a_proposal_that_was_not_sent_has_no_answer(staff: Actor, session: Session) -> None:
    proposal = matching.proposal(matching.need(), matching.candidate(matching.ward()))
    with pytest.raises(NotFound):
        service.record_answer(staff, proposal.id, accepted=True, reason="", on=TODAY)


# Ending assignments


def test_ending_an_assignment_needs_a_reason(staff: Actor, session: Session) -> None:
    person = matching.candidate(matching.ward())
    made = matching.assignment(matching.need(), person, from_on=date(2026, 1, 5))
    with pytest.raises(InvalidInput):
        serving.end_assignment(staff, made.id, "  ", TODAY)
    serving.end_assignment(staff, made.id, "Moved away", TODAY)
    serving.end_assignment(staff, made.id, "Again", TODAY + timedelta(days=3))
    assert (made.until_on, made.until_reason) == (TODAY - timedelta(days=1), "Moved away")
    (presence,) = presences_served(session, person)
    assert presence.until_on == TODAY - timedelta(days=1)


def test_an_assignment_ended_on_its_first_day_was_never_in_force(
    staff: Actor, session: Session
) -> None:
    person, need = matching.candidate(matching.ward()), matching.need()
    proposal = matching.proposal(need, person, sent=True)
    service.accept_request(own_actor(person), proposal.id, TODAY)
    (made,) = assignments(session)
    serving.end_assignment(staff, made.id, "A mistake", TODAY)
    assert presences_served(session, person) == []
    assert made.until_on is not None
    assert made.until_on < made.from_on


def test_leaving_ends_assignments_and_withdraws_requests(session: Session) -> None:
    person, other = matching.candidate(matching.ward()), matching.candidate(None)
    request = matching.proposal(matching.need(), person, sent=True)
    proposed = matching.proposal(matching.need(), person)
    need: Need = matching.need(places=2)
    stands = matching.assignment(need, person)
    kept = matching.assignment(need, other)
    serving.end_assignments_and_requests(SYSTEM, person.id, "Moved")
    assert request.withdrawn_at is not None
    assert proposed.withdrawn_at is not None
    assert stands.until_on == TODAY - timedelta(days=1)
    assert kept.until_on is None
