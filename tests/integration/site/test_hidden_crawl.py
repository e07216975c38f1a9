"""No page, list, export or document shows forbidden words about a sensitive network."""

from __future__ import annotations

import html
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts import queries as accounts
from app.accounts.models import User
from app.certificates.models import Certificate
from app.core.actor import Actor
from app.core.permissions import Role
from app.courses.models import CourseRun
from app.matching.models import MatchingRun, Need
from app.organisations.models import Network, Organisation
from app.people.models import Person
from app.signin.sessions import SessionUser
from tests.demo import ANCHOR
from tests.factories import accounts as staff
from tests.factories import organisations as partners
from tests.integration.conftest import signed_in
from tests.integration.site import canaries
from tests.integration.site.canaries import Canaries
from tests.integration.site.crawling import (
    SampleIds,
    all_text,
    may_open,
    permissions_held,
)

ANSWERS = {200, 302, 303, 400, 404, 409, 410, 413, 422, 503}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Pages that name networks and services to everybody.
NETWORK_NAMED = ("registration.register", "profile.edit_own_networks", "site.")
ORGANISATION_NAMED = (
    "site.",
    "organisations.",
    "profile.edit_own_blocks",
    "records.edit_person_blocks",
)
# The approximate number of further rows of each kind that readers without the permission open.
IN_FULL = {"coordinator2", "partner"}
SPREAD = 20
KNOWING = {"coordinator", "partner of the hidden network"}
# Pages that offer or count every ward.
EVERY_WARD = {"coverage.overview", "records.add_person", "profile.edit_own_travel_distance"}
# Buttons that sign the reader out, or in as somebody else.
NOT_PRESSED = ("accounts.", "static", "messages.", "site.exit")
ROLES = (
    "public", "champion", "trainer", "coordinator", "coordinator2", "partner",
    "partner of the hidden network", "analyst", "admin", "safeguarding",
)  # fmt: skip
# The minimum number of pages that answer each reader with 200.
FEWEST = {
    "public": 28, "champion": 40, "trainer": 54, "coordinator": 340, "coordinator2": 340,
    "partner": 98, "partner of the hidden network": 95, "analyst": 33, "admin": 68,
    "safeguarding": 56,
}  # fmt: skip
_SELECTS = re.compile(r"<select.*?</select>", re.S)
_AFTER = re.compile(r'href="([^"]*[?&]after=[^"]*)"')


