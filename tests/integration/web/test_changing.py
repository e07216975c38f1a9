"""When two pages change the same record, the first change is not lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from tests.addresses import at, public_id
from tests.factories import accounts, courses, matching, organisations

Page = tuple[str, dict[str, str], str, Callable[[], str]]
FIRST = clock.today() + timedelta(days=60)


def need() -> Page:
    made = matching.need(what_for="To listen.")
    data = {"places": "1", "priority": "50", "what_for": "To listen.", "contact": "The team"}
    return at(f"/needs/{made.id}/edit"), data, "what_for", lambda: made.what_for


def group() -> Page:
    made = organisations.organisation("Watton Players")
    data = {"name": made.name, "kind": made.kind.value, "until-day": ""}
    return at(f"/organisations/{made.id}/edit"), data, "name", lambda: made.name


def run() -> Page:
    made = courses.run(FIRST)
    data = {"venue": made.venue, "capacity": "12", "minimum": "8", "fee": "0"}
    data["trainer"] = public_id("users", made.trainer_user_id)
    days = {"day_1": FIRST, "day_2": FIRST + timedelta(days=1), "cut_off_on": FIRST}
    for name, on in days.items():
        data |= _day(name, on)
    for number in (1, 2):
        data |= {f"starts_{number}": "9:30am", f"ends_{number}": "4:30pm"}
    return at(f"/training/{made.id}/change"), data, "venue", lambda: made.venue


def _day(name: str, on: date) -> dict[str, str]:
    return {
        f"{name}-day": str(on.day),
        f"{name}-month": str(on.month),
        f"{name}-year": str(on.year),
    }


def shown_value(page: str) -> str:
    (tag,) = re.findall(r"<input[^>]*name=\"shown\"[^>]*>", page)
    (value,) = re.findall(r"value=\"([^\"]*)\"", tag)
    return unescape(value)


@pytest.mark.parametrize("what", [need, group, run])
def test_the_second_change_is_refused_and_its_input_is_kept(
    what: Callable[[], Page],
    session: Session,
    client: FlaskClient,
    sign_in: Callable[[User], FlaskClient],
) -> None:
    address, data, field, now = what()
    sign_in(accounts.coordinator())
    data["shown"] = shown_value(client.get(address).text)
    assert client.post(address, data=data | {field: "Of the first page"}).status_code == 302
    session.expire_all()
    assert now() == "Of the first page"
    again = client.post(address, data=data | {field: "Of the second page"})
    assert again.status_code == 422
    text = unescape(again.text)
    assert "Somebody has changed these details since you opened the page." in text
    assert "Somebody has changed this answer. It now says: Of the first page" in text
    assert "Of the second page" in text
    session.expire_all()
    assert now() == "Of the first page"
    data_of_second_page = data | {field: "Of the second page", "shown": shown_value(again.text)}
    assert client.post(address, data=data_of_second_page).status_code == 302
    session.expire_all()
    assert now() == "Of the second page"
