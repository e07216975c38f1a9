"""Every response: one commit, strict headers, a request id, and pages for errors."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.service import create_user
from app.core import audit, clock
from app.core.actor import SYSTEM, Actor
from app.core.audit import HIDDEN, AuditEntry
from app.core.db import db
from tests.addresses import at
from tests.databases import application


def test_headers_are_strict_and_pages_are_not_cached(client: FlaskClient) -> None:
    reply = client.get("/sign-in")
    policy = reply.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Referrer-Policy"] == "no-referrer"


def test_cookies_are_strict(client: FlaskClient) -> None:
    cookies = client.get("/sign-in").headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


def test_pages_are_compressed(client: FlaskClient) -> None:
    reply = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert reply.headers["Content-Encoding"] == "gzip"


def test_the_request_id_is_on_the_page_in_the_log_and_in_the_response(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        reply = client.get("/nowhere", headers={"X-Request-ID": "abc-123-abc-123"})
    assert reply.status_code == 404
    assert reply.headers["X-Request-ID"] == "abc-123-abc-123"
    assert "abc-123-abc-123" in reply.text
    assert any("abc-123-abc-123" in str(record.msg) for record in caplog.records)


def test_an_invalid_request_id_is_replaced(client: FlaskClient) -> None:
    reply = client.get("/", headers={"X-Request-ID": "<script>"})
    assert "<script>" not in reply.headers["X-Request-ID"]


def test_every_page_asks_signed_out_users_to_sign_in(client: FlaskClient) -> None:
    existing = client.get(at("/people/1"))
    missing = client.get(at("/people/999999999"))
    assert existing.status_code == missing.status_code == 302
    assert "/sign-in" in existing.headers["Location"]


def test_a_form_without_its_token_is_refused_with_a_sentence(database: str) -> None:
    strict = application(database)
    reply = strict.test_client().post("/sign-in", data={"email": "x@example.org"})
    assert reply.status_code == 400
    assert "Try again" in reply.text
    with strict.app_context():
        db.engine.dispose()


def test_without_a_database_there_is_still_a_page(app: Flask) -> None:
    stranded = application("a_database_that_is_not_there")
    reply = stranded.test_client().get("/")
    assert reply.status_code == 503
    assert "<h1" in reply.text
    assert stranded.test_client().get("/healthz").status_code == 200


def test_a_change_is_audited_with_actor_verb_and_reason(session: Session) -> None:
    user = create_user(SYSTEM, "trail@edge.example", "Trail")
    actor = Actor(kind="user", user_id=user.id)
    with audit.acting(actor, "user.sign-off", "asked to go"):
        user.deactivated_at = clock.now()
        user.name = "Somebody Else"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "user.sign-off")).one()
    assert entry.actor_user_id == user.id
    assert entry.why == "asked to go"
    assert entry.changes["name"] == [HIDDEN, HIDDEN]
    assert entry.changes["deactivated_at"][0] is None
    assert "Somebody" not in str(entry.changes)


def test_a_rollback_leaves_no_audit_entry(session: Session) -> None:
    session.commit()
    create_user(SYSTEM, "gone@edge.example", "Gone")
    session.rollback()
    assert session.scalars(select(User).where(User.email == "gone@edge.example")).all() == []
    rows = session.scalars(select(AuditEntry).where(AuditEntry.verb == "user.create")).all()
    assert not any("gone@" in str(row.changes) for row in rows)


def test_signed_in_pages_never_leak_through_g(client: FlaskClient, sign_in: Any) -> None:
    user = create_user(SYSTEM, "nobody@edge.example", "No Role")
    sign_in(user)
    assert client.get("/applications").status_code == 404
