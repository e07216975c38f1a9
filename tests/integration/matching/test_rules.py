"""The hard rules, one by one: who may be asked for a need at all."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.areas.models import AreaPart
from app.areas.queries import area_by_code
from app.areas.types import AreaKind
from app.core import clock
from app.people.models import ExcludedArea
from app.people.types import Basis, Settled
from tests.addresses import public_id
from tests.factories import accounts, areas, certificates, matching, organisations, people
from tests.integration.matching.conftest import Run, proposed

TODAY = clock.today()


def why(result: dict[str, Any]) -> str:
    (entry,) = result["unfilled"]
    return str(entry["why"])


def test_whom_every_rule_lets_through(run: Run) -> None:
    person = matching.candidate(matching.ward())
    matching.need()
    assert proposed(run()) == [person.id]


def test_nobody_at_all(run: Run) -> None:
    matching.need()
    assert why(run()) == "Nobody in the network matches what this need asks for."


# An in-date certificate, on the day


def test_without_a_certificate(run: Run) -> None:
    matching.candidate(matching.ward(), kind=None)
    matching.need()
    assert why(run()) == "Nobody can be asked: 1 has no in-date certificate."


def test_a_certificate_counts_through_its_last_day(run: Run) -> None:
    person = matching.candidate(matching.ward(), kind=None)
    certificates.certificate(person, "mhfa-adult", awarded_on=date(2023, 1, 10), expires_on=TODAY)
    matching.need()
    assert proposed(run(on=TODAY)) == [person.id]
    assert proposed(run(on=TODAY + timedelta(days=1))) == []


def test_a_certificate_not_yet_confirmed_does_not_count(run: Run, session: Session) -> None:
    person = matching.candidate(matching.ward(), kind=None)
    held = certificates.certificate(person, "mhfa-adult")
    held.confirmed_at = None
    matching.need()
    assert proposed(run()) == []


def test_a_kind_that_includes_the_one_asked_for_counts(run: Run) -> None:
    person = matching.candidate(matching.ward(), kind="mhfa-adult")
    matching.need(kind="community-champion")
    assert proposed(run()) == [person.id]


def test_another_kind_than_the_one_asked_for(run: Run) -> None:
    matching.candidate(matching.ward(), kind="community-champion")
    matching.need(kind="mhfa-adult")
    assert why(run()) == "Nobody can be asked: 1 has no in-date certificate."


def test_any_kind_means_any_that_makes_a_champion(run: Run) -> None:
    matching.candidate(matching.ward(), kind="connect-5", awarded_on=date(2025, 1, 1))
    matching.need()
    assert proposed(run()) == []


# Active


@pytest.mark.parametrize("state", ["waiting", "left", "away", "quiet", "paused"])
def test_who_is_not_active(state: str, run: Run, session: Session) -> None:
    person = matching.candidate(
        matching.ward(),
        approved=state != "waiting",
        registered_at=clock.now() - timedelta(days=800),
        stayed_on=TODAY - timedelta(days=500 if state == "quiet" else 30),
    )
    if state == "left":
        person.left_on = TODAY
    if state == "away":
        people.absence(person, TODAY, TODAY + timedelta(days=7))
    if state == "paused":
        people.paused(person, TODAY)
    matching.need()
    result = run()
    assert proposed(result) == []
    expected = {
        "paused": "Nobody can be asked: 1 has not confirmed in the last year, or is away.",
        "away": "Nobody can be asked: 1 has not confirmed in the last year, or is away.",
        "quiet": "Nobody can be asked: 1 has not confirmed in the last year, or is away.",
    }
    nobody = "Nobody in the network matches what this need asks for."
    assert why(result) == expected.get(state, nobody)


def test_active_on_the_day_asked_for_not_today(run: Run) -> None:
    person = matching.candidate(matching.ward())
    people.absence(person, TODAY, TODAY + timedelta(days=7))
    matching.need()
    assert proposed(run(on=TODAY + timedelta(days=7))) == []
    assert proposed(run(on=TODAY + timedelta(days=8))) == [person.id]


# The network


def test_only_members_of_the_network_on_the_day(run: Run) -> None:
    network = organisations.network()
    home = matching.ward()
    matching.candidate(home)
    former, member = matching.candidate(home), matching.candidate(home, networks=[network])
    people.member(former, network, from_on=date(2020, 1, 1), until_on=TODAY - timedelta(days=1))
    matching.need(network=network, places=3)
    result = run()
    assert proposed(result) == [member.id]
    assert result["proposals"][0]["network"] == network.slug
    assert result["unfilled"][0]["network"] == network.slug


# Reach


@pytest.mark.parametrize(("metres", "reached"), [(15_000, True), (15_001, False)])
def test_within_reach_is_judged_by_the_metre(metres: int, reached: bool, run: Run) -> None:
    person = matching.candidate(matching.ward(east=metres))
    matching.need()
    result = run()
    assert proposed(result) == ([person.id] if reached else [])
    if not reached:
        assert why(result) == (
            "Nobody can be asked: 1 lives further away than they offered to travel."
        )


def test_the_nearest_of_their_places_counts_and_the_postcode_before_the_ward(run: Run) -> None:
    east, north = matching.CENTRE
    areas.postcode("ZX1 1AA", None, at=(east + 2_400, north))
    person = matching.candidate(None)
    far = matching.ward(east=90_000)
    people.presence(person, Basis.WORKS, ward_id=far.id)
    people.presence(person, Basis.LIVES, postcode="ZX1 1AA", ward_id=far.id)
    matching.need()
    (proposal,) = run()["proposals"]
    assert proposal["terms"]["distance"] == -2_000


def test_somebody_from_outside_the_district_with_a_postcode(run: Run) -> None:
    east, north = matching.CENTRE
    areas.postcode("ZX1 1AB", "E07000148", at=(east, north + 9_000))
    person = matching.candidate(None)
    people.presence(person, postcode="ZX1 1AB", district="E07000148", settled=Settled.OUTSIDE)
    matching.need()
    assert proposed(run()) == [person.id]


UNAVAILABLE = (
    "Nobody can be asked: 1 does not want to help in this area, or has given no place we know."
)
BUSY = "Nobody can be asked: 1 already helps in as many places as one person can."


def test_whose_places_are_not_known_cannot_be_asked(run: Run) -> None:
    person = matching.candidate(None)
    people.presence(person, settled=Settled.UNSETTLED)
    matching.need()
    assert why(run()) == UNAVAILABLE


def test_a_place_that_is_over_counts_no_more(run: Run) -> None:
    person = matching.candidate(matching.ward(east=90_000))
    people.presence(
        person,
        ward_id=matching.ward().id,
        from_on=date(2020, 1, 1),
        until_on=TODAY - timedelta(days=1),
    )
    matching.need()
    assert proposed(run()) == []


def test_where_they_said_they_could_help_is_no_distance(run: Run) -> None:
    area = matching.ward(east=60_000)
    person = matching.candidate(matching.ward())
    people.presence(person, Basis.COULD_HELP, ward_id=area.id)
    matching.need(area)
    (proposal,) = run()["proposals"]
    assert proposal["terms"]["distance"] == 0
    assert proposal["person"] == public_id("people", person.id)


def test_could_help_in_a_ward_counts_for_the_lsoas_in_it_and_the_town_around_it(
    run: Run, session: Session
) -> None:
    ward, lsoa = matching.ward(east=60_000), areas.area(AreaKind.LSOA, easting=770_000)
    town = areas.area(AreaKind.TOWN, easting=780_000)
    session.add(AreaPart(whole_id=ward.id, part_id=lsoa.id))
    session.add(AreaPart(whole_id=town.id, part_id=ward.id))
    person = matching.candidate(matching.ward())
    people.presence(person, Basis.COULD_HELP, ward_id=ward.id)
    matching.need(lsoa)
    matching.need(town)
    result = run()
    assert proposed(result) == [person.id] * 2
    assert {each["terms"]["distance"] for each in result["proposals"]} == {0}


def test_where_somebody_was_sent_extends_no_reach(run: Run) -> None:
    elsewhere = matching.ward(east=60_000)
    person = matching.candidate(matching.ward())
    matching.assignment(matching.need(elsewhere), person)
    matching.need(matching.ward(east=61_000))
    assert proposed(run()) == []


def test_a_need_of_the_whole_district_reaches_its_wards(run: Run) -> None:
    district, thetford = area_by_code("E07000143"), area_by_code("thetford")
    assert district and thetford
    home = areas.area(easting=thetford.easting, northing=thetford.northing)
    person, far = matching.candidate(home), matching.candidate(matching.ward(east=300_000))
    matching.need(district, places=2)
    assert proposed(run()) == [person.id]
    assert far.id not in proposed(run())


# Protected people: by the ward they chose alone


def test_a_protected_person_is_measured_by_their_ward(run: Run) -> None:
    person = matching.candidate(None, protected=True)
    people.presence(person, ward_id=matching.ward(east=7_000).id)
    matching.need()
    (proposal,) = run()["proposals"]
    assert proposal["terms"]["distance"] == -7_000


def test_a_protected_person_without_a_ward_cannot_be_asked(run: Run) -> None:
    person = matching.candidate(None, protected=True)
    people.presence(person, settled=Settled.UNSETTLED)
    matching.need()
    assert proposed(run()) == []


def test_distances_are_told_in_whole_kilometres(run: Run) -> None:
    """Metres from several needs would give a home away, which staff may only know as a ward."""
    matching.candidate(matching.ward(east=3_499, north=0))
    matching.candidate(matching.ward(east=3_500, north=0))
    matching.need(places=2)
    distances = [each["terms"]["distance"] for each in run()["proposals"]]
    assert distances == [-3_000, -4_000]


# What they ruled out


@pytest.mark.parametrize("level", ["the area", "a part of it", "what it lies in"])
def test_not_an_area_they_ruled_out(level: str, run: Run, session: Session) -> None:
    area, other = matching.ward(), matching.ward()
    if level == "a part of it":
        session.add(AreaPart(whole_id=area.id, part_id=other.id))
    if level == "what it lies in":
        session.add(AreaPart(whole_id=other.id, part_id=area.id))
    ruled_out = area if level == "the area" else other
    person = matching.candidate(matching.ward())
    session.add(ExcludedArea(person_id=person.id, area_id=ruled_out.id))
    matching.need(area)
    result = run()
    assert proposed(result) == []
    assert why(result) == UNAVAILABLE


def test_who_blocked_the_needs_maker_is_nobody(run: Run) -> None:
    maker = accounts.coordinator()
    people.block(matching.candidate(matching.ward()), user=maker)
    matching.need(by=maker)
    result = run()
    assert proposed(result) == []
    assert why(result) == "Nobody in the network matches what this need asks for."


def test_who_blocked_the_networks_organisation_is_nobody(run: Run) -> None:
    organisation = organisations.organisation()
    network = organisations.network(approver=organisation)
    person = matching.candidate(matching.ward(), networks=[network])
    people.block(person, organisation=organisation)
    matching.need(network=network)
    result = run()
    assert proposed(result) == []
    assert why(result) == "Nobody in the network matches what this need asks for."


def test_a_block_that_is_over_is_none(run: Run) -> None:
    maker = accounts.coordinator()
    person = matching.candidate(matching.ward())
    people.block(person, user=maker).until_on = TODAY - timedelta(days=1)
    matching.need(by=maker)
    assert proposed(run()) == [person.id]


# How much one person may be asked


def test_nobody_holds_more_than_three(run: Run) -> None:
    person = matching.candidate(matching.ward())
    for _each in range(2):
        matching.assignment(matching.need(), person)
    matching.proposal(matching.need(), person, asked=True)
    matching.need(priority=100)
    result = run()
    assert proposed(result) == []
    assert why(result) == BUSY


def test_one_run_gives_nobody_more_than_three(run: Run) -> None:
    person = matching.candidate(matching.ward())
    for _each in range(5):
        matching.need(priority=100)
    result = run()
    assert proposed(result) == [person.id] * 3
    assert len(result["unfilled"]) == 2
    prices = sorted(each["terms"]["further_assignment"] for each in result["proposals"])
    assert prices == [-30_000, -10_000, 0]


def test_an_assignment_that_ended_takes_no_room(run: Run) -> None:
    person = matching.candidate(matching.ward())
    for _each in range(3):
        matching.assignment(matching.need(), person, until_on=TODAY - timedelta(days=1))
    matching.need(priority=100)
    assert person.id in proposed(run())
