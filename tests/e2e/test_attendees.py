"""Attendees who were added by name, on a phone without JavaScript and on a desktop."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.accounts import queries as accounts
from app.core import clock
from app.core.permissions import Role
from tests.addresses import public_id
from tests.e2e.conftest import Visitor
from tests.factories import courses, people
from tests.factories.certificates import certificate


@pytest.mark.parametrize("phone", [True, False])
def test_a_coordinator_links_an_attendee_and_records_an_earlier_certificate(
    visitor: Callable[..., Visitor],
    arrange: Callable[[Callable[[], Any]], Any],
    staff: Callable[..., str],
    phone: bool,
) -> None:
    trainer = staff("tess@desk.example", Role.TRAINER, name="Tess Trainer")
    coordinator = staff("cora@desk.example", Role.COORDINATOR, Role.SENSITIVE, name="Cora Link")

    def prepare() -> str:
        user = accounts.user_by_email(trainer)
        assert user is not None
        first = clock.today() - timedelta(days=2)
        run = courses.run(first, "mhfa-refresher", trainer_user=user)
        trained = people.person("Anna Field")
        certificate(trained, awarded_on=first - timedelta(days=900))
        known = people.person("Kim Known")
        courses.attendee(courses.run(first - timedelta(days=60), trainer_user=user), known)
        for name in ("Anna Feild", "Wanda Walker"):
            courses.mark_attendance(courses.attendee(run, name=name, email="a@home.example"), user)
        return public_id("course_runs", run.id)

    run = arrange(prepare)
    tess = visitor(phone=phone, scripts=not phone)
    tess.sign_in(trainer)
    tess.open(f"/training/{run}/add/known", both=True)
    tess.open(f"/training/{run}/add/named", both=True)
    tess.open(f"/training/{run}", both=True)
    tess.open(f"/training/{run}/attendance", both=True)
    tess.press("Save and sign off")

    cora = visitor(phone=phone, scripts=not phone)
    cora.sign_in(coordinator)
    page = cora.open("/training/attendees", both=True)
    assert "Anna Field" in page.locator("main").inner_text()
    page.get_by_role("button", name="This is the same person").first.click()
    cora.check_at_both_widths()
    assert "renews that kind too" in page.locator("main").inner_text()
    cora.press("Undo this link")
    assert "no longer linked" in page.locator("main").inner_text()
    cora.open(f"/training/{run}/attendance", both=True)
    page.get_by_role("link", name=re.compile("Record of attendance.*Wanda Walker")).click()
    cora.check_at_both_widths()
    cora.press("I have seen the certificate", both=True)
    page.get_by_label("Mental Health First Aider (Youth)").check()
    page.get_by_label("How did you see it?").fill("She showed the paper")
    cora.press("Record the certificate")
    assert "(Youth), seen on" in page.locator("main").inner_text()
