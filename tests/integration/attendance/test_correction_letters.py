"""Who gets letters about results, and that these letters do not show who has a record."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.courses.models import Attendee, CourseRun
from app.messages import writing
from app.messages.models import Message
from app.people.models import Person
from app.people.types import ContactKind
from tests.addresses import at
from tests.factories import accounts, courses, people
from tests.factories import messages as make
from tests.factories.certificates import certificate
from tests.integration.attendance.conftest import FIRST, send_messages
from tests.integration.attendance.test_linking import REFRESHER, attend, press

pytestmark = pytest.mark.usefixtures("evening_after", "no_attempts")
SignIn = Callable[[User], FlaskClient]
RECORDED, ATTENDED = "training-recorded", "attendance-recorded"
CORRECTED = "training-corrected"
HOME, TYPED = "ann@home.example", "ann@typed.example"


def run_of(trainer: User, slug: str = "mhfa-two-day-adult") -> CourseRun:
    """Create a run that has ended, with somebody who attended it and stays on it."""
    day = FIRST if slug == REFRESHER else FIRST - timedelta(days=1)
    run = courses.run(day, slug, trainer_user=trainer)
    stays = people.person("Stan Stays", email="stan@stays.example")
    certificate(stays, awarded_on=FIRST - timedelta(days=900))
    courses.mark_attendance(courses.attendee(run, stays), trainer)
    return run


def ann_with_certificate(email: str = HOME) -> Person:
    person = people.person("Ann Field", email=email)
    certificate(person, awarded_on=FIRST - timedelta(days=900))
    return person


def post(client: FlaskClient, run: CourseRun, end: str, **data: str) -> None:
    address = at(f"/training/{run.id}/{end}")
    assert client.post(address, data=data).status_code in (302, 303), end


def mark_every_session(session: Session, attendee: Attendee, new_mark: courses.Mark) -> None:
    session.refresh(attendee, ["marks"])
    for each in attendee.marks:
        each.mark = new_mark
    session.flush()


def reopen_and_sign_off(
    session: Session, client: FlaskClient, attendee: Attendee, new_mark: courses.Mark
) -> None:
    """Reopen the run, mark somebody, and sign the run off again."""
    post(client, attendee.run, "reopen", reason="Wrong list")
    mark_every_session(session, attendee, new_mark)
    post(client, attendee.run, "complete")


def letters(session: Session) -> list[tuple[str, str]]:
    """Return the address and letter of each message that was sent or is waiting."""
    session.expire_all()
    rows = session.scalars(
        select(Message).where(Message.voided_at.is_(None)).order_by(Message.id)
    ).all()
    return [
        (each.address, each.letter)
        for each in rows
        if each.address != "stan@stays.example" and not each.address.startswith("nobody@")
    ]


def without_identifiers(page: str) -> str:
    page = re.sub(r'name="csrf_token"[^>]*', "", page)
    return re.sub(
        r"/people/[\w-]+", "/people/ID", re.sub(r"/training/[\w-]+", "/training/ID", page)
    )


def trainers_pages(
    session: Session,
    client: FlaskClient,
    trainer: User,
    slug: str,
    email: str | None,
    person: Person | None,
    end: str,
) -> list[str]:
    """Sign off and correct a run with a typed attendee, and return the trainer's pages."""
    run = run_of(trainer, slug)
    more = {"email": email} if email else {}
    attendee = attend(run, trainer, name="Anne Field", **more)
    if person is not None:
        courses.link(attendee, person)
    pages = []

    def look() -> None:
        for _sent in range(2):
            pages.append(without_identifiers(client.get(at(f"/training/{run.id}")).text))
            send_messages()

    post(client, run, "complete")
    look()
    post(client, run, "reopen", reason="Wrong list")
    look()
    if end == "cancelled":
        post(client, run, "cancel", reason="It did not take place")
    else:
        mark_every_session(session, attendee, courses.Mark.ABSENT)
        post(client, run, "complete")
    look()
    return pages


@pytest.mark.parametrize("slug", ["mhfa-two-day-adult", REFRESHER])
@pytest.mark.parametrize("email", [None, TYPED, HOME])
@pytest.mark.parametrize("end", ["absent", "cancelled"])
def test_the_trainers_pages_are_the_same_for_somebody_known(
    session: Session,
    sign_in: SignIn,
    trainer: User,
    mailbox: make.Mailbox,
    slug: str,
    email: str | None,
    end: str,
) -> None:
    """Previously, a correction to the linked person was shown as the attendee's last letter."""
    client = sign_in(trainer)
    known = trainers_pages(session, client, trainer, slug, email, ann_with_certificate(), end)
    unknown = trainers_pages(session, client, trainer, slug, email, None, end)
    assert known == unknown


