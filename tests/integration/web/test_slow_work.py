"""Slow pages leave some threads of a web process free for other pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core.permissions import Role
from app.web import slow_work
from tests.addresses import at
from tests.factories import accounts, certificates, courses, people


@contextmanager
def others_use(many: int) -> Iterator[None]:
    """Let `many` other requests do slow work."""
    with ExitStack() as taken:
        for _number in range(many):
            assert slow_work.places.acquire(blocking=False)
            taken.callback(slow_work.places.release)
        yield


def slow_urls(session: Session) -> list[str]:
    """Return the URL of every page that does slow work."""
    certificate = certificates.certificate(
        people.champion("Ann Smith"), awarded_on=date(2026, 3, 27)
    )
    run = courses.run(date(2027, 3, 27))
    session.flush()
    return [
        at(f"/certificates/{certificate.id}/record.pdf"),
        "/coverage",
        "/coverage/champions-50/people",
        at(f"/training/{run.id}/sheet.pdf"),
    ]


def test_slow_pages_leave_threads_for_other_pages(
    session: Session, client: FlaskClient, sign_in: Any, app: Flask
) -> None:
    """While as many threads as allowed do slow work, other pages still answer."""
    coordinator = accounts.coordinator()
    urls = slow_urls(session)
    browser = sign_in(coordinator)
    assert [browser.get(url).status_code for url in urls] == [200] * len(urls)
    with others_use(slow_work.MAX_SLOW_REQUESTS):
        for url in urls:
            reply = browser.get(url)
            assert (reply.status_code, reply.headers["Retry-After"]) == (503, "10"), url
            assert "Wait a few seconds and try again." in reply.text
            assert "116 123" in reply.text
        export = browser.post("/people/export", data={"reason": "Figures for MIND", "kind": "csv"})
        assert export.status_code == 503
        assert client.get("/").status_code == 200
        assert browser.get("/people").status_code == 200
    with others_use(slow_work.MAX_SLOW_REQUESTS - 1):
        assert [browser.get(url).status_code for url in urls] == [200] * len(urls)


def test_an_analyst_is_not_refused_while_others_do_slow_work(
    session: Session, sign_in: Any
) -> None:
    """Analysts see the published figures, which are stored."""
    browser = sign_in(accounts.user(Role.ANALYST))
    with others_use(slow_work.MAX_SLOW_REQUESTS):
        assert browser.get("/coverage").status_code == 200


def test_every_pdf_is_among_the_slow_pages(session: Session, app: Flask) -> None:
    """A new PDF must be added to the pages that the test above opens."""
    adapter = app.url_map.bind("localhost")
    tried = {adapter.match(url)[0] for url in slow_urls(session)}
    pdfs = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.endswith(".pdf")}
    assert pdfs
    assert pdfs <= tried
