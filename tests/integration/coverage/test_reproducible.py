"""A report for a past day stays the same, whatever is loaded or imported later."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.areas.models import AreaSet, Postcode
from app.core import clock
from app.core.actor import SYSTEM
from app.organisations import service as organisations
from app.organisations.models import Organisation
from app.organisations.types import OrganisationCommand, OrganisationKind
from app.targets.models import Target
from config import ROOT
from tests.factories import organisations as make
from tests.integration.coverage.scene import add_certificate, add_place, group, person, ward
from tests.shared_data import shared_data

pytestmark = pytest.mark.usefixtures("session")
TEXT = (ROOT / "app/programmes/breckland.toml").read_text(encoding="utf-8")
TODAY = date(2026, 11, 27)
PAST = [date(2026, 6, 30), TODAY - timedelta(days=1)]
DECILES = ("deciles = [1, 2, 3]", "deciles = [1, 2]")
Load = Callable[..., Any]
Report = Callable[[date], str]


@pytest.fixture(autouse=True)
def day() -> Iterator[None]:
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def load(app: Flask, tmp_path: Path) -> Load:
    """Return a function that loads Breckland's file with replacements, by the command."""

    def do(*replacements: tuple[str, str], from_on: date | None = None) -> Any:
        text = TEXT
        if from_on is not None:
            replacements += (
                ("active_months = ", f"changes_from_on = {from_on}\nactive_months = "),
            )
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new, 1)
        path = tmp_path / "changed.toml"
        path.write_text(text, encoding="utf-8")
        return app.test_cli_runner().invoke(args=["programme", "load", str(path)])

    return do


@pytest.fixture
def report(app: Flask) -> Report:
    """Return a function that runs `coverage report` for a day, and returns what it prints."""

    def do(on: date) -> str:
        run = app.test_cli_runner().invoke
        as_json = run(args=["coverage", "report", "--on", on.isoformat(), "--json"])
        as_table = run(args=["coverage", "report", "--on", on.isoformat()])
        assert (as_json.exit_code, as_table.exit_code) == (0, 0), as_json.output
        return str(as_json.stdout + as_table.stdout)

    return do


def figure_held(text: str, slug: str) -> int:
    [found] = re.findall(rf'"slug": "{slug}".*?"held": (\d+)', text, re.DOTALL)
    return int(found)


@pytest.fixture
def network_of_people(session: Session) -> None:
    """Create champions in towns, and one from a charity in each of the most deprived areas."""
    for number in range(12):
        one = person(networks=["yana"] if number % 2 else [])
        add_place(one, ward(("Watton", "Swaffham", "Thetford Priory")[number % 3]))
        add_certificate(one, awarded_on=date(2025, 12, 20) if number % 4 else date(2023, 1, 1))
    in_set = session.scalars(select(AreaSet).filter_by(slug="most-deprived-imd2025")).one()
    for lsoa in in_set.members:
        charity = group(kind=OrganisationKind.CHARITY, lsoa=lsoa.code)
        add_certificate(person(groups=[charity]), kind="community-champion")
    session.commit()


NEW_TARGET = """
[[targets]]
slug = "new"
name = "A new target"
source = "An invented decision"
verb = "in_date"
kinds = ["mhfa-adult"]
"""


def entry(table: str, first_line: str) -> str:
    """Return an entry of an array of tables in Breckland's file."""
    lines = rf"\[\[{re.escape(table)}\]\]\n{re.escape(first_line)}\n(?:[^\[\n][^\n]*\n)+"
    [found] = re.findall(lines, TEXT)
    return str(found)


