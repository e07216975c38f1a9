"""Every command answers wrong arguments with a sentence and a code other than zero."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import create_app
from app.core.audit import AuditEntry

DAYS = (
    "9999-12-31",
    "0001-01-01",
    "1753-01-01",
    "31/12/2027",
    "2027-02-30",
    "",
    "tomorrow",
    "٢٠٢٧-01-01",
)
TAKES_DAYS = (
    ("reminders", "preview", "--on"),
    ("reminders", "run", "--on"),
    ("matching", "run", "--on"),
    ("coverage", "report", "--on"),
    ("demo", "load", "--anchor"),
)
TAKES_FILES = (
    ("people", "import", "--dry-run"),
    ("people", "import"),
    ("geography", "import"),
    ("programme", "load"),
)
TAKES_ADDRESSES = (
    ("accounts", "invite", "--name", "Ann", "--role", "coordinator"),
    ("accounts", "deactivate"),
    ("accounts", "reset-second-factor"),
    ("accounts", "grant", "--role", "coordinator"),
)
ADDRESSES = (
    "notanaddress",
    "",
    "a@b",
    "a b@example.org",
    "\udcff@example.org",
    "x" * 300 + "@example.org",
)


@pytest.fixture
def odd_files(tmp_path: Path) -> Iterator[list[str]]:
    """Paths that cannot be imported: missing, folders, empty, not text, damaged and unreadable."""
    made = {
        "empty.csv": b"",
        "empty.xlsx": b"",
        "noise.csv": bytes(range(256)) * 40,
        "noise.xlsx": b"PK\x03\x04" + bytes(range(256)) * 40,
        "list.pdf": b"%PDF-1.7 nothing",
        "broken.toml": b"[programme\nname = ",
        "other.toml": b"a = 1\n",
        "broken.geojson": b'{"type": "FeatureCollection", "features": [',
        "headings.csv": b"Name,Email\n",
        "quote.csv": b'Name,Email\n"Ann Smith,ann@example.org\nBob Ray,bob@example.org\n',
    }
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    locked = tmp_path / "locked.csv"
    locked.write_text("Name\nAnn\n")
    locked.chmod(0)
    fifo = tmp_path / "pipe.csv"
    os.mkfifo(fifo)
    yield [
        *(str(tmp_path / name) for name in made),
        str(tmp_path / "nowhere.csv"),
        str(tmp_path),
        str(locked) if os.geteuid() else str(tmp_path / "nowhere.toml"),
        str(tmp_path / ("n" * 300)),
        str(tmp_path / "nul\0.csv"),
        "",
    ]


def complaint(app: Flask, *words: str) -> str | None:
    """Run a command that must fail. Returns what is wrong with how it failed, or None."""
    result = app.test_cli_runner().invoke(args=list(words))
    shown = " ".join(words)[:120].encode("utf-8", "replace").decode()
    if result.exception is not None and not isinstance(
        result.exception, SystemExit | click.ClickException
    ):
        return f"{shown}: {result.exception!r}"
    if result.exit_code == 0:
        return f"{shown}: succeeded"
    if not result.stderr.strip() or "Traceback" in result.stderr:
        return f"{shown}: no sentence on stderr"
    if result.stdout.strip():
        return f"{shown}: printed a result"
    return None


def entries(session: Session) -> int:
    return session.scalars(select(func.count()).select_from(AuditEntry)).one()


def test_wrong_days(app: Flask, session: Session) -> None:
    said = [complaint(app, *words, day) for words in TAKES_DAYS for day in DAYS]
    assert [each for each in said if each] == []


def test_wrong_files(app: Flask, session: Session, odd_files: list[str]) -> None:
    before = entries(session)
    said = [complaint(app, *words, file) for words in TAKES_FILES for file in odd_files]
    assert [each for each in said if each] == []
    assert entries(session) == before


def test_wrong_addresses(app: Flask, session: Session) -> None:
    before = entries(session)
    said = [complaint(app, *words, address) for words in TAKES_ADDRESSES for address in ADDRESSES]
    assert [each for each in said if each] == []
    assert entries(session) == before


def test_a_partner_is_not_invited_without_an_organisation(app: Flask, session: Session) -> None:
    words = ("accounts", "invite", "ann@example.org", "--name", "Ann Smith", "--role", "partner")
    assert complaint(app, *words) is None


@pytest.mark.parametrize("role", ["", "nobody", "coordinator,trainer"])
def test_a_wrong_role(app: Flask, session: Session, role: str) -> None:
    words = ("accounts", "invite", "ann@example.org", "--name", "Ann Smith", "--role", role)
    assert complaint(app, *words) is None


def test_missing_and_unknown_arguments(app: Flask, session: Session) -> None:
    commands = [
        (name, sub)
        for name, group in app.cli.commands.items()
        if isinstance(group, click.Group) and name not in ("db",)
        for sub in group.list_commands(click.Context(group))
    ]
    assert len(commands) > 12
    said = [complaint(app, *command, "--no-such-option") for command in commands]
    said += [complaint(app, *words) for words in TAKES_FILES[1:3]]
    # Any text is a postcode to look up.
    assert [each for each in said if each and "geography lookup" not in each] == []


def test_a_database_that_fails_is_reported_in_a_sentence(app: Flask) -> None:
    nowhere = replace(
        app.config["SETTINGS"], database_url="postgresql+psycopg://a@127.0.0.1:1/nowhere"
    )
    done = create_app(nowhere).test_cli_runner().invoke(args=["reminders", "preview"])
    assert done.exit_code == 1
    assert done.stderr.startswith("The database failed, so nothing was changed: ")
    assert "Traceback" not in done.stderr
