"""Checks once made by hand: protection, the keyboard alone, 400% zoom, a killed worker."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import psycopg
from playwright.sync_api import Page
from psycopg import sql
from sqlalchemy import select

from app.applications import approval
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.permissions import Role
from app.people.models import Person
from config import psycopg_url
from tests.addresses import public_id
from tests.e2e.conftest import Visitor
from tests.e2e.registering import Answers, fill_to_check
from tests.e2e.stack import Stack

Visit = Callable[..., Visitor]
Arrange = Callable[[Callable[[], Any]], Any]
# Well-formed but in no directory, so any table that contains them got them from these two people.
NEVER_KEPT, DROPPED = "IP25 9QZ", "IP25 9QX"
DIRECTORY = ("postcodes",)
ZOOMED = {"width": 320, "height": 256}  # 1280 × 1024 at 400%
MAX_TABS = 60


# --- a protected person ---


def test_a_protected_persons_postcode_is_stored_nowhere(
    visitor: Visit, site: Stack, arrange: Arrange, staff: Callable[..., str]
) -> None:
    """One person asks for protection from the start, the other after giving a postcode."""
    rose, dora = visitor(phone=True), visitor(phone=True, scripts=False)
    for user, name, postcode in ((rose, "Rose Safe", NEVER_KEPT), (dora, "Dora Later", DROPPED)):
        email = _address(name)
        protect = postcode == NEVER_KEPT
        fill_to_check(user, Answers(name, email=email, postcode=postcode, protect=protect))
        assert (postcode in user.page.locator("main").inner_text()) != protect
        user.press("Send my registration")
        user.open(site.letterbox.links(site.letterbox.wait_for(email))[0])
        user.press("Confirm")
    assert _tables_with(site, NEVER_KEPT) == set()
    assert "presences" in _tables_with(site, DROPPED)

    arrange(lambda: approval.approve(SYSTEM, _person("Dora Later").id))
    _sign_in_by_link(dora, site, _address("Dora Later"), after=2)
    page = dora.open("/me/protection")
    page.get_by_label("No, keep only my ward").check()
    page.locator("main form button[type=submit]").first.click()
    dora.check_page()
    assert _tables_with(site, DROPPED) == set()

    cora = visitor()
    cora.sign_in(staff("cora@hand.example", Role.COORDINATOR, name="Cora Hand"))
    for name, path in (("Rose Safe", "applications"), ("Dora Later", "people")):
        known = arrange(lambda name=name: public_id("people", _person(name).id))
        text = cora.open(f"/{path}/{known}").content() + dora.open("/me").content()
        assert name in text
        assert not any(_contains_postcode(text, postcode) for postcode in (NEVER_KEPT, DROPPED))
    log = site.log.read_text()
    assert "/register" in log
    assert not any(_contains_postcode(log, postcode) for postcode in (NEVER_KEPT, DROPPED))


def _address(name: str) -> str:
    return f"{name.replace(' ', '.').lower()}@hand.example"


def _person(name: str) -> Person:
    return db.session.scalars(select(Person).where(Person.full_name == name)).one()


def _contains_postcode(text: str, postcode: str) -> bool:
    """Return whether a text contains a postcode, with or without its space, in either case."""
    text = text.lower()
    return postcode.lower() in text or postcode.replace(" ", "").lower() in text


def _tables_with(site: Stack, postcode: str) -> set[str]:
    """Return the tables that have a row containing the postcode, except the directory."""
    url = psycopg_url(os.environ["TEST_ADMIN_DATABASE_URL"]).replace("+psycopg", "")
    found = set()
    with psycopg.connect(url, dbname=site.database) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables.fetchall():
            contained = connection.execute(
                sql.SQL("SELECT 1 FROM {} AS it WHERE it::text ~* %s LIMIT 1").format(
                    sql.Identifier(table)
                ),
                (postcode.replace(" ", " ?"),),
            )
            if contained.fetchone():
                found.add(table)
    return found - set(DIRECTORY)


def _sign_in_by_link(user: Visitor, site: Stack, email: str, *, after: int) -> None:
    """Sign in with a link. The letter with the link comes after `after` other letters."""
    site.letterbox.wait_for(email, after)
    user.open("/sign-in")
    user.page.get_by_label("Email address").fill(email)
    user.press("Send me a link")
    letter = site.letterbox.wait_for(email, after + 1)
    user.open(next(link for link in site.letterbox.links(letter) if "/sign-in/link/" in link))
    user.press("Sign in")


# --- the keyboard alone ---

# The label or text of the focused element, and whether its focus ring is visible. The ring of a
# radio or checkbox is drawn on its label.
FOCUSED = """() => {
  const it = document.activeElement;
  const rings = [getComputedStyle(it)];
  if (it.labels?.[0]) rings.push(getComputedStyle(it.labels[0], '::before'));
  const seen = rings.some(s => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2)
    || s.boxShadow !== 'none');
  const box = it.getBoundingClientRect();
  return {
    says: (it.labels?.[0] || it).innerText.split('\\n')[0].trim(),
    seen: seen && box.bottom > 0 && box.top < innerHeight,
    tag: it.tagName,
  };
}"""


class Keyboard:
    """A visitor who uses only the keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def tab_to(self, label: str) -> None:
        """Press Tab until this text has the focus. The focus must always be visible."""
        for _ in range(MAX_TABS):
            self.page.keyboard.press("Tab")
            focused = self.page.evaluate(FOCUSED)
            if focused["tag"] == "BODY":
                continue
            assert focused["seen"], f"{self.page.url}: no visible focus on {focused['says']!r}"
            if focused["says"].startswith(label):
                return
        raise AssertionError(f"{self.page.url}: Tab does not reach {label!r}")

    def tick(self, label: str) -> None:
        """Tick the option with this label."""
        self.tab_to(label)
        self.page.keyboard.press("Space")

    def type(self, label: str, text: str) -> None:
        """Type into the field with this label."""
        self.tab_to(label)
        self.page.keyboard.type(text)

    def press_enter_on(self, label: str) -> None:
        """Press Enter on the button or link with this text, and wait for the next page."""
        self.tab_to(label)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")