YANA = entry("networks", 'slug = "yana"')
CHANGES = {
    "area sets and targets": (
        DECILES,
        ("needed = 50\n", "needed = 40\n"),
        ('name = "#yanaarmy based in Breckland"', 'name = "Farmers in Breckland"'),
        ("due_on = 2028-03-31", "due_on = 2029-03-31"),
        (
            'networks = ["yana"]\nbases = ["lives", "works"]',
            'networks = ["yana"]\nbases = ["works"]',
        ),
        (entry("targets", 'slug = "armed-forces"'), ""),
        ("[[targets]]", f"{NEW_TARGET}\n[[targets]]"),
        ('beside = "champions-50"\n', 'beside = "champions-50"\nuntil_on = 2026-05-01\n'),
    ),
    "bands and who counts": (
        ("needed = 10 }", "needed = 9 }"),
        ("needed = 15 }", "needed = 12 }"),
        ("from_on = 2022-10-01", "from_on = 2026-10-15"),
        ('"mental-health-aware"]\nbases = ["lives", "works", ', '"asist"]\nbases = ["works", '),
        ("active_months = 12", "active_months = 1"),
        ('includes = ["community-champion"]\n', ""),
    ),
    "networks that end": ((YANA, f"{YANA}until_on = 2026-06-01\n"),),
    "areas": (
        ('name = "Swaffham"\nwards = ["E05010256"]', 'name = "Market"\nwards = ["E05010245"]'),
        ('name = "Swanton Morley"', 'name = "Swanton Morley"\npopulation = 2400'),
    ),
}


@pytest.mark.usefixtures("network_of_people")
@pytest.mark.parametrize("change", CHANGES)
def test_a_load_changes_no_report_for_a_past_day(
    session: Session, load: Load, report: Report, change: str
) -> None:
    before, today = [report(on) for on in PAST], report(TODAY)
    assert load().output.endswith("nothing has changed.\n")
    result = load(*CHANGES[change])
    assert result.exit_code == 0, result.output
    session.expire_all()
    assert [report(on) for on in PAST] == before
    changed = report(TODAY)
    assert changed != today
    with clock.frozen(TODAY + timedelta(days=3)):
        assert load(*CHANGES[change]).output.endswith("nothing has changed.\n")
        assert load().exit_code == 0  # back to what held before
        session.expire_all()
        assert [report(on) for on in PAST] == before
        assert report(TODAY) == changed


@pytest.mark.usefixtures("network_of_people")
def test_a_change_holds_from_the_day_given_in_the_file(
    session: Session, load: Load, report: Report
) -> None:
    april = date(2027, 4, 1)
    days = [*PAST, TODAY, april - timedelta(days=1)]
    before = [report(on) for on in days]
    number = figure_held(report(april), "champions-50")
    assert load(DECILES, from_on=april).exit_code == 0
    session.expire_all()
    assert [report(on) for on in days] == before
    assert figure_held(report(april), "champions-50") < number
    assert "nothing has changed" in load(DECILES, from_on=april).output
    with clock.frozen(date(2027, 6, 1)):
        assert "nothing has changed" in load(DECILES, from_on=april).output
        assert figure_held(report(april), "champions-50") < number


@pytest.mark.usefixtures("network_of_people")
def test_a_change_that_has_not_begun_can_be_withdrawn(
    session: Session, load: Load, report: Report
) -> None:
    april = date(2027, 4, 1)
    before = report(april)
    load(DECILES, ("needed = 50\n", "needed = 40\n"), from_on=april)
    session.expire_all()
    assert report(april) != before
    load()
    session.expire_all()
    assert report(april) == before
    assert session.query(AreaSet).filter_by(slug="most-deprived-imd2025").count() == 1
    assert session.query(Target).filter_by(slug="champions-50").count() == 1


def test_a_change_cannot_begin_in_the_past(load: Load) -> None:
    yesterday = TODAY - timedelta(days=1)
    result = load(DECILES, from_on=yesterday)
    assert result.exit_code == 1
    assert "programme.changes_from_on: 2026-11-26 is in the past" in result.stderr
    unrelated = ('name = "Silver Social"', 'name = "Silver Social friends"')
    assert load(unrelated, from_on=yesterday).exit_code == 0


