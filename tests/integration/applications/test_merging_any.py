"""Any two records of one person can be merged, and a merge can be undone for 30 days."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.applications import merging, undoing
from app.applications.models import RecordMerge
from app.applications.queries import snapshots
from app.changes import protection
from app.core import clock
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.permissions import Role
from app.courses.models import Attendee, AttendeeLink
from app.people import pausing
from app.people.duplicate_models import MergedRegistration, NotDuplicate
from app.people.membership_models import MembershipApplication
from app.people.models import (
    ActivityConfirmation,
    Affiliation,
    ExcludedArea,
    Membership,
    Person,
    PersonContact,
)
from app.people.safety.models import CallAttempt, SafeContact
from app.people.types import Basis, CallOutcome, ContactKind, PersonState
from app.reminders.models import Reminder
from app.safeguarding.models import SafeguardingDecision
from app.safeguarding.types import DecisionKind
from tests.addresses import at, public_id
from tests.factories import (
    accounts,
    areas,
    certificates,
    courses,
    matching,
    organisations,
    people,
    reminders,
)

RECENTLY = datetime(2026, 1, 1, tzinfo=UTC)
OFFER = "Same person: merge the records"


def text(reply: Any) -> str:
    return " ".join(reply.get_data(as_text=True).split())


def two_approved_records(**more: Any) -> tuple[Person, Person]:
    """Return two approved records of Ann. The first one is older."""
    ago = clock.now() - timedelta(days=400)
    one = people.person("Ann Smith", email="ann@example.org", registered_at=ago)
    return one, people.person("Anne Smith", email="anne@example.net", **more)


def rows_of(*ids: int) -> snapshots.Snapshot:
    """Return all rows of these people, without the merges themselves."""
    found = snapshots.read_rows(snapshots.select_rows_of_people(ids))
    found.pop("record_merges")
    return {table: rows for table, rows in found.items() if rows}


def test_a_coordinator_merges_two_people_in_the_network(session: Session, sign_in: Any) -> None:
    kept, copy = two_approved_records()
    certificate = certificates.certificate(copy)
    kept_id, copy_id = kept.id, copy.id
    reader = sign_in(accounts.coordinator())
    assert at(f"/applications/{kept.id}/join/{copy.id}?from=record") in text(
        reader.get(at(f"/people/{kept.id}"))
    )
    page = text(reader.get(at(f"/applications/{kept.id}/join/{copy.id}")))
    assert "Merge two records of Ann Smith" in page and OFFER in page
    assert page.index("First record (we keep this)") < page.index("Second record")
    reply = reader.post(at(f"/applications/{kept_id}/join/{copy_id}"), follow_redirects=True)
    assert "The two records have been merged" in text(reply)
    assert "Another record was merged into this one" in text(reply)
    assert session.get(Person, copy_id, populate_existing=True) is None
    session.refresh(certificate)
    assert certificate.person_id == kept_id
    assert [each.point.value for each in session.get_one(Person, kept_id).contacts] == [
        "ann@example.org",
        "anne@example.net",
    ]


def test_a_partner_cannot_merge_two_people_in_the_network(session: Session, sign_in: Any) -> None:
    network = organisations.network()
    partner = organisations.organisation("Partner A")
    organisations.agreement(partner, network)
    one, two = two_approved_records(networks=[network])
    people.membership(one, network, from_on=clock.today())
    reader = sign_in(organisations.partner(partner))
    reply = reader.post(at(f"/applications/{one.id}/join/{two.id}"), follow_redirects=True)
    assert "Only a coordinator can merge these two records" in text(reply)
    assert session.scalar(select(func.count()).select_from(Person)) == 2


@pytest.mark.parametrize("how", ["left", "declined", "marked"])
def test_records_in_any_status_can_be_merged(session: Session, sign_in: Any, how: str) -> None:
    kept, copy = two_approved_records()
    if how == "left":
        kept.left_on = clock.today()  # the older one, so the newer one is kept
        kept, copy = copy, kept
    elif how == "declined":
        copy.approved_at, copy.declined_at = None, clock.now()
    else:
        session.add(NotDuplicate(first_id=kept.id, second_id=copy.id))
    session.flush()
    kept_id, copy_id = kept.id, copy.id
    reader = sign_in(accounts.coordinator())
    page = text(reader.get(at(f"/applications/{kept_id}/join/{copy_id}")))
    assert OFFER in page
    assert ("Somebody marked these records as different people" in page) == (how == "marked")
    reader.post(at(f"/applications/{kept_id}/join/{copy_id}"))
    assert session.get(Person, copy_id, populate_existing=True) is None
    assert session.get_one(Person, kept_id).state(clock.today()) is PersonState.ACTIVE


def test_dates_are_kept_and_what_both_have_is_merged(session: Session) -> None:
    network = organisations.network()
    kept, copy = two_approved_records()
    day, long_ago = clock.today(), clock.today() - timedelta(days=300)
    people.membership(kept, network, from_on=day - timedelta(days=10))
    people.membership(copy, network, from_on=long_ago)
    ward = areas.area().id
    people.presence(kept, ward_id=ward)
    people.presence(copy, Basis.LIVES, ward_id=areas.area().id)
    run = courses.run(day + timedelta(days=30))
    places = [courses.attendee(run, each) for each in (kept, copy)]
    session.flush()
    kept_id = merging.merge_records(SYSTEM, kept.id, copy.id)
    session.expire_all()
    copied_rows = session.scalars(
        select(Membership).where(Membership.person_id == kept_id).order_by(Membership.from_on)
    ).all()
    assert [(each.from_on, each.until_on) for each in copied_rows] == [
        (long_ago, day - timedelta(days=11)),
        (day - timedelta(days=10), None),
    ]
    attendees = session.scalars(select(Attendee).where(Attendee.person_id == kept_id)).all()
    assert {each.id: each.cancelled_at is None for each in attendees} == {
        places[0].id: True,
        places[1].id: False,
    }


def test_the_stricter_answers_win_and_no_right_grows(session: Session) -> None:
    user = accounts.user(Role.CHAMPION)
    blocked = organisations.organisation("Blocked One")
    kept, copy = two_approved_records(protected=True, user=user)
    people.block(copy, organisation=blocked)
    people.presence(kept, postcode="IP24 1JD")
    people.suspension(copy, clock.today())
    session.flush()
    kept_id, copy_id, user_id = kept.id, copy.id, user.id
    merging.merge_records(SYSTEM, kept_id, copy_id)
    session.expire_all()
    kept = session.get_one(Person, kept_id)
    assert kept.protected_at is not None
    assert [place.postcode for place in kept.presences] == [None]
    assert pausing.is_paused(kept_id, clock.today())
    assert kept.user_id is None
    assert kept.user_id != user_id
    vouched = select(PersonContact).where(
        PersonContact.person_id == kept_id, PersonContact.vouched_at.is_not(None)
    )
    assert [each.point.value for each in session.scalars(vouched)] == ["ann@example.org"]


NOT_FILLED = {
    "loosenings": "a pending change is requested again on the record that is kept",
    "private_words": "a word opens the record that it was chosen for",
    "record_merges": "about merges themselves",
    "not_duplicates": "about a record that no longer exists",
}
LEFT_BEHIND = {"people", "general_answers", "safe_contacts"}


def fill(session: Session, person: Person) -> None:
    """Give the person at least one row in every table that refers to people."""
    day, organisation = clock.today(), organisations.organisation("Their Group")
    people.membership(person, organisations.network(), from_on=day - timedelta(days=20))
    people.contact(person, ContactKind.PHONE, "+447700900123")
    people.presence(person, ward_id=areas.area().id)
    people.block(person, organisation=organisations.organisation("Blocked One"))
    people.absence(person, day + timedelta(days=1), day + timedelta(days=9))
    people.suspension(person, day - timedelta(days=9), day - timedelta(days=2))
    people.claim(person)
    need = matching.need()
    matching.proposal(need, person)
    matching.assignment(need, person)
    reminders.notice(person, day)
    reminders.earlier_letter(person, day)
    certificate = certificates.certificate(person)
    courses.attendee(courses.run(day + timedelta(days=30)), person)
    by = accounts.user(Role.SAFEGUARDING)
    named = courses.attendee(courses.run(day + timedelta(days=40)), name="Anne Smith")
    session.add_all(
        [
            AttendeeLink(attendee_id=named.id, person_id=person.id, made_at=RECENTLY),
            MembershipApplication(
                person_id=person.id, network_id=organisations.network().id, applied_at=RECENTLY
            ),
            ActivityConfirmation(person_id=person.id, on=day - timedelta(days=40)),
            Affiliation(person_id=person.id, organisation_id=organisation.id, from_on=day),
            ExcludedArea(person_id=person.id, area_id=areas.area().id),
            MergedRegistration(
                closed_id=2**40, person_id=person.id, registered_at=RECENTLY, joined_at=RECENTLY
            ),
            Reminder(
                person_id=person.id,
                certificate_id=certificate.id,
                step_days=90,
                expires_on=day,
                due_on=day,
                made_at=RECENTLY,
            ),
            CallAttempt(person_id=person.id, on=day, outcome=next(iter(CallOutcome)), at=RECENTLY),
            SafeContact(
                person_id=person.id,
                ways=["email"],
                voicemail=False,
                others_may_answer=False,
                days=[],
                hours=[],
                say_we_are="",
                silent=False,
                from_on=day,
            ),
            SafeguardingDecision(
                person_id=person.id,
                kind=next(iter(DecisionKind)),
                words="Words",
                at=RECENTLY,
                by_user_id=by.id,
            ),
        ]
    )
    session.flush()
    session.expire_all()


def test_every_table_that_refers_to_a_person_is_merged_and_undone(
    session: Session, sign_in: Any
) -> None:
    kept, copy = two_approved_records()
    fill(session, copy)
    filled = rows_of(copy.id).keys()
    assert {
        table.name for table, _ in snapshots.tables_referring_to_people()
    } - filled == NOT_FILLED.keys()
    kept_id, copy_id = kept.id, copy.id
    before = rows_of(kept_id, copy_id)
    reader = sign_in(accounts.coordinator())
    reply = reader.post(at(f"/applications/{kept_id}/join/{copy_id}"), follow_redirects=True)
    assert "The two records have been merged" in text(reply)
    session.expire_all()
    assert session.get(Person, copy_id) is None
    after = rows_of(kept_id, copy_id)
    lost_rows = {
        (name, row_id)
        for name in filled - LEFT_BEHIND
        for row_id in before[name].keys() - after.get(name, {}).keys()
    }
    assert lost_rows == set()
    address = undo_address(kept_id, session.scalars(select(RecordMerge.id)).one())
    assert "Undo the merge" in text(reader.get(address))
    reply = reader.post(address, follow_redirects=True)
    assert "The merge has been undone" in text(reply)
    session.expire_all()
    undone = rows_of(kept_id, copy_id)
    for found in (undone, before):
        found["messages"] = {
            row_id: row for row_id, row in found["messages"].items() if row_id in before["messages"]
        }
    for name in before:
        assert undone[name] == before[name], name
    undoings = select(AuditEntry.subject_id).where(AuditEntry.verb == "person.undo-join")
    assert set(session.scalars(undoings)) == {kept_id, copy_id}
    assert reader.post(address).status_code == 404


def undo_address(kept_id: int, merge_id: int) -> str:
    return f"{at(f'/applications/{kept_id}')}/merges/{public_id('record_merges', merge_id)}"


def test_undoing_is_refused_after_a_change(session: Session, sign_in: Any) -> None:
    kept, copy = two_approved_records()
    kept_id, copy_id = kept.id, copy.id
    reader = sign_in(accounts.coordinator())
    reader.post(at(f"/applications/{kept_id}/join/{copy_id}"))
    moved = session.scalars(
        select(PersonContact).where(PersonContact.person_id == kept_id).order_by(PersonContact.id)
    ).all()[-1]
    session.delete(moved)
    session.commit()
    address = undo_address(kept_id, session.scalars(select(RecordMerge.id)).one())
    reply = reader.post(address, follow_redirects=True)
    assert "Some of the merged details have changed since the merge" in text(reply)
    assert session.get(Person, copy_id, populate_existing=True) is None


def test_a_merge_is_forgotten_after_30_days(session: Session, sign_in: Any) -> None:
    kept, copy = two_approved_records()
    kept_id = kept.id
    reader = sign_in(accounts.coordinator())
    reader.post(at(f"/applications/{kept_id}/join/{copy.id}"))
    merge_id = session.scalars(select(RecordMerge.id)).one()
    assert undoing.delete_old_undo_data(clock.today() + timedelta(days=30)) == 0
    ago = clock.now() - timedelta(days=31)
    db.session.execute(update(RecordMerge).values(merged_at=ago))
    session.commit()
    assert reader.post(undo_address(kept_id, merge_id)).status_code == 404
    assert "Another record was merged" not in text(reader.get(at(f"/people/{kept_id}")))
    assert undoing.delete_old_undo_data(clock.today()) == 1
    assert session.scalar(select(RecordMerge.changes)) is None


def test_any_other_record_can_be_found_and_compared(session: Session, sign_in: Any) -> None:
    one = people.person("Ann Qsmith")
    two = people.person("Completely Qother")
    hidden = people.person("Hidden Qother", networks=[organisations.network(sensitive=True)])
    reader = sign_in(accounts.coordinator(sensitive=False))
    search = at(f"/people/{one.id}/merge")
    assert search in text(reader.get(at(f"/people/{one.id}")))
    page = text(reader.get(f"{search}?q=qohter"))
    assert at(f"/applications/{one.id}/join/{two.id}") in page
    assert at(f"/people/{hidden.id}") not in page and "Hidden" not in page
    assert "Ann Qsmith</a>" not in text(reader.get(f"{search}?q=qsmith"))


@pytest.mark.parametrize("since", ["protected", "left", "blocked"])
def test_undoing_is_refused_if_the_person_became_safer(
    session: Session, sign_in: Any, since: str
) -> None:
    kept, copy = two_approved_records()
    kept_id, copy_id = kept.id, copy.id
    reader = sign_in(accounts.coordinator())
    reader.post(at(f"/applications/{kept_id}/join/{copy_id}"))
    kept = session.get_one(Person, kept_id)
    if since == "protected":
        protection.protect(SYSTEM, kept)
    elif since == "left":
        kept.left_on = clock.today()
    else:
        people.block(kept, organisation=organisations.organisation("Blocked One"))
    session.commit()
    address = undo_address(kept_id, session.scalars(select(RecordMerge.id)).one())
    reply = reader.post(address, follow_redirects=True)
    assert "The other record would not show this change" in text(reply)
    assert session.get(Person, copy_id, populate_existing=True) is None


def test_the_sign_in_comes_back(session: Session, sign_in: Any) -> None:
    kept, copy = two_approved_records(user=accounts.user(Role.CHAMPION, email="anne@example.net"))
    kept_id, copy_id, user_id = kept.id, copy.id, copy.user_id
    reader = sign_in(accounts.coordinator())
    reader.post(at(f"/applications/{kept_id}/join/{copy_id}"))
    user = session.get_one(User, user_id, populate_existing=True)
    assert user.email != "anne@example.net"
    assert session.get_one(Person, kept_id, populate_existing=True).user_id is None
    merge_id = session.scalars(select(RecordMerge.id)).one()
    reader.post(undo_address(kept_id, merge_id))
    session.expire_all()
    assert session.get_one(Person, copy_id).user_id == user_id
    assert session.get_one(User, user_id).email == "anne@example.net"
    assert [grant.until_on for grant in session.get_one(User, user_id).grants] == [None]


def test_only_coordinators_who_may_read_the_record_can_undo(session: Session, sign_in: Any) -> None:
    network = organisations.network()
    partner = organisations.organisation("Partner A")
    organisations.agreement(partner, network)
    partners_person = people.person("Ann Smith", networks=[network])
    address = undo_address(partners_person.id, people.merge(partners_person))
    hidden = people.person("Hidden", networks=[organisations.network(sensitive=True)])
    unseen = undo_address(hidden.id, people.merge(hidden))
    reader = sign_in(organisations.partner(partner))
    assert "Another record was merged" not in text(reader.get(at(f"/people/{partners_person.id}")))
    assert reader.post(address).status_code == reader.get(address).status_code == 404
    reader = sign_in(accounts.coordinator(sensitive=False))
    nowhere = undo_address(partners_person.id, 2**40)
    changing = r'reference: [0-9a-f]{32}|name="csrf_token" value="[^"]*"'
    replies = [re.sub(changing, "", text(reader.post(each))) for each in (unseen, nowhere)]
    assert replies[0] == replies[1]
    assert reader.post(unseen).status_code == 404
    assert reader.get(address).status_code == 200
