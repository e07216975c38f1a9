"""The `flask geography` commands, which write results to stdout and everything else to stderr."""

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
    """Return a function that runs `flask geography` with the given arguments."""

    def command(*args: object) -> Result:
        return app.test_cli_runner().invoke(args=["geography", *map(str, args)])

    return command


@pytest.fixture
def confirmations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Register a hook that can confirm three people. Yield the `confirm` flags of its calls."""
    calls: list[bool] = []
    hook: registry.Hook[Callable[[Actor, bool], int]] = registry.Hook("for this test")

    def confirm_three_people(actor: Actor, confirm: bool) -> int:
        assert actor is SYSTEM
        calls.append(confirm)
        return 3

    hook.register(confirm_three_people)
    monkeypatch.setattr(registry, "ward_confirmations", hook)
    yield calls


@pytest.fixture
def no_confirmations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register no hook, so that there is nobody to confirm."""
    monkeypatch.setattr(registry, "ward_confirmations", registry.Hook("for this test"))


def test_lookup_prints_json_for_any_text(run: Run) -> None:
    texts = ["IP24 1JD", "ip241jd", "NR1 3JU", "nr99 9zz", "ZZ1 1ZZ", "Dereham", "", "-x", "\udcff"]
    result = run("lookup", *texts)
    assert (result.exit_code, result.stderr) == (0, "")
    answers = json.loads(result.stdout)
    assert [list(answer) for answer in answers] == [KEYS] * len(texts)
    assert [answer["asked"] for answer in answers] == [*texts[:-1], "?"]
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


def test_lookup_accepts_the_json_option_and_an_empty_list(run: Run) -> None:
    assert json.loads(run("lookup", "--json", "IP24 1JD").stdout)[0]["found"]
    assert json.loads(run("lookup", "IP24 1JD", "--json").stdout)[0]["found"]
    assert json.loads(run("lookup").stdout) == []


def test_lookup_after_an_import_is_exact(run: Run) -> None:
    assert run("import", shared_data(BORDER)).exit_code == 0
    answers = json.loads(run("lookup", "ip241jd", "IP22 2BT").stdout)
    assert [answer["exact"] for answer in answers] == [True, True]
    assert [answer["terminated"] for answer in answers] == [False, True]
    assert answers[0]["ward"] == "E05010261"


def test_import_says_how_many_wards_can_be_confirmed(run: Run, confirmations: list[bool]) -> None:
    result = run("import", shared_data(BORDER))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        f"{BORDER}: 12,311 postcodes read, 12,311 written.\n"
        "The wards of 3 people can now be confirmed. To do this, add --settle to the command.\n"
    )
    again = run("import", shared_data(BORDER), "--settle")
    assert again.stdout == (
        f"{BORDER}: 12,311 postcodes. Nothing has changed.\n"
        "We have confirmed the wards of 3 people.\n"
    )
    assert confirmations == [False, True]


def test_import_says_when_there_are_no_wards_to_confirm(run: Run, no_confirmations: None) -> None:
    lines = run("import", shared_data(BORDER)).stdout.splitlines()
    assert lines[-1] == "There are no wards to confirm from this directory."


def test_importing_boundaries_confirms_no_wards(run: Run, confirmations: list[bool]) -> None:
    result = run("import", shared_data("breckland_wards.geojson"))
    assert result.stdout == "breckland_wards.geojson: 27 boundaries read, 27 written.\n"
    assert confirmations == []


def test_import_can_print_json(run: Run, confirmations: list[bool]) -> None:
    older = shared_data("breckland_lsoa11.geojson")
    result = run("import", shared_data(BORDER), older, "--json")
    output = json.loads(result.stdout)
    assert [file["kind"] for file in output["files"]] == ["postcodes", "boundaries"]
    assert output["can_be_settled"] == 3
    assert result.stderr == (
        "breckland_lsoa11.geojson: 2 areas are not in the programme: E01026422, E01026455.\n"
    )


def test_an_error_is_one_sentence_and_nothing_is_imported(
    run: Run, session: Session, tmp_path: Path
) -> None:
    wrong = tmp_path / "people.csv"
    wrong.write_text("name,email\nAnn,ann@home.example\n")
    result = run("import", shared_data(BORDER), wrong)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("people.csv is neither a postcode directory (NSPL or ONSPD, ")
    assert len(result.stderr.splitlines()) == 1
    assert look_up("IP24 1JD").ward is None
