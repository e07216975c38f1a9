"""Every sentence is translated: text that remains in English letters on a page is data."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts import queries as accounts
from app.core.db import db
from app.messages.letters import LETTERS
from app.messages.rendering import ProgrammeFacts, render
from app.messages.types import Channel
from app.signin.sessions import SessionUser
from app.web.http import public
from tests import pseudo
from tests.databases import application
from tests.demo import ANCHOR
from tests.guards.test_reading_age import BARE, EXPIRED, FULL, REASONS
from tests.integration.conftest import Browser, signed_in
from tests.integration.site.crawling import SampleIds, all_text, may_open, permissions_held

COORDINATOR = "coordinator"  # opens more pages of each endpoint than the others
OTHERS = ("public", "champion", "trainer", "partner", "analyst", "admin", "safeguarding")
FEW, MANY = 2, 5


@pytest.fixture(scope="module")
def demo_app(demo_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on the demonstration, in the made-up language."""
    folder = tmp_path_factory.mktemp("translations")
    assert pseudo.write_catalogue(folder) > 2000
    site = application(demo_database)
    site.config["WTF_CSRF_ENABLED"] = False
    site.test_client_class = Browser
    pseudo.use_made_up_language(site, folder)
    yield site
    with site.app_context():
        db.engine.dispose()


def _texts(reply: TestResponse) -> list[str]:
    """Return the texts in a response, whatever its file type."""
    if reply.status_code in (302, 303):
        return []
    if reply.mimetype == "text/html":
        return list(pseudo.texts_of(reply.get_data(as_text=True)))
    if reply.mimetype == "application/pdf":
        return all_text(reply).splitlines()
    if reply.mimetype == "text/csv":
        rows = csv.reader(io.StringIO(reply.get_data(as_text=True)))
        return [cell for row in rows for cell in row]
    return []


def _ids(session: Session) -> SampleIds:
    user = accounts.user_by_email("coordinator@demo.example")
    assert user is not None
    return SampleIds(session).fill(
        SessionUser(user.id, user.name, accounts.roles_held(user.id, ANCHOR)).actor
    )


def _found(app: Flask, role: str, addresses: list[tuple[str, str]], data: pseudo.Data) -> list[str]:
    """Return a line for each text in English letters that the role reads, with its URL."""
    found: dict[str, str] = {}
    opened: Counter[str] = Counter()
    user = accounts.user_by_email(f"{role}@demo.example")
    permissions = permissions_held(user)
    with signed_in(app, user) as browser:
        for endpoint, address in addresses:
            if opened[endpoint] and not may_open(app, endpoint, permissions):
                continue
            opened[endpoint] += 1
            if opened[endpoint] > (MANY if role == COORDINATOR else FEW):
                continue
            for text in pseudo.untranslated(_texts(browser.get(address)), data):
                found.setdefault(text, f"{endpoint} says to {role}: {text}")
    return list(found.values())


def test_every_page_is_translated(demo: Session, demo_app: Flask) -> None:
    addresses = list(_ids(demo).addresses(demo_app))
    assert len(addresses) > 300
    data = pseudo.Data([*pseudo.stored_texts(demo), *pseudo.programme_texts()])
    found = [
        line for role in (COORDINATOR, *OTHERS) for line in _found(demo_app, role, addresses, data)
    ]
    assert found == [], "\n".join(found)


def test_every_letter_is_translated(
    demo_app: Flask, demo: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.messages.letters.make_attachments", lambda *_: ())
    data = pseudo.Data(
        [
            *pseudo.texts_in(FULL),
            *pseudo.texts_in(REASONS),
            *pseudo.programme_texts(),
            "Ann",
            "None",
        ]
    )
    found = set()
    for name in LETTERS:
        for context in (FULL, BARE, EXPIRED, *REASONS):
            for channel in (Channel.EMAIL, Channel.PHONE, Channel.SMS):
                sent = render(
                    name, channel, "Ann", context, ProgrammeFacts.current(), signs_in=True
                )
                texts = [sent.subject, *sent.text.splitlines(), *pseudo.texts_of(sent.html)]
                found |= {f"{name}: {text}" for text in pseudo.untranslated(texts, data)}
    assert sorted(found) == []


@pytest.mark.parametrize(
    "planted",
    [
        "<p>This sentence is in English.</p>",
        "<p>Řúñ þý Otter Council</p>",
        '<img alt="A map of the wards">',
        '<button aria-label="Close">×</button>',
        '<input type="submit" value="Send">',
        "<p>Monday 3 May 2027 at 9:30am</p>",
    ],
)
def test_a_sentence_outside_gettext_is_found(
    demo: Session, demo_app: Flask, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    monkeypatch.setitem(demo_app.view_functions, "site.about", public(lambda: planted))
    data = pseudo.Data(["Otter", "Otter Trust", "Map", "3 May"])
    assert _found(demo_app, "public", [("site.about", "/about")], data)


@pytest.mark.parametrize(
    "fine",
    [
        "<p>Řúñ þý Otter Trust</p>",
        "<style>p { color: red }</style><script>run()</script>",
        '<td><span translate="no">session</span></td>',
        "<p>otter<wbr>@trust<wbr>.example, https://trust.example/a, E07000143</p>",
    ],
)
def test_data_and_code_are_not_reported_as_untranslated(fine: str) -> None:
    assert pseudo.untranslated(pseudo.texts_of(fine), pseudo.Data(["Otter Trust"])) == []
