"""Somebody reads her mailbox, her texts and her post for a year, and looks at every page.

Two women live the same year; one of them also belongs to a sensitive network. Whoever reads the
mailbox of either, opens every link there, and also reads her phone and her post, collects the same
letters and the same pages, from registering to leaving.
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
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.courses import running
from app.matching import service as matching_service
from app.matching.models import Need
from app.messages import rendering
from app.messages.models import Message
from app.messages.types import Channel
from app.organisations.models import Network
from app.people.models import Person
from app.people.safety import wishes
from app.people.safety.types import ContactMethod, Wishes
from app.people.types import ContactKind
from app.reminders import service as reminders
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
FLEETING = (
    (r'name="csrf_token" value="[^"]*"', ""),
    (r"reference: [0-9a-f]{32}", ""),
    (r"(Vera|Vala)", "NAME"),
    (r"(vera|vala)\b", "name"),
    (r"(07700 90000[12]|\+4477009000(01|02))", "PHONE"),
    (r"/(places|contact|organisations|hidden)/[\w-]+/remove", r"/\1/ID/remove"),
    (r"/(requests|link|answer|confirm|resume|contact|check|certificates)/[\w.-]+", r"/\1/ID"),
    (r"/courses/[a-z2-7]{26}", "/courses/ID"),  # each has a place on runs of her own
    # The second of the two books after the first has left.
    (r"DTSTAMP:\w+|SEQUENCE:\d+", ""),
    (r"&#8203;|\u200b|<wbr>", ""),
    (r"[A-Z0-9]{4}-[A-Z0-9]{4}(-[A-Z0-9]{4})*", "CODE"),
)


def _plain(text: str) -> str:
    """What is read, without what differs from person to person and from page to page."""
    for pattern, instead in FLEETING:
        text = re.sub(pattern, instead, text)
    return text


def unopened_link(site: Stack, email: str, what: str, opened: set[str]) -> str | None:
    """The path of a link of this kind in a mailbox that nobody opened yet."""
    for letter in site.letterbox.to(email):
        for link in site.letterbox.links(letter):
            path = link.removeprefix(site.url)
            if what in path and path not in opened:
                return path
    return None


@dataclass
class Reader:
    """Somebody with her mailbox open. opened: links of the
    mailbox that somebody used. seen: what they collected, in order."""

    context: BrowserContext
    site: Stack
    email: str
    opened: set[str] = field(default_factory=set)
    seen: list[tuple[str, str]] = field(default_factory=list)

    def get(self, path: str) -> str:
        """The page at an address, kept as seen."""
        reply = self.context.request.get(self.site.url + path)
        text = reply.text() if "text/" in reply.headers.get("content-type", "") else ""
        self.seen.append((f"{_plain(path)} {reply.status}", _plain(text)))
        return text

    def press(self, path: str, page: str, **typed: str) -> str:
        """Send the form of a page, with its token."""
        token = re.search(r'name="csrf_token" value="([^"]*)"', page)
        assert token is not None, path
        reply = self.context.request.post(
            self.site.url + path, form={"csrf_token": token[1], **typed}
        )
        self.seen.append((f"POST {_plain(path)}", _plain(reply.text())))
        return reply.text()

    def look_around(self) -> None:
        """Every page that can be reached from the first one, once."""
        waiting, known = ["/", "/me", "/me/seen", "/me/rest", "/me/word"], set()
        while waiting:
            path = waiting.pop(0)
            if path in known:
                continue
            known.add(path)
            found = re.findall(r'href="(/[^"]*)"', self.get(path))
            waiting += [each for each in found if not each.startswith(LEFT_ALONE)]

    def new_link(self, what: str) -> str:
        """The path of a link of this kind that was not opened before, once it has come."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            path = unopened_link(self.site, self.email, what, self.opened)
            if path is not None:
                self.opened.add(path)
                return path
            time.sleep(0.1)
        raise AssertionError(f"No letter with a link to {what} has come.")

    def sign_in(self) -> None:
        """By a link of one's own asking."""
        self.press("/sign-in", self.get("/sign-in"), email=self.email)
        path = self.new_link("/sign-in/link/")
        self.press(path, self.get(path))


def _letters(name: str, email: str) -> list[tuple[str, str]]:
    """What ever came, or is to come, to her mailbox, to her phone as a text, or by post: how it
    came with its subject, and the text, in order. Calls are not among them: they are to her alone.
    """
    found = []
    hers = or_(Message.address == email, Message.person_id == _person(name).id)
    query = select(Message).where(hers, Message.channel != Channel.PHONE)
    facts = rendering.Facts.current()
    for row in db.session.scalars(query.order_by(Message.id)):
        made = rendering.render(
            row.letter, row.channel, row.name, row.context, facts, neutral=row.neutral
        )
        attached = "".join(each.content.decode(errors="replace") for each in made.attachments)
        said = f"{made.subject} {made.text} {made.html} {attached}"
        for secret in (PRIVATE, "Leeway", NEED):
            assert secret not in said, row.letter
        text = re.sub(r"https?://\S+", "LINK", made.text)
        found.append((f"{row.channel.value}: {_plain(made.subject)}", _plain(text)))
    return found


