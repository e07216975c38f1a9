"""The service navigation for each role."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.accounts.models import User
from app.core.db import db
from app.core.permissions import Role
from tests.factories import accounts, people

PUBLIC = ["Find a course", "Our targets", "Find help"]


def _entries(page: str) -> tuple[list[str], list[str]]:
    """Return the items of the navigation bar, and those under “More”."""
    navigation = page[page.index('id="navigation"') : page.index("</nav>")]
    more = re.search(r"<details.*?</details>", navigation, re.S)
    under = more[0] if more else ""
    link = r">([^<>]+)</a>"
    return re.findall(link, navigation.replace(under, "")), re.findall(link, under)


def test_the_public_navigation(client: FlaskClient) -> None:
    assert _entries(client.get("/").text) == ([*PUBLIC, "Sign in"], [])


@pytest.mark.parametrize(
    ("roles", "line", "more"),
    [
        (
            (Role.COORDINATOR, Role.SENSITIVE),
            ["Home", "People", "Courses", "Needs", "Coverage"],
            ["Applications", "Reminders", "Organisations", *PUBLIC],
        ),
        ((Role.TRAINER,), ["Home", "Courses"], PUBLIC),
        ((Role.ANALYST,), ["Home", "Coverage"], PUBLIC),
        ((Role.ADMIN,), ["Home", "Users", "Audit log"], PUBLIC),
    ],
)
def test_staff_pages_come_first(
    client: FlaskClient, sign_in: Any, roles: tuple[Role, ...], line: list[str], more: list[str]
) -> None:
    page = sign_in(accounts.user(*roles)).get("/").text
    assert _entries(page) == ([*line, "Your sign-in"], more)


def test_a_champion_has_their_page_and_the_public_pages(client: FlaskClient, sign_in: Any) -> None:
    ann = people.champion()
    line, more = _entries(sign_in(db.session.get_one(User, ann.user_id)).get("/").text)
    assert (line, more) == (["Home", "My page", *PUBLIC], [])


def test_applications_and_calls_are_the_first_tasks_of_a_coordinator(
    client: FlaskClient, sign_in: Any
) -> None:
    people.applicant("Ann Applicant")
    page = sign_in(accounts.coordinator()).get("/").text
    first = re.search(r'class="app-todo__item.*?</li>', page, re.S)
    assert first and "for your decision" in first[0]
