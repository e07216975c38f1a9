"""“Exit this page”: which pages have it, and what it clears."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.permissions import PERMISSIONS, USE_ACCOUNT, Role
from app.web.http import declared_permission
from tests.addresses import at, public_id
from tests.factories import accounts, people
from tests.integration.registration.registering import fill_in, pages

EXIT = 'data-module="app-exit"'
CHAMPIONS = PERMISSIONS[Role.CHAMPION] - {USE_ACCOUNT}
SIGNED_OUT = (
    "/register",
    "/register/networks",
    "/register/check",
    "/register/save",
    "/register/saved",
    "/register/under-18",
    "/register/resume/spent",
    "/confirm",
    "/confirm/spent",
    "/confirmed",
    "/confirm/contact/spent",
    "/sign-in",
    "/sign-in/sent",
    "/sign-in/link/spent",
    "/sign-in/staff",
    "/no-such-page",
)


def _champion() -> Any:
    return people.champion("Ann Example").user_id


def _sign_in(client: FlaskClient, user_id: int) -> None:
    with client.session_transaction() as cookie:
        cookie["_user_id"] = public_id("users", user_id)
        cookie["signed_in_at"] = clock.now().isoformat()


@pytest.mark.usefixtures("no_attempts")
@pytest.mark.parametrize("path", SIGNED_OUT)
def test_registration_and_sign_in_pages_have_it(client: FlaskClient, path: str) -> None:
    fill_in(client, pages())
    client.post("/sign-in", data={"email": "somebody@exit.example"})
    assert EXIT in client.get(path).text


def test_every_page_of_a_champion_has_it(client: FlaskClient, app: Flask) -> None:
    _sign_in(client, _champion())
    opened = []
    for rule in app.url_map.iter_rules():
        if rule.arguments or "GET" not in (rule.methods or ()) or rule.endpoint == "site.exit":
            continue
        permission = declared_permission(app, rule.endpoint)
        if permission is not None and permission not in CHAMPIONS:
            continue
        reply = client.get(rule.rule)
        if reply.status_code == 200 and reply.mimetype == "text/html" and "/dev/" not in rule.rule:
            opened.append(rule.rule)
            assert EXIT in reply.text, rule.rule
            assert reply.headers["Cache-Control"] == "no-store", rule.rule
    assert {"/", "/me", "/me/networks", "/courses", "/help-now", "/register"} <= set(opened)
    missing = client.get(at("/people/1"))
    assert missing.status_code == 404
    assert EXIT in missing.text


ROOMS = ("accounts", "applications", "profile", "records", "registration")
STAFF_ONLY = (
    "accounts.invitation",
    "accounts.offer",
    "accounts.request_retry_link",
    "accounts.try_now",
    "accounts.retry_link_sent",
    "accounts.code",
)


@pytest.mark.parametrize("typed", [False, True])
def test_every_public_page_of_people_and_accounts_has_it(
    client: FlaskClient, app: Flask, typed: bool
) -> None:
    """The pages come from the endpoints, with and without a started registration."""
    if typed:
        fill_in(client, pages())
        client.post("/sign-in", data={"email": "somebody@exit.example"})
    seen = set()
    for rule in app.url_map.iter_rules():
        room = rule.endpoint.split(".")[0]
        if room not in ROOMS or "GET" not in (rule.methods or ()):
            continue
        if declared_permission(app, rule.endpoint) is not None or rule.endpoint in STAFF_ONLY:
            continue
        path = rule.rule.replace("<step>", "networks").replace("<token>", "spent")
        assert "<" not in path, rule.rule
        reply = client.get(path, follow_redirects=True)
        assert reply.mimetype == "text/html", path
        assert EXIT in reply.text, path
        seen.add(rule.endpoint)
    assert {"registration.register_start", "registration.register", "profile.stop_change"} <= seen
    assert {"accounts.sign_in", "accounts.link_sent", "accounts.use_link"} <= seen


def _break_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_more: Any) -> Any:
        raise OperationalError("SELECT 1", {}, Exception("out of reach"))

    monkeypatch.setattr(Session, "execute", refuse)
    monkeypatch.setattr(Session, "scalar", refuse)
    monkeypatch.setattr(Session, "scalars", refuse)
    monkeypatch.setattr(Session, "get", refuse)


def test_it_redirects_when_the_database_is_down(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_in(client, pages())
    _sign_in(client, _champion())
    with monkeypatch.context() as broken:
        _break_the_database(broken)
        assert client.get("/me").status_code == 503
        reply = client.get("/exit", headers={"Sec-Fetch-Site": "same-origin"})
    assert (reply.status_code, reply.location) == (303, "https://www.bbc.co.uk/weather")
    assert reply.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert reply.headers["Cache-Control"] == "no-store"
    for cookie in ("session", "registration"):
        assert client.get_cookie(cookie) is None
    assert client.get("/me").location.startswith("/sign-in")


def test_a_link_from_another_site_clears_nothing_when_the_database_is_down(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sign_in(client, _champion())
    with monkeypatch.context() as broken:
        _break_the_database(broken)
        reply = client.get("/exit", headers={"Sec-Fetch-Site": "cross-site"})
    assert reply.status_code == 303
    assert "Clear-Site-Data" not in reply.headers
    assert client.get("/me").status_code == 200


def test_staff_pages_do_not_have_it(client: FlaskClient, sign_in: Any) -> None:
    assert EXIT not in sign_in(accounts.coordinator()).get("/people").text


def test_it_is_first_in_the_tab_order(client: FlaskClient) -> None:
    links = re.findall(r"<a [^>]*>", client.get("/register").text)
    assert "govuk-skip-link" in links[0]
    assert 'href="/exit"' in links[1]
    assert "govuk-js-exit-this-page-skiplink" in links[1]


def test_it_signs_out_every_device(client: FlaskClient, app: Flask) -> None:
    user_id = _champion()
    _sign_in(client, user_id)
    other = app.test_client()
    _sign_in(other, user_id)
    assert client.get("/me").status_code == other.get("/me").status_code == 200
    reply = client.get("/exit", headers={"Sec-Fetch-Site": "same-origin"})
    assert (reply.status_code, reply.location) == (303, "https://www.bbc.co.uk/weather")
    assert client.get_cookie("session") is None
    assert client.get("/me").location.startswith("/sign-in")
    assert other.get("/me").location.startswith("/sign-in")


def test_it_clears_site_data_but_not_cookies_of_other_sites(client: FlaskClient) -> None:
    fill_in(client, pages())
    assert client.get_cookie("registration") is not None
    reply = client.get("/exit")
    assert reply.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert reply.headers["Cache-Control"] == "no-store"
    assert client.get_cookie("registration") is None
    assert client.get("/register/check").location == "/register"


def test_it_expires_cookies_with_the_attributes_they_were_set_with(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser deletes a ``__Host-`` cookie only with Secure, Path=/ and no Domain."""
    monkeypatch.setitem(app.config, "SESSION_COOKIE_NAME", "__Host-session")
    monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", True)
    reply = app.test_client().get("/exit", base_url="https://champions.example")
    expired = {line.split("=")[0]: line for line in reply.headers.getlist("Set-Cookie")}
    assert set(expired) == {"__Host-session", "refused", "registration"}
    for line in expired.values():
        assert "Max-Age=0" in line
        assert "Secure" in line
        assert "Path=/" in line
        assert "Domain" not in line


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_from_another_site_signs_nobody_out(client: FlaskClient, site: str) -> None:
    _sign_in(client, _champion())
    reply = client.get("/exit", headers={"Sec-Fetch-Site": site})
    assert reply.location == "https://www.bbc.co.uk/weather"
    assert "Clear-Site-Data" not in reply.headers
    assert client.get("/me").status_code == 200


def test_later_pages_do_not_reveal_that_a_user_was_signed_in(client: FlaskClient) -> None:
    _sign_in(client, _champion())
    client.get("/exit")
    sign_in = client.get("/me", follow_redirects=True).text
    assert "You have been signed out" not in sign_in