def _first_run() -> courses.CourseRun:
    found = select(courses.CourseRun).order_by(courses.CourseRun.id).limit(1)
    return db.session.scalars(found).one()


def _over_the_year(name: str, email: str) -> list[tuple[str, str]]:
    """What is sent from month to month by email, then by text, then by post, as she asks for it.

    Read at the end of each part: what still waits then follows her next wishes.
    """
    person, today = _person(name), clock.today()
    trainer = db.session.get_one(User, _first_run().trainer_user_id)  # the lists have one of them
    found = []
    people.contact(person, ContactKind.POST, f"1 Mill Lane, Watton ({name})")
    for quarter, way in enumerate((ContactMethod.EMAIL, ContactMethod.TEXT, ContactMethod.POST)):
        wishes.record(SYSTEM, person, Wishes(ways=frozenset({way})))
        run = courses.run(today + timedelta(days=90 + quarter), of=trainer)
        courses.attendee(run, person)
        running.cancel(SYSTEM, run.id, "The hall is closed.")
        for month in range(4):
            reminders.run(SYSTEM, today + timedelta(days=30 * (4 * quarter + month)))
        db.session.flush()
        found += _letters(name, email)
    wishes.record(
        SYSTEM, person, Wishes(ways=frozenset({ContactMethod.EMAIL}))
    )  # so that she can sign in
    return found


def _person(name: str) -> Person:
    return db.session.scalars(
        select(Person).where(Person.full_name == name, Person.confirmed_at.is_not(None))
    ).one()


def _live_a_year(
    name: str, answers: Answers, visitor: Visit, site: Stack, arrange: Arrange
) -> list[tuple[str, str]]:
    """The year of one woman; what the reader of her mailbox has seen at its end."""
    hides = PRIVATE in answers.networks
    email = str(answers.email)
    reader = Reader(visitor(scripts=False).context, site, email)

    # She begins, saves, and the reader is faster at the link.
    first = visitor(scripts=False)
    fill_to_check(first, answers)
    first.press("Save and come back later")
    first.press("Send me the link")
    path = reader.new_link("/register/resume/")
    reader.press(path, reader.get(path))
    for step in ("", "/networks", "/contact", "/places", "/area", "/check"):
        reader.get(f"/register{step}")
    reader.context.clear_cookies()

    # She registers at the library, with a word where one is offered; the reader sees the letter.
    own = visitor(scripts=False)
    fill_to_check(own, answers)
    if hides:
        own.page.get_by_label("Your memorable word (optional)").fill(WORD)
    own.press("Send my registration")
    path = reader.new_link("/confirm/")
    reader.press(path, reader.get(path))
    arrange(lambda: approval.approve(SYSTEM, _person(name).id))
    reader.sign_in()
    reader.look_around()

    # A course and a certificate; a question about the private network for her who belongs to it.
    def year() -> None:
        person = _person(name)
        courses.attendee(_first_run(), person)
        awarded = clock.today() - timedelta(days=3 * 365 - 20)
        certificates.certificate(person, awarded_on=awarded)
        reminders.run(SYSTEM, clock.today())
        if hides:
            asked, served = db.session.scalars(select(Need).order_by(Need.id)).all()
            proposal = matching.proposal(asked, person)
            assert matching_service.send_requests(SYSTEM, [proposal.id]).by_hand == 1
            matching.assignment(served, person)

    arrange(year)
    letters: list[tuple[str, str]] = arrange(lambda: _over_the_year(name, email))
    assert {how.partition(":")[0] for how, _text in letters} == {"email", "sms", "post"}
    assert "My page" in reader.get("/me")
    reader.look_around()
    reader.press("/me/rest", reader.get("/me/rest"), word="rosebud")
    reader.look_around()
    _look_oneself(visitor(phone=True, scripts=False), reader, hides=hides)
    reader.look_around()

    # She leaves; the reader tries the mailbox once more.
    reader.press("/me/leave", reader.get("/me/leave"), reason="")
    reader.look_around()
    reader.context.clear_cookies()
    reader.press("/sign-in", reader.get("/sign-in"), email=email)
    return [*reader.seen, *letters, *arrange(lambda: _letters(name, email))]


def _look_oneself(her: Visitor, reader: Reader, *, hides: bool) -> None:
    """On a device of her own she gives her word, and sees what is hers."""
    her.open("/sign-in")
    her.page.get_by_label("Email address").fill(reader.email)
    her.press("Send me a link")
    her.open(reader.new_link("/sign-in/link/"))
    her.press("Sign in")
    her.open("/me")
    her.press("Show the rest")
    her.page.get_by_label("Your memorable word").fill(WORD)
    her.press("Show the rest")
    words = her.page.locator("main").inner_text()
    assert [each in words for each in (PRIVATE, "Leeway", NEED)] == [hides] * 3


def test_whoever_reads_all_that_comes_for_a_year_learns_nothing_of_the_network(
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
    seen = [_live_a_year(each.name, each, visitor, site, arrange) for each in (vala, vera)]
    assert [what for what, _text in seen[0]] == [what for what, _text in seen[1]]
    for (what, hers), (_what, other) in zip(*seen, strict=True):
        told = "\n".join(difflib.unified_diff(hers.splitlines(), other.splitlines(), n=0))
        assert hers == other, f"{what}\n{told}"
