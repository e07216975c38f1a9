"""Somebody else reads a champion's mailbox, texts and post for a year, and opens every page.

Two people live through the same year, but only one of them is in a sensitive network. A reader of
their mailbox, who opens every link in it and also reads their texts and their post, sees the same
letters and pages for both, from registering to leaving.
"""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from playwright.sync_api import BrowserContext
from sqlalchemy import or_, select

from app.accounts.models import User
from app.applications import approval
from app.areas.models import Area
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.matching import service as matching_service
from app.matching.models import Need
from app.messages import rendering
from app.messages.models import Message
from app.messages.types import Channel
from app.organisations.models import Network
from app.people.models import Person
from app.people.safety import wishes
from app.people.safety.types import ContactMethod, ContactPreferences
from app.people.types import ContactKind
from app.reminders import service as reminders
from app.rescheduling import service as rescheduling
from tests.e2e.conftest import Visitor
from tests.e2e.registering import Answers, fill_to_check
from tests.e2e.stack import Stack
from tests.factories import certificates, courses, matching, organisations, people

Visit = Callable[..., Visitor]
Arrange = Callable[[Callable[[], Any]], Any]
PRIVATE = "Supporting survivors of domestic abuse"
WORD = "bluebell lantern"
NEED = "Sit with survivors at the Old Mill"
LEFT_ALONE = ("/exit", "/dev", "/static", "/sign-out", "mailto:", "tel:", "sms:", "#")
VARYING = (
    (r'name="csrf_token" value="[^"]*"', ""),
    (r"reference: [0-9a-f]{32}", ""),
    (r"(Vera|Vala)", "NAME"),
    (r"(vera|vala)\b", "name"),
    (r"(07700 90000[12]|\+4477009000(01|02))", "PHONE"),
    (r"/(places|contact|organisations|hidden)/[\w-]+/remove", r"/\1/ID/remove"),
    (r"/(requests|link|answer|confirm|resume|contact|check|certificates)/[\w.-]+", r"/\1/ID"),
    (r"/courses/[a-z2-7]{26}", "/courses/ID"),  # each person has a place on different runs
    # The second person books after the first has left.
    (r"DTSTAMP:\w+|SEQUENCE:\d+", ""),
    (r"&#8203;|\u200b|<wbr>", ""),
    (r"[A-Z0-9]{4}-[A-Z0-9]{4}(-[A-Z0-9]{4})*", "CODE"),
)


def _normalised(text: str) -> str:
    """Return the text without whatever differs between people and between requests."""
    for pattern, instead in VARYING:
        text = re.sub(pattern, instead, text)
    return text


def unopened_link(site: Stack, email: str, what: str, opened: set[str]) -> str | None:
    """Return the path of an unopened link of this kind in a mailbox, or None."""
    for letter in site.letterbox.to(email):
        for link in site.letterbox.links(letter):
            path = link.removeprefix(site.url)
            if what in path and path not in opened:
                return path
    return None


