"""Merging a registration into the record of the same person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.applications import merging
from app.applications import queries as queue
from app.certificates.models import Certificate
from app.changes import confirmation
from app.core import clock
from app.core.actor import EVERYONE, SYSTEM
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.messages import service as messages
from app.messages.models import Message
from app.messages.types import NO_ADDRESS, Channel, NewMessage, Recipient
from app.people.duplicate_models import MergedRegistration
from app.people.models import (
    ActivityConfirmation,
    Affiliation,
    Block,
    ContactPoint,
    ExcludedArea,
    Membership,
    NoticeGiven,
    Person,
    PersonContact,
    Presence,
    Suspension,
    TrainingClaim,
)
from app.people.types import AreaSource, Basis, ContactKind, PersonState, Source
from app.registration import confirming
from app.registration import service as registration
from app.safeguarding.models import SafeguardingDecision
from app.safeguarding.types import DecisionKind
from tests.addresses import at
from tests.factories import accounts, areas, certificates, organisations, people
from tests.integration.people import letters

TODAY = clock.today
OFFER = "Same person: merge the records"


def text(reply: Any) -> str:
    return " ".join(reply.get_data(as_text=True).split())


def rows_of(session: Session, model: Any, person: Person) -> list[Any]:
    """Return a person's rows of a model, earliest first."""
    rows = select(model).where(model.person_id == person.id).order_by(model.id)
    return list(session.scalars(rows))


def is_deleted(session: Session, person_id: int) -> bool:
    return session.scalar(select(func.count()).where(Person.id == person_id)) == 0


def registered_twice(**contact: Any) -> tuple[Person, Person]:
    """Return Ann, who joined a month ago, and her second registration, from yesterday."""
    kept = people.person("Ann Smith", email="ann@example.org")
    yesterday = clock.now() - timedelta(days=1)
    contact_details = {"email": "ann@example.org", "registered_at": yesterday} | contact
    return kept, people.applicant("Anne Smith", **contact_details)


