"""Lists: a forged cursor gives the first page, and no cursor reveals a name."""

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

LISTS_FOR_COORDINATORS = [
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
LISTS_FOR_ADMINISTRATORS = ["/users", "/audit"]
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


def forged_cursors() -> list[str]:
    """Return forged cursors."""
    made = [base64.urlsafe_b64encode(json.dumps(key).encode()).decode() for key in KEYS]
    return [*made, "nonsense", "%00", "²", "A" * 3000]


def statuses(browser: Any, path: str) -> set[int]:
    """Return the statuses with which a list answers forged cursors."""
    joint = "&" if "?" in path else "?"
    return {browser.get(f"{path}{joint}after={cursor}").status_code for cursor in forged_cursors()}


@pytest.mark.parametrize("path", LISTS_FOR_COORDINATORS)
def test_a_forged_cursor_shows_the_first_page(session: Session, sign_in: Any, path: str) -> None:
    assert statuses(sign_in(accounts.coordinator()), path) == {200}


@pytest.mark.parametrize("path", LISTS_FOR_ADMINISTRATORS)
def test_a_forged_cursor_shows_the_first_page_to_administrators(
    session: Session, sign_in: Any, path: str
) -> None:
    assert statuses(sign_in(accounts.user(Role.ADMIN)), path) == {200}


def test_a_forged_cursor_shows_the_first_page_of_sent_mail(
    session: Session, client: FlaskClient
) -> None:
    assert statuses(client, "/dev/mail") == {200}


def test_no_url_contains_a_name(session: Session, sign_in: Any) -> None:
    for number in range(26):
        people.champion(f"Hidden Name{number:02}")
    page = sign_in(accounts.coordinator()).get("/people?q=hidden").text
    cursor = re.findall(r"after=([\w%-]+)", page)[0].replace("%3D", "")
    assert b"Hidden" not in base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