@pytest.mark.parametrize("slug", ["mhfa-two-day-adult", REFRESHER])
@pytest.mark.parametrize("end", ["absent", "cancelled"])
def test_the_trainers_pages_are_the_same_if_the_mailbox_refuses_mail(
    session: Session,
    sign_in: SignIn,
    trainer: User,
    mailbox: make.Mailbox,
    slug: str,
    end: str,
) -> None:
    """The letter was to the linked person, so it did not come back on the page."""
    mailbox.refuse[HOME] = "550 5.1.1 no such user"
    client = sign_in(trainer)
    unknown = trainers_pages(session, client, trainer, slug, HOME, None, end)
    known = trainers_pages(session, client, trainer, slug, HOME, ann_with_certificate(), end)
    assert known == unknown
    assert any("could not be delivered" in page for page in known)


@pytest.mark.parametrize("certificate_seen", [False, True])
def test_the_typed_address_gets_the_letter_of_somebody_unknown(
    session: Session, sign_in: SignIn, trainer: User, certificate_seen: bool
) -> None:
    """Previously, this address, which may be the trainer's, learned what only the record said."""
    run = run_of(trainer, REFRESHER)
    attendee = attend(run, trainer, name="Ann Field", email=TYPED)
    courses.link(attendee, ann_with_certificate())
    if certificate_seen:
        attendee.earlier_seen_at = clock.now()
    post(sign_in(trainer), run, "complete")
    expected = [(TYPED, RECORDED)] if certificate_seen else [(HOME, RECORDED), (TYPED, ATTENDED)]
    assert sorted(letters(session)) == expected


