"""Made-up people, without a database: the same each time, plausible, and nobody's."""

from __future__ import annotations

from collections import Counter

import pytest

from app.demo.cast import HISTORY, PEOPLE, Cast, make_cast
from app.demo.places import Neighbourhood, Ward, World
from app.demo.roles import APPROVED, Fate
from app.demo.script import script
from app.demo.timetable import make_timetable
from app.people.types import Basis, ContactKind, Source

TOWNS = ("dereham", "thetford", "attleborough", "swaffham", "watton")
SENSITIVE, OF_PARTNER = "domestic-abuse-support", "yana"


def _world() -> World:
    wards = tuple(
        Ward(number, f"E0{number:07}", f"Ward {number}", town, 590_000, 300_000, _postcodes(number))
        for number, town in enumerate((*TOWNS, *[""] * 12), 1)
    )
    return World(wards, _postcodes(90), (Neighbourhood(200, 1, "NR19 1AA"),))


def _postcodes(number: int) -> tuple[str, ...]:
    return tuple(f"NR{number} {digit}AA" for digit in range(1, 9))


@pytest.fixture(scope="module")
def cast() -> Cast:
    """Everybody."""
    return make_cast(script(), _world(), SENSITIVE, OF_PARTNER)


def test_it_is_the_same_each_time(cast: Cast) -> None:
    again = make_cast(script(), _world(), SENSITIVE, OF_PARTNER)
    assert again == cast
    assert make_timetable(script(), cast, TOWNS) == make_timetable(script(), again, TOWNS)


def test_there_are_four_hundred_each_with_a_name_of_their_own(cast: Cast) -> None:
    assert len(cast.people) == PEOPLE
    assert len({each.name for each in cast.people}) == PEOPLE
    assert [each.number for each in cast.people] == list(range(1, PEOPLE + 1))
    assert any(" " not in each.name for each in cast.people)
    assert any("'" in each.name for each in cast.people)
    assert any(len(each.name) > 30 for each in cast.people)
    assert any(not each.name.isascii() for each in cast.people)


def test_everybody_can_be_reached_and_no_sign_in_address_is_shared(cast: Cast) -> None:
    for each in cast.people:
        assert each.reach.email or each.reach.phone or each.reach.post
    emails = Counter(each.reach.email for each in cast.people if each.reach.email)
    assert max(emails.values()) == 1
    phones = Counter(each.reach.phone for each in cast.people if each.reach.phone)
    assert max(phones.values()) > 1  # a household's
    assert any(each.reach.preferred is ContactKind.PHONE for each in cast.people)


def test_things_happen_in_order(cast: Cast) -> None:
    for each in cast.people:
        assert -HISTORY <= each.registered < 0
        if each.fate in (Fate.UNCONFIRMED, Fate.WAITING):
            continue
        assert each.registered < each.decided < 0
        if each.ended is not None:
            assert each.decided <= each.ended < 0


def test_training_elsewhere_came_before_they_registered(cast: Cast) -> None:
    months = {each.kind: each.months for each in script().elsewhere}
    for each in cast.people:
        if each.held is not None and each.held.lapses is not None:
            awarded = each.held.lapses - months[each.held.kind] * 365 // 12
            assert awarded < each.registered, each


def test_protected_people_give_a_ward_or_nothing(cast: Cast) -> None:
    protected = cast.who(lambda each: each.protected)
    assert len(protected) > 10
    homes = [place for each in protected for place in each.places if place.basis is Basis.LIVES]
    assert {place.postcode for place in homes} == {None}


def test_nobody_else_near_the_champion_has_their_network(cast: Cast) -> None:
    champion = cast.champion
    wards = {ward.code for ward in _world().in_town(script().champion.town)}
    assert champion.home in wards
    for each in cast.people:
        if each is not champion and any(place.ward in wards for place in each.places):
            assert not set(champion.networks) & set(each.networks)


def test_the_partner_s_list_and_the_office_s_people_are_there(cast: Cast) -> None:
    sources = Counter(each.source for each in cast.people)
    assert sources[Source.IMPORT] >= 20
    assert sources[Source.STAFF] >= 10


def test_nobody_takes_a_course_before_they_are_taken_on_or_after_they_left(cast: Cast) -> None:
    timetable = make_timetable(script(), cast, TOWNS)
    people = {each.number: each for each in cast.people}
    for run in timetable.past:
        for seat in run.seats:
            who = people[seat.number]
            assert who.fate in APPROVED
            assert who.decided < run.first
            assert who.ended is None or who.ended > run.first
    seats = Counter((run.course, seat.number) for run in timetable.past for seat in run.seats)
    assert max(seats.values()) == 1
    assert len(timetable.past) > 15


def test_a_run_to_come_is_full_and_another_has_places(cast: Cast) -> None:
    timetable = make_timetable(script(), cast, TOWNS)
    left = {run.part.days: run.part.places - len(run.numbers) for run in timetable.coming}
    assert 0 in left.values()
    assert max(left.values()) > 5


def test_without_a_sensitive_network_or_a_partner_it_works_too() -> None:
    assert len(make_cast(script(), _world(), None, None).people) == PEOPLE
