"""Fill in the pages of the registration in a browser."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

from tests.e2e.conftest import Visitor


@dataclass
class Answers:
    """The answers to fill in. Fields without an answer stay empty."""

    name: str
    networks: tuple[str, ...] = ("None of these",)
    interest: str = "A community champion"
    course: str | None = None
    email: str | None = None
    phone: str | None = None
    post: str | None = None
    prefer: str | None = None
    postcode: str = "IP24 1JD"
    protect: bool = False
    organisation: str | None = None
    seen_by: str | None = None  # who may see them, if the page asks


def fill_to_check(visitor: Visitor, answers: Answers) -> int:
    """Fill in all pages up to “Check your answers”, and return the number of pages."""
    page = visitor.open("/register")
    pages = 1
    page.get_by_label("Yes", exact=True).check()
    page.get_by_label("Full name").fill(answers.name)
    for fill in (_networks, _training, _contact, _places, _area):
        if fill is _training and answers.course is None:
            continue
        visitor.press("Continue")
        pages += 1
        fill(page, answers)
    visitor.press("Continue")
    return pages + 1


def _networks(page: Page, answers: Answers) -> None:
    for network in answers.networks:
        page.get_by_label(network, exact=True).check()
    if answers.seen_by:
        page.get_by_label(answers.seen_by).check()
    page.get_by_label(answers.interest, exact=True).check()


def _training(page: Page, answers: Answers) -> None:
    page.get_by_label("Name of the course").fill(answers.course or "")
    page.get_by_label("Who trained you?").fill("Norfolk and Waveney Mind")
    page.get_by_label("Month").fill("5")
    page.get_by_label("Year").fill("2025")
    page.get_by_label("Certificate number").fill("MH-12345")


def _contact(page: Page, answers: Answers) -> None:
    page.get_by_label("Email address (optional)").fill(answers.email or "")
    page.get_by_label("Phone number").fill(answers.phone or "")
    page.get_by_label("Postal address").fill(answers.post or "")
    page.get_by_label("Organisation (optional)").fill(answers.organisation or "")
    if answers.prefer:
        page.get_by_role("radio", name=answers.prefer, exact=True).check()


def _places(page: Page, answers: Answers) -> None:
    page.get_by_label("Home postcode").fill(answers.postcode)


def _area(page: Page, answers: Answers) -> None:
    for group in ("home_near", "work_near"):
        choices = page.locator(f"input[name={group}]")
        if choices.count():
            choices.first.check()
    if answers.protect:
        page.get_by_label("Yes, or I am not sure – do not keep my postcode").check()
        wards = page.locator("select[name=ward], select[name=home_any]")
        if wards.count():  # otherwise the ward was chosen from the nearest ones above
            wards.first.select_option(index=1)
    else:
        page.get_by_label("No, keep my postcode").check()
