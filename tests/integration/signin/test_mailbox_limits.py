"""Limits on the letters that anybody can request. They lock nobody out."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import throttling
from app.core.permissions import Role
from app.messages import mailbox_limits
from app.messages.models import Message
from app.people.models import Person
from app.registration.models import SavedDraft
from app.safeguarding.models import SafeguardingReport
from app.signin import passwords
from tests.factories import accounts, people
from tests.integration.people import letters
from tests.integration.registration import registering

PAGES = {
    "/sign-in": "champion@ceiling.example",
    "/confirm": "applicant@ceiling.example",
    "/sign-in/try-now": "staff@ceiling.example",
}
MORE = mailbox_limits.MAX_LETTERS + 3


def rows(session: Session) -> int:
    return session.scalar(select(func.count(Message.id))) or 0


def shown(reply: Any, address: str) -> tuple[int, str | None, str]:
    return reply.status_code, reply.headers.get("Location"), reply.text.replace(address, "")


@pytest.fixture(autouse=True)
def known(session: Session) -> None:
    accounts.user(Role.CHAMPION, email=PAGES["/sign-in"])
    people.applicant("Ann", email=PAGES["/confirm"], confirmed=False)
    staff = accounts.user(Role.TRAINER, email=PAGES["/sign-in/try-now"])
    staff.password_hash = passwords.hash_password("a long enough one")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("is_known", [True, False])
def test_a_mailbox_gets_few_letters_and_the_page_stays_the_same(
    client: FlaskClient, session: Session, page: str, is_known: bool
) -> None:
    address = PAGES[page] if is_known else "nobody@ceiling.example"
    before = rows(session)
    replies = [shown(client.post(page, data={"email": address}), address) for _each in range(MORE)]
    assert len(set(replies)) == 1
    assert replies[0][0] in (200, 302)
    assert rows(session) - before == mailbox_limits.MAX_LETTERS


@pytest.mark.parametrize("page", PAGES)
def test_beyond_the_limit_known_and_unknown_addresses_look_alike(
    client: FlaskClient, session: Session, page: str
) -> None:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    answers = []
    event.listen(session.get_bind(), "before_cursor_execute", note)
    for address in (PAGES[page], "nobody@ceiling.example"):
        for _each in range(mailbox_limits.MAX_LETTERS):
            client.post(page, data={"email": address})
        statements.clear()
        reply = shown(client.post(page, data={"email": address}), address)
        answers.append((reply, [each for each in statements if "SAVEPOINT" not in each]))
    event.remove(session.get_bind(), "before_cursor_execute", note)
    assert answers[0] == answers[1]


def test_using_a_link_resets_the_limit(client: FlaskClient, session: Session) -> None:
    address = PAGES["/sign-in"]
    for _each in range(MORE):
        letters.sign_in(client, session, address)
    assert len(letters.sent_to(session, address)) == MORE


def test_repeated_registrations_with_one_address_write_few_letters(
    client: FlaskClient, session: Session
) -> None:
    input_by_page = registering.pages(contact={"email": "often@ceiling.example"})
    answers = set()
    for number in range(mailbox_limits.MAX_LETTERS + 2):
        input_by_page["start"] = {"over_18": "yes", "name": f"Ann Number{number}"}
        browser = client.application.test_client()
        answers.add(registering.send(browser, input_by_page).status_code)
    assert answers == {200}
    assert len(letters.sent_to(session, "often@ceiling.example")) == mailbox_limits.MAX_LETTERS


STRANGERS = [f"203.0.113.{number}" for number in range(1, 40)]
OWNER = {"REMOTE_ADDR": "198.51.100.7"}


def browser_at(client: FlaskClient, source: str) -> FlaskClient:
    """Return a new browser at a network address."""
    browser = client.application.test_client()
    browser.environ_base["REMOTE_ADDR"] = source
    return browser


def register_at(client: FlaskClient, source: str, name: str, address: str) -> None:
    """Register somebody from a network address."""
    input_by_page = registering.pages(
        start={"over_18": "yes", "name": name}, contact={"email": address}
    )
    assert "Registration sent" in registering.send(browser_at(client, source), input_by_page).text


def test_a_stranger_cannot_use_up_the_letters_of_the_owner(
    client: FlaskClient, session: Session
) -> None:
    """The stranger registers again and again, even on the same day, and saves a draft each time."""
    address = "owner@ceiling.example"
    for number in range(9):
        register_at(client, STRANGERS[0], f"Stranger Number{number}", address)
        mailbox_limits.reset(mailbox_limits.REGISTER, address, STRANGERS[0])
    assert len(letters.sent_to(session, address)) == 5
    register_at(client, OWNER["REMOTE_ADDR"], "Olga Owner", address)
    found = letters.sent_to(session, address)
    assert len(found) == 6
    olga = session.scalars(select(Person).filter_by(full_name="Olga Owner")).one()
    assert found[-1].person_id == olga.id
    for source in (*[STRANGERS[0]] * MORE, OWNER["REMOTE_ADDR"]):
        browser = browser_at(client, source)
        registering.fill_in(browser, {"start": registering.START})
        browser.post("/register/save", data={"email": address})
    saved = [each for each in letters.sent_to(session, address) if each.letter == "draft-saved"]
    assert len(saved) == mailbox_limits.MAX_LETTERS + 1


def test_many_sources_cannot_flood_a_mailbox(client: FlaskClient, session: Session) -> None:
    address = "flooded@ceiling.example"
    for number, source in enumerate(STRANGERS[:12]):
        register_at(client, source, f"Stranger Number{number}", address)
    limit = mailbox_limits.MAX_LETTERS * mailbox_limits.ALL_SOURCES_FACTOR
    assert len(letters.sent_to(session, address)) == limit


def test_a_signed_in_stranger_cannot_use_up_the_letters_about_a_new_address(
    session: Session, sign_in: Any
) -> None:
    address = "both@ceiling.example"
    stranger, owner = people.champion("Sam Stranger"), people.champion("Olga Owner")
    for number in range(mailbox_limits.MAX_CHANGE_LETTERS + 2):
        strangers_client = sign_in(session.get_one(User, stranger.user_id))
        for each in (address, f"other{number}@ceiling.example"):
            strangers_client.post("/me/contact", data={"email": each})
    before = len(letters.sent_to(session, address))
    sign_in(session.get_one(User, owner.user_id)).post("/me/contact", data={"email": address})
    found = letters.sent_to(session, address)
    assert len(found) == before + 1
    assert found[-1].person_id == owner.id


def test_repeated_saving_keeps_few_drafts(client: FlaskClient, session: Session) -> None:
    registering.fill_in(client, {"start": registering.START})
    for _each in range(MORE):
        reply = client.post("/register/save", data={"email": "save@ceiling.example"})
        assert reply.status_code == 302
    assert len(letters.sent_to(session, "save@ceiling.example")) == mailbox_limits.MAX_LETTERS
    assert session.scalar(select(func.count(SavedDraft.id))) == 1  # each replaces the one before


def test_a_signed_in_user_cannot_flood_another_mailbox(session: Session, sign_in: Any) -> None:
    person = people.champion("Ann Smith")
    client = sign_in(session.get_one(User, person.user_id))
    for number in range(mailbox_limits.MAX_CHANGE_LETTERS + 2):
        for address in ("target@ceiling.example", f"other{number}@ceiling.example"):
            client.post("/me/contact", data={"email": address})
    assert (
        len(letters.sent_to(session, "target@ceiling.example")) == mailbox_limits.MAX_CHANGE_LETTERS
    )
    own = session.get_one(User, person.user_id).email
    letters_sent = [
        each for each in letters.sent_to(session, own) if each.letter == "vouch-contact"
    ]
    assert len(letters_sent) == mailbox_limits.MAX_CHANGE_LETTERS


def test_a_source_with_many_requests_waits_but_a_colleague_does_not(
    client: FlaskClient, session: Session
) -> None:
    for number in range(throttling.PACE_FREE_REQUESTS):
        throttling.pace_requests("127.0.0.1", f"{number}@ceiling.example")
    before = rows(session)
    refused = client.post("/sign-in", data={"email": "1@ceiling.example"})
    assert "too many times" in refused.text
    assert rows(session) == before
    assert client.post("/sign-in", data={"email": PAGES["/sign-in"]}).status_code == 302


def test_even_first_letters_wait_after_hundreds_of_requests(
    client: FlaskClient, session: Session
) -> None:
    for number in range(throttling.PACE_MAX_REQUESTS):
        throttling.pace_requests("127.0.0.1", f"{number}@ceiling.example")
    input_by_page = registering.pages(contact={"email": "late@ceiling.example"})
    reply = registering.send(client, input_by_page)
    assert "too many times" in reply.text
    assert letters.sent_to(session, "late@ceiling.example") == []


def test_many_reports_from_one_source_wait_and_keep_the_text(
    client: FlaskClient, session: Session
) -> None:
    for _each in range(throttling.PACE_FREE_REQUESTS):
        assert client.post("/worried", data={"what": "Shouting"}).status_code == 302
    reply = client.post("/worried", data={"what": "Somebody was hurt"})
    assert "Wait 1 second" in reply.text
    assert "Somebody was hurt" in reply.text
    assert (
        session.scalar(select(func.count(SafeguardingReport.id))) == throttling.PACE_FREE_REQUESTS
    )


def test_letters_without_a_link_do_not_delay_a_link(client: FlaskClient, session: Session) -> None:
    address = "later@ceiling.example"

    def ask() -> list[tuple[str, str | None]]:
        before = len(letters.sent_to(session, address))
        for _each in range(MORE):
            assert client.post("/sign-in", data={"email": address}).status_code == 302
        return [
            (each.letter, each.context.get("why")) for each in letters.sent_to(session, address)
        ][before:]

    assert ask() == [("sign-in-none", "unknown")] * mailbox_limits.MAX_LETTERS
    browser = client.application.test_client()
    input_by_page = registering.pages(contact={"email": address})
    assert registering.send(browser, input_by_page).status_code == 200
    assert ask() == [("sign-in-none", "unconfirmed")] * mailbox_limits.MAX_LETTERS
    confirm = letters.token(letters.sent_to(session, address)[-1])
    assert client.application.test_client().post(f"/confirm/{confirm}").status_code == 302
    assert ask() == [("sign-in", None)] * mailbox_limits.MAX_LETTERS


def test_retry_letters_to_nobody_do_not_delay_a_retry_link(
    client: FlaskClient, session: Session
) -> None:
    address = "soon@ceiling.example"
    for _each in range(MORE):
        client.post("/sign-in/try-now", data={"email": address})
    staff = accounts.user(Role.TRAINER, email=address)
    staff.password_hash = passwords.hash_password("a long enough one")
    for _each in range(MORE):
        client.post("/sign-in/try-now", data={"email": address})
    assert [each.letter for each in letters.sent_to(session, address)] == [
        "try-now"
    ] * mailbox_limits.MAX_LETTERS
