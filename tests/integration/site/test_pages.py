"""Pages that everybody may open."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from app.core import registry

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
    assert reply.status_code == 302
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
