"""Public identifiers in URLs: row numbers and identifiers of other tables open nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core.db import db
from app.core.permissions import Role
from tests.addresses import at, public_id
from tests.databases import application
from tests.factories import accounts, people

PART = re.compile(r"<id\(\w+\):\w+>")
READERS = (None, *Role)


def urls_with_row_numbers(app: Flask, number: int) -> list[tuple[str, str]]:
    """Return (method, URL) of every URL about a row, with the row's number in it."""
    return [
        (method, re.sub(r"<[^>]+>", "1", PART.sub(str(number), rule.rule)))
        for rule in app.url_map.iter_rules()
        if PART.search(rule.rule)
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]


@pytest.mark.parametrize("role", READERS)
def test_a_url_with_a_row_number_does_not_exist(
    app: Flask, client: FlaskClient, sign_in: Any, role: Role | None
) -> None:
    person = people.person()
    if role is not None:
        sign_in(accounts.user(role))
    addresses = urls_with_row_numbers(app, person.id)
    assert len(addresses) > 70
    opened = {
        (method, address): reply.status_code
        for method, address in addresses
        if (reply := client.open(address, method=method)).status_code != 404
    }
    assert opened == {}


def test_only_the_exact_identifier_opens_the_row(
    client: FlaskClient, sign_in: Any, session: Session
) -> None:
    person = people.person("Ann Smith")
    sign_in(accounts.coordinator())
    identifier = public_id("people", person.id)
    assert "Ann Smith" in client.get(f"/people/{identifier}").text
    other_table = public_id("needs", person.id)
    changed = ("a" if identifier[0] != "a" else "b") + identifier[1:]
    for wrong in (identifier.upper(), identifier + "a", identifier[:-1], changed, other_table):
        assert client.get(f"/people/{wrong}").status_code == 404, wrong


def test_the_key_is_read_once(app: Flask, client: FlaskClient, sign_in: Any) -> None:
    person = people.person()
    sign_in(accounts.coordinator())
    client.get(at(f"/people/{person.id}"))
    key_reads: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        key_reads.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(at(f"/people/{person.id}")).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert key_reads
    assert not [each for each in key_reads if "identifier_keys" in each]


def test_without_a_database_the_first_url_shows_the_error_page() -> None:
    """The key is needed to match the URL, before any view runs."""
    site = application("database_that_is_not_there")
    with site.app_context():
        reply = site.test_client().get(f"/people/{'a' * 26}")
        assert reply.status_code == 503
        assert "Sorry" in reply.text
        db.engine.dispose()
