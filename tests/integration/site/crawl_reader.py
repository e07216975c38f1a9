"""A reader who opens every page, and the checks of what the pages say."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.demo import ROW_NUMBER
from tests.integration.site import canaries
from tests.integration.site.canaries import Canaries
from tests.integration.site.crawling import ForbiddenWords, all_text, html_errors
from tests.integration.site.writing import written, wrongly_written

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GET_STATUSES = {200, 302, 303, 404, 410}
STATUSES = GET_STATUSES | {400, 409, 413, 422, 503}
# Pages that name networks and services to everybody.
NETWORK_NAMED = ("registration.register", "profile.edit_own_networks", "site.")
ORGANISATION_NAMED = (
    "site.",
    "organisations.",
    "profile.edit_own_blocks",
    "records.edit_person_blocks",
)
# Pages that offer or count every ward.
EVERY_WARD = {"coverage.overview", "records.add_person", "profile.edit_own_travel_distance"}
# It answers 503 while no worker runs.
READINESS = "site.readyz"
_SELECTS = re.compile(r"<select.*?</select>", re.S)
_AFTER = re.compile(r'href="([^"]*[?&]after=[^"]*)"')


class Words:
    """Words to search for, in capitals or not.

    A search for each word takes a tenth of the time of one pattern with all of them.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.folded = frozenset(each.casefold() for each in words)

    def in_text(self, folded_text: str) -> set[str]:
        """Return the folded words that are in a folded text."""
        return {each for each in self.folded if each in folded_text}


@dataclass
class Reader:
    """A reader with a browser.

    ``failures`` collects what is wrong with the responses. ``found`` and ``names`` collect what the
    reader may see of the canaries and of all people. ``shown`` counts the pages that answered with
    200.
    """

    session: Session
    browser: FlaskClient
    people: ForbiddenWords
    forbidden: Words
    wanted: Words
    aviary: Canaries
    may_name: bool
    found: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)
    shown: int = 0

    def open(self, endpoint: str, address: str, *, following: bool = True) -> None:
        """Open a URL and, with ``following``, the pages after it."""
        if address in self.opened:
            return
        self.opened.add(address)
        reply, tables = written(self.session, partial(self.browser.get, address))
        self.failures += [
            f"GET {address} writes to {table}" for table in wrongly_written(endpoint, tables)
        ]
        if reply.status_code not in GET_STATUSES and endpoint != READINESS:
            self.failures.append(f"{address} answered {reply.status_code}")
        self.shown += reply.status_code == 200
        is_page = reply.mimetype == "text/html" and reply.status_code not in (302, 303)
        page = reply.get_data(as_text=True) if is_page else ""
        if is_page and (wrong := html_errors(page)):
            self.failures.append(f"{address}: {wrong}")
        self.read(endpoint, address, reply)
        if following and reply.status_code == 200:
            for more in _AFTER.findall(page):
                parts = urlsplit(html.unescape(more))
                if parts.path == urlsplit(address).path:
                    self.open(endpoint, f"{parts.path}?{parts.query}")

    def press(self, endpoint: str, address: str) -> None:
        """Submit a form without input, and read the error or the result."""
        self.read(endpoint, f"POST {address}", self.browser.post(address))

    def read(self, endpoint: str, address: str, reply: TestResponse) -> None:
        """Check the status of a response, and search it for row ids and forbidden words."""
        if reply.status_code not in STATUSES:
            self.failures.append(f"{address} answered {reply.status_code}")
        text = _all_text(reply)
        said = f"{reply.request.url}\n{reply.headers}\n{text}"
        self.failures += [f"{address} tells row ids: {i}" for i in set(ROW_NUMBER.findall(said))]
        told = set(self.people.forbidden_in(endpoint, text))
        self.names |= self.people.allowed_in(text)
        about_canaries = _without_choices(reply, f"{reply.headers} {text}")
        folded = about_canaries.casefold()
        self.found |= self.wanted.in_text(folded)
        told |= self.forbidden.in_text(folded) - _expected_at(endpoint)
        told |= self._names_of_the_network(endpoint, about_canaries)
        self.failures += [f"{endpoint} {address} tells {each}" for each in sorted(told)]

    def _names_of_the_network(self, endpoint: str, text: str) -> set[str]:
        """Return the names of the network and its organisation, where the reader must not see them.

        A single word of the organisation's name is searched for as it is written.
        """
        told: set[str] = set()
        if self.may_name:
            return told
        for name, named_by in (
            (self.aviary.network, NETWORK_NAMED),
            (self.aviary.organisation, ORGANISATION_NAMED),
        ):
            if name in text and not endpoint.startswith(named_by):
                told.add(name)
        return told


def _all_text(reply: TestResponse) -> str:
    """Return all text of a response: of its cells, if it is a spreadsheet."""
    if reply.mimetype == XLSX:
        book = load_workbook(io.BytesIO(reply.data), read_only=True)
        return str([row for sheet in book for row in sheet.iter_rows(values_only=True)])
    text = all_text(reply)
    # Long lines of a calendar are folded.
    return text.replace("\r\n ", "") if reply.mimetype == "text/calendar" else text


def _without_choices(reply: TestResponse, text: str) -> str:
    """Return the text of a page without the choices of its forms, such as wards."""
    return _SELECTS.sub(" ", text) if reply.mimetype == "text/html" else text


def _expected_at(endpoint: str) -> set[str]:
    return {canaries.AREA.casefold()} if endpoint in EVERY_WARD else set()