def test_a_coordinator_merges_two_records_without_telling_anybody(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    kept, copy = registered_twice()
    copy_id, kept_id = copy.id, kept.id
    reader = sign_in(accounts.coordinator())
    page = text(reader.get(at(f"/applications/{copy.id}")))
    assert OFFER in page
    assert at(f"/applications/{copy.id}/join/{kept.id}") in page
    assert OFFER in text(reader.get(at(f"/people/{kept.id}")))
    before = text(reader.get(at(f"/applications/{copy.id}/join/{kept.id}")))
    assert "Merge this registration into Ann Smith’s record" in before
    assert before.index("Ann Smith") < before.index("Anne Smith")
    assert "We will not write to them about this" in before
    reply = reader.post(at(f"/applications/{copy.id}/join/{kept.id}"), follow_redirects=True)
    assert "The two records have been merged" in text(reply)
    assert reply.request.path == at(f"/people/{kept_id}")
    assert "Registered again. Merged into this record" in text(reply)
    assert is_deleted(session, copy_id)
    assert letters.sent_to(session, "ann@example.org") == []
    assert "Anne Smith" not in text(reader.get("/applications"))
    assert "Anne Smith" not in text(reader.get("/people?state=any"))
    assert queue.count_awaiting_decision(EVERYONE, TODAY()) == 0
    trail = session.execute(
        select(AuditEntry.subject_id, AuditEntry.changes).where(
            AuditEntry.verb == "person.join", AuditEntry.subject_type == "people"
        )
    ).all()
    assert {subject: changes for subject, changes in trail} == {
        copy_id: {"joined_to": kept_id},
        kept_id: {"joined": copy_id},
    }


def test_merging_from_the_record(client: FlaskClient, session: Session, sign_in: Any) -> None:
    kept, copy = registered_twice()
    reader = sign_in(accounts.coordinator())
    page = text(reader.get(at(f"/people/{kept.id}")))
    assert at(f"/applications/{kept.id}/join/{copy.id}?from=record") in page
    reader.post(at(f"/applications/{kept.id}/join/{copy.id}"))
    assert session.scalar(select(MergedRegistration.person_id)) == kept.id


def test_the_old_url_leads_to_the_record(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    kept, copy = registered_twice()
    reader = sign_in(accounts.coordinator())
    kept_id, copy_id = kept.id, copy.id
    merging.merge_records(SYSTEM, copy.id, kept.id)
    assert reader.get(at(f"/applications/{copy_id}")).location == at(f"/people/{kept_id}")
    notice = "This registration was merged into Ann Smith’s record."
    assert notice in text(
        reader.post(at(f"/applications/{copy_id}/approve"), follow_redirects=True)
    )
    late = reader.post(at(f"/applications/{copy_id}/decline"), data={"reason": "Double"})
    assert (late.status_code, notice in text(late)) == (409, True)
    again = reader.post(at(f"/applications/{copy_id}/join/{kept_id}"), follow_redirects=True)
    assert notice in text(again)
    assert letters.sent_to(session, "ann@example.org") == []


def test_contact_details_are_merged(session: Session) -> None:
    kept, copy = registered_twice(phone="+447700900111")
    people.contact(kept, ContactKind.PHONE, "+447700900222", on=kept.registered_at.date())
    own = rows_of(session, PersonContact, kept)[0]
    own.confirmed_at = None
    confirmed_at = rows_of(session, PersonContact, copy)[0].confirmed_at
    ended = people.contact(copy, ContactKind.POST, "1 Old Road", on=copy.registered_at.date())
    ended.until_on = copy.registered_at.date()
    session.flush()
    merging.merge_records(SYSTEM, copy.id, kept.id)
    rows = rows_of(session, PersonContact, kept)
    assert sorted(row.point.value for row in rows) == [
        "+447700900111",
        "+447700900222",
        "ann@example.org",
    ]
    by_value = {row.point.value: row for row in rows}
    assert by_value["ann@example.org"].confirmed_at == confirmed_at
    assert by_value["ann@example.org"].from_on == kept.registered_at.date()
    assert by_value["+447700900111"].from_on == TODAY()
    assert session.scalar(select(ContactPoint.id).where(ContactPoint.value == "1 Old Road")) is None


def test_networks_organisations_and_notices_are_merged(session: Session) -> None:
    both, only_old, only_new = (organisations.network() for _ in range(3))
    group = organisations.organisation()
    kept = people.person(networks=[both, only_old], organisations=[group])
    copy = people.applicant(
        networks=[both, only_new], organisations=[group], registered_at=clock.now()
    )
    for person in (kept, copy):
        session.add(Affiliation(person_id=person.id, named="Cake Club", from_on=TODAY()))
    session.add(Affiliation(person_id=copy.id, named="Bell Ringers", from_on=TODAY()))
    session.add(
        NoticeGiven(person_id=kept.id, version=1, given_at=clock.now(), how="shown before sending")
    )
    for version in (1, 2):
        session.add(
            NoticeGiven(person_id=copy.id, version=version, given_at=clock.now(), how="read out")
        )
    session.flush()
    merging.merge_records(SYSTEM, copy.id, kept.id)
    memberships = rows_of(session, Membership, kept)
    assert [row.network_id for row in memberships] == [both.id, only_old.id, only_new.id]
    assert [row.from_on == TODAY() for row in memberships] == [False, False, True]
    assert all(row.until_on is None for row in memberships)
    named = [row.named or row.organisation_id for row in rows_of(session, Affiliation, kept)]
    assert sorted(map(str, named)) == sorted(["Cake Club", "Bell Ringers", str(group.id)])
    notices = [(row.version, row.how) for row in rows_of(session, NoticeGiven, kept)]
    assert notices == [(1, "shown before sending"), (2, "read out")]


def test_a_home_is_added_only_if_there_is_none(session: Session) -> None:
    ward, other, third = (areas.area().id for _ in range(3))
    kept, copy = registered_twice()
    people.presence(kept, Basis.LIVES, ward_id=ward)
    people.presence(kept, Basis.COULD_HELP, ward_id=ward)
    people.presence(copy, Basis.LIVES, ward_id=other)
    people.presence(copy, Basis.WORKS, ward_id=other)
    people.presence(copy, Basis.COULD_HELP, ward_id=ward)
    people.presence(copy, Basis.COULD_HELP, ward_id=third)
    merging.merge_records(SYSTEM, copy.id, kept.id)
    assert [(row.basis, row.ward_id, row.from_on) for row in rows_of(session, Presence, kept)] == [
        (Basis.LIVES, ward, kept.registered_at.date()),
        (Basis.COULD_HELP, ward, kept.registered_at.date()),
        (Basis.WORKS, other, TODAY()),
        (Basis.COULD_HELP, third, TODAY()),
    ]
    assert session.scalar(select(func.count()).select_from(Presence)) == 4


@pytest.mark.parametrize("protected_record", ["kept", "copy"])
def test_no_postcode_is_kept_if_either_is_protected(
    session: Session, protected_record: str
) -> None:
    ward = areas.area().id
    kept, copy = registered_twice(protected=protected_record == "copy")
    if protected_record == "kept":
        kept.protected_at = clock.now()
    people.presence(kept, Basis.LIVES, postcode=None if protected_record == "kept" else "IP24 1JD")
    people.presence(kept, Basis.COULD_HELP, ward_id=ward, until_on=TODAY() - timedelta(days=3))
    people.presence(
        copy,
        Basis.WORKS,
        postcode=None if protected_record == "copy" else "IP25 6AB",
        ward_id=ward,
        settled=AreaSource.DIRECTORY,
    )
    merging.merge_records(SYSTEM, copy.id, kept.id)
    assert kept.protected_at is not None
    places = rows_of(session, Presence, kept)
    assert len(places) == 3
    assert all(place.postcode is None and place.lsoa_id is None for place in places)
    assert places[-1].ward_id == ward
    found = session.scalar(select(func.count()).where(Presence.postcode.is_not(None)))
    assert found == 0
    trail = session.scalars(select(AuditEntry.changes)).all()
    assert "IP24" not in str(trail)
    assert "IP25" not in str(trail)


def test_blocks_and_excluded_areas_of_both_apply(session: Session) -> None:
    kept, copy = registered_twice()
    one, two = (organisations.organisation() for _ in range(2))
    user = accounts.user(Role.TRAINER)
    wards = [areas.area().id for _ in range(3)]
    people.block(kept, organisation=one)
    for block in ({"organisation": one}, {"organisation": two}, {"user": user}):
        people.block(copy, **block)
    for person, ward in ((kept, 0), (kept, 1), (copy, 1), (copy, 2)):
        session.add(ExcludedArea(person_id=person.id, area_id=wards[ward]))
    session.flush()
    merging.merge_records(SYSTEM, copy.id, kept.id)
    blocked = {(row.organisation_id, row.user_id) for row in rows_of(session, Block, kept)}
    assert blocked == {(one.id, None), (two.id, None), (None, user.id)}
    assert len(rows_of(session, Block, kept)) == 3
    assert [row.area_id for row in rows_of(session, ExcludedArea, kept)] == wards


def test_claims_and_their_certificates_are_moved(session: Session) -> None:
    kept, copy = registered_twice()
    open_claim = people.claim(copy, "Adult MHFA")
    settled = people.claim(copy, "Youth MHFA", settled_at=clock.now(), accepted=True)
    certificate_held = certificates.certificate(copy)
    certificate_held.claim_id = settled.id
    session.flush()
    interest = kept.interest
    merging.merge_records(SYSTEM, copy.id, kept.id)
    claims = rows_of(session, TrainingClaim, kept)
    assert [row.id for row in claims] == [open_claim.id, settled.id]
    assert claims[0].settled_at is None
    (certificate,) = rows_of(session, Certificate, kept)
    assert (certificate.id, certificate.claim_id) == (certificate_held.id, settled.id)
    assert kept.interest is interest


def test_an_ended_pause_and_its_decision_are_moved(session: Session) -> None:
    kept, copy = registered_twice()
    lead = accounts.user(Role.SAFEGUARDING)
    last_week = TODAY() - timedelta(days=7)
    paused = Suspension(
        person_id=copy.id, from_on=last_week, until_on=last_week, decided_at=clock.now()
    )
    decided = SafeguardingDecision(
        person_id=copy.id,
        kind=DecisionKind.PAUSE,
        words="A short pause",
        at=clock.now(),
        by_user_id=lead.id,
    )
    session.add_all([paused, decided])
    session.flush()
    merging.merge_records(SYSTEM, copy.id, kept.id)
    assert rows_of(session, Suspension, kept) == [paused]
    assert rows_of(session, SafeguardingDecision, kept) == [decided]


def test_a_registration_without_email_can_be_merged(session: Session) -> None:
    kept, copy = registered_twice(email=None, phone="+447700900111", confirmed=False)
    assert copy.state(TODAY()) is PersonState.WAITING
    merging.merge_records(SYSTEM, copy.id, kept.id)
    values = {row.point.value for row in rows_of(session, PersonContact, kept)}
    assert values == {"ann@example.org", "+447700900111"}


def test_a_new_address_cannot_sign_in_to_the_record(
    client: FlaskClient, session: Session, no_attempts: None
) -> None:
    """Registering in somebody's name must not give access to their record."""
    kept = people.person("Ann Smith", email=None, phone="+447700900111")
    user = accounts.user(Role.CHAMPION, email="new@example.org")
    copy = people.applicant(
        "Ann Smith", email="new@example.org", registered_at=clock.now(), user=user
    )
    merging.merge_records(SYSTEM, copy.id, kept.id)
    session.refresh(kept)
    session.refresh(user)
    assert kept.user_id is None
    assert user.email.endswith(NO_ADDRESS)
    client.post("/sign-in", data={"email": "new@example.org"})
    assert [each.letter for each in letters.sent_to(session, "new@example.org")] == ["sign-in-none"]
    letter = session.scalars(select(Message).where(Message.letter == "something-changed")).one()
    assert (letter.channel, letter.address) == ("phone", "+447700900111")


def test_the_same_mailbox_can_sign_in_to_the_record(session: Session) -> None:
    kept = people.person("Ann Smith", email="ann@example.org", source=Source.STAFF)
    user = accounts.user(Role.CHAMPION, email="ann@example.org")
    copy = people.applicant(
        "Ann Smith", email="ann@example.org", registered_at=clock.now(), user=user
    )
    merging.merge_records(SYSTEM, copy.id, kept.id)
    session.refresh(kept)
    assert kept.user_id == user.id


def test_merging_records_that_the_person_was_heard_from(session: Session) -> None:
    kept, copy = registered_twice()
    (stay,) = rows_of(session, ActivityConfirmation, kept)
    stay.on = TODAY() - timedelta(days=800)
    session.flush()
    assert kept.state(TODAY()) is PersonState.NOT_CONFIRMED
    merging.merge_records(SYSTEM, copy.id, kept.id)
    session.refresh(kept)
    assert kept.state(TODAY()) is PersonState.ACTIVE


def test_waiting_letters_are_voided_and_sent_letters_are_moved(session: Session) -> None:
    kept, copy = registered_twice()
    copy_id = copy.id

    def post(key: str) -> Message:
        recipient = Recipient(Channel.EMAIL, "ann@example.org", "", copy_id)
        number = messages.post(NewMessage("declined", recipient, key))
        return session.get_one(Message, number)

    waiting_id, sent_id = post("one"), post("two")
    sent_id.sent_at = clock.now()
    session.flush()
    merging.merge_records(SYSTEM, copy.id, kept.id)
    assert waiting_id.voided_at is not None
    assert sent_id.voided_at is None
    assert {waiting_id.person_id, sent_id.person_id} == {kept.id}


def test_two_waiting_registrations_become_one(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    first = people.applicant(email=None, phone="+447700900111", confirmed=False)
    second = people.applicant(email="ann@example.org", registered_at=clock.now())
    first_id, confirmed_at = first.id, second.confirmed_at
    reader = sign_in(accounts.coordinator())
    page = text(reader.get(at(f"/applications/{first.id}/join/{second.id}")))
    assert "will still be waiting for a decision" in page
    reader.post(at(f"/applications/{first.id}/join/{second.id}"))
    assert session.scalars(select(Person.id)).all() == [first_id]
    assert first.confirmed_at == confirmed_at
    assert first.state(TODAY()) is PersonState.WAITING
    reader.post(at(f"/applications/{first_id}/approve"))
    session.refresh(first)
    assert first.state(TODAY()) is PersonState.ACTIVE
    assert [letter.letter for letter in letters.sent_to(session, "ann@example.org")] == ["approved"]


def test_a_third_registration_can_be_merged(session: Session) -> None:
    kept = people.person(registered_at=clock.now() - timedelta(days=90))
    second = people.applicant(registered_at=clock.now() - timedelta(days=60))
    third = people.applicant(registered_at=clock.now() - timedelta(days=5))
    merging.merge_records(SYSTEM, third.id, second.id)
    merging.merge_records(SYSTEM, second.id, kept.id)
    assert session.scalars(select(MergedRegistration.person_id)).all() == [kept.id, kept.id]


def test_an_old_link_or_a_repeated_send_creates_nobody(session: Session) -> None:
    kept, copy = registered_twice()
    copy.submission = "the-key-of-the-second"
    session.flush()
    confirmation.send_confirmation(copy.id, "ann@example.org")
    (letter,) = letters.sent_to(session, "ann@example.org")
    link = letters.token(letter)
    merging.merge_records(SYSTEM, copy.id, kept.id)
    assert confirming.confirm_registration(link) is False
    assert registration.find_submission("the-key-of-the-second") == kept.id


def test_a_partner_can_merge_only_its_own_people(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    yana = organisations.organisation("YANA")
    army = organisations.network("yana", approver=yana)
    organisations.agreement(yana, army)
    own_person = people.person("Ann Smith", email="ann@example.org", networks=[army])
    stranger = people.person("Ann Smythe", email="ann@example.org")
    copy = people.applicant("Ann Smith", email="ann@example.org", networks=[army])
    reader = sign_in(organisations.partner(yana))
    page = text(reader.get(at(f"/applications/{copy.id}")))
    assert at(f"/applications/{copy.id}/join/{own_person.id}") in page
    assert at(f"/applications/{copy.id}/join/{stranger.id}") not in page
    assert "Smythe" not in page
    address = at(f"/applications/{copy.id}/join/{stranger.id}")
    assert (reader.get(address).status_code, reader.post(address).status_code) == (404, 404)
    reply = reader.post(at(f"/applications/{copy.id}/join/{own_person.id}"), follow_redirects=True)
    assert "The two records have been merged" in text(reply)


def test_merging_does_not_reveal_people_of_sensitive_networks(
    client: FlaskClient, session: Session, sign_in: Any
) -> None:
    hidden = organisations.network("hidden", sensitive=True)
    secret = people.person("Ann Hidden", email="ann@example.org", networks=[hidden])
    plain = people.person("Ann Plain", email="ann@example.org")
    copy = people.applicant("Ann Copy", email="ann@example.org", networks=[hidden])
    people.membership(copy, organisations.network(), from_on=TODAY())
    reader = sign_in(accounts.coordinator(sensitive=False))
    page = text(reader.get(at(f"/applications/{copy.id}")))
    assert at(f"/applications/{copy.id}/join/{secret.id}") not in page
    nobody = reader.get(at(f"/applications/{copy.id}/join/999999"))
    reply = reader.get(at(f"/applications/{copy.id}/join/{secret.id}"))
    assert (reply.status_code, nobody.status_code) == (404, 404)
    assert reader.post(at(f"/applications/{copy.id}/join/{secret.id}")).status_code == 404
    beside = text(reader.get(at(f"/applications/{copy.id}/join/{plain.id}")))
    assert hidden.name not in beside
    without = people.applicant("Ann Again", email="ann@example.org")
    closed_id = without.id
    merging.merge_records(SYSTEM, without.id, secret.id)
    assert reader.get(at(f"/applications/{closed_id}")).status_code == 404
    assert reader.post(at(f"/applications/{closed_id}/approve")).status_code == 404
    assert reader.post(at(f"/applications/{closed_id}/join/{plain.id}")).status_code == 404


def test_only_deciders_can_merge(client: FlaskClient, session: Session, sign_in: Any) -> None:
    kept, copy = registered_twice()
    for role in (Role.TRAINER, Role.ANALYST):
        reader = sign_in(accounts.user(role))
        assert reader.post(at(f"/applications/{copy.id}/join/{kept.id}")).status_code == 404
    reader = sign_in(accounts.coordinator())
    assert reader.post(at(f"/applications/{copy.id}/join/{copy.id}")).status_code == 404
    assert session.scalar(select(func.count()).select_from(Person)) == 2


def test_a_person_entered_by_staff_registers_again(session: Session) -> None:
    kept = people.person("Ann Smith", source=Source.IMPORT, confirmed=False)
    kept.over_18_at = None
    copy = people.applicant("Ann Smith", registered_at=clock.now())
    over_18_at = copy.over_18_at
    merging.merge_records(SYSTEM, copy.id, kept.id)
    assert kept.over_18_at == over_18_at
    assert kept.confirmed_at is not None
