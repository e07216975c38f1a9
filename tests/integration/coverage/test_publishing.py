"""Publishing safe figures once a month."""

from __future__ import annotations

import copy
import csv
import io
import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.areas.models import Area
from app.core import clock, registry
from app.core.permissions import Role
from app.coverage import service
from app.coverage.disclosure import Span
from app.coverage.models import Snapshot
from app.coverage.types import Publication, PublishedFigure
from app.people.types import AreaSource
from app.targets.models import Band
from tests.factories import accounts, organisations
from tests.integration.coverage.scene import JOINED, add_certificate, add_place, person, ward

JUNE = date(2026, 6, 1)
JULY = date(2026, 7, 1)
HOME = "IP24 1JD"
CANARY = "Zebedee Thistlewhite"


def crowd(session: Session) -> None:
    """Create YANA members: 11 here (9 in date), 2 unsettled, 20 elsewhere and 3 in Watton."""
    for number in range(11):
        one = person(f"Here {number}", networks=["yana"])
        add_place(one, ward("Thetford Priory"))
        add_certificate(one, awarded_on=date(2024, 6, 1) if number < 9 else date(2020, 6, 1))
    for _ in range(2):
        one = person(networks=["yana"])
        add_place(one)
        add_certificate(one)
    for _ in range(20):
        one = person(networks=["yana"])
        add_place(one, district="E07000149", settled=AreaSource.OUTSIDE)
        add_certificate(one)
    for _ in range(3):
        one = person()
        add_place(one, ward("Watton"))
        add_certificate(one)
    canary = person(CANARY, networks=["domestic-abuse-support"])
    add_place(canary, ward("Watton"), postcode=HOME)
    add_certificate(canary)


def figure(found: Publication, slug: str) -> PublishedFigure:
    return next(one for one in found.figures if one.slug == slug)


def test_a_month_is_published_once_and_does_not_change(session: Session) -> None:
    crowd(session)
    assert service.freeze(JUNE)
    first = service.published_for_month(JUNE)
    add_certificate(person(networks=["yana"]))
    assert not service.freeze(date(2026, 6, 20))
    assert service.published_for_month(JUNE) == first
    assert service.latest_published(date(2026, 5, 31)) is None
    assert service.latest_published(date(2026, 9, 9)) == first


def test_stored_figures_are_safe(session: Session) -> None:
    crowd(session)
    service.freeze(JUNE)
    found = service.published_for_month(JUNE)
    assert found is not None
    yana = figure(found, "yana-15")
    # 11 here, including 2 whose certificate has expired; 2 unsettled; 33 anywhere.
    assert (yana.held, yana.unsettled) == (Span(10, 14), Span(0, 4))
    assert [(one.slug, one.held) for one in yana.beside] == [
        ("yana-15-in-date", Span(5, 9)),
        ("yana-100", Span(30, 34)),
    ]
    assert {area.name: area.held for area in found.areas} == {
        "Attleborough": Span(0, 4),
        "Dereham": Span(0, 4),
        "Swaffham": Span(0, 4),
        "Thetford": Span(5, 9),
        "Watton": Span(0, 4),
    }
    assert figure(found, "domestic-abuse-mhfas").held == Span(0, 4)
    stored = json.dumps(session.scalars(select(Snapshot)).one().numbers)
    assert CANARY not in stored
    assert "E0501" not in stored  # no figures for wards


def test_published_figures_count_general_champions(session: Session) -> None:
    for number in range(6):
        one = person(networks=["domestic-abuse-support"], general=number < 2)
        add_place(one, ward("Watton"))
        add_certificate(one)
    for _ in range(3):
        one = person()
        add_place(one, ward("Watton"))
        add_certificate(one)
    service.freeze(JUNE)
    found = service.published_for_month(JUNE)
    assert found is not None
    watton = Span(5, 9)  # 5 of the 9 people are general champions
    assert next(area.held for area in found.areas if area.name == "Watton") == watton
    # The network's members who are not general champions are not counted for the network either.
    assert figure(found, "domestic-abuse-mhfas").held == Span(0, 4)


def test_eight_of_ten_are_not_shown_as_met(
    session: Session, client: FlaskClient, sign_in: Any
) -> None:
    for _ in range(8):
        add_place(one := person(), ward("Swaffham"))
        add_certificate(one)
    service.freeze(JUNE)
    page = client.get("/progress").get_data(as_text=True)
    assert "Swaffham: 5 to 9 of 10<" in page  # on the map
    assert "The target of 10 has been met" not in page
    for _ in range(2):
        add_place(one := person(), ward("Swaffham"))
        add_certificate(one)
    service.freeze(JULY)
    page = client.get("/progress").get_data(as_text=True)
    assert "Swaffham: 10 to 14 of 10, met<" in page
    assert "The target of 10 has been met" in page
    home = sign_in(accounts.user(Role.ANALYST)).get("/").get_data(as_text=True)
    assert "10 to 14 of 10, met" in home
    assert "fewer than 5 of 10" in home


