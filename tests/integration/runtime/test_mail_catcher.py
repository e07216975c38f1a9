"""The local mail catcher stores what it acknowledged, unchanged."""

from __future__ import annotations

import json
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support_scripts import SUPPORT

MESSAGE = (
    b"From: a@example.org\r\nTo: b@example.org\r\n"
    b"Subject: =?utf-8?q?N=C3=A4chster_Kurs?=\r\n\r\n.A line with a dot\r\nand another\r\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mail of today"


@pytest.fixture
def port(folder: Path) -> Iterator[int]:
    command = [sys.executable, str(SUPPORT / "mail_catcher.py"), str(folder), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.terminate()


def test_each_message_is_stored_unchanged_in_one_file(port: int, folder: Path) -> None:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for _ in range(3):
            smtp.sendmail("a@example.org", ["b@example.org", "c@example.org"], MESSAGE)
    files = sorted(folder.glob("*.eml"))
    assert [file.read_bytes() for file in files] == [MESSAGE] * 3
    index = [json.loads(line) for line in (folder / "index.jsonl").read_text().splitlines()]
    assert [entry["file"] for entry in index] == [file.name for file in files]
    assert index[0]["to"] == ["b@example.org", "c@example.org"]
    assert index[0]["subject"] == "Nächster Kurs"
    assert index[0]["bytes"] == len(MESSAGE)
    assert not list(folder.glob("*.part"))


def test_a_message_that_cannot_be_stored_is_not_acknowledged(port: int, folder: Path) -> None:
    for entry in folder.iterdir():
        entry.unlink()
    folder.rmdir()
    with smtplib.SMTP("127.0.0.1", port) as smtp, pytest.raises(smtplib.SMTPDataError) as refusal:
        smtp.sendmail("a@example.org", ["b@example.org"], MESSAGE)
    assert refusal.value.smtp_code == 451


def test_an_invalid_message_is_stored_too(port: int, folder: Path) -> None:
    nonsense = b"Subject: =?nonsense?q?=FF?=\r\nContent-Type: \xff\xfe\r\n\r\n\x00\xff\r\n"
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.sendmail("a@example.org", ["b@example.org"], nonsense)
    assert [file.read_bytes() for file in folder.glob("*.eml")] == [nonsense]