@pytest.mark.usefixtures("network_of_people")
def test_a_town_that_is_removed_stays_in_past_figures(
    session: Session, load: Load, report: Report
) -> None:
    removed = entry("towns", 'slug = "watton"')
    award = entry("community_status.awards", 'area = "watton"')
    before, today = [report(on) for on in PAST], report(TODAY)
    assert "Watton" in today
    assert load((removed, ""), (award, "")).exit_code == 0
    session.expire_all()
    assert [report(on) for on in PAST] == before
    assert '"Watton"' not in report(TODAY)
    assert load().exit_code == 0
    session.expire_all()
    assert report(TODAY) == today


@pytest.mark.usefixtures("network_of_people")
def test_another_kind_of_organisation_changes_no_past_figure(
    session: Session, report: Report
) -> None:
    before, today = [report(on) for on in PAST], report(TODAY)
    charity = (
        session.query(Organisation).filter_by(kind=OrganisationKind.CHARITY, slug=None).first()
    )
    assert charity is not None
    organisations.change_organisation(
        SYSTEM,
        charity.id,
        OrganisationCommand(charity.name, OrganisationKind.BUSINESS, False, None),
    )
    session.commit()
    assert [report(on) for on in PAST] == before
    assert figure_held(report(TODAY), "champions-50") == figure_held(today, "champions-50") - 1


@pytest.mark.usefixtures("network_of_people")
def test_the_last_day_of_an_organisation_changes_no_past_figure(
    session: Session, report: Report
) -> None:
    """Staff learn later that it ended, say that it did not, and that it did after all."""
    before, today = [report(on) for on in PAST], report(TODAY)
    charity = (
        session.query(Organisation).filter_by(kind=OrganisationKind.CHARITY, slug=None).first()
    )
    assert charity is not None

    def end(on: date | None) -> None:
        command = OrganisationCommand(charity.name, charity.kind, False, on)
        organisations.change_organisation(SYSTEM, charity.id, command)
        session.commit()

    def count(on: date) -> int:
        return figure_held(report(on), "champions-50")

    number = figure_held(today, "champions-50")
    end(date(2026, 6, 1))
    assert [report(on) for on in PAST] == before
    assert count(TODAY) == number - 1
    days = [TODAY + timedelta(days=each) for each in range(5)]
    for day, last_day in ((days[2], None), (days[3], days[0]), (days[3], days[3])):
        with clock.frozen(day):
            end(last_day)
            end(last_day)
    assert [report(on) for on in PAST] == before
    assert [count(day) - number for day in days] == [-1, -1, 0, 0, -1]


@pytest.mark.usefixtures("network_of_people")
def test_an_imported_directory_changes_no_past_figure(
    app: Flask, session: Session, report: Report
) -> None:
    """One charity's ward becomes known. The other's postcode is in another district."""
    for text in ("IP24 1JD", "IP22 1AA"):
        charity = group(kind=OrganisationKind.CHARITY)
        site = make.site(charity)
        site.postcode = text
        add_certificate(person(groups=[charity]), kind="community-champion")
    homeless = person()
    add_place(homeless, postcode="IP24 1JD")
    add_certificate(homeless)
    session.execute(delete(Postcode).where(Postcode.postcode.in_(["IP241JD", "IP221AA"])))
    session.commit()
    before, today = [report(on) for on in PAST], report(TODAY)
    run = app.test_cli_runner().invoke
    path = str(shared_data("nspl_norfolk_suffolk_border.csv"))
    assert run(args=["geography", "import", path]).exit_code == 0
    session.expire_all()
    assert ([report(on) for on in PAST], report(TODAY)) == (before, today)
    assert run(args=["geography", "import", "--settle", path]).exit_code == 0
    session.expire_all()
    assert [report(on) for on in PAST] == before
    assert report(TODAY) != today
