"""Who gets letters about results, and that these letters do not show who has a record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.db import db
from app.courses.models import Attendee, CourseRun
from app.messages import outbox, writing
from app.messages.models import Message
from app.people.models import Person
from app.people.types import ContactKind
from tests.addresses import at
from tests.factories import accounts, courses, people
from tests.factories import messages as make
from tests.factories.certificates import certificate
from tests.integration.attendance.conftest import FIRST
from tests.integration.attendance.test_linking import REFRESHER, attend, press

pytestmark = pytest.mark.usefixtures("evening_after", "no_attempts")
SignIn = Callable[[User], FlaskClient]
RECORDED, ATTENDED = "training-recorded", "attendance-recorded"
CORRECTED = "training-corrected"
HOME, TYPED = "ann@home.example", "ann@typed.example"


@pytest.fixture
def mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[make.Mailbox]:
    with make.mailbox() as box:
        monkeypatch.setitem(app.config, "MAIL_URL", f"smtp://127.0.0.1:{box.port}")
        yield box


def send() -> None:
    """Commit, and send messages as the worker does."""
    db.session.commit()
    outbox.send_waiting()
    db.session.expire_all()


def run_of(trainer: User, slug: str = "mhfa-two-day-adult") -> CourseRun:
    """Create a run that has ended, with somebody who attended it and stays on it."""
    day = FIRST if slug == REFRESHER else FIRST - timedelta(days=1)
    made = courses.run(day, slug, of=trainer)
    stays = people.person("Stan Stays", email="stan@stays.example")
    certificate(stays, awarded_on=FIRST - timedelta(days=900))
    courses.attended(courses.attendee(made, stays), trainer)
    return made


def trained(email: str = HOME) -> Person:
    person = people.person("Ann Field", email=email)
    certificate(person, awarded_on=FIRST - timedelta(days=900))
    return person


def post(client: FlaskClient, run: CourseRun, end: str, **data: str) -> None:
    address = at(f"/training/{run.id}/{end}")
    assert client.post(address, data=data).status_code in (302, 303), end


def mark(session: Session, who: Attendee, to: courses.Mark) -> None:
    session.refresh(who, ["marks"])
    for each in who.marks:
        each.mark = to
    session.flush()


def again(session: Session, client: FlaskClient, who: Attendee, to: courses.Mark) -> None:
    """Reopen the run, mark somebody, and sign the run off again."""
    post(client, who.run, "reopen", reason="Wrong list")
    mark(session, who, to)
    post(client, who.run, "complete")


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


def contents(page: str) -> str:
    page = re.sub(r'name="csrf_token"[^>]*', "", page)
    return re.sub(
        r"/people/[\w-]+", "/people/ID", re.sub(r"/training/[\w-]+", "/training/ID", page)
    )


def story(
    session: Session,
    client: FlaskClient,
    trainer: User,
    slug: str,
    email: str | None,
    person: Person | None,
    end: str,
) -> list[str]:
    """Sign off and correct a run with a typed attendee. Return the trainer's pages on the way."""
    run = run_of(trainer, slug)
    more = {"email": email} if email else {}
    who = attend(run, trainer, name="Anne Field", **more)
    if person is not None:
        courses.link(who, person)
    pages = []

    def look() -> None:
        for _sent in range(2):
            pages.append(contents(client.get(at(f"/training/{run.id}")).text))
            send()

    post(client, run, "complete")
    look()
    post(client, run, "reopen", reason="Wrong list")
    look()
    if end == "cancelled":
        post(client, run, "cancel", reason="It did not take place")
    else:
        mark(session, who, courses.Mark.ABSENT)
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
    """A correction to the linked person was shown as the attendee's last letter."""
    client = sign_in(trainer)
    known = story(session, client, trainer, slug, email, trained(), end)
    unknown = story(session, client, trainer, slug, email, None, end)
    assert known == unknown