def test_one_letter_if_the_typed_address_is_the_persons_own(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    """The letter does not ask for a certificate that we already have."""
    run = run_of(trainer, REFRESHER)
    courses.link(attend(run, trainer, name="Ann Field", email=HOME.upper()), ann_with_certificate())
    post(sign_in(trainer), run, "complete")
    assert letters(session) == [(HOME, RECORDED)]


def test_after_a_certificate_was_seen_a_linked_person_gets_the_letter_of_somebody_unknown(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = run_of(trainer, REFRESHER)
    attendee = attend(run, trainer, name="Ann Field", email=TYPED)
    courses.link(attendee, people.person("Ann Field", email=HOME))
    post(sign_in(trainer), run, "complete")
    earlier = at(f"/training/{run.id}/people/{attendee.id}/earlier")
    sign_in(accounts.coordinator()).post(earlier, data={"kind": "mhfa-adult", "reason": "Paper"})
    assert letters(session) == [(TYPED, ATTENDED), (TYPED, RECORDED)]


def test_the_correction_goes_to_whoever_was_told(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    """Previously, the correction went to the typed address, although the person had been told."""
    run = run_of(trainer, REFRESHER)
    attendee = attend(run, trainer, name="Ann Field", email=TYPED)
    client = sign_in(trainer)
    post(client, run, "complete")
    press(sign_in(accounts.coordinator()), attendee, "link", ann_with_certificate())
    make.deliver()
    client = sign_in(trainer)
    reopen_and_sign_off(session, client, attendee, courses.Mark.ABSENT)
    assert letters(session) == [(TYPED, ATTENDED), (HOME, RECORDED), (HOME, CORRECTED)]
    reopen_and_sign_off(session, client, attendee, courses.Mark.ABSENT)
    assert letters(session).count((HOME, CORRECTED)) == 1
    reopen_and_sign_off(session, client, attendee, courses.Mark.ATTENDED)
    assert letters(session)[3:] == [(HOME, RECORDED)]


def test_a_correction_goes_to_the_present_address(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = run_of(trainer)
    person = people.person("Ann Field", email=HOME)
    attendee = courses.attendee(run, person)
    courses.mark_attendance(attendee, trainer)
    client = sign_in(trainer)
    post(client, run, "complete")
    make.deliver()
    for each in person.contacts:
        each.until_on = clock.today()
    people.contact(person, ContactKind.EMAIL, "ann@new.example")
    reopen_and_sign_off(session, client, attendee, courses.Mark.ABSENT)
    assert letters(session) == [(HOME, RECORDED), ("ann@new.example", CORRECTED)]


@pytest.mark.parametrize("how", ["waiting", "came back", "perhaps sent"])
def test_somebody_who_was_never_told_is_not_told_of_a_mistake(
    session: Session, sign_in: SignIn, trainer: User, how: str
) -> None:
    run = run_of(trainer)
    attendee = courses.attendee(run, people.person("Ann Field", email=HOME))
    courses.mark_attendance(attendee, trainer)
    client = sign_in(trainer)
    post(client, run, "complete")
    letter = session.scalars(select(Message).where(Message.address == HOME)).one()
    if how != "waiting":
        letter.failed_at = clock.now()
        letter.last_error = "550 no such user" if how == "came back" else None
        letter.unsettled_at = None if how == "came back" else clock.now()
    reopen_and_sign_off(session, client, attendee, courses.Mark.ABSENT)
    expected = [(HOME, RECORDED), (HOME, CORRECTED)] if how == "perhaps sent" else []
    assert letters(session) == expected


@pytest.mark.parametrize("how", ["no answer", "stopped worker"])
def test_somebody_who_may_have_been_told_is_told_of_the_mistake(
    session: Session, sign_in: SignIn, trainer: User, mailbox: make.Mailbox, how: str
) -> None:
    """Previously, the letter was due to be sent again, so it counted as not delivered."""
    run = run_of(trainer)
    attendee = attend(run, trainer, name="Ann Field", email=TYPED)
    client = sign_in(trainer)
    post(client, run, "complete")
    letter = session.scalars(select(Message).where(Message.address == TYPED)).one()
    if how == "no answer":
        mailbox.drop_after = 1  # the letter to Stan is accepted
        send_messages()
        assert (letter.sent_at, letter.failed_at, letter.attempts) == (None, None, 1)
    else:
        writing.record_attempt(letter.id, 1)
    reopen_and_sign_off(session, client, attendee, courses.Mark.ABSENT)
    assert letters(session) == [(TYPED, CORRECTED)]
    assert letter.void_reason == "the training was recorded by mistake"
    reopen_and_sign_off(session, client, attendee, courses.Mark.ABSENT)
    assert letters(session) == [(TYPED, CORRECTED)]


def test_people_who_share_a_typed_address_are_all_told(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    """Previously, only the first of them was told that a cancelled course does not count."""
    run = run_of(trainer)
    for name in ("Ann Field", "Bob Field"):
        attend(run, trainer, name=name, email="office@field.example")
    client = sign_in(trainer)
    post(client, run, "complete")
    make.deliver()
    post(client, run, "reopen", reason="It did not take place")
    post(client, run, "cancel", reason="It did not take place")
    names = session.scalars(select(Message.name).where(Message.letter == CORRECTED)).all()
    assert sorted(names) == ["Ann Field", "Bob Field", "Stan Stays"]


@pytest.mark.parametrize("email", [HOME, TYPED])
def test_a_person_with_a_booked_and_a_typed_place_is_told_once(
    session: Session, sign_in: SignIn, trainer: User, email: str
) -> None:
    """A different address may belong to whoever added them, so it gets the letter too."""
    run = run_of(trainer)
    person = people.person("Ann Field", email=HOME)
    booked = courses.attendee(run, person)
    courses.mark_attendance(booked, trainer)
    named = attend(run, trainer, name="Ann Field", email=email)
    client = sign_in(trainer)
    post(client, run, "complete")
    make.deliver()
    courses.link(named, person)
    mark_every_session(session, booked, courses.Mark.ABSENT)
    reopen_and_sign_off(session, client, named, courses.Mark.ABSENT)
    corrected = [address for address, letter in letters(session) if letter == CORRECTED]
    assert corrected == ([HOME] if email == HOME else [HOME, TYPED])
    page = client.get(at(f"/training/{run.id}")).text
    assert page.count("About the correction") == 2


def test_somebody_who_was_told_at_an_earlier_sign_off_is_told_of_the_cancellation(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = run_of(trainer)
    attendee = attend(run, trainer, name="Ann Field", email=TYPED)
    client = sign_in(trainer)
    post(client, run, "complete")
    make.deliver()
    reopen_and_sign_off(session, client, attendee, courses.Mark.ATTENDED)
    post(client, run, "reopen", reason="It did not take place")
    post(client, run, "cancel", reason="It did not take place")
    assert letters(session)[:2] == [(TYPED, RECORDED), (TYPED, CORRECTED)]


@pytest.mark.parametrize("sent", [False, True])
def test_undoing_a_link_tells_the_person_who_was_told_of_a_certificate(
    session: Session, sign_in: SignIn, trainer: User, sent: bool
) -> None:
    """Previously, they were not told that it does not count, nor was the next person told."""
    run = run_of(trainer, REFRESHER)
    attendee = attend(run, trainer, name="Ann Field", email=TYPED)
    post(sign_in(trainer), run, "complete")
    client = sign_in(accounts.coordinator())
    press(client, attendee, "link", ann_with_certificate())
    if sent:
        make.deliver()
    press(client, attendee, "unlink")
    expected = [(HOME, RECORDED), (HOME, CORRECTED)] if sent else []
    assert letters(session) == [(TYPED, ATTENDED), *expected]
    for message in session.scalars(select(Message).where(Message.letter == CORRECTED)):
        assert message.context["attended"] is True
    press(client, attendee, "link", ann_with_certificate("other@field.example"))
    assert letters(session)[-1] == ("other@field.example", RECORDED)
    client = sign_in(trainer)
    make.deliver()
    reopen_and_sign_off(session, client, attendee, courses.Mark.ABSENT)
    assert letters(session)[-1] == ("other@field.example", CORRECTED)
    assert letters(session).count((HOME, CORRECTED)) == int(sent)
