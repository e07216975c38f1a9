"""A run that is moved through its pages, and people on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.courses.models import CourseRun
from app.people.models import Person
from tests.addresses import at
from tests.factories import certificates, people

SignIn = Callable[[Any], FlaskClient]
TODAY = date(2027, 3, 1)
FIRST = date(2027, 3, 27)
LATER = date(2027, 4, 10)


def holder(name: str, last: date) -> Person:
    """Create a champion whose certificate is in date until `last`."""
    person = people.champion(name)
    certificates.certificate(person, awarded_on=date(2024, 4, 10), expires_on=last)
    return person


def form_data(day: date = FIRST, **changed: str) -> dict[str, str]:
    """Return the form of a half-day run on this day."""
    return {
        "day_1-day": str(day.day), "day_1-month": str(day.month), "day_1-year": str(day.year),
        "starts_1": "9:30", "ends_1": "16:30", "venue": "Village Hall, Watton",
        "capacity": "12", "minimum": "8",
        "cut_off_on-day": "20", "cut_off_on-month": "3", "cut_off_on-year": "2027",
    } | changed  # fmt: skip


def people_shown(page: str) -> str:
    found = re.search(r'<input[^>]*name="seen"[^>]*value="(\w+)"', page)
    assert found, page
    return found[1]


def without_tokens(page: str) -> str:
    """Return a page without the token, which differs on each visit."""
    return re.sub(r'name="csrf_token"[^>]*', "", page)


class Move:
    """Moves a run through its pages."""

    def __init__(self, client: FlaskClient, run: CourseRun) -> None:
        self.client, self.address = client, at(f"/training/{run.id}/change")

    def check(self, **data: str) -> str:
        """Send the form and return the page that shows who is affected."""
        day = date.fromisoformat(data.pop("day", LATER.isoformat()))
        sent = self.client.post(self.address, data=form_data(day, **data))
        assert sent.location == f"{self.address}/check", sent.text
        return self.client.get(sent.location).text

    def press(self, page: str, **choices: str) -> TestResponse:
        """Press the button of that page."""
        data = {"seen": people_shown(page)} | choices
        return self.client.post(f"{self.address}/check", data=data)
