"""Records with an email address that is not confirmed can be merged, and gain no rights."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.applications import merging, undoing
from app.applications.models import RecordMerge
from app.changes import confirmation
from app.core import clock
from app.core.actor import SYSTEM
from app.people.membership_models import MembershipApplication
from app.people.models import ActivityConfirmation, Membership, Person, PersonContact
from app.people.types import ContactKind, PersonState
from tests.addresses import at
from tests.factories import accounts, organisations, people
from tests.integration.people import letters

OFFER = "Same person: merge the records"
TYPO, PHONE = "ann@exmaple.org", "+447700900111"
pytestmark = pytest.mark.usefixtures("no_attempts")


def text(reply: Any) -> str:
    return " ".join(reply.get_data(as_text=True).split())


def unconfirmed(email: str = TYPO, **more: Any) -> Person:
    return people.applicant("Anne Smith", email=email, confirmed=False, **more)


def emails(session: Session, person: Person) -> dict[str, tuple[bool, bool]]:
    """Return whether each of a person's email addresses is confirmed, and vouched for."""
    session.expire_all()
    rows = session.scalars(select(PersonContact).where(PersonContact.person_id == person.id))
    return {
        row.point.value: (row.confirmed_at is not None, row.vouched_at is not None)
        for row in rows
        if row.point.kind is ContactKind.EMAIL
    }


def test_an_unconfirmed_registration_is_merged_into_a_record(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    ago = clock.today() - timedelta(days=200)
    kept = people.person("Ann Smith", email="ann@example.org", phone=PHONE, active_on=ago)
    copy = unconfirmed(phone=PHONE)
    confirmation.send_confirmation(copy.id, TYPO)
    (letter,) = letters.sent_to(session, TYPO)
    heard = session.scalars(select(ActivityConfirmation.on)).all()
    page = at(f"/applications/{copy.id}/join/{kept.id}")
    reader = sign_in(accounts.coordinator())
    assert OFFER in text(reader.get(at(f"/people/{kept.id}")))
    shown = text(reader.get(page))
    assert f"{TYPO} (not confirmed)" in shown
    assert "cannot sign in with an email address that they have not confirmed" in shown
    assert "in touch with us today" not in shown
    reply = reader.post(page, follow_redirects=True)
    assert "The two records have been merged" in text(reply)
    assert session.scalars(select(Person.id)).all() == [kept.id]
    assert emails(session, kept) == {"ann@example.org": (True, True), TYPO: (False, False)}
    assert session.scalars(select(ActivityConfirmation.on)).all() == heard
    assert client.post(f"/confirm/{letters.token(letter)}").status_code == 410
    client.post("/sign-in", data={"email": TYPO})
    assert [each.letter for each in letters.sent_to(session, TYPO)][-1] == "sign-in-none"


def test_a_waiting_person_stays_in_the_queue_whichever_record_is_kept(session: Session) -> None:
    for older_is_unconfirmed in (False, True):
        ages = [clock.now() - timedelta(days=age) for age in (9, 3)]
        first = unconfirmed(f"{older_is_unconfirmed}@example.org".lower(), registered_at=ages[0])
        if not older_is_unconfirmed:
            first.registered_at = ages[1] + timedelta(days=1)
        waiting = people.applicant(email=None, phone=PHONE, registered_at=ages[1])
        kept_id = merging.merge_records(SYSTEM, first.id, waiting.id)
        assert kept_id == (first if older_is_unconfirmed else waiting).id
        kept = session.get_one(Person, kept_id)
        session.refresh(kept)
        assert kept.state(clock.today()) is PersonState.WAITING
        assert set(emails(session, kept).values()) == {(False, False)}


def test_of_two_unconfirmed_registrations_the_link_confirms_the_kept_address(
    client: FlaskClient, session: Session
) -> None:
    kept = unconfirmed("ann@example.org", registered_at=clock.now() - timedelta(days=2))
    copy = unconfirmed(registered_at=clock.now())
    confirmation.send_confirmation(kept.id, "ann@example.org")
    (letter,) = letters.sent_to(session, "ann@example.org")
    merging.merge_records(SYSTEM, kept.id, copy.id)
    assert kept.state(clock.today()) is PersonState.UNCONFIRMED
    assert client.post(f"/confirm/{letters.token(letter)}").status_code == 302
    assert emails(session, kept) == {"ann@example.org": (True, True), TYPO: (False, False)}


def test_a_link_confirms_only_the_address_to_which_it_was_sent(
    client: FlaskClient, session: Session
) -> None:
    """Previously, after a merge, the link in one mailbox created a sign-in for the other one."""
    kept = unconfirmed(registered_at=clock.now() - timedelta(days=2))
    waiting = people.applicant(email="ann@example.org", registered_at=clock.now())
    confirmation.send_confirmation(kept.id, TYPO)
    (letter,) = letters.sent_to(session, TYPO)
    merging.merge_records(SYSTEM, kept.id, waiting.id)
    assert client.post(f"/confirm/{letters.token(letter)}").status_code == 302
    assert emails(session, kept) == {"ann@example.org": (True, True), TYPO: (True, False)}
    assert kept.user_id is None


def test_an_undone_merge_gives_both_registrations_back(session: Session) -> None:
    kept = unconfirmed("ann@example.org", registered_at=clock.now() - timedelta(days=2))
    waiting = people.applicant(email=None, phone=PHONE, registered_at=clock.now())
    waiting_id = waiting.id
    merging.merge_records(SYSTEM, kept.id, waiting.id)
    assert kept.state(clock.today()) is PersonState.WAITING
    merge = session.scalars(select(RecordMerge)).one()
    undoing.undo_merge(SYSTEM, kept.id, merge.id)
    session.expire_all()
    assert kept.state(clock.today()) is PersonState.UNCONFIRMED
    assert emails(session, kept) == {"ann@example.org": (False, True)}
    assert session.get_one(Person, waiting_id).state(clock.today()) is PersonState.WAITING


def test_a_coordinator_merges_a_registration_that_a_partner_decides_on(
    session: Session, sign_in: Any
) -> None:
    """The partner still decides on the membership."""
    yana = organisations.organisation("YANA")
    army = organisations.network("yana", approver=yana)
    organisations.agreement(yana, army)
    organisations.partner(yana)
    kept = people.person("Ann Smith", email="ann@example.org")
    copy = people.applicant("Ann Smith", email="ann@example.org", networks=[army])
    reader = sign_in(accounts.coordinator())
    reply = reader.post(at(f"/applications/{copy.id}/join/{kept.id}"), follow_redirects=True)
    assert "The two records have been merged" in text(reply)
    assert session.scalars(select(Membership).where(Membership.person_id == kept.id)).all() == []
    applications = select(MembershipApplication.network_id).where(
        MembershipApplication.person_id == kept.id, MembershipApplication.decided_at.is_(None)
    )
    assert session.scalars(applications).all() == [army.id]
