"""The fictional people, without a database: reproducible, plausible and not real."""

from __future__ import annotations

from collections import Counter

import pytest

from app.demo.definition import load_definition
from app.demo.outlines import APPROVED, Outcome
from app.demo.people import HISTORY, PEOPLE, Population, make_people
from app.demo.places import DemoPlaces, Neighbourhood, Ward
from app.demo.timetable import make_timetable
from app.people.types import Basis, ContactKind, Source

TOWNS = ("dereham", "thetford", "attleborough", "swaffham", "watton")
SENSITIVE, OF_PARTNER = "domestic-abuse-support", "yana"


def _all_places() -> DemoPlaces:
    wards = tuple(
        Ward(number, f"E0{number:07}", f"Ward {number}", town, 590_000, 300_000, _postcodes(number))
        for number, town in enumerate((*TOWNS, *[""] * 12), 1)
    )
    return DemoPlaces(wards, _postcodes(90), (Neighbourhood(200, 1, "NR19 1AA"),))


def _postcodes(number: int) -> tuple[str, ...]:
    return tuple(f"NR{number} {digit}AA" for digit in range(1, 9))


@pytest.fixture(scope="module")
def population() -> Population:
    """Return all the people."""
    return make_people(load_definition(), _all_places(), SENSITIVE, OF_PARTNER)


def test_people_are_reproducible(population: Population) -> None:
    again = make_people(load_definition(), _all_places(), SENSITIVE, OF_PARTNER)
    assert again == population
    assert make_timetable(load_definition(), population, TOWNS) == make_timetable(
        load_definition(), again, TOWNS
    )


def test_there_are_four_hundred_people_with_unique_names(population: Population) -> None:
    assert len(population.people) == PEOPLE
    assert len({each.name for each in population.people}) == PEOPLE
    assert [each.number for each in population.people] == list(range(1, PEOPLE + 1))
    assert any(" " not in each.name for each in population.people)
    assert any("'" in each.name for each in population.people)
    assert any(len(each.name) > 30 for each in population.people)
    assert any(not each.name.isascii() for each in population.people)


def test_everybody_has_contact_details_and_a_unique_sign_in_address(
    population: Population,
) -> None:
    for each in population.people:
        assert each.contact_details.email or each.contact_details.phone or each.contact_details.post
    emails = Counter(
        each.contact_details.email for each in population.people if each.contact_details.email
    )
    assert max(emails.values()) == 1
    phones = Counter(
        each.contact_details.phone for each in population.people if each.contact_details.phone
    )
    assert max(phones.values()) > 1  # a household's
    assert any(each.contact_details.preferred is ContactKind.PHONE for each in population.people)


def test_dates_are_in_order(population: Population) -> None:
    for each in population.people:
        assert -HISTORY <= each.registered < 0
        if each.outcome in (Outcome.UNCONFIRMED, Outcome.WAITING):
            continue
        assert each.registered < each.decided < 0
        if each.ended is not None:
            assert each.decided <= each.ended < 0


def test_external_training_is_before_registration(population: Population) -> None:
    months = {each.kind: each.months for each in load_definition().external_training}
    for each in population.people:
        if each.prior_training is not None and each.prior_training.expiry_day is not None:
            awarded = each.prior_training.expiry_day - months[each.prior_training.kind] * 365 // 12
            assert awarded < each.registered, each


def test_protected_people_have_no_postcode(population: Population) -> None:
    protected = population.find_people(lambda each: each.protected)
    assert len(protected) > 10
    homes = [place for each in protected for place in each.places if place.basis is Basis.LIVES]
    assert {place.postcode for place in homes} == {None}


def test_nobody_else_near_the_champion_has_their_network(population: Population) -> None:
    champion = population.champion
    wards = {ward.code for ward in _all_places().wards_in_town(load_definition().champion.town)}
    assert champion.home in wards
    for each in population.people:
        if each is not champion and any(place.ward in wards for place in each.places):
            assert not set(champion.networks) & set(each.networks)


def test_imported_people_and_people_entered_by_staff(population: Population) -> None:
    sources = Counter(each.source for each in population.people)
    assert sources[Source.IMPORT] >= 20
    assert sources[Source.STAFF] >= 10


def test_nobody_takes_a_course_before_approval_or_after_leaving(
    population: Population,
) -> None:
    timetable = make_timetable(load_definition(), population, TOWNS)
    people = {each.number: each for each in population.people}
    for run in timetable.past:
        for booking in run.bookings:
            who = people[booking.number]
            assert who.outcome in APPROVED
            assert who.decided < run.first
            assert who.ended is None or who.ended > run.first
    bookings = Counter(
        (run.course, booking.number) for run in timetable.past for booking in run.bookings
    )
    assert max(bookings.values()) == 1
    assert len(timetable.past) > 15


def test_one_future_run_is_full_and_another_has_places(population: Population) -> None:
    timetable = make_timetable(load_definition(), population, TOWNS)
    left = {run.part.days: run.part.places - len(run.numbers) for run in timetable.future_runs}
    assert 0 in left.values()
    assert max(left.values()) > 5


def test_it_works_without_a_sensitive_network_or_a_partner() -> None:
    assert len(make_people(load_definition(), _all_places(), None, None).people) == PEOPLE
