"""Requests that no page of ours makes: impossible bytes in a URL, and HEAD."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from app.accounts import queries as accounts
from app.core.public_ids import IdConverter
from app.signin.sessions import SessionUser
from tests.demo import ANCHOR
from tests.integration.conftest import signed_in
from tests.integration.site.crawling import LEFT_OUT, SampleIds

IMPOSSIBLE = ("%00", "a%00b", "%FF", "%ED%A0%80", "%E2%80%AE", "%0A", "%C0%AF")
ODD = (*IMPOSSIBLE, "%5C", "x" * 3_000)
QUERY = ("after", "q", "on", "show", "near", "course", "next", "month", "which", "from")
ARGUMENT = re.compile(r"<[^>]+>")


def pages(app: Flask) -> Iterator[Rule]:
    """Yield the rules that accept GET."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith(LEFT_OUT):
            yield rule


def odd_paths(rule: Rule, odd: str) -> Iterator[str]:
    """Yield the rule's path with the odd value in place of each argument in turn."""
    arguments = ARGUMENT.findall(rule.rule)
    for wanted in range(len(arguments)):
        values = iter(odd if number == wanted else "1" for number in range(len(arguments)))
        yield ARGUMENT.sub(lambda _, values=values: next(values), rule.rule)


@pytest.mark.parametrize("role", [None, "coordinator"])
def test_impossible_bytes_in_a_path_are_not_found(
    demo: Session, demo_app: Flask, role: str | None
) -> None:
    user = accounts.user_by_email(f"{role}@demo.example") if role else None
    wrong, opened = [], 0
    with signed_in(demo_app, user) as browser:
        for number, rule in enumerate(pages(demo_app)):
            # Identifiers have one converter, so each rule with identifiers gets a third of the
            # values.
            by_id = all(isinstance(each, IdConverter) for each in rule._converters.values())
            for odd in ODD[number % 3 :: 3] if by_id else ODD:
                for path in odd_paths(rule, odd):
                    status = browser.get(path).status_code
                    opened += 1
                    if status != 404 and (odd in IMPOSSIBLE or status >= 500):
                        wrong.append(f"{path[:90]} answered {status}")
    assert opened > 300
    assert wrong == [], "\n".join(wrong[:40])


@pytest.mark.parametrize("role", [None, "coordinator"])
def test_impossible_bytes_in_a_query_are_no_server_error(
    demo: Session, demo_app: Flask, role: str | None
) -> None:
    user = accounts.user_by_email(f"{role}@demo.example") if role else None
    wrong, opened = [], 0
    with signed_in(demo_app, user) as browser:
        for rule in pages(demo_app):
            if rule.arguments:
                continue
            for odd in ODD:
                query = "&".join(f"{name}={odd[:600]}" for name in QUERY)
                status = browser.get(f"{rule.rule}?{query}").status_code
                opened += 1
                if status >= 500 and rule.endpoint != "site.readyz":
                    wrong.append(f"{rule.rule}?…{odd[:9]} answered {status}")
    assert opened > 450
    assert wrong == [], "\n".join(wrong[:40])


@pytest.mark.parametrize("role", [None, "coordinator"])
def test_head_answers_as_get_does(demo: Session, demo_app: Flask, role: str | None) -> None:
    coordinator = accounts.user_by_email("coordinator@demo.example")
    assert coordinator is not None
    owner = SessionUser(
        coordinator.id, coordinator.name, accounts.roles_held(coordinator.id, ANCHOR)
    ).actor
    user = accounts.user_by_email(f"{role}@demo.example") if role else None
    addresses = dict(SampleIds(demo).fill(owner).addresses(demo_app))  # one of each endpoint
    demo.flush()
    wrong = []
    with signed_in(demo_app, user) as browser:
        for address in addresses.values():
            get, head = browser.get(address), browser.head(address)
            same = [
                (reply.status_code, reply.content_type, reply.headers.get("Location"))
                for reply in (get, head)
            ]
            if same[0] != same[1] or head.data:
                wrong.append(f"{address}: {same[0]} and {same[1]}")
    assert len(addresses) > 80
    assert wrong == [], "\n".join(wrong[:40])
