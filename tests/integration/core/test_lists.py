"""Pages of lists: a cursor that we did not encrypt is the first page, and none tells a name."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core.permissions import Role
from tests.factories import accounts, people

OF_COORDINATORS = [
    "/people",
    "/applications",
    "/organisations",
    "/coverage/yana-15/people",
    "/coverage/E07000143/people?which=unsettled",
    "/reminders",
    "/reminders/due",
    "/reminders/sent",
    "/reminders/skipped",
]
OF_ADMINISTRATORS = ["/users", "/audit"]
KEYS: list[Any] = [
    ["Ann", 10**30],
    ["Ann", "one"],
    ["Ann\0", 1],
    ["2027-01-01", 1],
    ["9999-99-99T00:00:00+00:00", 1],
    ["2027-01-01", 10**30, 1],
    [10**30],
    ["\0"],
    [None, None],
    [None],
    [],
    {},
    None,
    "Ann",
]


def cursors() -> list[str]:
    """Cursors that nobody gave out."""
    made = [base64.urlsafe_b64encode(json.dumps(key).encode()).decode() for key in KEYS]
    return [*made, "nonsense", "%00", "²", "A" * 3000]


def tried(browser: Any, path: str) -> set[int]:
    """What a list answers to each of them."""
    joint = "&" if "?" in path else "?"
    return {browser.get(f"{path}{joint}after={cursor}").status_code for cursor in cursors()}


@pytest.mark.parametrize("path", OF_COORDINATORS)
def test_a_cursor_made_by_hand_shows_the_first_page(
    session: Session, sign_in: Any, path: str
) -> None:
    assert tried(sign_in(accounts.coordinator()), path) == {200}


@pytest.mark.parametrize("path", OF_ADMINISTRATORS)
def test_so_it_does_for_administrators(session: Session, sign_in: Any, path: str) -> None:
    assert tried(sign_in(accounts.user(Role.ADMIN)), path) == {200}


def test_the_mailbox_of_a_demonstration_too(session: Session, client: FlaskClient) -> None:
    assert tried(client, "/dev/mail") == {200}


def test_no_name_stands_in_an_address(session: Session, sign_in: Any) -> None:
    for number in range(26):
        people.champion(f"Hidden Name{number:02}")
    page = sign_in(accounts.coordinator()).get("/people?q=hidden").text
    cursor = re.findall(r"after=([\w%-]+)", page)[0].replace("%3D", "")
    assert b"Hidden" not in base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
