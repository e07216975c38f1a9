"""Figures compared with numbers worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import SYSTEM
from app.coverage import service
from app.coverage.cli import _as_table as in_words
from app.matching.models import Assignment, Need
from app.organisations import service as organisation_service
from app.organisations.models import Site
from app.organisations.types import OrganisationKind, SiteCommand
from app.people import presence
from app.people.types import AreaSource, Basis, CallOutcome
from app.targets.models import Target
from tests.factories import certificates, organisations, people
from tests.integration.coverage.scene import (
    AWARDED,
    DEPRIVED,
    ELSEWHERE,
    JOINED,
    ON,
    OURS,
    add_certificate,
    add_place,
    area,
    figures,
    group,
    held_in,
    person,
    ward,
)

pytestmark = pytest.mark.usefixtures("session")


def report(on: date = ON) -> dict[str, Any]:
    return service.report(SYSTEM, on)


def test_the_report_has_the_documented_shape(session: Session) -> None:
    found = report()
    assert set(found) == {"on", "targets", "areas"}
    assert found["on"] == "2026-06-30"
    for row in found["targets"]:
        assert list(row) == ["slug", "name", "needed", "held", "unsettled", "due"]
    every = session.scalars(select(Target.slug).order_by(Target.position))
    assert [row["slug"] for row in found["targets"]] == [
        slug for slug in every if slug != "domestic-abuse-mhfas"
    ]
    assert found["targets"][0]["needed"] == 50
    assert found["targets"][0]["due"] == "2028-03-31"
    assert found["targets"][1]["needed"] is None
    assert [(row["name"], row["needed"]) for row in found["areas"]] == [
        ("Attleborough", 15),
        ("Dereham", 15),
        ("Swaffham", 10),
        ("Thetford", 15),
        ("Watton", 10),
    ]
    assert all(list(row) == ["code", "name", "needed", "held"] for row in found["areas"])


def test_a_person_with_three_networks_and_homes_counts_once() -> None:
    one = person(networks=["yana", "farming", "voluntary-sector"])
    add_place(one, ward("Watton"))
    add_place(one, ward("Swaffham"), basis=Basis.WORKS)
    add_place(one, ward("Necton"), basis=Basis.COULD_HELP)
    add_certificate(one)
    add_certificate(one, "mhfa-youth")
    add_certificate(one, "community-champion")
    found = report()
    assert figures(found, "yana-15") == (1, 0)
    assert figures(found, "yana-15-in-date") == (1, 0)
    assert figures(found, "yana-100") == (1, 0)
    # They count once in each of two towns.
    assert (held_in(found, "watton"), held_in(found, "swaffham")) == (1, 1)
    assert held_in(found, "thetford") == 0


def test_the_target_of_fifteen_counts_living_or_working_in_the_district() -> None:
    def yana(**more: Any) -> Any:
        made = person(networks=["yana"], **more)
        add_certificate(made)
        return made

    add_place(yana(), ward("Forest"), district=OURS)  # counts
    add_place(yana(), district=OURS)  # district known, ward not: counts
    works = yana()  # works here and lives elsewhere: counts
    add_place(works, district="E07000149", settled=AreaSource.OUTSIDE)
    add_place(works, ward("Lincoln"), basis=Basis.WORKS)
    add_place(yana(), district="E07000149", settled=AreaSource.OUTSIDE)  # elsewhere
    add_place(yana(), ward("Lincoln"), basis=Basis.COULD_HELP)  # no home on record: unsettled
    add_place(yana())  # unknown postcode: unsettled
    add_place(person(networks=["yana"]), ward("Forest"))  # not trained
    stranger = person(networks=["farming"])  # another network
    add_place(stranger, ward("Forest"))
    add_certificate(stranger)
    found = report()
    assert figures(found, "yana-15") == (3, 2)
    assert figures(found, "yana-100") == (6, 0)


def test_trained_since_includes_people_whose_certificate_expired() -> None:
    lapsed, long_ago, champion_only = (person(networks=["yana"]) for _ in range(3))
    for one in (lapsed, long_ago, champion_only):
        add_place(one, ward("Forest"))
    add_certificate(lapsed, awarded_on=date(2020, 6, 1))
    add_certificate(long_ago, awarded_on=date(2019, 3, 31))
    add_certificate(champion_only, "community-champion")
    assert figures(report(), "yana-15") == (1, 0)
    assert figures(report(), "yana-15-in-date") == (0, 0)


def test_a_certificate_is_in_date_on_its_last_day() -> None:
    one = person(networks=["yana"])
    add_place(one, ward("Forest"))
    add_certificate(one)
    assert figures(report(date(2027, 6, 1)), "yana-15-in-date") == (1, 0)
    assert figures(report(date(2027, 6, 2)), "yana-15-in-date") == (0, 0)
    assert figures(report(date(2027, 6, 2)), "yana-15") == (1, 0)


def test_the_target_of_fifty_counts_groups_operating_in_deprived_areas() -> None:
    def champion(*groups: Any, kind: str = "community-champion") -> None:
        add_certificate(person(groups=groups), kind)

    deprived = group(lsoa=DEPRIVED)
    charity = group(kind=OrganisationKind.CHARITY, lsoa=DEPRIVED)
    business = group(kind=OrganisationKind.BUSINESS, lsoa=DEPRIVED)
    elsewhere = group(lsoa=ELSEWHERE)
    nowhere = group()
    by_ward = group(ward_id=ward("Thetford Priory"))  # only two of its LSOAs belong to the set
    other_ward = group(ward_id=ward("Necton"))  # none of its LSOAs does
    for one in (deprived, charity, business, elsewhere, nowhere, by_ward, other_ward):
        champion(one)
    champion(deprived, charity)  # two groups: one person
    champion(deprived, kind="mhfa-adult")  # an MHFA is a champion
    champion(business, nowhere)  # wrong kind there, right kind in an unknown place
    assert figures(report(), "champions-50") == (4, 3)


def test_a_site_outside_the_district_is_not_an_unknown_area(session: Session) -> None:
    outside = group()
    command = SiteCommand("Norwich office", postcode="NR1 3JU")
    organisation_service.add_site(SYSTEM, outside.id, command)
    session.execute(update(Site).values(from_on=JOINED))
    add_certificate(person(groups=[outside]), "community-champion")
    assert figures(report(), "champions-50") == (0, 0)


def test_only_people_in_the_network_on_the_day_count() -> None:
    def here(**more: Any) -> Any:
        made = person(networks=["yana"], **more)
        add_place(made, ward("Forest"))
        add_certificate(made)
        return made

    here(approved=False)
    former_member = here()
    former_member.left_on = ON
    stays = here()
    stays.left_on = ON + timedelta(days=1)
    assert figures(report(), "yana-15") == (1, 0)


def test_bands_count_only_available_champions() -> None:
    def present(**more: Any) -> Any:
        made = person(**more)
        add_place(made, ward("Watton"))
        return made

    add_certificate(
        present(), "mental-health-aware", awarded_on=date(2022, 1, 1), never_expires=True
    )
    add_certificate(present(), "mhfa-one-day")
    add_certificate(present(), "connect-5", never_expires=True)  # not one of the kinds
    add_certificate(present(), awarded_on=date(2023, 6, 29))  # lapsed yesterday
    add_certificate(present(last_heard_on=date(2025, 6, 29)))  # counted, but not confirmed
    unreached = present(last_heard_on=date(2025, 6, 29))
    add_certificate(unreached)
    people.call(unreached, date(2026, 6, 1), CallOutcome.NOT_REACHED)
    people.call(unreached, date(2026, 6, 2), CallOutcome.NOT_REACHED)
    away = present()
    add_certificate(away)
    people.absence(away, ON - timedelta(days=1))
    helper = person()
    add_certificate(helper)
    add_place(helper, ward("Watton"), basis=Basis.COULD_HELP)  # an offer does not count
    assert held_in(report(), "watton") == 3
    watton = next(each for each in service.report_figures(SYSTEM, ON)[1] if each.name == "Watton")
    assert watton.not_confirmed == 1


def test_people_still_count_after_a_year_without_contact(session: Session) -> None:
    champion = person(last_heard_on=date(2026, 5, 31))
    add_place(champion, ward("Watton"))
    add_certificate(champion, awarded_on=date(2025, 6, 1))
    session.flush()
    later = date(2027, 12, 31)
    assert held_in(report(later), "watton") == 1
    text = in_words(later, *service.report_figures(SYSTEM, later))
    watton = next(line for line in text.splitlines() if line.startswith("Watton"))
    assert watton.split() == ["Watton", "1", "1", "10"]


def test_people_who_serve_a_town_or_part_of_it_count_there() -> None:
    for place in (area("thetford"), area(DEPRIVED), ward("Thetford Castle")):
        one = person()
        add_certificate(one)
        with clock.frozen(JOINED):
            presence.start_serving(SYSTEM, one.id, place, JOINED)
    assert held_in(report(), "thetford") == 3


def test_areas_with_open_needs_are_listed_with_the_bands(session: Session) -> None:
    def need(code: str, places: int, **more: Any) -> Need:
        made = Need(
            area_id=area(code), places=places, priority=50, what_for="Coffee mornings",
            setting="", times="", contact="", source="hand", opened_on=JOINED, **more,
        )  # fmt: skip
        session.add(made)
        session.flush()
        return made

    necton = "E05010253"
    first, second = need(necton, 2), need(necton, 1)
    need("watton", 4)  # has a band, which takes precedence
    need("E05010238", 1, closed_on=ON)  # closed that day
    hidden = need("E05010237", 1)
    hidden.network_id = organisations.network("domestic-abuse-support").id
    one = person()
    for each in (first, second):
        session.add(Assignment(need_id=each.id, person_id=one.id, from_on=JOINED))
    session.add(
        Assignment(need_id=first.id, person_id=person().id, from_on=JOINED, until_on=AWARDED)
    )
    session.flush()
    rows = {row["code"]: (row["needed"], row["held"]) for row in report()["areas"]}
    assert rows[necton] == (3, 1)
    assert rows["watton"] == (10, 0)
    assert "E05010238" not in rows
    assert "E05010237" not in rows  # reports leave out sensitive networks


def test_a_certificate_without_a_person_does_not_count() -> None:
    certificates.certificate(None, "community-champion", holder_name="Somebody Else")
    assert figures(report(), "champions-50") == (0, 0)