@dataclass
class Reader:
    """Somebody who reads another person's mailbox.

    `opened` holds the links that somebody has used. `seen` is everything that the reader has seen,
    in order.
    """

    context: BrowserContext
    site: Stack
    email: str
    opened: set[str] = field(default_factory=set)
    seen: list[tuple[str, str]] = field(default_factory=list)

    def get(self, path: str) -> str:
        """Open a page, record it as seen and return its text."""
        reply = self.context.request.get(self.site.url + path)
        text = reply.text() if "text/" in reply.headers.get("content-type", "") else ""
        self.seen.append((f"{_normalised(path)} {reply.status}", _normalised(text)))
        return text

    def press(self, path: str, page: str, **data: str) -> str:
        """Send the form of a page with its token, and return the response."""
        token = re.search(r'name="csrf_token" value="([^"]*)"', page)
        assert token is not None, path
        reply = self.context.request.post(
            self.site.url + path, form={"csrf_token": token[1], **data}
        )
        self.seen.append((f"POST {_normalised(path)}", _normalised(reply.text())))
        return reply.text()

    def open_every_page(self) -> None:
        """Open every page that links lead to, once."""
        waiting, known = ["/", "/me", "/me/seen", "/me/rest", "/me/word"], set()
        while waiting:
            path = waiting.pop(0)
            if path in known:
                continue
            known.add(path)
            found = re.findall(r'href="(/[^"]*)"', self.get(path))
            waiting += [each for each in found if not each.startswith(LEFT_ALONE)]

    def new_link(self, what: str) -> str:
        """Wait for an unopened link of this kind, and return its path."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            path = unopened_link(self.site, self.email, what, self.opened)
            if path is not None:
                self.opened.add(path)
                return path
            time.sleep(0.1)
        raise AssertionError(f"No letter with a link to {what} has come.")

    def sign_in(self) -> None:
        """Request a link to sign in, and use it."""
        self.press("/sign-in", self.get("/sign-in"), email=self.email)
        path = self.new_link("/sign-in/link/")
        self.press(path, self.get(path))


def _letters(name: str, email: str) -> list[tuple[str, str]]:
    """Return all messages to the person by email, text and post, sent and waiting, in order.

    Each is a pair: the channel with the subject, and the text. Calls are left out, because only the
    person hears them.
    """
    found = []
    to_person = or_(Message.address == email, Message.person_id == _person(name).id)
    query = select(Message).where(to_person, Message.channel != Channel.PHONE)
    facts = rendering.ProgrammeFacts.current()
    for row in db.session.scalars(query.order_by(Message.id)):
        made = rendering.render(
            row.letter, row.channel, row.name, row.context, facts, neutral=row.neutral
        )
        attached = "".join(each.content.decode(errors="replace") for each in made.attachments)
        whole = f"{made.subject} {made.text} {made.html} {attached}"
        for secret in (PRIVATE, "Leeway", NEED):
            assert secret not in whole, row.letter
        text = re.sub(r"https?://\S+", "LINK", made.text)
        found.append((f"{row.channel.value}: {_normalised(made.subject)}", _normalised(text)))
    return found


def _first_run() -> courses.CourseRun:
    found = select(courses.CourseRun).order_by(courses.CourseRun.id).limit(1)
    return db.session.scalars(found).one()


def _send_messages_for_a_year(name: str, email: str) -> list[tuple[str, str]]:
    """Run a year of reminders and cancellations, with email, text and post in turn.

    Returns the messages. They are read at the end of each part, because waiting messages follow the
    next contact wishes.
    """
    person, today = _person(name), clock.today()
    # The same trainer runs every course, because lists show the trainer.
    trainer = db.session.get_one(User, _first_run().trainer_user_id)
    found = []
    people.contact(person, ContactKind.POST, f"1 Mill Lane, Watton ({name})")
    for quarter, way in enumerate((ContactMethod.EMAIL, ContactMethod.TEXT, ContactMethod.POST)):
        wishes.record_wishes(SYSTEM, person, ContactPreferences(ways=frozenset({way})))
        run = courses.run(today + timedelta(days=90 + quarter), trainer_user=trainer)
        courses.attendee(run, person)
        rescheduling.cancel_run(SYSTEM, run.id, "The hall is closed.")
        for month in range(4):
            reminders.run(SYSTEM, today + timedelta(days=30 * (4 * quarter + month)))
        db.session.flush()
        found += _letters(name, email)
    wishes.record_wishes(
        SYSTEM, person, ContactPreferences(ways=frozenset({ContactMethod.EMAIL}))
    )  # so that she can sign in
    return found


def _person(name: str) -> Person:
    return db.session.scalars(
        select(Person).where(Person.full_name == name, Person.confirmed_at.is_not(None))
    ).one()


def _run_year(
    name: str, answers: Answers, visitor: Visit, site: Stack, arrange: Arrange
) -> list[tuple[str, str]]:
    """Run one person's year, and return what the reader of their mailbox has seen at the end."""
    hides = PRIVATE in answers.networks
    email = str(answers.email)
    reader = Reader(visitor(scripts=False).context, site, email)

    # She saves a started registration, and the reader opens the link first.
    first = visitor(scripts=False)
    fill_to_check(first, answers)
    first.press("Save and come back later")
    first.press("Send me the link")
    path = reader.new_link("/register/resume/")
    reader.press(path, reader.get(path))
    for step in ("", "/networks", "/contact", "/places", "/area", "/check"):
        reader.get(f"/register{step}")
    reader.context.clear_cookies()

    # She registers elsewhere, with a memorable word if one is offered. The reader sees the letter.
    own = visitor(scripts=False)
    fill_to_check(own, answers)
    if hides:
        own.page.get_by_label("Your memorable word (optional)").fill(WORD)
    own.press("Send my registration")
    path = reader.new_link("/confirm/")
    reader.press(path, reader.get(path))
    arrange(lambda: approval.approve(SYSTEM, _person(name).id))
    reader.sign_in()
    reader.open_every_page()

    # Add a course and a certificate and, for the member of the network, a request for its need.
    def year() -> None:
        person = _person(name)
        courses.attendee(_first_run(), person)
        awarded = clock.today() - timedelta(days=3 * 365 - 20)
        certificates.certificate(person, awarded_on=awarded)
        reminders.run(SYSTEM, clock.today())
        if hides:
            need_asked, need_served = db.session.scalars(select(Need).order_by(Need.id)).all()
            home = db.session.get_one(Area, person.presences[0].ward_id)
            area = db.session.get_one(Area, need_asked.area_id)
            area.easting, area.northing = home.easting, home.northing  # near enough to be asked
            proposal = matching.proposal(need_asked, person)
            assert matching_service.send_requests(SYSTEM, [proposal.id]).by_hand == 1
            matching.assignment(need_served, person)

    arrange(year)
    letters: list[tuple[str, str]] = arrange(lambda: _send_messages_for_a_year(name, email))
    assert {how.partition(":")[0] for how, _text in letters} == {"email", "sms", "post"}
    assert "My page" in reader.get("/me")
    reader.open_every_page()
    reader.press("/me/rest", reader.get("/me/rest"), word="rosebud")
    reader.open_every_page()
    _check_own_page(visitor(phone=True, scripts=False), reader, hides=hides)
    reader.open_every_page()

    # She leaves, and the reader tries to sign in once more.
    reader.press("/me/leave", reader.get("/me/leave"), reason="")
    reader.open_every_page()
    reader.context.clear_cookies()
    reader.press("/sign-in", reader.get("/sign-in"), email=email)
    return [*reader.seen, *letters, *arrange(lambda: _letters(name, email))]


