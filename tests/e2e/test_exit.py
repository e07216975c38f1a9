"""“Exit this page” in Chromium: going back afterwards shows no earlier page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from app.core import links
from app.core.db import db
from app.core.programme import Programme
from app.signin import sign_in_links
from tests.e2e.conftest import DESK, Visitor
from tests.e2e.stack import Stack
from tests.factories import people

Arrange = Callable[[Callable[[], Any]], Any]
Open = Callable[..., Page]
ELSEWHERE = b"<!doctype html><title>Weather</title><link rel=icon href='data:,'><h1>Sunny</h1>"
NAME = "Vera Exit"
# Headless Chromium keeps no page in its back/forward cache, so a test sends the events itself.
FROZEN = "window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))"
THAWED = "window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"


class _Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # noqa: N802  # a name that http.server requires
        """Return the only page of the other site."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(ELSEWHERE)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """The URL of a page on another site."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/weather"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def neutral(arrange: Arrange, elsewhere: str) -> Iterator[str]:
    """The page that exit redirects to: on the local other site, because tests use no network."""

    def lead(to: str) -> str:
        loaded = db.session.scalars(select(Programme)).one()
        before: str = loaded.settings["exit_to"]
        loaded.settings = loaded.settings | {"exit_to": to}
        return before

    before = arrange(lambda: lead(elsewhere))
    yield elsewhere
    arrange(lambda: lead(before))


@pytest.fixture
def device(browser: Browser) -> Iterator[Open]:
    """Return a function that opens a browser on a new device: `device(scripts=False)`."""
    made: list[BrowserContext] = []

    def make(*, scripts: bool) -> Page:
        context = browser.new_context(viewport=DESK, java_script_enabled=scripts)
        made.append(context)
        return context.new_page()

    yield make
    for context in made:
        context.close()


def _sign_in(page: Page, site: Stack, arrange: Arrange) -> None:
    def link() -> str:
        champion = people.champion(NAME)
        link_id = links.create(sign_in_links.LINK, champion.user_id or 0, timedelta(minutes=30))
        return links.token(sign_in_links.LINK, link_id)

    page.goto(f"{site.url}/sign-in/link/{arrange(link)}")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto(f"{site.url}/me")
    page.goto(f"{site.url}/me/networks")
    page.goto(f"{site.url}/me")
    assert NAME in page.content()


def _register(page: Page, site: Stack) -> None:
    page.goto(f"{site.url}/register")
    page.get_by_label("Yes", exact=True).check()
    page.get_by_label("Full name").fill(NAME)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/register/networks")
    page.goto(f"{site.url}/register?change=yes")
    assert page.get_by_label("Full name").input_value() == NAME


def _press_exit(page: Page, neutral: str) -> None:
    page.locator(".govuk-exit-this-page__button").click()
    page.wait_for_url(neutral)


def _go_back_all_the_way(page: Page) -> Iterator[str]:
    """Go back step by step, and yield the content of each page once it has settled."""
    while page.evaluate("history.length") and page.go_back(wait_until="load") is not None:
        page.wait_for_timeout(200)
        yield page.content() + page.title()
        if page.url in ("about:blank", ""):
            return


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "with scripts"])
@pytest.mark.parametrize("begin", ["signed in", "registering"])
def test_going_back_after_exit_shows_no_earlier_page(
    device: Open, site: Stack, arrange: Arrange, neutral: str, scripts: bool, begin: str
) -> None:
    page = device(scripts=scripts)
    if begin == "signed in":
        _sign_in(page, site, arrange)
    else:
        _register(page, site)
    before = page.evaluate("history.length")
    _press_exit(page, neutral)
    # With scripts, the page is removed from the history.
    assert page.evaluate("history.length") == before + (0 if scripts else 1)
    pages_seen = list(_go_back_all_the_way(page))
    assert pages_seen
    for content in pages_seen:
        assert NAME not in content
        assert "My page" not in content
    ours = [cookie for cookie in page.context.cookies(site.url) if cookie["name"] != "session"]
    assert ours == []


def test_pressing_shift_three_times_exits_and_signs_out(
    device: Open, site: Stack, arrange: Arrange, neutral: str
) -> None:
    page = device(scripts=True)
    _sign_in(page, site, arrange)
    page.locator(".govuk-exit-this-page__indicator").wait_for(state="attached")
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url(neutral)
    page.goto(f"{site.url}/me")
    assert page.url.startswith(f"{site.url}/sign-in")


def test_the_second_tab_stop_exits(device: Open, site: Stack, neutral: str) -> None:
    for scripts in (False, True):
        page = device(scripts=scripts)
        page.goto(f"{site.url}/register")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(neutral)


def test_a_page_kept_in_memory_is_hidden_and_fetched_again_before_it_is_shown(
    device: Open, site: Stack, arrange: Arrange, neutral: str
) -> None:
    """The browser keeps the page in memory while another tab signs out."""
    page = device(scripts=True)
    _sign_in(page, site, arrange)
    page.evaluate(FROZEN)
    assert page.locator("body").is_hidden()
    other = page.context.new_page()
    other.goto(f"{site.url}/me")
    _press_exit(other, neutral)
    page.evaluate(f"void setTimeout(() => {THAWED}, 0)")
    page.wait_for_url(f"{site.url}/sign-in**")
    assert NAME not in page.content()


def test_a_link_on_another_site_signs_nobody_out(
    device: Open, site: Stack, arrange: Arrange, neutral: str
) -> None:
    page = device(scripts=True)
    _sign_in(page, site, arrange)
    page.goto(neutral)
    page.set_content(f'<a id="trap" href="{site.url}/exit">Win a prize</a>')
    page.locator("#trap").click()
    page.wait_for_url(neutral)
    page.goto(f"{site.url}/me")
    assert NAME in page.content()


def test_pages_with_the_button_are_accessible(visitor: Callable[..., Visitor]) -> None:
    user = visitor()
    for path in ("/sign-in", "/register"):
        user.open(path)
        user.check_at_both_widths()
