"""While PostgreSQL cannot be reached, every URL shows the same page, with the crisis numbers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg import sql
from sqlalchemy import event

from app.core import audit, clock
from app.core.actor import SYSTEM
from app.core.db import db, transaction
from app.core.permissions import Role
from tests.addresses import public_id
from tests.databases import application, clone
from tests.factories import accounts, people

READERS = ("stranger", "champion", "coordinator", "admin")
# These answer in another way: health checks say which part fails, and “Exit this page” leaves.
DIFFERENT = {"site.healthz", "site.readyz", "site.metrics", "site.exit", "site.robots", "static"}
PRIVATE = {"/me", "/people", "/people/export", f"/people/{'a' * 26}"}
CRISIS = ("999", "111", "116 123", "85258")


@dataclass
class SiteWithoutDatabase:
    """A site whose database was taken away, and the cookie of each reader."""

    site: Flask
    cookies: dict[str, str]

    def browser(self, reader: str, site: Flask | None = None) -> Any:
        browser = (site or self.site).test_client()
        if reader in self.cookies:
            browser.set_cookie("session", self.cookies[reader])
        return browser


@pytest.fixture(scope="module")
def site_down(worker_id: str) -> Iterator[SiteWithoutDatabase]:
    with clone(f"down_{worker_id}") as name:
        site = application(name)
        cookies = {}
        with site.app_context(), transaction():
            audit.set_actor(SYSTEM)
            users = {
                "champion": people.champion("Ann Smith").user_id,
                "coordinator": accounts.coordinator().id,
                "admin": accounts.user(Role.ADMIN).id,
            }
            db.session.commit()
            for reader, user_id in users.items():
                browser = site.test_client()
                with browser.session_transaction() as cookie:
                    cookie["_user_id"] = public_id("users", user_id or 0, site)
                    cookie["_fresh"] = True
                    cookie["signed_in_at"] = cookie["proved_at"] = clock.now().isoformat()
                assert browser.get("/").status_code == 200
                kept = browser.get_cookie("session")
                assert kept is not None
                cookies[reader] = kept.value
        with psycopg.connect(os.environ["TEST_ADMIN_DATABASE_URL"], autocommit=True) as admin:
            database = sql.Identifier(name)
            admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(database))
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
        yield SiteWithoutDatabase(site, cookies)
        with site.app_context():
            db.engine.dispose()


def addresses(site: Flask) -> list[str]:
    """Return a URL for each page that anybody can open with GET."""
    return [
        re.sub(r"<[^>]*>", "a" * 26, rule.rule)
        for rule in site.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in DIFFERENT
    ]


def page(reply: Any) -> str:
    """Return a page without its reference."""
    return re.sub(r"<p[^>]*>If you contact us[^<]*</p>\s*", "", reply.text)


def is_page_or_sign_in(reply: Any, expected: str, reader: str) -> bool:
    """Return whether a reply is the error page, or sends a stranger to sign in or register."""
    if reader == "stranger" and reply.status_code == 302:
        return str(reply.location).startswith(("/sign-in", "/register"))
    return (reply.status_code, page(reply)) == (503, expected)


@pytest.mark.parametrize("reader", READERS)
def test_every_page_is_the_same_while_the_database_is_down(
    site_down: SiteWithoutDatabase, reader: str
) -> None:
    expected = page(site_down.browser("stranger").get("/"))
    assert "Sorry, this site is not available" in expected
    assert all(number in expected for number in CRISIS)
    browser = site_down.browser(reader)
    wrong = []
    for path in addresses(site_down.site):
        reply = browser.get(path)
        if not is_page_or_sign_in(reply, expected, reader):
            wrong.append((reply.status_code, path))
    assert wrong == []


@pytest.mark.parametrize("reader", READERS)
def test_other_requests_get_the_same_page(site_down: SiteWithoutDatabase, reader: str) -> None:
    expected = page(site_down.browser("stranger").get("/"))
    browser = site_down.browser(reader)
    for path in ("/people", "/sign-in", "/register", "/no/such/page", "/people/export"):
        reply = browser.head(path)
        assert reply.status_code == (302 if reader == "stranger" and path in PRIVATE else 503)
        assert reply.data == b""
    for path in ("/sign-in", "/me/here", "/people/export", "/register"):
        reply = browser.post(path, data={"email": "ann@example.org"})
        assert is_page_or_sign_in(reply, expected, reader), path
    for kind in ("application/json", "text/csv"):
        reply = browser.get("/progress.csv", headers={"Accept": kind})
        assert (reply.status_code, page(reply)) == (503, expected), kind


@pytest.mark.parametrize("reader", READERS)
def test_the_page_needs_no_further_connection(site_down: SiteWithoutDatabase, reader: str) -> None:
    """A process that has just started knows nothing yet, not even the keys of identifiers."""
    fresh = application(site_down.site.config["SQLALCHEMY_DATABASE_URI"].rpartition("/")[2])
    tried: list[object] = []
    with fresh.app_context():
        event.listen(db.engine, "do_connect", lambda *_parts: tried.append(1))
        engine = db.engine
    browser = site_down.browser(reader, fresh)
    for path in ("/", "/me", "/people", f"/people/{'a' * 26}", "/no/such/page"):
        tried.clear()
        reply = browser.get(path)
        if reader != "stranger" or path not in PRIVATE:
            assert (reply.status_code, len(tried)) == (503, 1), path
    engine.dispose()
