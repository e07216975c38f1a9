"""How many statements the pages of runs execute, also as a sign of what is hidden."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.courses.models import CourseRun
from tests.addresses import at
from tests.factories import accounts, courses, people
from tests.factories import messages as make
from tests.integration.attendance.test_queue_size import number_of_statements
from tests.integration.rescheduling.moving import TODAY, SignIn


def reopened_run(sign_in: SignIn, trainer: User, names: list[str], *, known: bool) -> CourseRun:
    """Sign off a run with people added by name, tell those with a record, and reopen it."""
    run = courses.run(TODAY - timedelta(days=3), "community-champion", trainer_user=trainer)
    for name in names:
        attendee = courses.attendee(run, name=name)
        if known:
            address = f"{name.lower().replace(' ', '.')}@home.example"
            courses.link(attendee, people.person(f"{name}s", email=address))
        courses.mark_attendance(attendee, trainer)
    client = sign_in(accounts.coordinator())
    client.post(at(f"/training/{run.id}/complete"))
    make.deliver()
    client.post(at(f"/training/{run.id}/reopen"), data={"reason": "It did not take place"})
    return run


def test_a_trainers_page_runs_the_same_statements_for_somebody_known(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    """The page before a cancellation took longer if an attendee had a record."""
    counts = set()
    for known in (False, True):
        run = reopened_run(sign_in, trainer, ["Wanda Walker"], known=known)
        client = sign_in(trainer)
        counts.add(number_of_statements(client, at(f"/training/{run.id}/cancel")))
        run.cancelled_at = run.completed_at = None
        session.flush()
    assert len(counts) == 1


@pytest.mark.parametrize("known", [False, True])
def test_more_people_need_no_more_statements_of_their_links(
    session: Session, sign_in: SignIn, trainer: User, known: bool
) -> None:
    counts = []
    for names in (["Wanda Walker"], ["Ann Field", "Bea Meadow", "Cat Wood"]):
        run = reopened_run(sign_in, trainer, names, known=known)
        client = sign_in(accounts.coordinator())
        counts.append(number_of_statements(client, at(f"/training/{run.id}/cancel")))
    assert counts[1] - counts[0] <= (2 if known else 0)


def test_a_run_without_hidden_people_needs_no_statements_about_their_letters(
    session: Session, sign_in: SignIn, trainer: User
) -> None:
    run = courses.run(TODAY + timedelta(days=9), "community-champion", trainer_user=trainer)
    courses.attendee(run, name="Wanda Walker", email="wanda@home.example")
    page = at(f"/training/{run.id}")
    one = number_of_statements(sign_in(accounts.coordinator()), page)
    linked = courses.attendee(run, name="Ann Field")
    courses.link(linked, people.person("Anne Field"))
    assert number_of_statements(sign_in(accounts.coordinator()), page) > one