def test_registering_with_the_keyboard_alone(visitor: Visit, site: Stack) -> None:
    kay = visitor()
    page = kay.open("/")
    keys = Keyboard(page)
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == {"says": "Skip to main content", "seen": True, "tag": "A"}
    page.keyboard.press("Enter")
    page.wait_for_url("**/#main-content")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")

    kay.open("/register")
    keys.tick("Yes")
    keys.type("Full name", "Kay Board")
    keys.press_enter_on("Continue")
    keys.tick("None of these")
    keys.tick("A community champion")
    keys.press_enter_on("Continue")
    keys.type("Email address", "kay@hand.example")
    keys.press_enter_on("Continue")
    keys.type("Home postcode", "IP24 1JD")
    keys.press_enter_on("Continue")
    nearest = page.locator("input[name=home_near] + label").first
    if nearest.count():
        keys.tick(nearest.inner_text())
    keys.tick("No, keep my postcode")
    keys.press_enter_on("Continue")
    assert page.url.endswith("/register/check")
    kay.check_page()
    keys.press_enter_on("Send my registration")
    kay.check_page()
    assert page.get_by_role("heading", name="Registration sent").count()
    site.letterbox.wait_for("kay@hand.example")


# --- 400% zoom ---


def test_no_page_scrolls_sideways_at_400_percent_zoom(visitor: Visit) -> None:
    zoe = visitor()
    page = zoe.page
    page.set_viewport_size(ZOOMED)
    for path in ("/", "/help-now", "/courses", "/progress", "/sign-in"):
        zoe.open(path)
    fill_to_check(zoe, Answers("Zoë Zoom", email="zoe@hand.example"))
    assert page.url.endswith("/register/check")
    page.goto(f"{zoe.url}/register")
    page.get_by_label("Full name").fill("")
    zoe.press("Continue")
    assert page.locator(".govuk-error-summary").count()
    covering = page.evaluate(
        """() => [...document.querySelectorAll('*')].filter(it =>
          ['fixed', 'sticky'].includes(getComputedStyle(it).position)
          && it.getBoundingClientRect().height > innerHeight / 3).map(it => it.className)"""
    )
    assert covering == []


# --- a worker that is killed ---


def test_letters_arrive_after_the_worker_is_killed(visitor: Visit, site: Stack) -> None:
    """The worker is killed while the mail server holds its letter.

    Another letter is requested before a new worker starts.
    """
    hold = threading.Event()
    site.letterbox.hold = hold
    try:
        _register(visitor, "Will Waits")
        site.letterbox.wait_until_held()
        site.stop("worker", signal.SIGKILL)
        _register(visitor, "Wanda Waits")
    finally:
        site.letterbox.hold = None
        hold.set()
        site.start_worker()
    for name in ("Will Waits", "Wanda Waits"):
        site.letterbox.wait_for(_address(name))
        ids = {letter["Message-ID"] for letter in site.letterbox.to(_address(name))}
        assert len(ids) == 1, "a letter that is sent again has the same Message-ID"


def _register(visitor: Visit, name: str) -> None:
    user = visitor(phone=True, scripts=False)
    fill_to_check(user, Answers(name, email=_address(name)))
    user.press("Send my registration")