@pytest.mark.parametrize("seen", [False, True])
def test_the_typed_address_gets_the_letter_of_somebody_unknown(
    session: Session, sign_in: SignIn, trainer: User, seen: bool
) -> None:
    """It may be the trainer's own. It was told of a certificate that only the record gave."""
    run = run_of(trainer, REFRESHER)
    who = attend(run, trainer, name="Ann Field", email=TYPED)
    courses.link(who, trained())
    if seen:
        who.earlier_seen_at = clock.now()
    post(sign_in(trainer), run, "complete")
    expected = [(TYPED, RECORDED)] if seen else [(HOME, RECORDED), (TYPED, ATTENDED)]
    assert sorted(letters(session)) == expected


def test_one_letter_if_the_typed_address_is_the_persons_own(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    """It does not ask for a certificate that we have."""
    run = run_of(trainer, REFRESHER)
    courses.link(attend(run, trainer, name="Ann Field", email=HOME.upper()), trained())
    post(sign_in(trainer), run, "complete")
    assert letters(session) == [(HOME, RECORDED)]


def test_a_certificate_for_a_seen_paper_is_announced_as_for_somebody_unknown(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = run_of(trainer, REFRESHER)
    who = attend(run, trainer, name="Ann Field", email=TYPED)
    courses.link(who, people.person("Ann Field", email=HOME))
    post(sign_in(trainer), run, "complete")
    earlier = at(f"/training/{run.id}/people/{who.id}/earlier")
    sign_in(accounts.coordinator()).post(earlier, data={"kind": "mhfa-adult", "reason": "Paper"})
    assert letters(session) == [(TYPED, ATTENDED), (TYPED, RECORDED)]


def test_the_correction_goes_to_whoever_was_told(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    """The linked person was told of a certificate, and the typed address of its correction."""
    run = run_of(trainer, REFRESHER)
    who = attend(run, trainer, name="Ann Field", email=TYPED)
    client = sign_in(trainer)
    post(client, run, "complete")
    press(sign_in(accounts.coordinator()), who, "link", trained())
    make.deliver()
    client = sign_in(trainer)
    again(session, client, who, courses.Mark.ABSENT)
    assert letters(session) == [(TYPED, ATTENDED), (HOME, RECORDED), (HOME, CORRECTED)]
    again(session, client, who, courses.Mark.ABSENT)
    assert letters(session).count((HOME, CORRECTED)) == 1
    again(session, client, who, courses.Mark.ATTENDED)
    assert letters(session)[3:] == [(HOME, RECORDED)]


def test_a_correction_goes_to_the_present_address(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = run_of(trainer)
    person = people.person("Ann Field", email=HOME)
    who = courses.attendee(run, person)
    courses.attended(who, trainer)
    client = sign_in(trainer)
    post(client, run, "complete")
    make.deliver()
    for each in person.contacts:
        each.until_on = clock.today()
    people.contact(person, ContactKind.EMAIL, "ann@new.example")
    again(session, client, who, courses.Mark.ABSENT)
    assert letters(session) == [(HOME, RECORDED), ("ann@new.example", CORRECTED)]


@pytest.mark.parametrize("how", ["waiting", "came back", "perhaps sent"])
def test_somebody_who_was_never_told_is_not_told_of_a_mistake(
    session: Session, sign_in: SignIn, trainer: User, how: str
) -> None:
    run = run_of(trainer)
    who = courses.attendee(run, people.person("Ann Field", email=HOME))
    courses.attended(who, trainer)
    client = sign_in(trainer)
    post(client, run, "complete")
    told = session.scalars(select(Message).where(Message.address == HOME)).one()
    if how != "waiting":
        told.failed_at = clock.now()
        told.last_error = "550 no such user" if how == "came back" else None
        told.unsettled_at = None if how == "came back" else clock.now()
    again(session, client, who, courses.Mark.ABSENT)
    expected = [(HOME, RECORDED), (HOME, CORRECTED)] if how == "perhaps sent" else []
    assert letters(session) == expected


@pytest.mark.parametrize("how", ["no answer", "stopped worker"])
def test_somebody_who_was_perhaps_told_is_told_of_the_mistake(
    session: Session, sign_in: SignIn, trainer: User, mailbox: make.Mailbox, how: str
) -> None:
    """The letter was going to be repeated, so it counted as not delivered."""
    run = run_of(trainer)
    who = attend(run, trainer, name="Ann Field", email=TYPED)
    client = sign_in(trainer)
    post(client, run, "complete")
    told = session.scalars(select(Message).where(Message.address == TYPED)).one()
    if how == "no answer":
        mailbox.drop_after = 1  # the letter to Stan is accepted
        send()
        assert (told.sent_at, told.failed_at, told.attempts) == (None, None, 1)
    else:
        writing.record_attempt(told.id, 1)
    again(session, client, who, courses.Mark.ABSENT)
    assert letters(session) == [(TYPED, CORRECTED)]
    assert told.void_reason == "the training was recorded by mistake"
    again(session, client, who, courses.Mark.ABSENT)
    assert letters(session) == [(TYPED, CORRECTED)]


def test_people_who_share_a_typed_address_are_all_told(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    """Only the first of them was told that a cancelled course does not count."""
    run = run_of(trainer)
    for name in ("Ann Field", "Bob Field"):
        attend(run, trainer, name=name, email="office@field.example")
    client = sign_in(trainer)
    post(client, run, "complete")
    make.deliver()
    post(client, run, "reopen", reason="It did not take place")
    post(client, run, "cancel", reason="It did not take place")
    told = session.scalars(select(Message.name).where(Message.letter == CORRECTED)).all()
    assert sorted(told) == ["Ann Field", "Bob Field", "Stan Stays"]


@pytest.mark.parametrize("email", [HOME, TYPED])
def test_a_person_with_a_booked_and_a_typed_place_is_told_once(
    session: Session, sign_in: SignIn, trainer: User, email: str
) -> None:
    """Another address than their own may be that of whoever added them, so it is told too."""
    run = run_of(trainer)
    person = people.person("Ann Field", email=HOME)
    booked = courses.attendee(run, person)
    courses.attended(booked, trainer)
    typed = attend(run, trainer, name="Ann Field", email=email)
    client = sign_in(trainer)
    post(client, run, "complete")
    make.deliver()
    courses.link(typed, person)
    mark(session, booked, courses.Mark.ABSENT)
    again(session, client, typed, courses.Mark.ABSENT)
    corrected = [address for address, letter in letters(session) if letter == CORRECTED]
    assert corrected == ([HOME] if email == HOME else [HOME, TYPED])
    page = client.get(at(f"/training/{run.id}")).text
    assert page.count("About the correction") == 2


def test_somebody_who_was_told_at_an_earlier_sign_off_is_told_of_the_cancellation(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = run_of(trainer)
    who = attend(run, trainer, name="Ann Field", email=TYPED)
    client = sign_in(trainer)
    post(client, run, "complete")
    make.deliver()
    again(session, client, who, courses.Mark.ATTENDED)
    post(client, run, "reopen", reason="It did not take place")
    post(client, run, "cancel", reason="It did not take place")
    assert letters(session)[:2] == [(TYPED, RECORDED), (TYPED, CORRECTED)]


@pytest.mark.parametrize("sent", [False, True])
def test_undoing_a_link_tells_the_person_who_was_told_of_a_certificate(
    session: Session, sign_in: SignIn, trainer: User, sent: bool
) -> None:
    """Nobody told them that it does not count, and the next person linked was told nothing."""
    run = run_of(trainer, REFRESHER)
    who = attend(run, trainer, name="Ann Field", email=TYPED)
    post(sign_in(trainer), run, "complete")
    client = sign_in(accounts.coordinator())
    press(client, who, "link", trained())
    if sent:
        make.deliver()
    press(client, who, "unlink")
    told = [(HOME, RECORDED), (HOME, CORRECTED)] if sent else []
    assert letters(session) == [(TYPED, ATTENDED), *told]
    for message in session.scalars(select(Message).where(Message.letter == CORRECTED)):
        assert message.context["attended"] is True
    press(client, who, "link", trained("other@field.example"))
    assert letters(session)[-1] == ("other@field.example", RECORDED)
    client = sign_in(trainer)
    make.deliver()
    again(session, client, who, courses.Mark.ABSENT)
    assert letters(session)[-1] == ("other@field.example", CORRECTED)
    assert letters(session).count((HOME, CORRECTED)) == int(sent)
