"""Pages that everybody may open."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, registry
from app.site.models import CrisisLine
from tests.factories import accounts

PUBLIC = ["/", "/help-now", "/privacy", "/cookies", "/accessibility", "/about", "/data-sources"]


class Headings(HTMLParser):
    """Counts h1."""

    count = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """An element begins."""
        self.count += tag == "h1"


@pytest.mark.parametrize("path", PUBLIC)
def test_it_is_there_with_one_main_heading(client: FlaskClient, path: str) -> None:
    reply = client.get(path)
    headings = Headings()
    headings.feed(reply.text)
    assert (reply.status_code, headings.count) == (200, 1)


def test_the_first_page_carries_the_crisis_panel(client: FlaskClient) -> None:
    page = client.get("/").text
    for words in ("999", "111, option 2", "116 123", "85258", "around the clock"):
        assert words in page


def test_exit_clears_what_rooms_ask_for_and_goes_somewhere_neutral(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clear(response: Response) -> None:
        response.delete_cookie("registration")

    monkeypatch.setitem(registry.on_exit._functions, "test", clear)
    client.set_cookie("registration", "what was typed")
    reply = client.get("/exit")
    assert reply.status_code == 303
    assert reply.location == "https://www.bbc.co.uk/weather"
    assert client.get_cookie("registration") is None


def test_crawlers_are_kept_off_certificate_checks(client: FlaskClient) -> None:
    assert "Disallow: /check" in client.get("/robots.txt").text


def test_metrics_are_there_for_the_scraper_only(client: FlaskClient) -> None:
    reply = client.get("/metrics")
    assert reply.status_code == 200
    assert 'champion_part_ok{part="database"} 1.0' in reply.text
    assert 'champion_messages{state="waiting"} 0.0' in reply.text
    elsewhere = client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 404


def test_it_lives(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"ok": True}


def test_without_a_programme_the_first_page_still_answers(client: FlaskClient, app: Flask) -> None:
    from app.core.db import db
    from app.core.programme import Programme

    db.session.query(Programme).delete()
    assert client.get("/").status_code == 200
    assert client.get("/privacy").status_code == 404


def test_every_cookie_that_a_visitor_gets_is_named_on_the_page_about_cookies(
    client: FlaskClient,
) -> None:
    client.post("/register", data={"over_18": "yes", "name": "Ann Example"})
    client.get("/sign-in")
    page = client.get("/cookies").text
    set_here = {cookie.key for cookie in client._cookies.values()}
    assert "registration" in set_here
    for name in set_here:
        assert f">{name}<" in page


def test_somebody_without_the_internet_finds_a_telephone_number(client: FlaskClient) -> None:
    assert 'href="tel:01362656870"' in client.get("/about").text


def test_when_a_number_was_checked_is_for_staff(client: FlaskClient, sign_in: Any) -> None:
    public = client.get("/help-now").text
    assert "0300 323 0400" in public
    assert "last checked" not in public
    assert (
        "last checked on 22 December 2016" in sign_in(accounts.coordinator()).get("/help-now").text
    )


def test_help_lines_not_checked_for_a_year_wait_for_a_coordinator(
    client: FlaskClient, sign_in: Any, session: Session
) -> None:
    coordinator = accounts.coordinator()
    assert re.search(r"Check \d+ help lines", sign_in(coordinator).get("/").text)
    for line in session.scalars(select(CrisisLine)):
        line.checked_on = clock.today()
    assert "help lines" not in sign_in(coordinator).get("/").text
