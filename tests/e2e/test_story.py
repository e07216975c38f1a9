"""One person's story through every room: registration, approval, training, reminder, placement.

Each step depends on the one before, so they are one test. Each step is a function.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pypdf
import pytest
from icalendar import Calendar
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.permissions import Role
from app.courses.models import CourseRun, CourseSession
from tests.e2e.conftest import Visitor
from tests.e2e.registering import Answers, fill_to_check
from tests.e2e.stack import Stack

Visit = Callable[..., Visitor]
Arrange = Callable[[Callable[[], Any]], Any]
CHAMPION = "mary@story.example"
COORDINATOR = "cora@story.example"
TRAINER = "tess@story.example"


@pytest.fixture
def team(staff: Callable[..., str]) -> None:
    """A coordinator and a trainer."""
    staff(COORDINATOR, Role.COORDINATOR, name="Cora Day")
    staff(TRAINER, Role.TRAINER, name="Tess Rowe")


def test_the_story(visitor: Visit, site: Stack, team: None, arrange: Arrange) -> None:
    mary = visitor(phone=True)
    _register_and_confirm(mary, site)
    cora = visitor()
    cora.sign_in(COORDINATOR)
    _approve(cora, site)
    _sign_in(mary, site)
    tess = visitor()
    tess.sign_in(TRAINER)
    run = _schedule_course(tess)
    _book_place(mary, run, site)
    arrange(_move_course_into_the_past)
    _record_attendance(tess, run)
    _open_certificate(mary, visitor)
    _check_she_is_reminded_once(site)
    _match_with_need(cora, mary, site)
    _check_figures(cora, visitor, site)


def _register_and_confirm(mary: Visitor, site: Stack) -> None:
    fill_to_check(
        mary,
        Answers(
            name="Mary Otter",
            networks=("Farming and rural work", "Voluntary and community groups"),
            interest="I have been trained already",
            course="Community Champion",
            email=CHAMPION,
        ),
    )
    mary.press("Send my registration")
    mary.open(site.letterbox.links(site.letterbox.wait_for(CHAMPION))[0])
    mary.press("Confirm")


def _approve(cora: Visitor, site: Stack) -> None:
    cora.open("/applications")
    page = cora.press("Mary Otter")
    assert page.get_by_text("Community Champion").count()
    cora.press("Confirm this training")
    page.get_by_label("What is the certificate for?").select_option(value="community-champion")
    page.get_by_label("We know the month and year").check()
    page.get_by_label("It shows no expiry date").check()
    page.locator("main form button[type=submit]").first.click()
    cora.check_page()
    cora.open("/applications")
    cora.press("Mary Otter")
    page.get_by_role("button", name="Approve").first.click()
    cora.check_page()
    site.letterbox.wait_for(CHAMPION, 2)


def _sign_in(mary: Visitor, site: Stack) -> None:
    mary.open("/sign-in")
    mary.page.get_by_label("Email address").fill(CHAMPION)
    mary.press("Send me a link")
    letter = _newest_link(site, CHAMPION, "/sign-in/link/")
    mary.open(letter)
    mary.press("Sign in")
    page = mary.open("/me")
    assert page.get_by_text("Community champion").count()


def _newest_link(site: Stack, address: str, path: str) -> str:
    """Return the first link of this kind sent to an address. Waits until there is one."""
    for count in range(1, 20):
        letter = site.letterbox.wait_for(address, count)
        found = [link for link in site.letterbox.links(letter) if path in link]
        if found:
            return found[-1]
    raise AssertionError(f"No letter to {address} had a link to {path}.")


def _schedule_course(tess: Visitor) -> str:
    page = tess.open("/training/new")
    page.get_by_label("MHFA two-day (Adult)").check()
    page.locator("main form button[type=submit]").first.click()
    first = clock.today() + timedelta(days=1)
    for number in (1, 2):
        _date(page, f"day_{number}", first + timedelta(days=number - 1))
        page.locator(f"[name=starts_{number}]").fill("10:00")
        page.locator(f"[name=ends_{number}]").fill("16:00")
    _date(page, "cut_off_on", clock.today())
    page.get_by_label("Venue", exact=True).fill("Village Hall, Watton")
    page.get_by_label("Postcode of the venue").fill("IP25 6AB")
    tess.press("Plan this course")
    assert "/training/" in page.url, page.locator("main").inner_text()
    tess.press("Open for booking")
    return str(page.url.rstrip("/").rpartition("/")[2])


def _date(page: Any, name: str, day: Any) -> None:
    for part, value in (("day", day.day), ("month", day.month), ("year", day.year)):
        page.locator(f"[name={name}-{part}]").fill(str(value))


def _move_course_into_the_past() -> None:
    """Move the course to three days earlier, so that it is over."""
    for each in db.session.scalars(select(CourseSession)):
        each.starts_at -= timedelta(days=3)
        each.ends_at -= timedelta(days=3)
    for run in db.session.scalars(select(CourseRun)):
        run.cut_off_on -= timedelta(days=3)


def _book_place(mary: Visitor, run: str, site: Stack) -> None:
    mary.open(f"/courses/{run}")
    page = mary.press("Book a place")
    page.get_by_label("My name and what I need").check()
    mary.press("Book my place")
    letters = site.letterbox.to(CHAMPION)
    before = len(letters)
    letter = site.letterbox.wait_for(CHAMPION, max(before, 4))
    calendars = [part for part in letter.iter_attachments() if part.get_filename()]
    assert calendars, letter["Subject"]
    calendar = Calendar.from_ical(calendars[0].get_content())
    events = list(calendar.walk("VEVENT"))
    assert len(events) == 2
    assert not any("mental" in str(event["SUMMARY"]).lower() for event in events)


def _record_attendance(tess: Visitor, run: str) -> None:
    page = tess.open(f"/training/{run}")
    for link, name in (
        ("Add a named person", "Nora Named"),
        ("Add a walk-in", "Walter Walk"),
    ):
        tess.press(link)
        page.get_by_label("Full name").fill(name)
        tess.press("Add to the course")
        tess.open(f"/training/{run}")
    sheet = tess.context.request.get(f"{tess.url}/training/{run}/sheet.pdf")
    text = "".join(each.extract_text() for each in pypdf.PdfReader(io.BytesIO(sheet.body())).pages)
    assert all(name in text for name in ("Mary Otter", "Nora Named", "Walter Walk"))
    tess.open(f"/training/{run}/attendance")
    marks = page.get_by_label("Attended", exact=True)
    for mark in marks.all():
        mark.check()
    assert marks.count() == 6
    tess.press("Save and sign off")
    assert page.get_by_text("Signed off").count() or page.get_by_text("signed off").count()


def _open_certificate(mary: Visitor, visitor: Visit) -> None:
    page = mary.open("/me")
    assert page.get_by_text("Mental Health First Aid").count() or page.get_by_text("MHFA").count()
    record = page.get_by_role("link", name="Record of training (PDF)").first
    paper = mary.context.request.get(mary.url + str(record.get_attribute("href")))
    reader = pypdf.PdfReader(io.BytesIO(paper.body()))
    assert "/MarkInfo" in reader.trailer["/Root"]
    assert reader.trailer["/Root"]["/Lang"].lower().startswith("en")
    check = page.get_by_role("link", name="Check page").first.get_attribute("href")
    stranger = visitor(phone=True)
    text = stranger.open(str(check)).locator("main").inner_text()
    assert "in date" in text.lower()
    assert "Mary Otter" not in text
    assert "Otter" not in text


def _check_she_is_reminded_once(site: Stack) -> None:
    before = len(site.letterbox.to(CHAMPION))
    on = _day_of_a_reminder(site)
    preview = json.loads(site.flask("reminders", "preview", "--on", on, "--json"))
    assert [due["channel"] for due in preview["due"]].count("email") >= 1
    site.flask("reminders", "run", "--on", on)
    site.letterbox.wait_for(CHAMPION, before + 1)
    site.flask("reminders", "run", "--on", on)
    assert len(site.letterbox.to(CHAMPION)) == before + 1


def _day_of_a_reminder(site: Stack) -> str:
    """Return a day shortly before the certificate expires, on which a reminder is due."""
    today = clock.today()
    lapses = today.replace(year=today.year + 3, day=min(today.day, 28))
    return (lapses - timedelta(days=20)).isoformat()


def _match_with_need(cora: Visitor, mary: Visitor, site: Stack) -> None:
    page = cora.open("/needs")
    assert page.get_by_role("button", name="Add as a need").count(), "gaps suggest needs"
    cora.press("Add a need")
    page.get_by_label("Where are champions needed?").select_option(value="thetford")
    page.get_by_label("How many people are needed?").fill("1")
    page.get_by_label("Priority").fill("80")
    page.get_by_label("What are the champions needed for?").fill(
        "Listen to people at the market café"
    )
    page.get_by_label("Where will the champions meet people?").fill("Market café")
    page.get_by_label("When?").fill("Wednesday mornings")
    page.get_by_label("Who can champions ask about this need?").fill("Cora Day, at the council")
    page.locator("main form button[type=submit]").first.click()
    # Leaving the page earlier could cancel the save.
    page.wait_for_url(re.compile(r"/needs/[a-z2-7]{26}$"))
    cora.check_page()
    cora.open("/needs")
    cora.press("Run matching")
    see_result = page.get_by_role("link", name="See the result").or_(
        page.get_by_role("heading", name="Matching result")
    )
    see_result.first.wait_for(timeout=30_000)
    if page.get_by_role("heading", name="Matching result").count() == 0:
        see_result.first.click()
    page.get_by_role("heading", name="Matching result").wait_for()
    cora.check_page()
    page.get_by_label("Mary Otter").first.check()
    cora.press("Ask the selected people")
    mary.open(_newest_link(site, CHAMPION, "/requests/"))
    mary.press("Yes, I will help")
    assert mary.open("/me").get_by_text("Thetford").count()


def _check_figures(cora: Visitor, visitor: Visit, site: Stack) -> None:
    page = cora.open("/coverage")
    assert page.locator("svg").count()
    assert page.locator("table").count()
    report = json.loads(
        site.flask("coverage", "report", "--on", clock.today().isoformat(), "--json")
    )
    thetford = next(area for area in report["areas"] if area["code"] == "thetford")
    assert thetford["held"] >= 1
    public = visitor(phone=True).open("/progress")
    assert "Mary" not in public.content()
