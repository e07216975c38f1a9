"""Letters are complete and neutral, and never name a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import Environment, meta

from app.core.db import db
from app.messages import rendering
from app.messages.letters import LETTERS
from app.messages.rendering import ProgrammeFacts, render
from app.messages.types import Attachment, Channel
from app.organisations.models import Network
from config import ROOT

LETTERS_FOLDER = ROOT / "templates/messages"
REVEALING = re.compile(
    r"mental|abuse|surviv|refuge|suicid|domestic|veteran|forces|farm|yana|mhfa|certificate"
    r"|first aid",
    re.IGNORECASE,
)
INCLUDED = re.compile(r'{% include "messages/([\w-]+)/body.html" %}\n')
PARTS = ("subject.txt", "body.txt", "body.html")


def _folders() -> list[str]:
    folders = {path.name for path in LETTERS_FOLDER.iterdir() if path.is_dir()}
    return sorted(folders - {rendering.NEUTRAL})


def test_every_letter_has_its_parts_and_every_part_a_letter(app: Flask) -> None:
    assert _folders() == sorted(LETTERS)
    for name in LETTERS:
        for part in PARTS:
            assert (LETTERS_FOLDER / name / part).is_file(), f"{name}/{part}"


@pytest.mark.parametrize("path", sorted(LETTERS_FOLDER.glob("*/call.txt")))
def test_words_for_calls_mention_no_page(path: Path) -> None:
    for address in ("sign_in }}", "page }}", "link }}", "mine }}", "courses }}", "register }}"):
        assert address not in path.read_text()


@pytest.mark.parametrize("name", _folders())
def test_subjects_reveal_nothing(name: str) -> None:
    assert not REVEALING.search((LETTERS_FOLDER / name / "subject.txt").read_text())


@pytest.mark.parametrize("name", _folders())
def test_no_text_names_a_network(name: str, app: Flask) -> None:
    with app.app_context():
        networks = [network.name for network in db.session.query(Network)]
        assert networks
        for part in PARTS:
            text = (LETTERS_FOLDER / name / part).read_text()
            assert "network.name" not in text
            assert "network_name" not in text
            for network in networks:
                assert network.lower() not in text.lower(), f"{name}/{part} names {network}"


CANARY = "Canary"
CONTEXT = {
    "course": f"Mental Health First Aid {CANARY}",
    "reason": CANARY,
    "venue": f"{CANARY} Refuge",
    "days": [CANARY],
    "about": [CANARY],
    "certificates": [{"name": CANARY, "body": "MHFA England", "expires": CANARY}],
    "to_renew": [{"what": CANARY, "runs": [], "farther": [], "late": False, "contact_by": CANARY}],
    "runs": [{"name": CANARY, "day": CANARY, "venue": CANARY, "page": {"endpoint": "profile.me"}}],
    "sign_in": {"endpoint": "accounts.sign_in"},
    "link": {"endpoint": "accounts.use_link", "purpose": "sign-in", "link_id": "0" * 32},
}
FACTS = ProgrammeFacts(
    name="Champion Network of the Survivors",
    organisation="Breckland Council",
    settings={"contact": {"team": "Mental Health Team", "phone": "01362 656870"}},
)
EMAIL_WORDS = """\
Hello Ann,

There is a message for you.

Open this link to continue:

LINK

If you were not expecting this, you do not have to do anything.

Breckland Council
01362 656870
"""


def _neutral(letter: str, channel: Channel, **context: object) -> tuple[str, str, str]:
    """Return the subject, the text with its URLs replaced, and the HTML."""
    sent = render(
        letter, channel, "Ann", {**CONTEXT, **context}, FACTS, neutral=True, signs_in=True
    )
    assert sent.attachments == ()
    return sent.subject, re.sub(r"https?://\S+", "LINK", sent.text), sent.html


def test_letters_to_protected_people_have_one_wording(app: Flask, monkeypatch: Any) -> None:
    """Every letter gets the neutral wording, including letters that other rooms register."""
    file = Attachment("training.ics", "text/calendar", CANARY.encode())
    monkeypatch.setattr("app.messages.letters.make_attachments", lambda *_: (file,))
    with app.app_context():
        for name in LETTERS:
            subject, text, html = _neutral(name, Channel.EMAIL)
            assert (subject, text) == ("A message for you", EMAIL_WORDS), name
            for channel in set(Channel) - {Channel.PHONE}:
                for link in (CONTEXT["link"], None):
                    whole = " ".join(_neutral(name, channel, link=link))
                    assert not REVEALING.search(whole), f"{name}: {whole}"
                    for word in (CANARY, FACTS.name, "network", "champion", "Mental Health Team"):
                        assert word.lower() not in whole.lower(), f"{name} says {word}"
            assert "href" in html


def test_the_neutral_wording_contains_nothing_of_the_letter() -> None:
    """The templates of the neutral wording receive only the link and the sender."""
    known = {"name", "link", "sign_in", "sender", "phone", "email"}
    for path in (LETTERS_FOLDER / rendering.NEUTRAL).iterdir():
        tree = Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(path.read_text())
        assert meta.find_undeclared_variables(tree) - {"_"} <= known, path.name


def test_every_letter_says_how_to_contact_the_team(app: Flask) -> None:
    """All letters share one footer, and none may leave it out."""
    for name in _folders():
        page = (LETTERS_FOLDER / name / "body.html").read_text()
        if whole := INCLUDED.fullmatch(page):  # it is the same as another letter
            assert whole[1] in _folders()
            continue
        assert page.startswith('{% extends "messages/layout.html" %}'), name
        assert "block foot" not in page, name
    contact = {"phone": "01362 656870", "email": "team@breckland.example"}
    facts = ProgrammeFacts(name="Champions", organisation="Council", settings={"contact": contact})
    with app.app_context():
        for channel in (Channel.EMAIL, Channel.POST, Channel.PHONE):
            sent = render("contact-confirm", channel, "Ann", CONTEXT, facts)
            for way in contact.values():
                assert (way in sent.text) == (channel is not Channel.PHONE), channel
                assert (way in sent.html) == (channel is Channel.EMAIL), channel
