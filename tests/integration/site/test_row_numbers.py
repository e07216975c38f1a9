"""No row's number leaves the server in letters, cookies, files or the output of commands.

The demonstration's rows have recognisable numbers (`tests.demo`). Pages are checked by the crawl.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from itsdangerous import base64_decode
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.messages.models import Message
from app.people.models import Person
from tests.addresses import number_of, public_id
from tests.demo import ANCHOR, FIRST_NUMBER, ROW_NUMBER
from tests.integration.conftest import signed_in


def test_row_ids_of_the_demonstration_are_recognisable(demo: Session) -> None:
    assert min(demo.scalars(select(Person.id))) > FIRST_NUMBER


@pytest.mark.parametrize(
    ("command", "lists"),
    [
        (("reminders", "preview", "--on", ANCHOR.isoformat()), {"due", "skipped"}),
        (("matching", "run", "--on", ANCHOR.isoformat()), {"proposals"}),
        (("coverage", "report", "--on", ANCHOR.isoformat()), set()),
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_commands_print_public_identifiers(
    demo_app: Flask, demo: Session, command: tuple[str, ...], lists: set[str], as_json: bool
) -> None:
    done = demo_app.test_cli_runner().invoke(args=[*command, *(["--json"] if as_json else [])])
    assert done.exit_code == 0, done.output
    assert ROW_NUMBER.findall(done.output) == []
    if as_json:
        printed = json.loads(done.stdout)
        for each in (entry for name in lists for entry in printed[name]):
            assert demo.get(Person, number_of("people", each["person"])) is not None


def test_messages_contain_no_row_ids(demo: Session) -> None:
    letters = demo.scalars(select(Message).where(Message.text.is_not(None))).all()
    assert len(letters) > 100
    said = [f"{each.subject}\n{each.text}\n{each.provider_reference}" for each in letters]
    assert [each for each in said if ROW_NUMBER.search(each)] == []


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_exports_contain_no_row_ids(demo_app: Flask, demo: Session, kind: str) -> None:
    coordinator = accounts.user_by_email("coordinator@demo.example")
    with signed_in(demo_app, coordinator) as browser:
        reply = browser.post("/people/export", data={"reason": "To see", "kind": kind})
    assert reply.status_code == 200
    content = reply.data if kind == "csv" else b"".join(_unzipped(reply.data))
    assert len(content) > 10_000
    assert ROW_NUMBER.findall(content.decode("utf-8", "replace")) == []


def _unzipped(data: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        yield from (book.read(name) for name in book.namelist())


def test_the_session_cookie_contains_no_row_id(demo_app: Flask, demo: Session) -> None:
    """The cookie is signed but not encrypted, so anybody who has it can read it."""
    user = accounts.user_by_email("champion@demo.example")
    assert user is not None
    with signed_in(demo_app, user) as browser:
        assert browser.get("/me").status_code == 200
        cookie = browser.get_cookie("session")
    assert cookie is not None
    assert str(user.id) not in json.dumps(_read(cookie.value))
    assert public_id("users", user.id) in json.dumps(_read(cookie.value))


def _read(cookie: str) -> Any:
    packed = cookie.startswith(".")
    content = base64_decode(cookie.lstrip(".").partition(".")[0])
    return json.loads(zlib.decompress(content) if packed else content)
