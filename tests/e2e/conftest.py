"""Fixtures for browser tests: Chromium and a running site. Every kind of page is checked by axe."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.accounts import queries
from app.accounts.service import create_user, grant_role
from app.core import audit, clock
from app.core.actor import SYSTEM
from app.core.db import db, transaction
from app.core.permissions import Role
from app.signin import passwords
from tests.databases import application, clone
from tests.e2e.axe import AxeChecker
from tests.e2e.stack import Stack, running_site

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
PAGE_FACTS = """() => [
  document.querySelectorAll("h1").length,
  document.title,
  document.documentElement.scrollWidth - innerWidth,
]"""
PASSWORD = "otter lantern gravel"


@pytest.fixture(scope="session")
def stack(worker_id: str) -> Iterator[Stack]:
    """The processes of a site, started once for each test process."""
    with clone(f"e2e_{worker_id}") as database, running_site(database, worker_id) as running:
        yield running


@pytest.fixture
def site(stack: Stack) -> Stack:
    """A site with the programme loaded, but no people and no letters.

    Each test gets a new database, so that rows of one test cannot affect another.
    """
    stack.reset()
    return stack


@pytest.fixture(scope="session")
def app(stack: Stack) -> Iterator[Flask]:
    """The application on the site's database, with which tests prepare rows."""
    same = {name: stack.environ[name] for name in ("REDIS_URL", "PUBLIC_URL", "MAIL_URL")}
    inside = application(stack.database, DEMO_PASSWORD=PASSWORD, **same)
    inside.config["NOTIFY_WORKER"] = True  # the site's worker
    yield inside
    with inside.app_context():
        db.engine.dispose()


@pytest.fixture
def arrange(site: Stack, app: Flask) -> Callable[[Callable[[], Any]], Any]:
    """Return a function that runs the one it is given in a committed transaction on the site."""

    def do(function: Callable[[], Any]) -> Any:
        with app.app_context(), transaction():
            audit.set_actor(SYSTEM)
            return function()

    return do


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once for each test process."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM_PATH"], args=CHROMIUM_FLAGS
        )
        yield chromium
        chromium.close()


class Visitor:
    """A browser on one device. Any error on its console fails the test."""

    def __init__(
        self, context: BrowserContext, url: str, axe: AxeChecker, *, scripts: bool
    ) -> None:
        self.context = context
        self.axe = axe
        self.url = url
        self.scripts = scripts
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.console_errors: list[str] = []
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        self.page.on(
            "console",
            lambda message: (
                self.console_errors.append(message.text)
                if message.type == "error" and "status of 4" not in message.text
                else None
            ),
        )

    def open(self, path: str, *, both: bool = False) -> Page:
        """Open a path or URL and check the page.

        With `both`, check it at the widths of a phone and a desktop.
        """
        self.page.goto(path if path.startswith("http") else self.url + path)
        self._check(both=both)
        return self.page

    def press(self, name: str, *, both: bool = False) -> Page:
        """Press the button or link with this name, and check the next page as `open` does."""
        button = self.page.get_by_role("button", name=name, exact=True)
        target = button if button.count() else self.page.get_by_role("link", name=name, exact=True)
        target.first.click()
        self.page.wait_for_load_state()
        self._check(both=both)
        return self.page

    def _check(self, *, both: bool) -> None:
        if both:
            self.check_at_both_widths()
        else:
            self.check_page()

    def check_page(self) -> None:
        """Check that the page has one h1 and a title, fits the screen and passes axe."""
        self.page.wait_for_load_state()
        self.page.locator("h1").first.wait_for()
        headings, title, too_wide = self.page.evaluate(PAGE_FACTS)
        assert self.console_errors == [], self.page.url
        assert headings == 1, f"h1 on {self.page.url}"
        assert title, self.page.url
        assert too_wide <= 0, f"{self.page.url} is {too_wide} px wider than the screen"
        if self.scripts:
            found = self.axe.violations(self.page)
            assert found == [], f"{self.page.url}: {found}"

    def check_at_both_widths(self) -> None:
        """Check the page at the widths of a phone and a desktop, without loading it again."""
        for size in (PHONE, DESK):
            self.page.set_viewport_size(size)
            self.check_page()

    def sign_in(self, email: str, password: str = PASSWORD) -> Page:
        """Sign in as staff, with a password."""
        self.open("/sign-in/staff")
        self.page.get_by_label("Email address").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        return self.press("Sign in")


@pytest.fixture(scope="session")
def axe() -> AxeChecker:
    """axe, which remembers the kinds of pages that it has checked in this process."""
    return AxeChecker()


@pytest.fixture
def visitor(browser: Browser, site: Stack, axe: AxeChecker) -> Iterator[Callable[..., Visitor]]:
    """Return a function that makes visitors: `visitor(phone=True, scripts=False)`."""
    contexts: list[BrowserContext] = []
    logged = site.log.stat().st_size

    def make(*, phone: bool = False, scripts: bool = True) -> Visitor:
        context = browser.new_context(
            viewport=PHONE if phone else DESK, java_script_enabled=scripts, locale="en-GB"
        )
        contexts.append(context)
        return Visitor(context, site.url, axe, scripts=scripts)

    yield make
    for context in contexts:
        context.close()
    # pytest shows this output if the test fails
    sys.stdout.write(site.log.read_bytes()[logged:].decode(errors="replace")[-20_000:])


@pytest.fixture
def staff(arrange: Callable[[Callable[[], Any]], Any]) -> Callable[..., str]:
    """Return a function that creates a staff user with some roles and returns their address."""

    def make(email: str, *roles: Role, name: str = "Somebody Staff") -> str:
        def write() -> None:
            user = queries.user_by_email(email) or create_user(SYSTEM, email, name)
            user.password_hash = passwords.hash_password(PASSWORD)
            for role in roles:
                grant_role(SYSTEM, user, role, clock.today())

        arrange(write)
        return email

    return make