def test_a_download_contains_the_same_ranges(session: Session, client: FlaskClient) -> None:
    assert client.get("/progress/figures.csv").status_code == 404  # nothing is published yet
    crowd(session)
    service.freeze(JUNE)
    reply = client.get("/progress/figures.csv?month=2026-06")
    assert reply.mimetype == "text/csv"
    assert "figures-2026-06.csv" in reply.headers["Content-Disposition"]
    rows = {row["Code"]: row for row in csv.DictReader(io.StringIO(reply.text.lstrip("\ufeff")))}
    assert list(rows["yana-15"].values()) == [
        "2026-06-01", "#yanaarmy based in Breckland", "yana-15", "15", "10", "14", "No",
    ]  # fmt: skip
    assert rows["thetford"]["At most"] == "9"
    assert rows["armed-forces"]["Met"] == ""
    assert client.get("/progress/figures.csv?month=2026-05").status_code == 404
    assert client.get("/progress/figures.csv?month=nonsense").status_code == 404


def test_a_changed_number_needed_does_not_narrow_a_range(
    session: Session, client: FlaskClient
) -> None:
    """If the ranges were aligned to 12 in July, the two months together would show 12 to 14."""
    for _ in range(13):
        add_place(one := person(), ward("Swaffham"))
        add_certificate(one)
    service.freeze(JUNE)
    swaffham = session.scalars(select(Area).filter_by(code="swaffham")).one()
    band = session.scalars(select(Band).filter_by(area_id=swaffham.id)).one()
    band.needed = 12
    service.freeze(JULY)
    page = client.get("/progress").get_data(as_text=True)
    assert "Swaffham: 10 to 14 of 12<" in page
    assert "The target of 12 has been met" not in page


def test_months_published_by_earlier_versions_can_still_be_read(
    session: Session, client: FlaskClient
) -> None:
    for _ in range(13):
        add_place(one := person(), ward("Swaffham"))
        add_certificate(one)
    service.freeze(JUNE)
    row = session.scalars(select(Snapshot)).one()
    row.numbers = {key: row.numbers[key] for key in ("targets", "areas")}
    session.flush()
    assert "Swaffham: 10 to 14 of 10, met<" in client.get("/progress").get_data(as_text=True)
    for band in session.scalars(select(Band)):
        band.needed += 2
    service.freeze(JULY)
    assert "Swaffham: 10 to 14 of 12<" in client.get("/progress").get_data(as_text=True)


def test_a_figure_between_two_alignments_is_hidden(
    session: Session, client: FlaskClient, sign_in: Any
) -> None:
    crowd(session)
    service.freeze(JUNE)
    row = session.scalars(select(Snapshot)).one()
    # A month in which the two counts were published with different alignments.
    numbers = copy.deepcopy(row.numbers)
    for each in numbers["alignments"]:
        each["start"] = 2 if each["key"] == "target:yana-100" else each["start"]
    row.numbers = numbers
    session.flush()
    service.freeze(JULY)
    found = service.published_for_month(JULY)
    assert found is not None
    assert (figure(found, "yana-15").held, figure(found, "yana-15").unsettled) == (None, None)
    for page in ("/progress", "/progress/figures.csv", "/"):
        assert client.get(page).status_code == 200
    assert "Not shown" in client.get("/progress").get_data(as_text=True)
    assert sign_in(accounts.user(Role.ANALYST)).get("/").status_code == 200


def test_missing_months_are_published_the_next_night(session: Session) -> None:
    crowd(session)
    assert service.freeze(JULY)
    assert JUNE in service.freeze_if_due(date(2026, 7, 20))
    assert service.freeze_if_due(date(2026, 7, 21)) == []
    months = service.months()
    assert months[0] == JULY
    assert months[-1] == JOINED
    found = service.published_for_month(JUNE)
    assert found is not None
    assert found.on == JUNE


def test_the_nightly_job_publishes_months_that_are_due(session: Session) -> None:
    assert service.next_publication(date(2026, 6, 20)) == JULY
    assert not service.freeze_if_due(date(2026, 6, 20))  # nobody had joined by the first
    person(joined_on=date(2026, 6, 10))
    assert not service.freeze_if_due(date(2026, 6, 20))
    assert service.next_publication(date(2026, 7, 4)) == date(2026, 7, 5)
    assert service.freeze_if_due(date(2026, 7, 4))  # the first nights were missed
    assert not service.freeze_if_due(date(2026, 7, 5))
    assert service.next_publication(date(2026, 7, 5)) == date(2026, 8, 1)
    found = service.published_for_month(JULY)
    assert found is not None
    assert found.on == JULY
    nightly = [function.__module__ for function in registry.nightly]
    assert "app.coverage.hooks" in nightly


