"""Approving and declining: who decides, and how people are told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.applications import approval
from app.applications import pages as applications
from app.core import clock
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.people.models import ActivityConfirmation
from app.people.types import AreaSource, ContactKind, PersonState, Source
from app.signin.sessions import SessionUser
from tests.addresses import at
from tests.factories import accounts, organisations, people
from tests.integration.people import letters


def text(reply: Any) -> str:
    return reply.get_data(as_text=True)


def test_approved_people_can_sign_in_and_are_told(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    person = people.applicant("Ann Smith", email="ann@example.org")
    coordinator = accounts.coordinator()
    reply = sign_in(coordinator).post(
        at(f"/applications/{person.id}/approve"), follow_redirects=True
    )
    assert "Approved" in text(reply)
    session.refresh(person)
    assert person.state(clock.today()) is PersonState.ACTIVE
    assert person.decided_by_user_id == coordinator.id
    assert person.user_id is None  # created when they verify their mailbox
    stay = session.scalars(
        select(ActivityConfirmation).where(ActivityConfirmation.person_id == person.id)
    ).one()
    assert (stay.on, stay.by_user_id) == (clock.today(), coordinator.id)
    (letter,) = letters.sent_to(session, "ann@example.org")
    assert letter.letter == "approved"
    assert letter.context["sign_in"]["endpoint"] == "accounts.sign_in"
    letters.sign_in(client, session, "ann@example.org")
    user = session.get_one(User, person.user_id)
    assert user.email == "ann@example.org"
    assert [grant.role for grant in user.grants] == [Role.CHAMPION]


def test_approving_is_idempotent(client: FlaskClient, session: Session, sign_in: Any) -> None:
    person = people.applicant(email="ann@example.org")
    reader = sign_in(accounts.coordinator())
    for _ in range(2):
        reader.post(at(f"/applications/{person.id}/approve"))
    assert len(letters.sent_to(session, "ann@example.org")) == 1
    assert (
        len(
            session.scalars(
                select(ActivityConfirmation).where(ActivityConfirmation.person_id == person.id)
            ).all()
        )
        == 1
    )


def test_declining_requires_a_reason_and_does_not_reveal_it(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    person = people.applicant(email="ann@example.org")
    reader = sign_in(accounts.coordinator())
    reply = reader.post(at(f"/applications/{person.id}/decline"), data={"reason": " "})
    assert reply.status_code == 422
    assert "Enter a reason" in text(reply)
    reader.post(at(f"/applications/{person.id}/decline"), data={"reason": "Lives in Kent"})
    session.refresh(person)
    assert person.state(clock.today()) is PersonState.DECLINED
    assert person.decision_reason == "Lives in Kent"
    (letter,) = letters.sent_to(session, "ann@example.org")
    assert letter.letter == "declined"
    assert "Kent" not in str(letter.context)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "person.decline")).one()
    assert entry.why == "Lives in Kent"
    late = reader.post(at(f"/applications/{person.id}/approve"), follow_redirects=True)
    assert "Somebody has already declined this registration." in text(late)


def test_an_unconfirmed_address_cannot_be_approved(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    person = people.applicant("Ann Unproved", confirmed=False)
    reader = sign_in(accounts.coordinator())
    assert "Ann Unproved" not in text(reader.get("/applications"))
    assert "Ann Unproved" in text(reader.get("/applications?show=unproved"))
    reply = reader.post(at(f"/applications/{person.id}/approve"), follow_redirects=True)
    assert "has not confirmed their email address" in text(reply)
    session.refresh(person)
    assert person.approved_at is None


def test_staff_cannot_confirm_an_email_address(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    person = people.applicant(confirmed=False)
    sign_in(accounts.coordinator()).post(at(f"/applications/{person.id}/confirm"))
    session.refresh(person)
    assert person.confirmed_at is None


def test_a_person_without_an_email_address(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    person = people.applicant("Phil Phone", email=None, phone="+447700900111", confirmed=False)
    reader = sign_in(accounts.coordinator())
    assert "Not confirmed: call or write" in text(reader.get("/applications"))
    reply = reader.post(at(f"/applications/{person.id}/confirm"), follow_redirects=True)
    assert "you have spoken to this person" in text(reply)
    reader.post(at(f"/applications/{person.id}/approve"))
    session.refresh(person)
    assert person.state(clock.today()) is PersonState.ACTIVE
    assert person.user_id is None
    (letter,) = letters.sent_to(session, "+447700900111")
    assert (letter.channel, letter.context["sign_in"]) == ("phone", None)


def test_a_partner_decides_while_its_agreement_is_in_force(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    yana = organisations.organisation("YANA (You Are Not Alone)")
    army = organisations.network("yana", approver=yana)
    agreement = organisations.agreement(yana, army)
    person = people.applicant("Yan Army", networks=[army])
    coordinator, partner = accounts.coordinator(), organisations.partner(yana)
    reader = sign_in(coordinator)
    assert "Waiting for YANA" in text(reader.get("/applications"))
    assert "Waiting for YANA" in text(reader.get(at(f"/applications/{person.id}")))
    reply = reader.post(at(f"/applications/{person.id}/approve"), follow_redirects=True)
    assert "makes the decision on this registration" in text(reply)
    session.refresh(person)
    assert person.approved_at is None
    agreement.until_on = clock.today() - timedelta(days=1)
    session.flush()
    assert sign_in(partner).get(at(f"/applications/{person.id}")).status_code == 404
    assert "Waiting for YANA" not in text(sign_in(coordinator).get("/applications"))
    agreement.until_on = clock.today()
    session.flush()
    sign_in(partner).post(at(f"/applications/{person.id}/approve"))
    session.refresh(person)
    assert person.decided_by_user_id == partner.id


def test_coordinators_decide_when_no_agreement_is_in_force(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    yana = organisations.organisation("YANA (You Are Not Alone)")
    person = people.applicant(networks=[organisations.network("yana", approver=yana)])
    sign_in(accounts.coordinator()).post(at(f"/applications/{person.id}/approve"))
    session.refresh(person)
    assert person.approved_at is not None


def test_coordinators_decide_on_people_who_blocked_the_approver(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    yana = organisations.organisation("YANA (You Are Not Alone)")
    army = organisations.network("yana", approver=yana)
    organisations.agreement(yana, army)
    person = people.applicant(networks=[army])
    people.block(person, organisation=yana)
    sign_in(accounts.coordinator()).post(at(f"/applications/{person.id}/approve"))
    session.refresh(person)
    assert person.approved_at is not None


def test_the_queue_is_paged_with_the_longest_waiting_first(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    start = clock.now() - timedelta(days=60)
    for number in range(30):
        people.applicant(f"Waiter {number:02}", registered_at=start + timedelta(hours=number))
    reader = sign_in(accounts.coordinator())
    first = text(reader.get("/applications"))
    assert first.index("Waiter 00") < first.index("Waiter 24")
    assert "Waiter 25" not in first
    cursor = first.split("after=")[1].split('"')[0]
    second = text(reader.get(f"/applications?after={cursor}"))
    assert "Waiter 24" not in second
    assert "Waiter 29" in second
    assert reader.get("/applications?after=rubbish").status_code == 200


def test_two_people_with_one_mailbox_do_not_share_a_user(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    first = people.applicant(email="shared@example.org")
    second = people.applicant(email="shared@example.org")
    for person in (first, second):
        approval.approve(SYSTEM, person.id)
    letters.sign_in(client, session, "shared@example.org")
    assert first.user_id is not None
    assert second.user_id is None
    one, other, _sign_in = letters.sent_to(session, "shared@example.org")
    assert one.context == other.context  # the letter does not reveal who signs in


def test_possible_duplicates_are_shown_only_to_readers_who_may_see_them(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    network = organisations.network("domestic-abuse-support")
    people.person("Anne Smithe", email="ann@example.org", networks=[network])
    person = people.applicant("Ann Smith", email="ann@example.org")
    page = text(sign_in(accounts.coordinator()).get(at(f"/applications/{person.id}")))
    assert "Anne Smithe" in page
    page = text(
        sign_in(accounts.coordinator(sensitive=False)).get(at(f"/applications/{person.id}"))
    )
    assert "Anne Smithe" not in page


def test_an_application_entered_by_staff_shows_no_postcode(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    person = people.applicant(source=Source.STAFF, confirmed=False)
    assert person.state(clock.today()) is PersonState.WAITING
    people.presence(person, postcode="IP24 1JD", district="E07000143", settled=AreaSource.UNSETTLED)
    page = text(sign_in(accounts.coordinator()).get(at(f"/applications/{person.id}")))
    assert "IP24" not in page
    assert "Ward unknown" in page


@pytest.mark.parametrize("preferred", [ContactKind.EMAIL, ContactKind.PHONE])
def test_people_are_told_by_their_preferred_method(
    client: FlaskClient, session: Session, preferred: ContactKind
) -> None:
    person = people.applicant(email="ann@example.org", phone="+447700900111", preferred=preferred)
    approval.approve(SYSTEM, person.id)
    by_email = len(letters.sent_to(session, "ann@example.org"))
    by_phone = len(letters.sent_to(session, "+447700900111"))
    assert (by_email, by_phone) == ((1, 0) if preferred is ContactKind.EMAIL else (0, 1))


def test_the_number_of_applications_to_decide(session: Session) -> None:
    yana = organisations.organisation("YANA (You Are Not Alone)")
    army = organisations.network("yana", approver=yana)
    organisations.agreement(yana, army)
    approver = organisations.partner(yana)
    for _ in range(3):
        people.applicant(networks=[army])
    people.applicant()
    people.applicant(confirmed=False)
    people.block(people.applicant(networks=[army]), organisation=yana)

    def waiting(user: User) -> int:
        roles = frozenset(grant.role for grant in user.grants)
        actor = SessionUser(user.id, user.name, roles).actor
        return applications.count_awaiting_decision(actor, clock.today())

    assert waiting(accounts.coordinator()) == 2
    assert waiting(approver) == 3


CAN_SIGN_IN = "This person can sign in."
CANNOT_SIGN_IN = "This person cannot sign in, because they need a confirmed email address"
EMAILING = "We are emailing the person about this."
TO_CALL = 'They are on the list of <a class="govuk-link" href="/reminders">people to call</a>.'
TO_WRITE_TO = (
    'They are on the list of <a class="govuk-link" href="/reminders">people to write to</a>.'
)


@pytest.mark.parametrize(
    ("contacts", "message"),
    [
        ({"email": "ann@example.org"}, f"Approved. {EMAILING} {CAN_SIGN_IN}"),
        ({"email": "taken@example.org"}, f"Approved. {EMAILING} {CANNOT_SIGN_IN}"),
        (
            {"phone": "+447700900111"},
            f"Approved. We have not told the person yet. {TO_CALL} {CANNOT_SIGN_IN}",
        ),
        (
            {"post": "1 High Street"},
            f"Approved. We have not told the person yet. {TO_WRITE_TO} {CANNOT_SIGN_IN}",
        ),
        (
            {
                "email": "ann@example.org",
                "phone": "+447700900111",
                "preferred": ContactKind.PHONE,
            },
            f"Approved. We have not told the person yet. {TO_CALL} {CAN_SIGN_IN}",
        ),
        (
            {},
            "Approved. We have not told the person yet, and we have no way to contact them. "
            f"{CANNOT_SIGN_IN}",
        ),
    ],
)
def test_the_message_after_approving_is_true(
    session: Session, sign_in: Any, contacts: dict[str, Any], message: str
) -> None:
    user = accounts.user(Role.CHAMPION, email="taken@example.org")
    people.person(email="taken@example.org", user=user)
    person = people.applicant(**({"email": None} | contacts))
    reader = sign_in(accounts.coordinator())
    for _ in range(2):  # pressing the button again shows the same message
        reply = reader.post(at(f"/applications/{person.id}/approve"), follow_redirects=True)
        assert message in text(reply)


def test_a_partner_gets_a_link_to_their_own_call_list(session: Session, sign_in: Any) -> None:
    yana = organisations.organisation("YANA (You Are Not Alone)")
    army = organisations.network("yana", approver=yana)
    organisations.agreement(yana, army)
    person = people.applicant(email=None, phone="+447700900111", networks=[army])
    reader = sign_in(organisations.partner(yana))
    reply = reader.post(at(f"/applications/{person.id}/approve"), follow_redirects=True)
    assert "They are on the list of" in text(reply)
    assert 'href="/reminders/contacts"' in reply.text


@pytest.mark.parametrize(
    ("contacts", "message"),
    [
        (
            {"email": "ann@example.org"},
            "We are sending the person an email that does not give the reason.",
        ),
        ({"email": None, "phone": "+447700900111"}, f"We have not told the person yet. {TO_CALL}"),
        ({"email": "ann@example.org", "confirmed": False}, "We will not send them a message."),
    ],
)
def test_the_message_after_declining_is_true(
    session: Session, sign_in: Any, contacts: dict[str, Any], message: str
) -> None:
    person = people.applicant(**contacts)
    reader = sign_in(accounts.coordinator())
    for _ in range(2):
        reply = reader.post(
            at(f"/applications/{person.id}/decline"),
            data={"reason": "Lives in Kent"},
            follow_redirects=True,
        )
        assert f"Declined. {message}" in text(reply)
