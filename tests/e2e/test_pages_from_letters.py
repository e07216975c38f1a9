"""Pages that are reached only from a letter, a call or a decision, at both widths.

The tour of the demonstration follows links between pages, so it does not reach them. Each is
opened, sent with an error in its form, and opened again after it has been used.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
from sqlalchemy import select

from app.core import clock, links
from app.core.db import db
from app.core.permissions import Role
from app.people.models import Person
from app.signin import sign_in_links
from tests.addresses import public_id
from tests.e2e.conftest import PASSWORD, Visitor
from tests.e2e.registering import Answers, fill_to_check
from tests.e2e.stack import Stack
from tests.factories import certificates, courses, matching, people

Visit = Callable[..., Visitor]
Arrange = Callable[[Callable[[], Any]], Any]
Staff = Callable[..., str]
SAFE_PHONE, SHOWN_PHONE = "+441953880903", "01953 880903"
WORD = "bluebell lantern"


def _press(user: Visitor, name: str) -> str:
    """Press a button or link, check the next page at both widths, and return its text."""
    return user.press(name, both=True).locator("main").inner_text()


def _open(user: Visitor, path: str) -> str:
    return user.open(path, both=True).locator("main").inner_text()


def _link(site: Stack, email: str, what: str, count: int = 1) -> str:
    """Wait for `count` letters to a mailbox, and return the newest link of this kind."""
    site.letterbox.wait_for(email, count)
    found = [link for each in site.letterbox.to(email) for link in site.letterbox.links(each)]
    return next(link for link in reversed(found) if what in link)


def _champion(arrange: Arrange, name: str) -> tuple[str, str]:
    """Add a champion with a phone number that has been marked as safe for two days.

    Returns their public identifier and the token of a link to sign in.
    """

    def write() -> tuple[str, str]:
        person = people.champion(name, phone=SAFE_PHONE)
        for contact in person.contacts:
            contact.safe_at = clock.now() - timedelta(days=2)
        link_id = links.create(sign_in_links.LINK, person.user_id or 0, timedelta(minutes=30))
        return public_id("people", person.id), links.token(sign_in_links.LINK, link_id)

    known: tuple[str, str] = arrange(write)
    return known


def _sign_in(user: Visitor, token: str) -> None:
    _open(user, f"/sign-in/link/{token}")
    user.page.get_by_label("I share this device").check()
    assert "signed out after one hour" in _press(user, "Sign in")


def test_a_memorable_word_is_replaced_after_a_call(
    visitor: Visit, arrange: Arrange, staff: Staff
) -> None:
    known, token = _champion(arrange, "Cara Calls")
    holder, cara = visitor(), visitor(phone=True)
    holder.sign_in(staff("hanna@led.example", Role.COORDINATOR, Role.SENSITIVE))
    _open(holder, f"/people/{known}/safe-contact")
    assert "Cara Calls" in _open(holder, f"/people/{known}/word")
    assert "Select the number that you called" in _press(
        holder, "I have spoken to them. Show a code"
    )
    holder.page.get_by_label(SHOWN_PHONE).check()
    code = re.search(r"\d{4} \d{4}", _press(holder, "I have spoken to them. Show a code"))
    assert code is not None

    _sign_in(cara, token)
    _open(cara, "/me/word")
    assert "Enter a new word" in _press(cara, "Save my word")
    for word, expected in (("Cara", "6 letters or more"), (WORD, "we have saved your new word")):
        cara.page.get_by_label("The code we gave you").fill(code[0])
        cara.page.get_by_label("Your new word").fill(word)
        assert expected in _press(cara, "Save my word")
    _open(cara, "/me/rest")
    assert "Enter your memorable word" in _press(cara, "Show private details")
    cara.page.get_by_label("Your memorable word").fill(WORD)
    assert "This page is showing your private details" in _press(cara, "Show private details")
    assert "Some details are only shown" in _press(cara, "Hide private details")


def test_an_offered_role_waits_for_a_second_person(
    visitor: Visit, site: Stack, staff: Staff
) -> None:
    admin, nell, holder = visitor(), visitor(phone=True), visitor()
    admin.sign_in(staff("ada@led.example", Role.ADMIN))
    staff("hanna@led.example", Role.COORDINATOR, name="Hanna Holder")
    page = admin.open("/users/new")
    page.get_by_label("Full name").fill("Nell New")
    page.get_by_label("Email address").fill("nell@led.example")
    page.get_by_label("Coordinator", exact=True).check()
    assert "have been invited but have not accepted yet" in _press(admin, "Invite")

    offer = _link(site, "nell@led.example", "/offer/")
    _open(nell, offer)
    assert "Enter a password" in _press(nell, "Accept and set up my account")
    secret = nell.page.locator("main code").inner_text().replace(" ", "")
    nell.page.get_by_label("Choose a password").fill(PASSWORD)
    nell.page.get_by_label("Code from your app").fill(pyotp.TOTP(secret).now())
    text = _press(nell, "Accept and set up my account")
    assert "Your new role is waiting for a second person to approve it" in text
    assert "You are not in the network" not in text
    assert "no longer works" in _open(nell, offer)

    _open(admin, "/roles")
    assert "Withdraw" in _press(admin, "Nell New")
    holder.sign_in("hanna@led.example")
    _open(holder, "/roles")
    assert "Hanna" not in _press(holder, "Nell New")
    assert "You have approved the role" in _press(holder, "Approve")
    assert "No roles are waiting for approval" in _open(holder, "/roles")
    assert "second person" not in _open(nell, "/")


def test_changing_an_email_address_needs_both_letters(
    visitor: Visit, site: Stack, arrange: Arrange
) -> None:
    _known, token = _champion(arrange, "Mo Moves")
    mo, elsewhere = visitor(phone=True), visitor()
    _sign_in(mo, token)
    _open(mo, "/me/contact")
    mo.page.get_by_label("Email address (optional)").fill("mo.new@led.example")
    assert "two emails" in _press(mo, "Save")
    new = _link(site, "mo.new@led.example", "/confirm/contact/")
    was = str(arrange(lambda: _email_of("Mo Moves")))
    old = _link(site, was, "/confirm/change/")

    _open(elsewhere, new)
    assert "one more step" in _press(elsewhere, "Confirm")
    assert "no longer works" in _open(elsewhere, new)
    assert "Did you ask for this?" in _open(elsewhere, old)
    assert "Thank you" in _press(elsewhere, "Yes, I asked for this")
    assert "no longer works" in _open(elsewhere, old)
    assert "You have been signed out" in _open(mo, "/me")


def _email_of(name: str) -> str | None:
    person = db.session.scalars(select(Person).where(Person.full_name == name)).one()
    points = [each.point for each in person.contacts]
    return next(each.value for each in points if each.kind == "email")


def test_one_of_two_registrations_in_a_mailbox_is_confirmed(
    visitor: Visit, site: Stack, arrange: Arrange
) -> None:
    """The link is requested on a device that sent neither of them."""
    email = "shared@led.example"

    def write() -> None:
        for days in (2, 1):
            at = clock.now() - timedelta(days=days)
            people.applicant(f"Sam {days}", email=email, confirmed=False, registered_at=at)

    arrange(write)
    reader = visitor(phone=True)
    reader.open("/confirm")
    reader.page.get_by_label("Email address").fill(email)
    assert "Check your email" in _press(reader, "Send me a new link")
    text = _open(reader, _link(site, email, "/confirm/"))
    assert "When did you register?" in text
    assert "Sam" not in text
    assert "Select when you registered" in _press(reader, "Confirm")
    reader.page.get_by_role("radio").last.check()
    assert "Your address is confirmed" in _press(reader, "Confirm")


def test_an_applicant_withdraws(visitor: Visit, site: Stack) -> None:
    """The applicant chooses a memorable word and contact wishes, and withdraws after signing in."""
    email = "wren@led.example"
    wren = visitor(phone=True)
    private = "Supporting survivors of domestic abuse"
    answers = Answers("Wren Withdraws", email=email, protect=True, networks=(private,))
    answers.seen_by = "No, only the few people who look after this network"
    fill_to_check(wren, answers)
    wren.check_at_both_widths()
    wren.page.get_by_label("Your memorable word (optional)").fill("abc")
    assert "6 letters or more" in _press(wren, "Send my registration")
    wren.page.get_by_label("Your memorable word (optional)").fill(WORD)
    assert "Registration sent" in _press(wren, "Send my registration")
    _open(wren, _link(site, email, "/confirm/"))
    assert "Your address is confirmed" in _press(wren, "Confirm")

    wren.open("/sign-in")
    wren.page.get_by_label("Email address").fill(email)
    assert "Check your email" in _press(wren, "Send me a link")
    wren.open(_link(site, email, "/sign-in/link/", count=2))
    assert "Waiting for a decision" in _press(wren, "Sign in")
    assert "What happens next" in _press(wren, "See or change your registration")
    for path in ("/me/contact/safe", "/me/networks", "/me/protection", "/me/hidden", "/me/places"):
        _open(wren, path)
    wren.open("/me")
    _press(wren, "Withdraw my registration")
    text = _press(wren, "Withdraw")
    assert "We have cancelled your registration" in text
    assert wren.page.get_by_role("button", name="Sign out").count() == 0
    assert wren.page.get_by_role("button", name="Exit this page").count() == 1
    wren.page.go_back()
    assert "Wren" not in wren.page.content()


def test_a_concern_is_reported_and_a_champion_is_paused(
    visitor: Visit, arrange: Arrange, staff: Staff
) -> None:
    known, token = _champion(arrange, "Pat Paused")
    run = arrange(lambda: _request_help_and_add_a_course("Pat Paused"))
    anybody, pat, lead = visitor(phone=True), visitor(phone=True), visitor()
    _open(anybody, "/worried")
    assert "Enter what you are worried about" in _press(anybody, "Send")
    anybody.page.get_by_label("What are you worried about?").fill("Shouting at night")
    assert "We have your message" in _press(anybody, "Send")

    _sign_in(pat, token)
    assert "We have a question for you" in _open(pat, "/")
    _open(pat, "/worried")
    lead.sign_in(staff("lee@led.example", Role.SAFEGUARDING))
    _open(lead, "/safeguarding")
    lead.page.get_by_role("button", name="Open").click()
    lead.check_at_both_widths()
    assert "Enter what you decided and why" in _press(lead, "Save the decision")
    lead.page.get_by_label("What did you decide, and why?").fill("Called the county council.")
    assert "Recorded" in _press(lead, "Save the decision")
    _open(lead, f"/safeguarding/people/{known}")
    assert "Enter what you decided and why" in _press(lead, "Pause")
    lead.page.get_by_label("What did you decide, and why?").fill("A complaint by a parent.")
    assert "Paused from" in _press(lead, "Pause")

    for path in ("/", "/me"):
        text = _open(pat, path)
        assert "We have paused your role in the network" in text
        assert "We have a question for you" not in text
    assert "you cannot book a place now" in _open(pat, f"/courses/{run}/book")


def _request_help_and_add_a_course(name: str) -> str:
    """Ask the person to help, add a course, and return the course's public identifier."""
    person = db.session.scalars(select(Person).where(Person.full_name == name)).one()
    certificates.certificate(person, awarded_on=clock.today() - timedelta(days=90))
    matching.proposal(matching.need(), person, sent=True)
    return public_id("course_runs", courses.run(clock.today() + timedelta(days=30)).id)


