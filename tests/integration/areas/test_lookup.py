"""Looking up postcodes and finding their areas."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.areas import queries, service
from app.areas.grid import to_grid
from app.areas.types import UNKNOWN, AreaKind, PostcodeFacts
from tests.factories import areas as make

BRECKLAND, NORWICH = "E07000143", "E07000148"
PRIORY, PRIORY_LSOA = "E05010261", "E01026466"


def test_before_an_import_only_the_district_is_known(session: Session) -> None:
    facts = service.look_up("ip241jd")
    assert (facts.postcode, facts.found, facts.terminated) == ("IP24 1JD", True, False)
    assert (facts.district, facts.ward, facts.lsoa, facts.exact) == (BRECKLAND, None, None, False)
    location = service.locate("IP24 1JD")
    assert (location.settled, location.ward_id, location.lsoa_id) == ("unsettled", None, None)
    assert location.district == BRECKLAND
    assert (location.easting, location.northing) == (587083, 283849)


@pytest.mark.parametrize("typed", ["IP24 1JD", "ip241jd", " Ip24-1jd. "])
def test_a_postcode_is_recognised_in_any_format(session: Session, typed: str) -> None:
    facts = service.look_up(typed)
    assert (facts.asked, facts.postcode, facts.found) == (typed, "IP24 1JD", True)


def test_a_postcode_in_another_district_is_outside(session: Session) -> None:
    assert service.look_up("NR1 3JU").district == NORWICH
    location = service.locate("NR1 3JU")
    assert (location.district, location.settled, location.ward_id) == (NORWICH, "outside", None)


def test_a_valid_postcode_that_is_not_in_the_directory_is_unknown(session: Session) -> None:
    expected = PostcodeFacts("nr99 9zz", "NR99 9ZZ", False, False, None, None, None, False)
    assert service.look_up("nr99 9zz") == expected
    assert service.locate("nr99 9zz") == UNKNOWN


@pytest.mark.parametrize("typed", ["ZZ1 1ZZ", "Dereham", "", "IP24", "I’m not sure", "\x00"])
def test_text_that_is_not_a_postcode_is_unknown(session: Session, typed: str) -> None:
    assert service.look_up(typed) == PostcodeFacts(
        typed, None, False, False, None, None, None, False
    )
    assert service.locate(typed) == UNKNOWN


def test_an_imported_directory_gives_the_ward_and_lsoa(session: Session) -> None:
    row = make.postcode("IP24 1JD", BRECKLAND, PRIORY, PRIORY_LSOA)
    assert service.look_up("IP24 1JD").exact
    location = service.locate("IP24 1JD")
    ids = queries.programme_area_ids([PRIORY, PRIORY_LSOA])
    assert (location.ward_id, location.lsoa_id) == (ids[PRIORY], ids[PRIORY_LSOA])
    assert (location.settled, location.edition_id) == ("directory", row.edition_id)


def test_a_terminated_postcode_keeps_its_areas(session: Session) -> None:
    make.postcode("IP24 1JD", BRECKLAND, PRIORY, PRIORY_LSOA, terminated_on=date(2024, 1, 1))
    facts = service.look_up("IP24 1JD")
    assert (facts.terminated, facts.exact) == (True, True)
    assert (facts.district, facts.ward, facts.lsoa) == (BRECKLAND, PRIORY, PRIORY_LSOA)
    assert service.locate("IP24 1JD").settled == "directory"


def test_wards_outside_the_programme_leave_postcodes_without_a_ward(session: Session) -> None:
    new = make.edition(has_wards=True)
    make.postcode("IP24 1JD", BRECKLAND, "E05099999", "E01099999", stems_from=new)
    make.postcode("NR1 3JU", NORWICH, "E05099998", "E01099998", stems_from=new)
    make.postcode("IP24 1JE", BRECKLAND, PRIORY, "E01099999", stems_from=new)
    make.postcode("IP24 1JF", BRECKLAND, None, None, stems_from=new)
    make.postcode("GY1 1AA", None, None, None, stems_from=new)
    assert service.locate("IP24 1JD").settled == "unsettled"
    assert service.locate("NR1 3JU").settled == "outside"
    half = service.locate("IP24 1JE")
    assert (half.settled, half.lsoa_id) == ("directory", None)
    assert service.locate("IP24 1JF").settled == "unsettled"
    assert not service.look_up("IP24 1JF").exact
    assert service.locate("GY1 1AA").settled == "unsettled"


def test_locating_many_postcodes_takes_as_many_queries_as_locating_one(session: Session) -> None:
    postcodes = [f"IP24 {number}J{letter}" for number in range(1, 10) for letter in "ABDEFGHJL"]
    statements: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
    service.locate_all(["IP24 1JD"])
    for_one = len(statements)
    found = service.locate_all([*postcodes, "Dereham"])
    assert len(statements) == 2 * for_one
    assert len(found) == 82
    assert found["IP24 1JD"] == service.locate("ip241jd")
    assert found["Dereham"] == UNKNOWN


def test_nearest_wards_are_sorted_by_distance(session: Session) -> None:
    facts = service.look_up("IP24 1JD")
    assert facts.easting and facts.northing
    near = service.nearest_wards(facts.easting, facts.northing, limit=4)
    assert {place.name for place in near} >= {"Thetford Castle", "Thetford Priory"}
    assert near == service.nearest_wards(facts.easting, facts.northing)[:4]
    assert len(service.nearest_wards(facts.easting, facts.northing)) == 6


def test_nearest_wards_include_only_current_wards_of_the_programme(session: Session) -> None:
    nearest = make.area(easting=10, northing=10)
    make.area(easting=11, northing=11, in_programme=False)
    make.area(easting=11, northing=11, valid_until=date(2027, 5, 5))
    make.area(easting=None, northing=None)
    make.area(AreaKind.LSOA, easting=11, northing=11)
    farther = make.area(easting=400_000, northing=1)
    found = service.nearest_wards(0, 0, limit=2)
    assert [place.id for place in found] == [nearest.id, farther.id]


def test_the_programmes_centres_agree_in_degrees_and_metres(session: Session) -> None:
    for kind in (AreaKind.WARD, AreaKind.LSOA):
        for area in queries.areas_for_map(kind):
            assert area.latitude and area.longitude
            metres = to_grid(area.latitude, area.longitude)
            assert metres == pytest.approx((area.easting, area.northing), abs=10)
