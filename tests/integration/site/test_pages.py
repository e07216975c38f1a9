"""The public pages."""

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
    """Counts the h1 elements of a page."""

    count = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Handle the start of an element."""
        self.count += tag == "h1"


@pytest.mark.parametrize("path", PUBLIC)
def test_each_page_has_one_main_heading(client: FlaskClient, path: str) -> None:
    reply = client.get(path)
    headings = Headings()
    headings.feed(reply.text)
    assert (reply.status_code, headings.count) == (200, 1)


def test_the_home_page_has_the_crisis_panel(client: FlaskClient) -> None:
    page = client.get("/").text
    for words in ("999", "111, option 2", "116 123", "85258", "around the clock"):
        assert words in page


def test_exit_clears_drafts_and_redirects_to_a_neutral_page(
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


def test_crawlers_may_not_visit_certificate_checks(client: FlaskClient) -> None:
    assert "Disallow: /check" in client.get("/robots.txt").text


def test_metrics_are_only_for_allowed_addresses(client: FlaskClient) -> None:
    reply = client.get("/metrics")
    assert reply.status_code == 200
    assert 'champion_part_ok{part="database"} 1.0' in reply.text
    assert 'champion_messages{state="waiting"} 0.0' in reply.text
    elsewhere = client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 404


def test_healthz(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"ok": True}


def test_the_home_page_works_without_a_programme(client: FlaskClient, app: Flask) -> None:
    from app.core.db import db
    from app.core.programme import Programme

    db.session.query(Programme).delete()
    assert client.get("/").status_code == 200
    assert client.get("/privacy").status_code == 404


def test_the_cookies_page_lists_every_cookie(
    client: FlaskClient,
) -> None:
    client.post("/register", data={"over_18": "yes", "name": "Ann Example"})
    client.get("/sign-in")
    page = client.get("/cookies").text
    set_here = {cookie.key for cookie in client._cookies.values()}
    assert "registration" in set_here
    for name in set_here:
        assert f">{name}<" in page


def test_the_about_page_has_a_phone_number(client: FlaskClient) -> None:
    assert 'href="tel:01362656870"' in client.get("/about").text


def test_only_staff_see_when_a_number_was_checked(client: FlaskClient, sign_in: Any) -> None:
    public = client.get("/help-now").text
    assert "0300 323 0400" in public
    assert "last checked" not in public
    assert (
        "last checked on 22 December 2016" in sign_in(accounts.coordinator()).get("/help-now").text
    )


def test_help_lines_not_checked_for_a_year_become_a_task(
    client: FlaskClient, sign_in: Any, session: Session
) -> None:
    coordinator = accounts.coordinator()
    assert re.search(r"Check \d+ help lines", sign_in(coordinator).get("/").text)
    for line in session.scalars(select(CrisisLine)):
        line.checked_on = clock.today()
    assert "help lines" not in sign_in(coordinator).get("/").text