def test_staff_change_how_they_sign_in(visitor: Visit, staff: Staff) -> None:
    cora = visitor()
    cora.sign_in(staff("cora@led.example", Role.COORDINATOR))
    _open(cora, "/your-sign-in")
    _open(cora, "/your-sign-in/password")
    cora.page.get_by_label("New password").fill("Breckland2026!")
    assert "too easy to guess" in _press(cora, "Change my password")
    assert "stop working" not in _open(cora, "/your-sign-in/second-factor")
    secret = cora.page.locator("main code").inner_text().replace(" ", "")
    cora.page.get_by_label("Code from your app").fill("12345")
    assert "That code is incorrect" in _press(cora, "Use this app")
    cora.page.get_by_label("Code from your app").fill(pyotp.TOTP(secret).now())
    assert "Your second factor is set up" in _press(cora, "Use this app")
    _open(cora, "/your-sign-in/recovery-codes")
    codes = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", _press(cora, "Make my codes"))
    assert len(codes) == 10
    _press(cora, "I have saved my codes")
    assert codes[0] not in _open(cora, "/your-sign-in/recovery-codes")

    cora.press("Sign out")
    cora.sign_in("cora@led.example")
    cora.check_at_both_widths()
    cora.page.get_by_label("Code from your app").fill("123456")
    assert "That code is incorrect" in _press(cora, "Sign in")
    cora.page.get_by_label("Code from your app").fill(codes[0])
    assert "What to do today" in _press(cora, "Sign in")
    for path in ("/sign-in/try-now", "/sign-in/try-now/sent", "/sign-in/try-now/none"):
        _open(visitor(phone=True), path)
