"""Send the matrix's requests, and record the responses and SQL statements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session

from app.core import public_ids

IDENTIFIER = re.compile(rf"(?<![a-z0-9]){public_ids.PATTERN}(?![a-z0-9])")
SAVEPOINT = re.compile(r"sa_savepoint_\d+")
TOKEN = re.compile(r'(?<=name="csrf_token" value=")[^"]*')
SPACES = re.compile(r"\s+")
CHANGES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE)\b", re.I)
_INSERTED = text("SELECT relname, n_tup_ins FROM pg_stat_xact_user_tables WHERE n_tup_ins > 0")
PASSING = ("X-Request-ID", "Set-Cookie", "Content-Length")


@dataclass(frozen=True)
class RecordedResponse:
    """A response. ``said`` is its text without identifiers and request ids."""

    status: int
    said: str
    statements: tuple[str, ...]

    @property
    def changes(self) -> tuple[str, ...]:
        """Return the statements that write."""
        return tuple(each for each in self.statements if CHANGES.match(each))

    def differs_from(self, other: RecordedResponse) -> str | None:
        """Return how two responses differ, or None if they are the same."""
        if self.status != other.status:
            return f"status {self.status}, not {other.status}"
        if self.said != other.said:
            return f"other words: {_first_difference(self.said, other.said)}"
        if self.statements != other.statements:
            return f"other statements: {_first_statement(self.statements, other.statements)}"
        return None


def _first_difference(one: str, other: str) -> str:
    pairs = enumerate(zip(one, other, strict=False))
    at = next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))
    begin = max(0, at - 30)
    return f"{one[begin : at + 50]!r}, not {other[begin : at + 50]!r}"


def _first_statement(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    for number, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            at = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), 0)
            begin = max(0, at - 60)
            return f"number {number}: …{a[begin : at + 160]}, not …{b[begin : at + 160]}"
    longer = one if len(one) > len(other) else other
    shorter = min(len(one), len(other))
    return f"{len(one)}, not {len(other)}; from {longer[shorter][:200]}"


@contextmanager
def recorded(connection: Connection) -> Iterator[list[str]]:
    """Record the statements executed in the block, without parameters."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(SPACES.sub(" ", SAVEPOINT.sub("savepoint", statement)))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(connection, "before_cursor_execute", note)


@dataclass
class RequestSender:
    """A reader's browser, which sends the same cookie with each request.

    The writes of a request are rolled back. ``cookie`` is the session cookie, or None if signed
    out.
    """

    app: Flask
    session: Session
    cookie: str | None

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> RecordedResponse:
        """Send a request and return the response."""
        reply, statements = self._send(method, path, body)
        return RecordedResponse(reply.status_code, _said(reply), statements)

    def form(self, path: str) -> dict[str, list[str]]:
        """Return what the form on a page would send if its button were pressed."""
        reply, _statements = self._send("GET", path, None)
        reader = _Form()
        reader.feed(reply.get_data(as_text=True))
        return reader.sends

    def press_twice(
        self, path: str, body: Mapping[str, Any]
    ) -> tuple[tuple[int, set[str]], tuple[int, set[str]]]:
        """Press the button of one shown page twice.

        Returns the status and the tables that got new rows, for each press.
        """
        browser = self.app.test_client()
        if self.cookie is not None:
            browser.set_cookie(self.app.config["SESSION_COOKIE_NAME"], self.cookie)
        self.session.commit()
        connection = self.session.connection()
        self.session.commit()
        undo = connection.begin_nested()
        found = []
        try:
            for _ in range(2):
                before = _inserted(connection)
                reply = browser.post(path, data={**body, "csrf_token": "of one page"})
                after = _inserted(connection)
                grown = {table for table, number in after.items() if number > before.get(table, 0)}
                found.append((reply.status_code, grown))
        finally:
            self.session.rollback()
            undo.rollback()
            self.session.expire_all()
        return found[0], found[1]

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> tuple[Any, tuple[str, ...]]:
        browser = self.app.test_client()
        if self.cookie is not None:
            browser.set_cookie(self.app.config["SESSION_COOKIE_NAME"], self.cookie)
        self.session.commit()
        connection = self.session.connection()
        self.session.commit()
        undo = connection.begin_nested()
        try:
            with recorded(connection) as statements:
                reply = browser.open(path, method=method, data=body)
                reply.get_data()
        finally:
            self.session.rollback()
            undo.rollback()
            self.session.expire_all()
        return reply, tuple(statements)


def _inserted(connection: Connection) -> dict[str, int]:
    """Return the number of rows inserted into each table in this transaction."""
    return {row.relname: row.n_tup_ins for row in connection.execute(_INSERTED)}


def _said(reply: Any) -> str:
    request_id = reply.headers.get("X-Request-ID", "")
    headers = "\n".join(f"{key}: {value}" for key, value in reply.headers if key not in PASSING)
    text = f"{headers}\n\n{reply.get_data().decode('utf-8', 'replace')}"
    if request_id:
        text = text.replace(request_id, "REQUEST")
    text = TOKEN.sub("TOKEN", text)
    return IDENTIFIER.sub("IDENTIFIER", text)


class _Form(HTMLParser):
    """A parser for the fields of a page's POST form."""

    def __init__(self) -> None:
        super().__init__()
        self.sends: dict[str, list[str]] = {}
        self._inside = self._done = False
        self._select = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Handle the start of a form or field."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and not self._done:
            self._inside = given.get("method", "").lower() == "post"
        if not self._inside:
            return
        name = given.get("name", "")
        if tag == "input" and name:
            ticks = given.get("type") in ("checkbox", "radio")
            if not ticks or "checked" in given:
                self.sends.setdefault(name, []).append(given.get("value", ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self.sends.setdefault(self._select, []).append(given.get("value", ""))
        elif tag == "textarea":
            self._text = name
            self.sends[name] = [""]

    def handle_data(self, data: str) -> None:
        """Collect the content of a text area."""
        if self._text:
            self.sends[self._text][0] += data.lstrip("\r\n")

    def handle_endtag(self, tag: str) -> None:
        """Handle the end of a form or field. Only the first form with fields is used."""
        if tag == "form" and self._inside:
            self._inside, self._done = False, bool(set(self.sends) - {"csrf_token"})
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._text = ""