@dataclass
class AllUrls(SampleIds):
    """URLs with the canaries' rows first, and a few others."""

    theirs: dict[str, list[object]] = field(default_factory=dict)
    forms_step: int = 1

    def of(self, aviary: Canaries, owner: Actor) -> AllUrls:
        """Return real ids, with the canaries' first."""
        self.fill(owner)
        self.theirs = aviary.ids
        for name, ids in aviary.ids.items():
            self.values[name] = list(dict.fromkeys([*ids, *self.values.get(name, [])[:1]]))
        return self

    def more_rows(self, app: Flask) -> Iterator[tuple[str, str]]:
        """Yield the (endpoint, URL) of rows of each kind, for pages that show one row."""
        models: dict[str, Any] = {
            "person_id": Person,
            "need_id": Need,
            "run_id": CourseRun,
            "organisation_id": Organisation,
            "certificate_id": Certificate,
        }
        adapter = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            names, methods = list(rule.arguments), rule.methods or set()
            if "POST" in methods or "GET" not in methods or len(names) != 1:
                continue
            model = MatchingRun if rule.endpoint == "matching.run" else models.get(names[0])
            if model is None or rule.rule.endswith((".pdf", ".ics")):
                continue
            numbers = list(self.session.scalars(select(model.id).order_by(model.id)))
            for number in numbers[:: max(1, len(numbers) // SPREAD)]:
                yield rule.endpoint, adapter.build(rule.endpoint, {names[0]: number})

    def buttons(
        self, app: Flask, each: int, permissions: frozenset[str]
    ) -> Iterator[tuple[str, str]]:
        """Yield the (endpoint, URL) of POST endpoints for some rows of the canaries.

        An endpoint that the permissions do not open has one URL.
        """
        adapter = app.url_map.bind("localhost")
        for name, ids in self.theirs.items():
            self.values[name] = ids[:each]
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
            known = set(rule.arguments) <= set(self.values)
            if (
                known
                and "POST" in (rule.methods or ())
                and not rule.endpoint.startswith(NOT_PRESSED)
            ):
                all_values = self.combinations(rule.endpoint, sorted(rule.arguments))
                number = None if may_open(app, rule.endpoint, permissions) else 1
                for values in itertools.islice(all_values, number):
                    yield rule.endpoint, adapter.build(rule.endpoint, values, method="POST")


@dataclass
class Reader:
    """A reader who opens every page.

    Keeps the forbidden words that they found, and the number of pages that answered with 200.
    """

    browser: FlaskClient
    forbidden: re.Pattern[str]
    network: str
    organisation: str
    wanted: re.Pattern[str]
    may_name: bool
    found: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)
    shown: int = 0

    def open(self, endpoint: str, address: str, *, following: bool = True) -> None:
        """Open a URL and, with ``following``, the pages after it."""
        if address in self.opened:
            return
        self.opened.add(address)
        reply = self.browser.get(address)
        self.shown += reply.status_code == 200
        self.read(endpoint, address, reply)
        if following and reply.status_code == 200 and reply.mimetype == "text/html":
            for more in _AFTER.findall(reply.get_data(as_text=True)):
                parts = urlsplit(html.unescape(more))
                if parts.path == urlsplit(address).path:
                    self.open(endpoint, f"{parts.path}?{parts.query}")

    def press(self, endpoint: str, address: str) -> None:
        """Submit a form without input, and read the error or the result."""
        self.read(endpoint, f"POST {address}", self.browser.post(address))

    def read(self, endpoint: str, address: str, reply: TestResponse) -> None:
        """Search a response for forbidden words."""
        if reply.status_code not in ANSWERS:
            self.failures.append(f"{address} answered {reply.status_code}")
        text = _text(reply)
        self.found |= set(self.wanted.findall(text))
        told = set(self.forbidden.findall(text))
        if endpoint in EVERY_WARD:
            told.discard(canaries.AREA)
        if not self.may_name and not endpoint.startswith(NETWORK_NAMED):
            told |= {self.network} if self.network in text else set()
        if not self.may_name and not endpoint.startswith(ORGANISATION_NAMED):
            told |= {self.organisation} if self.organisation in text else set()
        self.failures += [f"{endpoint} {address} tells {each}" for each in sorted(told)]


def _text(reply: TestResponse) -> str:
    """Return all text of a response, except the choices of forms, such as wards."""
    if reply.mimetype == XLSX:
        book = load_workbook(io.BytesIO(reply.data), read_only=True)
        return str([row for sheet in book for row in sheet.iter_rows(values_only=True)])
    text = f"{reply.headers} {all_text(reply)}"
    if reply.mimetype == "text/calendar":
        text = text.replace("\r\n ", "")  # long lines are folded
    return _SELECTS.sub(" ", text) if reply.mimetype == "text/html" else text


def _pattern(words: set[str]) -> re.Pattern[str]:
    either = "|".join(re.escape(each) for each in sorted(words, key=len, reverse=True))
    return re.compile(f"(?i:{either})" if words else r"(?!)")


def _user(role: str, session: Session) -> User | None:
    if role == "public":
        return None
    if role == "partner of the hidden network":
        refuge = session.scalars(
            select(Organisation).where(Organisation.confidential_location)
        ).first()
        assert refuge
        made = partners.partner(refuge, email="refuge@demo.example", name="Robin Refuge")
        made.grants += staff.user(Role.SENSITIVE).grants
        return made
    return accounts.user_by_email(f"{role}@demo.example")


def _allowed(role: str, aviary: Canaries) -> set[str]:
    """Return the words about canaries that this role may read, by independent rules."""
    everybody = {word for each in aviary.canaries for word in each.words}
    only_hidden, both, by_choice, typed = aviary.canaries
    if role == "coordinator":
        return everybody | aviary.secrets | aviary.hidden | aviary.about_all
    general = set().union(*(each.words for each in aviary.canaries if each.general))
    if role == "coordinator2":
        return general | aviary.about_all
    if role == "safeguarding":  # they read the text of a message and the person it is about
        said = {canaries.WORRY, canaries.WHY_PAUSED, only_hidden.person.full_name}
        return general | aviary.about_all | said
    if role == "partner":
        return both.words | typed.words | aviary.about_all
    if role == "partner of the hidden network":
        hidden = aviary.hidden | aviary.about_all | {canaries.WHY_DENIED}
        return everybody | hidden | {canaries.AREA, canaries.OUTCOME}
    if role == "admin":  # manages all users, including partner coordinators
        return {canaries.PARTNER}
    if role == "trainer":  # the canaries are booked on the trainer's run
        return {each.person.full_name for each in aviary.canaries} | {
            word for each in aviary.canaries for word in each.contacts
        }
    return set()


@pytest.mark.parametrize("role", ROLES)
def test_no_page_shows_forbidden_words(
    demo: Session, demo_app: Flask, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    user = _user(role, demo)
    aviary = canaries.fill(demo)
    coordinator = accounts.user_by_email("coordinator@demo.example")
    assert coordinator is not None
    owner = SessionUser(
        coordinator.id, coordinator.name, accounts.roles_held(coordinator.id, ANCHOR)
    ).actor
    ids = AllUrls(demo).of(aviary, owner)
    everything = {word for each in aviary.canaries for word in each.words} | aviary.secrets
    everything |= aviary.hidden | aviary.about_all
    if role not in KNOWING:
        everything |= aviary.quiet
    allowed = _allowed(role, aviary)
    demo.flush()
    permissions = permissions_held(user)
    with signed_in(demo_app, user) as browser:
        reader = Reader(
            browser,
            _pattern((everything - allowed) | {canaries.POSTCODE, "IP241JD"}),
            aviary.network,
            aviary.organisation,
            _pattern(allowed),
            may_name=role in KNOWING,
        )
        for endpoint, address in ids.addresses(demo_app, permissions):
            # Today's entries of the audit log are opened below.
            reader.open(endpoint, address, following=address != "/audit")
        if role in IN_FULL:
            for endpoint, address in ids.more_rows(demo_app):
                if may_open(demo_app, endpoint, permissions):
                    reader.open(endpoint, address)
        for kind in ("csv", "xlsx"):
            data = {"kind": kind, "reason": "To see what is in it"}
            reply = browser.post("/people/export?state=any", data=data)
            reader.read("records.export", f"the {kind} file", reply)
        # All of today's audit log. There are no earlier entries about the canaries.
        day, month, year = ANCHOR.day, ANCHOR.month, ANCHOR.year
        today = f"since-day={day}&since-month={month}&since-year={year}"
        reader.open("accounts.audit_log", f"/audit?{today}")
        for address in ("/people?after=garbage", "/audit?subject=person+1", "/nowhere"):
            reader.open("error", address, following=False)
        for endpoint, address in ids.buttons(demo_app, 2 if role in IN_FULL else 1, permissions):
            reader.press(endpoint, address)
        reader.read("site.home", "/ after all buttons", browser.get("/"))
    assert reader.failures == [], "\n".join(sorted(set(reader.failures))[:60])
    assert reader.shown >= FEWEST[role]
    assert caplog.records
    assert not _pattern(everything | aviary.quiet).findall(caplog.text)
    _check_allowed_words_found(role, reader, allowed)


def _check_allowed_words_found(role: str, reader: Reader, allowed: set[str]) -> None:
    """Check that allowed words were found, so that forbidden words would be found too."""
    seen = {each.casefold() for each in reader.found}
    missing = {each for each in allowed if each.casefold() not in seen}
    if role in ("coordinator", "coordinator2"):
        assert missing == set()


def test_the_network_of_the_canaries_is_sensitive(demo: Session) -> None:
    aviary = canaries.fill(demo)
    network = demo.scalars(select(Network).where(Network.name == aviary.network)).one()
    assert network.sensitive
    assert [each.general for each in aviary.canaries] == [False, True, True, True]