def _check_own_page(owner: Visitor, reader: Reader, *, hides: bool) -> None:
    """Sign in on the person's own device, enter the word and check what the page shows."""
    owner.open("/sign-in")
    owner.page.get_by_label("Email address").fill(reader.email)
    owner.press("Send me a link")
    owner.open(reader.new_link("/sign-in/link/"))
    owner.press("Sign in")
    owner.open("/me")
    owner.press("Show private details")
    owner.page.get_by_label("Your memorable word").fill(WORD)
    owner.press("Show private details")
    words = owner.page.locator("main").inner_text()
    assert [each in words for each in (PRIVATE, "Leeway", NEED)] == [hides] * 3


def test_reading_the_mailbox_for_a_year_does_not_reveal_the_network(
    visitor: Visit, site: Stack, arrange: Arrange
) -> None:
    def begin() -> None:
        courses.run(clock.today() + timedelta(days=60), capacity=50)
        leeway = organisations.organisation("Leeway")
        network = db.session.scalars(select(Network).where(Network.name == PRIVATE)).one()
        organisations.agreement(leeway, network)
        for _each in range(2):
            matching.need(network=network, what_for=NEED)

    arrange(begin)
    shared = {"postcode": "IP24 1JD", "protect": True}
    vala = Answers("Vala Wren", email="vala@mail.example", phone="07700 900001", prefer="Email")
    vera = Answers("Vera Wren", email="vera@mail.example", phone="07700 900002", prefer="Email")
    for each in (vala, vera):
        vars(each).update(shared)
    vera.networks, vera.organisation = (PRIVATE,), "Leeway"
    vera.seen_by = "No, only the few people who look after this network"
    views = [_run_year(each.name, each, visitor, site, arrange) for each in (vala, vera)]
    assert [what for what, _text in views[0]] == [what for what, _text in views[1]]
    for (what, first), (_what, other) in zip(*views, strict=True):
        difference = "\n".join(difflib.unified_diff(first.splitlines(), other.splitlines(), n=0))
        assert first == other, f"{what}\n{difference}"
