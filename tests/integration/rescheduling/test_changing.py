"""Moving and cancelling a run: who is affected is shown first, then everybody is told once."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.core import clock
from app.core.errors import InvalidInput
from app.core.permissions import Role
from app.courses import booking, queries
from app.courses.models import Attendee, CourseRun
from app.messages.models import Message
from app.people.models import Person
from app.rescheduling import service as rescheduling
from app.rescheduling.hooks import _todos
from tests.addresses import at, public_id
from tests.factories import accounts, certificates, courses, organisations, people
from tests.integration.rescheduling.moving import (
    FIRST,
    LATER,
    TODAY,
    Move,
    SignIn,
    form_data,
    holder,
    people_shown,
)

LOSES_PLACE = "People without a certificate for Mental Health First Aider"
BUTTON = "Change the course and tell everybody"


def recipients(session: Session) -> list[tuple[str, str]]:
    """Return the recipient and letter of each message that is waiting or sent."""
    rows = session.execute(select(Message.name, Message.letter).where(Message.voided_at.is_(None)))
    return sorted((name, letter) for name, letter in rows)


def names_on(session: Session, run: CourseRun) -> set[str]:
    rows = select(Attendee).where(Attendee.run_id == run.id, Attendee.cancelled_at.is_(None))
    return {
        session.get_one(Person, each.person_id).full_name if each.person_id else each.name or ""
        for each in session.scalars(rows)
    }


def test_moving_shows_who_is_affected_before_anything_changes(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
    for person in (holder("Ann Fits", date(2027, 12, 1)), holder("Lee Lapses", FIRST)):
        courses.attendee(run, person)
    double = holder("Dee Double", date(2027, 12, 1))
    courses.attendee(run, double)
    courses.attendee(courses.run(LATER, "community-champion", venue="The Barn"), double)
    courses.attendee(run, name="Walt Walker")
    page = Move(sign_in(trainer), run).check()
    lacking, _, remainder = page.partition(LOSES_PLACE)[2].partition(
        "People who have another course at that time"
    )
    assert re.findall(r"<li>(\w+ \w+)", lacking) == ["Lee Lapses"]
    doubled, _, remainder = remainder.partition("People who keep their places")
    assert re.findall(r"<li>(\w+ \w+)", doubled) == ["Dee Double"]
    kept, _, remainder = remainder.partition("How we will tell them")
    assert re.findall(r"<li>(\w+ \w+)", kept) == ["Ann Fits", "Walt Walker"]
    assert "We will tell 3 people by email." in remainder
    assert "You need to tell these people yourself" in remainder
    session.expire_all()
    assert clock.london_day(run.sessions[0].starts_at) == FIRST
    assert recipients(session) == []


def test_people_who_no_longer_fit_lose_their_place_and_get_other_dates(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
    earlier = courses.run(FIRST - timedelta(days=5), "mhfa-refresher", venue="The Barn")
    full_course = courses.run(LATER + timedelta(days=7), venue="The Barn")
    courses.run(LATER + timedelta(days=14), "mhfa-refresher", venue="The Barn")
    lapses, long_gone = holder("Lee Lapses", FIRST), holder("Gill Gone", date(2027, 3, 3))
    for person in (holder("Ann Fits", date(2027, 12, 1)), lapses, long_gone):
        courses.attendee(run, person)
    move = Move(sign_in(trainer), run)
    page = move.check()
    refused = move.press(page)
    assert refused.status_code == 422
    assert "Choose what happens to people without the certificate" in refused.text
    done = move.press(page, prerequisite="remove")
    assert done.status_code == 302
    assert names_on(session, run) == {"Ann Fits"}
    assert recipients(session) == [
        ("Ann Fits", "run-changed"),
        ("Gill Gone", "run-place-lost"),
        ("Lee Lapses", "run-place-lost"),
    ]
    letters = {
        each.name: each.context
        for each in session.scalars(select(Message).where(Message.letter == "run-place-lost"))
    }

    def offered(name: str) -> list[int]:
        return [each["page"]["values"]["run_id"] for each in letters[name]["others"]]

    assert offered("Lee Lapses") == [earlier.id]
    assert offered("Gill Gone") == [full_course.id]
    assert "in date on 10 April 2027" in letters["Lee Lapses"]["reason"]
    again = move.press(page, prerequisite="remove")
    assert again.status_code == 302
    assert len(recipients(session)) == 3


def test_people_can_be_kept_for_now_and_are_told_the_problem(
    app: Flask, session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
    courses.attendee(run, holder("Lee Lapses", FIRST))
    move = Move(sign_in(trainer), run)
    move.press(move.check(), prerequisite="keep")
    assert names_on(session, run) == {"Lee Lapses"}
    (letter,) = session.scalars(select(Message))
    assert letter.letter == "run-changed"
    assert "in date on 10 April 2027" in letter.context["problem"]
    staff = courses.actor_of(accounts.coordinator(), Role.COORDINATOR)
    with app.test_request_context():
        texts = [todo.text for todo in _todos(staff, TODAY)]
    assert any(
        "Call somebody who has a place on MHFA Refresher on 10 April 2027" in text for text in texts
    )


def test_the_rule_about_people_who_no_longer_fit_holds_without_the_page(
    session: Session, trainer: User
) -> None:
    run = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
    courses.attendee(run, holder("Lee Lapses", FIRST))
    actor = courses.actor_of(trainer, Role.TRAINER)
    with pytest.raises(InvalidInput, match="Choose what happens to people"):
        rescheduling.change_run(actor, run.id, courses.new_run(LATER, "mhfa-refresher", minimum=4))


def test_an_earlier_certificate_has_to_be_seen_again_for_a_new_first_day(
    session: Session, sign_in: SignIn
) -> None:
    """It was in date on the old first day, and may have expired by the new one."""
    run = courses.run(FIRST, "mhfa-refresher")
    attendee = courses.attendee(run, name="Walt Walker")
    staff = sign_in(accounts.coordinator())
    seen_it = at(f"/training/{run.id}/people/{attendee.id}/earlier")
    certificate_seen = {
        "kind": "mhfa-youth",
        "reason": "A certificate that is valid until 28 March 2027",
    }
    staff.post(seen_it, data=certificate_seen)
    about = at(f"/training/{run.id}/people/{attendee.id}")
    assert "(Youth), seen on 1 March 2027" in staff.get(about).text
    move = Move(staff, run)
    move.press(move.check(day=FIRST.isoformat(), venue="The Barn"))
    assert "(Youth), seen on 1 March 2027" in staff.get(about).text
    move.press(move.check())
    assert "Not seen yet" in staff.get(about).text


def test_a_page_that_is_out_of_date_is_shown_again(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
    courses.attendee(run, holder("Ann Fits", date(2027, 12, 1)))
    move = Move(sign_in(trainer), run)
    page = move.check()
    courses.attendee(run, holder("Lee Lapses", FIRST))
    refused = move.press(page)
    assert refused.status_code == 422
    assert "Lee Lapses" in refused.text
    assert recipients(session) == []
    other_tab = move.check(day="2027-05-01")
    refused = move.press(page, prerequisite="remove")
    assert "Something has changed since you opened this page" in refused.text
    assert move.press(other_tab, prerequisite="remove").status_code == 302


def test_the_form_keeps_what_was_typed_when_going_back(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
    courses.attendee(run, name="Walt Walker", email="walt@example.org")
    client = sign_in(trainer)
    move = Move(client, run)
    page = move.check(venue="The Barn, Watton")
    assert f'href="{move.address}?draft=yes"' in page
    assert 'value="The Barn, Watton"' in client.get(f"{move.address}?draft=yes").text
    assert 'value="Village Hall, Watton"' in client.get(move.address).text
    other = courses.run(LATER, "mhfa-refresher", trainer_user=trainer, venue="The Barn")
    elsewhere = client.get(at(f"/training/{other.id}/change/check"))
    assert elsewhere.location == at(f"/training/{other.id}/change")


def test_users_who_hold_places_are_told_once(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    group, other_group = (organisations.organisation(name) for name in ("Players", "Singers"))
    organisations.partner(group, name="Pat")
    run = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
    staff = accounts.coordinator(name="Cora Coordinator")
    keeper = courses.actor_of(staff, Role.COORDINATOR, Role.SENSITIVE)
    booking.hold_places(keeper, run.id, group.id, 2)
    booking.hold_places(keeper, run.id, other_group.id, 3)
    booking.hold_places(courses.actor_of(trainer, Role.TRAINER), run.id, None, 1)
    move = Move(sign_in(staff), run)
    page = move.check()
    assert "2 unnamed places for Players</strong><br>We will email Pat." in page
    yourself = page.partition("You need to tell these people yourself")[2]
    assert "3 unnamed places for Singers" in yourself
    move.press(page)
    assert recipients(session) == [
        ("Pat", "held-places-changed"),
        ("Tess Trainer", "held-places-changed"),
    ]
    for _press in range(2):
        move.client.post(at(f"/training/{run.id}/cancel"), data={"reason": "The hall is flooded."})
    # The letter about the change was not sent yet, so only the one about the cancellation is.
    assert recipients(session) == [
        ("Pat", "held-places-cancelled"),
        ("Tess Trainer", "held-places-cancelled"),
    ]


def test_a_second_change_replaces_the_letter_about_the_first(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
    courses.attendee(run, holder("Ann Fits", date(2027, 12, 1)))
    move = Move(sign_in(trainer), run)
    move.press(move.check())
    page = move.check(day="2027-05-01")
    assert "About the change" in page
    move.press(page)
    assert recipients(session) == [("Ann Fits", "run-changed")]
    rescheduling.cancel_run(courses.actor_of(trainer, Role.TRAINER), run.id, "Flood")
    assert recipients(session) == [("Ann Fits", "run-cancelled")]


def test_cancelling_suggests_only_dates_that_the_person_can_book(
    session: Session, trainer: User
) -> None:
    run = courses.run(FIRST, trainer_user=trainer)
    blocked_trainer = courses.trainer()
    blocked = courses.run(LATER, trainer_user=blocked_trainer, venue="The Barn")
    free = courses.run(LATER + timedelta(days=10))
    person, other = people.champion("Ann Smith"), people.champion("Bea Brown")
    people.block(person, user=blocked_trainer)
    for each in (person, other):
        courses.attendee(run, each)
    rescheduling.cancel_run(courses.actor_of(trainer, Role.TRAINER), run.id, "Flood")
    offered = {
        each.name: [other["page"]["values"]["run_id"] for other in each.context["others"]]
        for each in session.scalars(select(Message).where(Message.letter == "run-cancelled"))
    }
    assert offered == {"Ann Smith": [free.id], "Bea Brown": [blocked.id, free.id]}


def test_moving_shows_nothing_about_hidden_people(
    app: Flask, session: Session, sign_in: SignIn, trainer: User
) -> None:
    """A trainer sees the same page, count and result, whatever certificate a hidden person has."""
    sensitive = organisations.network(sensitive=True)
    pages = []
    for last in (FIRST, date(2027, 12, 1)):
        run = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
        hidden = people.person("Hilda Hidden", networks=[sensitive])
        certificates.certificate(hidden, awarded_on=date(2024, 4, 10), expires_on=last)
        courses.attendee(run, hidden)
        move = Move(sign_in(trainer), run)
        page = move.check(venue=f"Hall {public_id('course_runs', run.id)}")
        pages.append(page.replace(public_id("course_runs", run.id), "RUN"))
        result = move.client.post(
            f"{move.address}/check", data={"seen": people_shown(page)}, follow_redirects=True
        ).text
        pages.append(result.replace(public_id("course_runs", run.id), "RUN"))
        assert queries.places_taken(run.id) == 1
        rescheduling.cancel_run(courses.actor_of(trainer, Role.TRAINER), run.id, "Flood")
        assert "Hilda" not in page + result
    first, first_result, second, second_result = (_comparable(each) for each in pages)
    assert first == second
    assert first_result == second_result


def _comparable(page: str) -> str:
    page = re.sub(r'name="(seen|csrf_token)"[^>]*>', "", page)
    return re.sub(r'nonce="[^"]*"', "", page)


def test_a_new_trainer_blocked_by_somebody_is_not_refused_or_revealed(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    replacement = courses.trainer(name="Nora New")
    run = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
    courses.attendee(run, holder("Ann Fits", date(2027, 12, 1)))
    blocker = holder("Bea Blocks", date(2027, 12, 1))
    courses.attendee(run, blocker)
    people.block(blocker, user=replacement)
    move = Move(sign_in(accounts.coordinator()), run)
    page = move.check(day=FIRST.isoformat(), trainer=public_id("users", replacement.id))
    assert "Nora New" in page
    assert "Bea Blocks" in page.partition("You need to tell these people yourself")[2]
    assert "never to meet" not in page
    assert move.press(page).status_code == 302
    assert run.trainer_user_id == replacement.id
    assert names_on(session, run) == {"Ann Fits", "Bea Blocks"}


def test_two_runs_cannot_be_in_one_room_at_once(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    courses.run(FIRST, "mhfa-refresher", venue="village hall  WATTON", venue_postcode=None)
    client = sign_in(trainer)
    refused = client.post("/training/new/mhfa-refresher", data=form_data())
    assert refused.status_code == 422
    assert "There is another course in this room on 27 March 2027 at 9:30am" in refused.text
    online = form_data(venue="Online", link="https://meet.example/1")
    assert client.post("/training/new/mhfa-refresher", data=online).status_code == 302
    run = courses.run(LATER, "mhfa-refresher", trainer_user=trainer)
    moved = client.post(at(f"/training/{run.id}/change"), data=form_data())
    assert moved.status_code == 422
    other_room = form_data(LATER, venue="The Barn")
    assert client.post(at(f"/training/{run.id}/change"), data=other_room).status_code == 302


def test_a_day_with_attendance_cannot_move_to_the_future(session: Session, trainer: User) -> None:
    run = courses.run(TODAY - timedelta(days=1), "mhfa-refresher", trainer_user=trainer)
    courses.mark_attendance(courses.attendee(run, name="Walt Walker"), trainer)
    actor = courses.actor_of(trainer, Role.TRAINER)
    with pytest.raises(InvalidInput, match="cannot be in the future"):
        rescheduling.change_run(actor, run.id, courses.new_run(LATER, "mhfa-refresher", minimum=4))


class Cancel:
    """Cancels a run through its page."""

    def __init__(self, client: FlaskClient, run: CourseRun) -> None:
        self.client, self.address = client, at(f"/training/{run.id}/cancel")

    def page(self) -> str:
        return self.client.get(self.address).text

    def press(self, page: str, reason: str = "The hall is closed") -> TestResponse:
        return self.client.post(self.address, data={"seen": people_shown(page), "reason": reason})


@pytest.mark.parametrize("what", ["booked", "gone", "moved", "held"])
def test_a_page_about_cancelling_that_is_out_of_date_is_shown_again(
    session: Session, sign_in: SignIn, trainer: User, what: str
) -> None:
    """Previously, the run was cancelled, and people that the page had not shown were told."""
    run = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
    walt = courses.attendee(run, name="Walt Walker", email="walt@example.org")
    cancel = Cancel(sign_in(trainer), run)
    page = cancel.page()
    if what == "booked":
        courses.attendee(run, name="Nell New", email="nell@example.org")
        expected = "Nell New has been added to the course."
    elif what == "gone":
        walt.cancelled_at = clock.now()
        expected = "1 person is no longer on the course."
    elif what == "moved":
        move = Move(cancel.client, run)
        move.press(move.check())
        expected = "The days, venue or trainer have changed."
    else:
        booking.hold_places(courses.actor_of(trainer, Role.TRAINER), run.id, None, 3)
        expected = "The unnamed places have changed."
    session.flush()
    refused = cancel.press(page)
    assert refused.status_code == 422
    assert "Check again who is affected" in refused.text
    assert expected in refused.text
    assert "The hall is closed" in refused.text
    assert ("Nell New</li>" in refused.text) == (what == "booked")
    session.refresh(run)
    assert run.cancelled_at is None
    assert "run-cancelled" not in [letter for _name, letter in recipients(session)]
    assert cancel.press(refused.text).status_code == 302
    assert cancel.press(page).status_code == 302  # a second press, in another tab
    session.refresh(run)
    assert run.cancelled_at is not None


def test_a_place_that_is_not_listed_does_not_make_a_page_out_of_date(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    """Otherwise the trainer could learn when somebody hidden booked or gave up a place."""
    run = courses.run(FIRST, "mhfa-refresher", trainer_user=trainer)
    cancel = Cancel(sign_in(trainer), run)
    page = cancel.page()
    hidden = people.person("Hilda", networks=[organisations.network(sensitive=True)])
    courses.attendee(run, hidden)
    assert cancel.press(page).status_code == 302