def test_the_page_announces_the_first_publication(client: FlaskClient) -> None:
    reply = client.get("/progress")
    assert reply.status_code == 200
    assert "The first figures will be published on" in reply.get_data(as_text=True)


def test_the_public_and_analysts_see_the_published_figures(
    session: Session, client: FlaskClient, sign_in: Any
) -> None:
    crowd(session)
    service.freeze(JUNE)
    service.freeze(JULY)
    public = client.get("/progress").get_data(as_text=True)
    assert "Figures for July 2026, counted on 1 July 2026" in public
    assert "Mindful Town since 1 February 2025 or earlier" in public
    assert "<strong>10 to 14</strong>" in public
    older = client.get("/progress?month=2026-06").get_data(as_text=True)
    assert "Figures for June 2026" in older
    for wrong in ("2026-05", "nonsense", "2026-13"):
        assert client.get(f"/progress?month={wrong}").status_code == 404
    browser = sign_in(accounts.user(Role.ANALYST))
    analyst = browser.get("/coverage").get_data(as_text=True)
    assert "Figures for July 2026" in analyst
    assert "/people" not in analyst


def test_published_pages_contain_nothing_about_people(
    session: Session, client: FlaskClient, sign_in: Any
) -> None:
    crowd(session)
    service.freeze(JUNE)

    def crawl(browser: FlaskClient, paths: tuple[str, ...]) -> None:
        for path in paths:
            page = browser.get(path).get_data(as_text=True)
            for secret in (CANARY, "Thistlewhite", HOME, HOME.replace(" ", ""), "Here 1"):
                assert secret not in page, path

    everywhere = ("/", "/progress", "/progress?month=2026-06")
    crawl(client, everywhere)
    partner = organisations.partner(organisations.organisation("YANA"))  # no agreement
    for user in (accounts.user(Role.ANALYST), accounts.user(Role.TRAINER), partner):
        crawl(sign_in(user), (*everywhere, "/coverage", f"/coverage?on={JULY}"))


def test_the_commands_report_and_publish_figures(app: Flask, session: Session) -> None:
    crowd(session)
    session.commit()
    run = app.test_cli_runner().invoke
    result = run(args=["coverage", "report", "--on", "2026-06-30", "--json"])
    found = json.loads(result.stdout)
    assert found["on"] == "2026-06-30"
    assert next(row for row in found["targets"] if row["slug"] == "yana-15")["held"] == 11
    result = run(args=["coverage", "report", "--on", "2026-06-30"])
    assert "Coverage on 30 June 2026" in result.stdout
    assert "#yanaarmy based in Breckland" in result.stdout
    assert run(args=["coverage", "report", "--on", "30/06/2026"]).exit_code != 0
    result = run(args=["coverage", "freeze", "--on", "2026-06-01"])
    assert result.stdout == "June 2026 has been published, with the figures for 1 June 2026.\n"
    result = run(args=["coverage", "freeze", "--on", "2026-06-09"])
    assert result.stdout == "June 2026 has already been published and cannot be changed.\n"
    result = run(args=["coverage", "freeze", "--on", "2099-01-01"])
    assert result.exit_code == 1
    assert "must be today or in the past" in result.stderr


@pytest.mark.parametrize(("linked", "wrong"), [("xx", True), ("2026-06", False), ("", False)])
def test_an_invalid_date_in_a_link_is_an_error(sign_in: Any, linked: str, wrong: bool) -> None:
    page = sign_in(accounts.coordinator()).get(f"/coverage?on={linked}").get_data(as_text=True)
    assert ("Enter a real date" in page) is wrong
    assert ("There is a problem" in page) is wrong


def test_staff_pages_show_figures_unknown_areas_and_a_map(
    session: Session, client: FlaskClient, sign_in: Any
) -> None:
    crowd(session)
    browser = sign_in(accounts.coordinator())
    page = browser.get("/coverage?on=2026-06-30").get_data(as_text=True)
    assert "Coverage as at 30 June 2026" in page
    assert "We do not know the area for 2 people" in page
    assert "/coverage/yana-15/people?on=2026-06-30&amp;which=unsettled" in page
    assert "We do not know the wards for 2 champions" in page
    assert "Contains OS data" in page
    assert page.count('class="app-map__area ') == 27 + 5  # the wards, and the legend
    wrong = browser.get("/coverage?on-day=31&on-month=2&on-year=2026").get_data(as_text=True)
    assert "There is a problem" in wrong
    assert clock.today().strftime("%Y") in wrong
    later = browser.get("/coverage?on-day=1&on-month=1&on-year=2999").get_data(as_text=True)
    assert "There is a problem" in later
    hidden = sign_in(accounts.coordinator(sensitive=False)).get("/coverage?on=2026-06-30")
    assert "Published figure" in hidden.get_data(as_text=True)
    assert JOINED < JUNE
