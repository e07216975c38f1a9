"""Registering on a phone, mostly without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.conftest import Visitor
from tests.e2e.registering import Answers, fill_to_check
from tests.e2e.stack import Stack

Visit = Callable[..., Visitor]
MAX_PAGES = 7


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "with scripts"])
def test_registration_takes_at_most_seven_pages_and_a_button_confirms_it(
    visitor: Visit, site: Stack, scripts: bool
) -> None:
    email = f"joan.{scripts}@farm.example".lower()
    farmer = visitor(phone=True, scripts=scripts)
    answers = Answers(
        name="Joan Fen",
        networks=("Farming and rural work",),
        interest="I have been trained already",
        course="Adult MHFA",
        email=email,
    )
    assert fill_to_check(farmer, answers) <= MAX_PAGES
    for answer in ("Joan Fen", "Farming and rural work", "Adult MHFA", email, "IP24 1JD"):
        assert farmer.page.get_by_text(answer).count(), answer
    farmer.press("Send my registration")
    assert "Registration sent" in farmer.page.content()

    letter = site.letterbox.wait_for(email)
    assert "farming" not in str(letter["Subject"]).lower()
    link = site.letterbox.links(letter)[0]
    scanner = visitor(scripts=True)
    for _ in range(2):  # a mail scanner that runs scripts
        scanner.open(link)
    farmer.open(link)
    farmer.press("Confirm")
    assert "Confirm your registration" not in farmer.page.title()
    again = visitor(scripts=scripts)
    again.page.goto(link)
    assert again.page.get_by_role("button", name="Confirm", exact=True).count() == 0


def test_changing_an_answer_keeps_the_others_and_going_back_loses_nothing(visitor: Visit) -> None:
    farmer = visitor(phone=True, scripts=False)
    fill_to_check(farmer, Answers(name="Tom Alder", email="tom@farm.example"))
    page = farmer.page
    page.get_by_role("link", name="Change").first.click()
    assert page.get_by_label("Full name").input_value() == "Tom Alder"
    page.get_by_label("Full name").fill("Thomas Alder")
    farmer.press("Continue")
    assert page.url.endswith("/register/check")
    assert page.get_by_text("Thomas Alder").count()
    assert page.get_by_text("tom@farm.example").count()
    page.go_back()
    page.go_back()
    assert page.get_by_text("Thomas Alder").count() or page.get_by_label("Full name").count()


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("ip241jd", True),
        ("NR1 3JU", True),
        ("IP24 9ZZ", True),
        ("ZZ1 1ZZ", False),
        ("Dereham", False),
    ],
)
def test_postcodes_are_accepted_or_explained(visitor: Visit, typed: str, taken: bool) -> None:
    farmer = visitor(phone=True, scripts=False)
    page = farmer.open("/register")
    page.get_by_label("Yes", exact=True).check()
    page.get_by_label("Full name").fill("Poppy Code")
    farmer.press("Continue")
    page.get_by_label("None of these").check()
    page.get_by_label("A community champion", exact=True).check()
    farmer.press("Continue")
    page.get_by_label("Phone number").fill("01953 880903")
    farmer.press("Continue")
    page.get_by_label("Home postcode").fill(typed)
    farmer.press("Continue")
    assert page.url.endswith("/register/area") == taken
    if not taken:
        assert page.locator(".govuk-error-summary").count()
        assert page.get_by_label("Home postcode").input_value() == typed


def test_exit_this_page_leaves_nothing_behind(visitor: Visit, site: Stack) -> None:
    farmer = visitor(phone=True, scripts=False)
    fill_to_check(farmer, Answers(name="Nobody Here", email="nobody@farm.example"))
    assert any(cookie["name"] == "registration" for cookie in farmer.context.cookies())
    farmer.context.route(
        lambda url: not url.startswith(site.url), lambda route: route.fulfill(body="weather")
    )
    farmer.page.locator(".govuk-exit-this-page__button").click()
    assert not farmer.page.url.startswith(site.url)
    assert not any(cookie["name"] == "registration" for cookie in farmer.context.cookies())
    page = farmer.open("/register")
    assert page.get_by_label("Full name").input_value() == ""


def test_a_saved_registration_is_resumed_with_a_link(visitor: Visit, site: Stack) -> None:
    farmer = visitor(phone=True, scripts=False)
    fill_to_check(farmer, Answers(name="Later Lee", email="later@farm.example"))
    farmer.press("Save and come back later")
    farmer.page.get_by_label("Email address").fill("later@farm.example")
    farmer.page.locator("main form button").first.click()
    link = site.letterbox.links(site.letterbox.wait_for("later@farm.example"))[0]
    elsewhere = visitor(phone=True, scripts=False)
    elsewhere.open(link)
    elsewhere.page.locator("main form button").first.click()
    # Networks are never saved, so they must be chosen again. All other answers are kept.
    assert elsewhere.page.url.endswith("/register/networks")
    assert elsewhere.open("/register").get_by_label("Full name").input_value() == "Later Lee"


def test_registering_again_looks_the_same_and_only_the_mailbox_is_told(
    visitor: Visit, site: Stack
) -> None:
    pages = []
    for name in ("First Time", "Second Time"):
        farmer = visitor(phone=True, scripts=False)
        fill_to_check(farmer, Answers(name=name, email="twice@farm.example"))
        farmer.press("Send my registration")
        pages.append(farmer.page.locator("main").inner_text())
    assert pages[0] == pages[1]
    second = site.letterbox.wait_for("twice@farm.example", 2)
    first = site.letterbox.wait_for("twice@farm.example", 1)
    assert first.get_body(("plain",)) is not None
    assert str(second.get_body(("plain",))) != str(first.get_body(("plain",)))


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "with scripts"])
def test_back_works_after_an_error_was_corrected(visitor: Visit, scripts: bool) -> None:
    farmer = visitor(phone=True, scripts=scripts)
    farmer.open("/register")
    page = farmer.page
    page.get_by_label("Full name").fill("...")
    page.get_by_label("Yes").first.check()
    farmer.press("Continue")
    assert page.get_by_text("There is a problem").count()
    page.reload()
    assert page.get_by_label("Full name").input_value() == "..."
    page.get_by_label("Full name").fill("Joan Fen")
    farmer.press("Continue")
    assert page.url.endswith("/register/networks")
    page.go_back()
    assert page.get_by_label("Full name").input_value() == "Joan Fen"
    page.go_back()
    assert page.get_by_role("heading", level=1).count()
