"""Every kind of delayed change needs a call to a safe number and takes effect 24 hours later."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.changes import delayed_changes, effects
from app.core import clock
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.messages import sent
from app.messages.models import Message
from app.people import contact
from app.people.models import Block, ContactPoint, Person, PersonContact
from app.people.queries.contacts import find_safe_contact
from app.people.safety import wishes
from app.people.safety.models import DelayedChange
from app.people.safety.types import ContactMethod, ContactPreferences, DelayedChangeKind, Stage
from app.people.types import ContactKind
from tests.addresses import at, public_id
from tests.factories import accounts, organisations, people
from tests.telling import TOLD_BY_PHONE

PHONE, OTHER = "+441362656870", "+441362700900"
NOON = datetime.fromisoformat("2026-11-02T12:00:00+00:00")


def text(reply: Any) -> str:
    return html.unescape(reply.get_data(as_text=True))


def mark_phone_safe(session: Session, person: Person, *, since: datetime) -> PersonContact:
    row = next(each for each in person.contacts if each.point.kind is ContactKind.PHONE)
    row.safe_at = since
    session.flush()
    return row


@pytest.fixture
def hidden(session: Session) -> Person:
    """Return a protected person with a phone number that was marked as safe 60 days ago."""
    with clock.frozen(NOON - timedelta(days=30)):
        person = people.champion("Mary Otter", phone=PHONE, protected=True)
    mark_phone_safe(session, person, since=NOON - timedelta(days=60))
    return person


def own_browser(sign_in: Any, session: Session, person: Person) -> FlaskClient:
    client: FlaskClient = sign_in(session.get_one(User, person.user_id))
    return client


def latest_change(session: Session, person: Person) -> DelayedChange:
    row = session.scalar(
        select(DelayedChange)
        .where(DelayedChange.person_id == person.id)
        .order_by(DelayedChange.id.desc())
    )
    assert row is not None
    return row


def changes(session: Session, person: Person) -> list[tuple[DelayedChangeKind, Stage]]:
    rows = session.scalars(select(DelayedChange).where(DelayedChange.person_id == person.id))
    return [(row.kind, row.stage) for row in rows]


def numbers(session: Session, person: Person) -> set[str]:
    rows = session.scalars(
        select(ContactPoint.value)
        .join(PersonContact, PersonContact.contact_point_id == ContactPoint.id)
        .where(PersonContact.person_id == person.id, PersonContact.until_on.is_(None))
    )
    return set(rows)


def call(session: Session, sign_in: Any, person: Person) -> Any:
    """Call the safe number as a coordinator, and record the call."""
    row = latest_change(session, person)
    staff = sign_in(accounts.coordinator())
    number = next(each for each in person.contacts if each.point.value == PHONE)
    data = {"number": public_id("person_contacts", number.id), "time": "12:00", "sure": "yes"}
    with clock.frozen(NOON + timedelta(minutes=5)):
        return staff.post(at(f"/people/{person.id}/changes/{row.id}"), data=data)


def apply_changes_after(hours: int) -> int:
    with clock.frozen(NOON + timedelta(hours=hours)):
        return effects.apply_due_changes(clock.now())


def test_protection_ends_a_day_after_a_call(hidden: Person, session: Session, sign_in: Any) -> None:
    with clock.frozen(NOON):
        own_client = own_browser(sign_in, session, hidden)
        reply = own_client.post("/me/protection", data={"protected": "no"}, follow_redirects=True)
    assert "we have not made this change yet" in text(reply)
    assert "Keep my postcode again" in text(reply)
    assert apply_changes_after(100) == 0
    assert hidden.protected_at is not None
    assert call(session, sign_in, hidden).status_code == 302
    row = latest_change(session, hidden)
    assert row.stage is Stage.WAITING
    assert (row.called_at, row.called_by_user_id is not None) == (NOON, True)
    assert apply_changes_after(23) == 0
    assert hidden.protected_at is not None
    assert apply_changes_after(25) == 1
    assert apply_changes_after(26) == 0
    session.refresh(hidden)
    assert hidden.protected_at is None
    verbs = set(session.scalars(select(AuditEntry.verb)))
    assert {"person.loosen-ask", "person.loosen-call", "person.loosen"} <= verbs


def test_staff_end_protection_only_after_a_call(
    hidden: Person, session: Session, sign_in: Any
) -> None:
    staff = sign_in(accounts.coordinator())
    with clock.frozen(NOON):
        reply = staff.post(at(f"/people/{hidden.id}/protection/end"), follow_redirects=True)
    assert "Call this person on a number that they told us is safe" in text(reply)
    assert "01362 656870" in text(reply)
    assert apply_changes_after(100) == 0
    assert hidden.protected_at is not None
    call(session, sign_in, hidden)
    assert apply_changes_after(25) == 1
    session.refresh(hidden)
    assert hidden.protected_at is None


def test_a_block_ends_a_day_after_a_call(session: Session, sign_in: Any) -> None:
    with clock.frozen(NOON - timedelta(days=30)):
        person = people.champion("Mary Otter", phone=PHONE)
        block_id = people.block(person, organisation=organisations.organisation()).id
    mark_phone_safe(session, person, since=NOON - timedelta(days=60))
    with clock.frozen(NOON):
        own_client = own_browser(sign_in, session, person)
        own_client.post(at(f"/me/hidden/{block_id}/remove"))
        own_client.post(at(f"/me/hidden/{block_id}/remove"))
    assert session.get_one(Block, block_id).until_on is None
    assert changes(session, person) == [(DelayedChangeKind.END_BLOCK, Stage.ASKED)]
    call(session, sign_in, person)
    assert apply_changes_after(23) == 0
    assert apply_changes_after(25) == 1
    assert session.get_one(Block, block_id).until_on == NOON.date()


@pytest.mark.parametrize("path", ["own", "staff"])
def test_new_number_of_a_protected_person_waits(
    hidden: Person, session: Session, sign_in: Any, path: str
) -> None:
    email = next(each.point.value for each in hidden.contacts if each.point.kind == "email")
    with clock.frozen(NOON):
        if path == "own":
            own_browser(sign_in, session, hidden).post(
                "/me/contact", data={"phone": "01362 700900"}
            )
        else:
            sent_in = {"email": email, "phone": "01362 700900", "preferred": "email"}
            staff = sign_in(accounts.coordinator())
            reply = staff.post(
                at(f"/people/{hidden.id}/contact"),
                data=TOLD_BY_PHONE | sent_in,
                follow_redirects=True,
            )
            assert "Use a new address or number" in text(reply)
    assert numbers(session, hidden) == {email, PHONE}
    call(session, sign_in, hidden)
    assert apply_changes_after(25) == 1
    assert numbers(session, hidden) == {email, OTHER}
    now = next(each for each in hidden.contacts if each.point.value == OTHER)
    assert now.safe_at is not None


def test_new_number_of_an_unprotected_person_takes_effect_at_once(
    session: Session, sign_in: Any
) -> None:
    person = people.champion("Ann Smith", phone=PHONE)
    own_browser(sign_in, session, person).post("/me/contact", data={"phone": "01362 700900"})
    assert OTHER in numbers(session, person)
    assert changes(session, person) == []


def test_new_preference_of_a_protected_person_waits(session: Session, sign_in: Any) -> None:
    person = people.champion("Mary Otter", post="1 High Street\nThetford", protected=True)
    own_browser(sign_in, session, person).post("/me/contact", data={"preferred": "post"})
    assert changes(session, person) == [(DelayedChangeKind.SET_PREFERENCE, Stage.ASKED)]
    found = contact.find_recipient(person.id)
    assert found is not None
    assert found.channel == "email"


def test_no_method_replaces_a_removed_preferred_one(session: Session, sign_in: Any) -> None:
    person = people.champion("Mary Otter", phone=PHONE, protected=True)
    person.preferred = ContactKind.PHONE
    number = next(each for each in person.contacts if each.point.value == PHONE)
    own_browser(sign_in, session, person).post(at(f"/me/contact/{number.id}/remove"))
    found = contact.find_recipient(person.id)
    assert found is not None
    assert (found.channel, found.address) == ("phone", "")


@pytest.mark.parametrize("path", ["own", "staff"])
def test_more_careful_wishes_take_effect_at_once_and_less_careful_ones_wait(
    hidden: Person, session: Session, sign_in: Any, path: str
) -> None:
    wishes.record_wishes(
        SYSTEM,
        hidden,
        ContactPreferences(
            ways=frozenset({ContactMethod.EMAIL, ContactMethod.CALL}), voicemail=True
        ),
    )
    new_wishes = {"how": "chosen", "ways": ["call", "text"], "voicemail": "no", "others": "no"}
    with clock.frozen(NOON):
        if path == "own":
            own_browser(sign_in, session, hidden).post("/me/contact/safe", data=new_wishes)
        else:
            sign_in(accounts.coordinator()).post(
                at(f"/people/{hidden.id}/safe-contact"), data=TOLD_BY_PHONE | new_wishes
            )
    now = find_safe_contact(hidden.id, clock.today())
    assert now is not None
    assert (now.wishes.ways, now.wishes.voicemail) == ({ContactMethod.CALL}, False)
    assert changes(session, hidden) == [(DelayedChangeKind.CHANGE_WISHES, Stage.ASKED)]


def test_no_contact_takes_effect_at_once_and_ending_it_waits(
    hidden: Person, session: Session, sign_in: Any
) -> None:
    own_client = own_browser(sign_in, session, hidden)
    own_client.post("/me/contact/safe", data={"how": "none"})
    assert contact.find_recipient(hidden.id) is None
    own_client.post("/me/contact/safe", data={"how": "any"})
    assert contact.find_recipient(hidden.id) is None
    assert changes(session, hidden) == [(DelayedChangeKind.CHANGE_WISHES, Stage.ASKED)]


def test_merged_registration_adds_no_number_to_a_protected_person(
    hidden: Person, session: Session, sign_in: Any
) -> None:
    email = next(each.point.value for each in hidden.contacts if each.point.kind == "email")
    other = people.applicant("Mary Otter", email=email, phone=OTHER)
    staff = sign_in(accounts.coordinator())
    reply = staff.post(
        at(f"/applications/{hidden.id}/join/{other.id}"), data={}, follow_redirects=True
    )
    assert reply.status_code == 200
    session.expire_all()
    assert session.get(Person, other.id) is None
    assert OTHER not in numbers(session, hidden)
    assert changes(session, hidden) == [(DelayedChangeKind.ADD_CONTACT, Stage.ASKED)]


def test_without_a_safe_number_two_coordinators_must_meet_them(
    session: Session, sign_in: Any
) -> None:
    person = people.champion("Mary Otter", protected=True)
    first, second = accounts.coordinator(), accounts.coordinator()
    with clock.frozen(NOON):
        staff = sign_in(first)
        reply = staff.post(at(f"/people/{person.id}/protection/end"), follow_redirects=True)
        assert "Two coordinators must meet them" in text(reply)
        address = at(f"/people/{person.id}/changes/{latest_change(session, person).id}")
        assert staff.post(address, data={"sure": "yes"}).status_code == 422
        staff.post(address, data={"sure": "yes", "why": "I know her from the course"})
        staff.post(address, data={"sure": "yes", "why": "I know her from the course"})
        assert latest_change(session, person).stage is Stage.SEEN_ONCE
        sign_in(second).post(address, data={"sure": "yes"})
    row = latest_change(session, person)
    assert (row.seen_by_user_id, row.seen_too_by_user_id) == (first.id, second.id)
    why = session.scalars(select(AuditEntry.why).where(AuditEntry.verb == "person.loosen-seen"))
    assert "I know her from the course" in set(why)
    assert apply_changes_after(23) == 0
    assert apply_changes_after(25) == 1
    session.refresh(person)
    assert person.protected_at is None


def test_number_recorded_an_hour_before_cannot_be_called(
    hidden: Person, session: Session, sign_in: Any
) -> None:
    mark_phone_safe(session, hidden, since=NOON - timedelta(hours=1))
    with clock.frozen(NOON):
        sign_in(accounts.coordinator()).post(at(f"/people/{hidden.id}/protection/end"))
    reply = call(session, sign_in, hidden)
    assert reply.status_code == 422
    assert latest_change(session, hidden).due_at is None


def test_person_is_told_and_can_stop_it_with_the_link(
    hidden: Person, client: FlaskClient, session: Session, sign_in: Any
) -> None:
    with clock.frozen(NOON):
        sign_in(accounts.coordinator()).post(at(f"/people/{hidden.id}/protection/end"))
    call(session, sign_in, hidden)
    letters = session.scalars(
        select(Message).where(Message.letter == delayed_changes.REQUEST_LETTER).order_by(Message.id)
    ).all()
    assert [(each.person_id, each.channel, each.neutral) for each in letters] == [
        (hidden.id, "email", True)
    ] * 2
    letters[1].sent_at = clock.now()
    text_sent = sent.find_message(letters[1].id).rendered
    assert text_sent.subject == "A message for you"
    found = re.search(r"/stop/\S+", text_sent.text)
    assert found is not None
    link = found[0]
    assert client.get(link).status_code == 200
    assert latest_change(session, hidden).stage is Stage.WAITING
    assert "Stopped" in text(client.post(link))
    assert client.post(link).status_code == 410
    assert apply_changes_after(25) == 0
    session.refresh(hidden)
    assert hidden.protected_at is not None


def test_person_can_stop_it_on_their_own_page(
    hidden: Person, session: Session, sign_in: Any
) -> None:
    own_client = own_browser(sign_in, session, hidden)
    own_client.post("/me/protection", data={"protected": "no"})
    row = latest_change(session, hidden)
    other = people.champion("Somebody Else")
    own_browser(sign_in, session, other)
    assert own_client.post(at(f"/me/changes/{row.id}/stop")).status_code == 404
    own_browser(sign_in, session, hidden)
    assert "Stopped" in text(
        own_client.post(at(f"/me/changes/{row.id}/stop"), follow_redirects=True)
    )
    assert changes(session, hidden) == [(DelayedChangeKind.END_PROTECTION, Stage.STOPPED)]


def test_requesting_protection_again_stops_its_end(
    hidden: Person, session: Session, sign_in: Any
) -> None:
    own_client = own_browser(sign_in, session, hidden)
    own_client.post("/me/protection", data={"protected": "no"})
    own_client.post("/me/protection", data={"protected": "yes"})
    assert changes(session, hidden) == [(DelayedChangeKind.END_PROTECTION, Stage.STOPPED)]


def test_change_requested_on_the_own_page_is_on_the_call_list(
    hidden: Person, session: Session, sign_in: Any
) -> None:
    with clock.frozen(NOON):
        own_browser(sign_in, session, hidden).post("/me/protection", data={"protected": "no"})
    staff = sign_in(accounts.coordinator())
    assert "Check a change that they asked for" in text(staff.get("/reminders"))
    assert "Staff need to call this person to check the change." in text(
        staff.get(at(f"/people/{hidden.id}"))
    )
    call(session, sign_in, hidden)
    assert "Check a change that they asked for" not in text(staff.get("/reminders"))


@pytest.mark.parametrize("protected", [False, True])
def test_waiting_changes_do_not_reveal_who_is_protected(
    session: Session, sign_in: Any, protected: bool
) -> None:
    """Staff who may not know who is protected see and do the same for everybody."""
    person = people.champion("Mary Otter", phone=PHONE, protected=protected)
    if not protected:
        wishes.record_wishes(
            SYSTEM, person, ContactPreferences(ways=frozenset({ContactMethod.EMAIL}))
        )
    email = next(each.point.value for each in person.contacts if each.point.kind == "email")
    staff = sign_in(accounts.coordinator(sensitive=False))
    path = at(f"/people/{person.id}")
    form = text(staff.get(f"{path}/safe-contact"))
    assert re.search(r'value="chosen"\s+checked', form)
    sent_in = {"email": email, "phone": "01362 700900", "preferred": "email"}
    reply = staff.post(f"{path}/contact", data=TOLD_BY_PHONE | sent_in, follow_redirects=True)
    assert "We do not have a number that was recorded as safe" in text(reply)
    new_wishes = {"how": "chosen", "ways": ["email", "call"], "voicemail": "no", "others": "no"}
    reply = staff.post(
        f"{path}/safe-contact", data=TOLD_BY_PHONE | new_wishes, follow_redirects=True
    )
    assert "We do not have a number that was recorded as safe" in text(reply)
    page = text(staff.get(path))
    assert "Use only: email." in page
    assert "01362 700900" not in page


def test_end_of_protection_is_hidden_without_the_permission(
    hidden: Person, session: Session, sign_in: Any
) -> None:
    own_browser(sign_in, session, hidden).post("/me/protection", data={"protected": "no"})
    row = latest_change(session, hidden)
    staff = sign_in(accounts.coordinator(sensitive=False))
    assert "Keep their postcode again" not in text(staff.get(at(f"/people/{hidden.id}")))
    assert staff.get(at(f"/people/{hidden.id}/changes/{row.id}")).status_code == 404


def test_changes_of_a_hidden_person_cannot_be_opened(
    hidden: Person, session: Session, sign_in: Any
) -> None:
    sign_in(accounts.coordinator()).post(at(f"/people/{hidden.id}/protection/end"))
    change_id = latest_change(session, hidden).id
    address = at(f"/people/{hidden.id}/changes/{change_id}")
    other = people.person("Ann Smith")
    assert sign_in(accounts.coordinator()).get(address).status_code == 200
    for reader in (
        organisations.partner(organisations.organisation()),
        accounts.user(Role.TRAINER),
    ):
        assert sign_in(reader).get(address).status_code == 404
    elsewhere = at(f"/people/{other.id}/changes/{change_id}")
    assert sign_in(accounts.coordinator()).get(elsewhere).status_code == 404
