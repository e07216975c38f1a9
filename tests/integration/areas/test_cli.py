"""`flask geography …`: results on stdout, all else on stderr."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from app.areas.service import look_up
from app.core import registry
from app.core.actor import SYSTEM, Actor
from tests.shared_data import shared_data

BORDER = "nspl_norfolk_suffolk_border.csv"
KEYS = ["asked", "postcode", "found", "terminated", "district", "ward", "lsoa", "exact"]
Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, session: Session) -> Run:
    """Runs `flask geography …`."""

    def command(*args: object) -> Result:
        return app.test_cli_runner().invoke(args=["geography", *map(str, args)])

    return command


@pytest.fixture
def confirming(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Three people wait; each call notes whether it was to settle them."""
    calls: list[bool] = []
    hook: registry.Hook[Callable[[Actor, bool], int]] = registry.Hook("for this test")

    def three_people(actor: Actor, settle: bool) -> int:
        assert actor is SYSTEM
        calls.append(settle)
        return 3

    hook.register(three_people)
    monkeypatch.setattr(registry, "ward_confirmations", hook)
    yield calls


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits."""
    monkeypatch.setattr(registry, "ward_confirmations", registry.Hook("for this test"))


def test_lookup_prints_json_for_anything_typed(run: Run) -> None:
    typed = ["IP24 1JD", "ip241jd", "NR1 3JU", "nr99 9zz", "ZZ1 1ZZ", "Dereham", "", "-x", "\udcff"]
    result = run("lookup", *typed)
    assert (result.exit_code, result.stderr) == (0, "")
    answers = json.loads(result.stdout)
    assert [list(answer) for answer in answers] == [KEYS] * len(typed)
    assert [answer["asked"] for answer in answers] == [*typed[:-1], "?"]
    assert [answer["postcode"] for answer in answers] == [
        "IP24 1JD", "IP24 1JD", "NR1 3JU", "NR99 9ZZ", None, None, None, None, None
    ]  # fmt: skip
    assert [answer["found"] for answer in answers] == [True] * 3 + [False] * 6
    assert answers[2] == {
        "asked": "NR1 3JU",
        "postcode": "NR1 3JU",
        "found": True,
        "terminated": False,
        "district": "E07000148",
        "ward": None,
        "lsoa": None,
        "exact": False,
    }


def test_lookup_takes_json_as_an_option_and_nothing_at_all(run: Run) -> None:
    assert json.loads(run("lookup", "--json", "IP24 1JD").stdout)[0]["found"]
    assert json.loads(run("lookup", "IP24 1JD", "--json").stdout)[0]["found"]
    assert json.loads(run("lookup").stdout) == []


def test_lookup_after_an_import_is_exact(run: Run) -> None:
    assert run("import", shared_data(BORDER)).exit_code == 0
    answers = json.loads(run("lookup", "ip241jd", "IP22 2BT").stdout)
    assert [answer["exact"] for answer in answers] == [True, True]
    assert [answer["terminated"] for answer in answers] == [False, True]
    assert answers[0]["ward"] == "E05010261"


def test_import_tells_how_many_people_can_be_settled(run: Run, confirming: list[bool]) -> None:
    result = run("import", shared_data(BORDER))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        f"{BORDER}: 12,311 postcodes read, 12,311 written.\n"
        "The wards of 3 people can now be confirmed. To do this, add --settle to the command.\n"
    )
    again = run("import", shared_data(BORDER), "--settle")
    assert again.stdout == (
        f"{BORDER}: 12,311 postcodes, nothing has changed.\nWe have confirmed 3 people’s wards.\n"
    )
    assert confirming == [False, True]


def test_import_says_when_nobody_waits(run: Run, nobody: None) -> None:
    lines = run("import", shared_data(BORDER)).stdout.splitlines()
    assert lines[-1] == "There are no wards to confirm from this directory."


def test_boundaries_settle_nobody(run: Run, confirming: list[bool]) -> None:
    result = run("import", shared_data("breckland_wards.geojson"))
    assert result.stdout == "breckland_wards.geojson: 27 boundaries read, 27 written.\n"
    assert confirming == []


def test_import_prints_json_when_asked(run: Run, confirming: list[bool]) -> None:
    older = shared_data("breckland_lsoa11.geojson")
    result = run("import", shared_data(BORDER), older, "--json")
    told = json.loads(result.stdout)
    assert [file["kind"] for file in told["files"]] == ["postcodes", "boundaries"]
    assert told["can_be_settled"] == 3
    assert result.stderr == (
        "breckland_lsoa11.geojson: 2 areas are not in the programme: E01026422, E01026455.\n"
    )


def test_an_error_is_a_sentence_and_nothing_is_half_done(
    run: Run, session: Session, tmp_path: Path
) -> None:
    wrong = tmp_path / "people.csv"
    wrong.write_text("name,email\nAnn,ann@home.example\n")
    result = run("import", shared_data(BORDER), wrong)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("people.csv is neither a postcode directory (NSPL or ONSPD, ")
    assert len(result.stderr.splitlines()) == 1
    assert look_up("IP24 1JD").ward is None
