"""Letters: complete, neutral, and silent about networks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from app.core.db import db
from app.messages.letters import LETTERS
from app.organisations.models import Network
from config import ROOT

LETTERS_FOLDER = ROOT / "templates/messages"
TELLING = re.compile(
    r"mental|abuse|surviv|refuge|suicid|domestic|veteran|forces|farm|yana|mhfa|certificate"
    r"|first aid",
    re.IGNORECASE,
)
PARTS = ("subject.txt", "body.txt", "body.html")


def _folders() -> list[str]:
    return sorted(path.name for path in LETTERS_FOLDER.iterdir() if path.is_dir())


def test_every_letter_has_its_parts_and_every_part_a_letter(app: Flask) -> None:
    assert _folders() == sorted(LETTERS)
    for name in LETTERS:
        for part in PARTS:
            assert (LETTERS_FOLDER / name / part).is_file(), f"{name}/{part}"


@pytest.mark.parametrize("path", sorted(LETTERS_FOLDER.glob("*/call.txt")))
def test_what_is_said_names_no_page(path: Path) -> None:
    for address in ("sign_in }}", "page }}", "link }}", "mine }}", "courses }}", "register }}"):
        assert address not in path.read_text()


@pytest.mark.parametrize("name", _folders())
def test_subjects_tell_nothing(name: str) -> None:
    assert not TELLING.search((LETTERS_FOLDER / name / "subject.txt").read_text())


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
