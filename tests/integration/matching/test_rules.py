"""The hard rules, one by one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.areas.queries import area_by_code
from app.areas.types import AreaKind
from app.core import clock
from app.people.models import ExcludedArea
from app.people.types import AreaSource, Basis, CallOutcome
from tests.addresses import public_id
from tests.factories import accounts, areas, certificates, matching, organisations, people
from tests.integration.matching.conftest import Run, proposed

TODAY = clock.today()


def reason_for_empty_place(result: dict[str, Any]) -> str:
    (entry,) = result["unfilled"]
    return str(entry["why"])


def test_a_person_who_passes_every_rule_is_proposed(run: Run) -> None:
    person = matching.candidate(matching.ward())
    matching.need()
    assert proposed(run()) == [person.id]


def test_a_need_without_candidates_stays_empty(run: Run) -> None:
    matching.need()
    assert (
        reason_for_empty_place(run())
        == "Nobody in the network meets the requirements of this need."
    )


# A certificate in date on the day


def test_a_person_without_a_certificate_is_not_proposed(run: Run) -> None:
    matching.candidate(matching.ward(), kind=None)
    matching.need()
    assert (
        reason_for_empty_place(run())
        == "Nobody can be asked: 1 person does not have an in-date certificate."
    )


def test_a_certificate_counts_on_its_last_day(run: Run) -> None:
    person = matching.candidate(matching.ward(), kind=None)
    certificates.certificate(person, "mhfa-adult", awarded_on=date(2023, 1, 10), expires_on=TODAY)
    matching.need()
    assert proposed(run(on=TODAY)) == [person.id]
    assert proposed(run(on=TODAY + timedelta(days=1))) == []


def test_an_unconfirmed_certificate_does_not_count(run: Run, session: Session) -> None:
    person = matching.candidate(matching.ward(), kind=None)
    certificate = certificates.certificate(person, "mhfa-adult")
    certificate.confirmed_at = None
    matching.need()
    assert proposed(run()) == []


def test_a_kind_that_includes_the_required_one_counts(run: Run) -> None:
    person = matching.candidate(matching.ward(), kind="mhfa-adult")
    matching.need(kind="community-champion")
    assert proposed(run()) == [person.id]


def test_a_kind_other_than_the_required_one_does_not_count(run: Run) -> None:
    matching.candidate(matching.ward(), kind="community-champion")
    matching.need(kind="mhfa-adult")
    assert (
        reason_for_empty_place(run())
        == "Nobody can be asked: 1 person does not have an in-date certificate."
    )


def test_any_kind_means_any_kind_that_makes_a_champion(run: Run) -> None:
    matching.candidate(matching.ward(), kind="connect-5", awarded_on=date(2025, 1, 1))
    matching.need()
    assert proposed(run()) == []


# Active


@pytest.mark.parametrize("state", ["waiting", "left", "away", "quiet", "paused"])
def test_inactive_people_are_not_proposed(state: str, run: Run, session: Session) -> None:
    person = matching.candidate(
        matching.ward(),
        approved=state != "waiting",
        registered_at=clock.now() - timedelta(days=800),
        active_on=TODAY - timedelta(days=500 if state == "quiet" else 30),
    )
    if state == "left":
        person.left_on = TODAY
    if state == "away":
        people.absence(person, TODAY, TODAY + timedelta(days=7))
    if state == "paused":
        people.suspension(person, TODAY)
    if state == "quiet":
        for days in (20, 10):
            people.call(person, TODAY - timedelta(days=days), CallOutcome.NOT_REACHED)
    matching.need()
    result = run()
    assert proposed(result) == []
    inactive = "Nobody can be asked: 1 person has not been in touch in the last year, or is away."
    expected = dict.fromkeys(("paused", "away", "quiet"), inactive)
    nobody = "Nobody in the network meets the requirements of this need."
    assert reason_for_empty_place(result) == expected.get(state, nobody)


@pytest.mark.parametrize("failed_calls", [0, 1])
def test_people_not_heard_from_are_proposed_until_two_calls_have_failed(
    failed_calls: int, run: Run
) -> None:
    person = matching.candidate(
        matching.ward(),
        registered_at=clock.now() - timedelta(days=800),
        active_on=TODAY - timedelta(days=500),
    )
    for days in range(failed_calls):
        people.call(person, TODAY - timedelta(days=10 + days), CallOutcome.NOT_REACHED)
    matching.need()
    assert proposed(run()) == [person.id]


def test_activity_is_judged_on_the_day_of_the_run(run: Run) -> None:
    person = matching.candidate(matching.ward())
    people.absence(person, TODAY, TODAY + timedelta(days=7))
    matching.need()
    assert proposed(run(on=TODAY + timedelta(days=7))) == []
    assert proposed(run(on=TODAY + timedelta(days=8))) == [person.id]


# The network


def test_only_members_on_the_day_are_proposed(run: Run) -> None:
    network = organisations.network()
    home = matching.ward()
    matching.candidate(home)
    former, member = matching.candidate(home), matching.candidate(home, networks=[network])
    people.membership(former, network, from_on=date(2020, 1, 1), until_on=TODAY - timedelta(days=1))
    matching.need(network=network, places=3)
    result = run()
    assert proposed(result) == [member.id]
    assert result["proposals"][0]["network"] == network.slug
    assert result["unfilled"][0]["network"] == network.slug


# Reach


@pytest.mark.parametrize(("metres", "reached"), [(15_000, True), (15_001, False)])
def test_reach_is_judged_in_metres(metres: int, reached: bool, run: Run) -> None:
    person = matching.candidate(matching.ward(east=metres))
    matching.need()
    result = run()
    assert proposed(result) == ([person.id] if reached else [])
    if not reached:
        assert reason_for_empty_place(result) == (
            "Nobody can be asked: 1 person lives further away than they are willing to travel."
        )


def test_the_nearest_place_counts_and_a_postcode_takes_precedence(run: Run) -> None:
    east, north = matching.CENTRE
    areas.postcode("ZX1 1AA", None, at=(east + 2_400, north))
    person = matching.candidate(None)
    far = matching.ward(east=90_000)
    people.presence(person, Basis.WORKS, ward_id=far.id)
    people.presence(person, Basis.LIVES, postcode="ZX1 1AA", ward_id=far.id)
    matching.need()
    (proposal,) = run()["proposals"]
    assert proposal["terms"]["distance"] == -2_000


def test_a_person_outside_the_district_is_located_by_postcode(run: Run) -> None:
    east, north = matching.CENTRE
    areas.postcode("ZX1 1AB", "E07000148", at=(east, north + 9_000))
    person = matching.candidate(None)
    people.presence(person, postcode="ZX1 1AB", district="E07000148", settled=AreaSource.OUTSIDE)
    matching.need()
    assert proposed(run()) == [person.id]


UNAVAILABLE = (
    "Nobody can be asked: 1 person does not want to help in this area, or we do not know where "
    "they are."
)
BUSY = "Nobody can be asked: 1 person already helps in the maximum number of places."


def test_a_person_without_a_known_place_is_not_proposed(run: Run) -> None:
    person = matching.candidate(None)
    people.presence(person, settled=AreaSource.UNSETTLED)
    matching.need()
    assert reason_for_empty_place(run()) == UNAVAILABLE


def test_a_former_place_does_not_count(run: Run) -> None:
    person = matching.candidate(matching.ward(east=90_000))
    people.presence(
        person,
        ward_id=matching.ward().id,
        from_on=date(2020, 1, 1),
        until_on=TODAY - timedelta(days=1),
    )
    matching.need()
    assert proposed(run()) == []


def test_the_distance_is_zero_where_a_person_offered_to_help(run: Run) -> None:
    area = matching.ward(east=60_000)
    person = matching.candidate(matching.ward())
    people.presence(person, Basis.COULD_HELP, ward_id=area.id)
    matching.need(area)
    (proposal,) = run()["proposals"]
    assert proposal["terms"]["distance"] == 0
    assert proposal["person"] == public_id("people", person.id)


def test_an_offer_to_help_in_a_ward_covers_its_lsoas_and_its_town(
    run: Run, session: Session
) -> None:
    ward, lsoa = matching.ward(east=60_000), areas.area(AreaKind.LSOA, easting=770_000)
    town = areas.area(AreaKind.TOWN, easting=780_000)
    areas.part(ward, lsoa)
    areas.part(town, ward)
    person = matching.candidate(matching.ward())
    people.presence(person, Basis.COULD_HELP, ward_id=ward.id)
    matching.need(lsoa)
    matching.need(town)
    result = run()
    assert proposed(result) == [person.id] * 2
    assert {each["terms"]["distance"] for each in result["proposals"]} == {0}


def test_a_place_where_a_person_serves_does_not_extend_their_reach(run: Run) -> None:
    elsewhere = matching.ward(east=60_000)
    person = matching.candidate(matching.ward())
    matching.assignment(matching.need(elsewhere), person)
    matching.need(matching.ward(east=61_000))
    assert proposed(run()) == []


def test_a_need_for_the_district_includes_its_wards(run: Run) -> None:
    district, thetford = area_by_code("E07000143"), area_by_code("thetford")
    assert district and thetford
    home = areas.area(easting=thetford.easting, northing=thetford.northing)
    person, far = matching.candidate(home), matching.candidate(matching.ward(east=300_000))
    matching.need(district, places=2)
    assert proposed(run()) == [person.id]
    assert far.id not in proposed(run())


# Protected people, who are located only by the ward they chose


def test_a_protected_persons_distance_is_measured_from_their_ward(run: Run) -> None:
    person = matching.candidate(None, protected=True)
    people.presence(person, ward_id=matching.ward(east=7_000).id)
    matching.need()
    (proposal,) = run()["proposals"]
    assert proposal["terms"]["distance"] == -7_000


def test_a_protected_person_without_a_ward_is_not_proposed(run: Run) -> None:
    person = matching.candidate(None, protected=True)
    people.presence(person, settled=AreaSource.UNSETTLED)
    matching.need()
    assert proposed(run()) == []


def test_distances_are_shown_in_whole_kilometres(run: Run) -> None:
    """Exact distances from several needs would reveal a home that staff may know only by ward."""
    matching.candidate(matching.ward(east=3_499, north=0))
    matching.candidate(matching.ward(east=3_500, north=0))
    matching.need(places=2)
    distances = [each["terms"]["distance"] for each in run()["proposals"]]
    assert distances == [-3_000, -4_000]


# Areas ruled out and blocks


@pytest.mark.parametrize("level", ["the area", "a part of it", "what it lies in"])
def test_an_area_that_a_person_ruled_out_is_respected(
    level: str, run: Run, session: Session
) -> None:
    area, other = matching.ward(), matching.ward()
    if level == "a part of it":
        areas.part(area, other)
    if level == "what it lies in":
        areas.part(other, area)
    ruled_out = area if level == "the area" else other
    person = matching.candidate(matching.ward())
    session.add(ExcludedArea(person_id=person.id, area_id=ruled_out.id))
    matching.need(area)
    result = run()
    assert proposed(result) == []
    assert reason_for_empty_place(result) == UNAVAILABLE


def test_a_person_who_blocked_the_needs_creator_is_not_counted(run: Run) -> None:
    maker = accounts.coordinator()
    people.block(matching.candidate(matching.ward()), user=maker)
    matching.need(by=maker)
    result = run()
    assert proposed(result) == []
    assert (
        reason_for_empty_place(result)
        == "Nobody in the network meets the requirements of this need."
    )


def test_a_person_who_blocked_the_networks_organisation_is_not_counted(run: Run) -> None:
    organisation = organisations.organisation()
    network = organisations.network(approver=organisation)
    person = matching.candidate(matching.ward(), networks=[network])
    people.block(person, organisation=organisation)
    matching.need(network=network)
    result = run()
    assert proposed(result) == []
    assert (
        reason_for_empty_place(result)
        == "Nobody in the network meets the requirements of this need."
    )


def test_an_ended_block_has_no_effect(run: Run) -> None:
    maker = accounts.coordinator()
    person = matching.candidate(matching.ward())
    people.block(person, user=maker).until_on = TODAY - timedelta(days=1)
    matching.need(by=maker)
    assert proposed(run()) == [person.id]


# The limit for one person


def test_a_person_holds_at_most_three_assignments(run: Run) -> None:
    person = matching.candidate(matching.ward())
    for _each in range(2):
        matching.assignment(matching.need(), person)
    matching.proposal(matching.need(), person, sent=True)
    matching.need(priority=100)
    result = run()
    assert proposed(result) == []
    assert reason_for_empty_place(result) == BUSY


def test_a_run_proposes_a_person_for_at_most_three_needs(run: Run) -> None:
    person = matching.candidate(matching.ward())
    for _each in range(5):
        matching.need(priority=100)
    result = run()
    assert proposed(result) == [person.id] * 3
    assert len(result["unfilled"]) == 2
    prices = sorted(each["terms"]["further_assignment"] for each in result["proposals"])
    assert prices == [-30_000, -10_000, 0]


def test_an_ended_assignment_does_not_count_towards_the_limit(run: Run) -> None:
    person = matching.candidate(matching.ward())
    for _each in range(3):
        matching.assignment(matching.need(), person, until_on=TODAY - timedelta(days=1))
    matching.need(priority=100)
    assert person.id in proposed(run())
