"""The pages that list attendees run the same number of statements for any number of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.db import db
from tests.addresses import at
from tests.factories import accounts, courses, people
from tests.integration.attendance.conftest import FIRST
from tests.integration.attendance.test_linking import attend, plain_text, sign_off

pytestmark = pytest.mark.usefixtures("evening_after")
SignIn = Callable[[User], FlaskClient]


def number_of_statements(client: FlaskClient, address: str) -> int:
    """Return how many statements a page runs."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    client.get(address)  # the first visit of a page writes an audit row
    db.session.expire_all()
    event.listen(db.engine, "before_cursor_execute", note)
    reply = client.get(address)
    event.remove(db.engine, "before_cursor_execute", note)
    assert reply.status_code == 200
    return len(sent)


def add_attendees(trainer: User, number: int, name: str) -> int:
    """Add attendees to a signed-off run, each likely or linked, and return the run's ID."""
    run = courses.run(FIRST - timedelta(days=1), trainer_user=trainer)
    for each in range(number):
        email = f"{name.lower()}{each}@field.example"
        attend(run, trainer, name=f"Ann {name}")
        attend(run, trainer, name=f"Bea {name}", email=email)
        person = people.person(f"Bea {name}", email=email)
        twice = people.person(f"Cat {name}{each}")
        courses.mark_attendance(courses.attendee(run, twice), trainer)
        courses.link(attend(run, trainer, name=f"Cat {name}"), twice)
        assert person.id
    sign_off(run, trainer)
    return run.id


@pytest.mark.parametrize("page", ["queue", "attendance"])
def test_more_attendees_need_no_more_statements(
    session: Session, sign_in: SignIn, page: str
) -> None:
    """Previously, the page ran several statements for each attendee without a record."""
    trainer = courses.trainer()
    first = add_attendees(trainer, 1, "Field")
    client = sign_in(accounts.coordinator())
    queue = "/training/attendees"
    few = number_of_statements(
        client, queue if page == "queue" else at(f"/training/{first}/attendance")
    )
    second = add_attendees(trainer, 5, "Meadow")
    address = queue if page == "queue" else at(f"/training/{second}/attendance")
    assert number_of_statements(client, address) == few
    text = plain_text(client.get(queue).text)
    assert text.count("has another place on this course") == 6
    assert text.count("Bea Meadow") >= 10
