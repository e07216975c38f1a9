"""Importing postcode directories with `flask geography import`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.areas.importing import import_files
from app.areas.models import DirectoryEdition, Postcode
from app.areas.service import locate, look_up
from app.areas.types import ImportResult
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.errors import InvalidInput
from tests.factories import areas as make
from tests.shared_data import shared_data

HEADER = "pcds,doterm,lad25cd,wd25cd,lsoa21cd,east1m,north1m"
HOME = "IP24 1JD,,E07000143,E05010261,E01026466,587083,283849"
BORDER = "nspl_norfolk_suffolk_border.csv"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a file of the given lines."""

    def make_file(*lines: str, name: str = "nspl.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return make_file


def state(session: Session) -> tuple[object, ...]:
    """Return everything that an import can change."""
    rows = session.execute(select(Postcode.__table__).order_by(Postcode.postcode)).all()
    editions = session.execute(select(DirectoryEdition.__table__)).all()
    trail = session.scalar(select(func.count()).select_from(AuditEntry))
    return hash(tuple(rows)), tuple(editions), trail


def test_the_real_file_gives_wards_and_lsoas(session: Session) -> None:
    before = session.scalar(select(func.count()).select_from(Postcode))
    [result] = import_files(SYSTEM, [shared_data(BORDER)])
    assert result == ImportResult(BORDER, "postcodes", 12_311, 12_311, ())
    assert session.scalar(select(func.count()).select_from(Postcode)) == before

    home = look_up("ip241jd")
    assert (home.district, home.ward, home.lsoa) == ("E07000143", "E05010261", "E01026466")
    assert (home.exact, home.terminated) == (True, False)
    assert locate("IP24 1JD").settled == "directory"

    ended = look_up("IP22 2BT")
    assert (ended.found, ended.terminated, ended.exact) == (True, True, True)
    assert (ended.district, ended.ward, ended.lsoa) == ("E07000143", "E05010246", "E01026494")

    beyond = look_up("IP22 1AA")  # in the file, but in another district
    assert (beyond.found, beyond.district, beyond.ward) == (True, "E07000203", None)
    assert (beyond.exact, locate("IP22 1AA").settled) == (False, "outside")

    norwich = look_up("NR1 3JU")  # only in the packaged directory
    assert (norwich.district, norwich.exact) == ("E07000148", False)
    assert locate("NR1 3JU").settled == "outside"


def test_every_postcode_of_the_district_gets_a_ward_and_an_lsoa(session: Session) -> None:
    import_files(SYSTEM, [shared_data(BORDER)])
    unsettled = select(func.count()).where(
        Postcode.district == "E07000143", Postcode.ward.is_(None) | Postcode.lsoa.is_(None)
    )
    assert session.scalar(unsettled) == 0


def test_importing_the_same_file_again_changes_nothing(session: Session) -> None:
    path = shared_data(BORDER)
    import_files(SYSTEM, [path])
    before = state(session)
    assert (
        import_files(SYSTEM, [path, path]) == [ImportResult(BORDER, "postcodes", 12_311, 0, ())] * 2
    )
    assert state(session) == before


def test_an_import_is_recorded_in_the_audit_log(session: Session, write: Write) -> None:
    import_files(SYSTEM, [write(HEADER, HOME)])
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "geography.import")).one()
    assert entry.changes == {"file": "nspl.csv", "rows": 1, "vintage": "2025"}
    edition = session.get_one(DirectoryEdition, entry.subject_id)
    assert (edition.source, edition.vintage, edition.has_wards) == ("nspl.csv", "2025", True)


def test_the_last_of_several_files_counts(session: Session, write: Write) -> None:
    first = write(HEADER, HOME)
    second = write(HEADER, HOME.replace("E05010261", "E05010260"), name="newer.csv")
    import_files(SYSTEM, [first, second])
    assert look_up("IP24 1JD").ward == "E05010260"
    # Importing the first file again changes the row, because the second file had overwritten it.
    [again] = import_files(SYSTEM, [first])
    assert again.changed == 1
    assert look_up("IP24 1JD").ward == "E05010261"


def test_rows_that_are_not_in_the_file_are_kept(session: Session, write: Write) -> None:
    make.postcode("NR1 3JU", "E07000148", "E05009999", "E01009999")
    import_files(SYSTEM, [write(HEADER, HOME)])
    assert look_up("NR1 3JU").ward == "E05009999"


def test_old_column_names_are_recognised(session: Session, write: Write) -> None:
    header = "pcd,pcds,dointr,doterm,oslaua,osward,oseast1m,osnrth1m,lsoa11,lsoa21"
    row = '"IP241JD","IP24 1JD",198001,202302,E07000143,E05010261,587083,283849,E01000001,E01026466'
    import_files(SYSTEM, [write(header, row)])
    facts = look_up("IP24 1JD")
    assert (facts.ward, facts.lsoa, facts.terminated) == ("E05010261", "E01026466", True)
    assert session.scalars(select(DirectoryEdition.vintage)).all()[-1] == "2023-02"


def test_the_last_row_of_a_repeated_postcode_counts(session: Session, write: Write) -> None:
    path = write(
        HEADER, HOME, HOME.replace("IP24 1JD", "IP241JD").replace("E05010261", "E05010260")
    )
    [result] = import_files(SYSTEM, [path])
    assert (result.rows, look_up("IP24 1JD").ward) == (1, "E05010260")
    assert import_files(SYSTEM, [path])[0].changed == 0


def test_wards_and_lsoas_outside_the_programme_are_reported(session: Session, write: Write) -> None:
    header = HEADER.replace("lsoa21cd", "lsoa11cd")
    strange = [
        HOME.replace("1JD", f"1J{letter}").replace("E05010261", f"E0509000{number}")
        for number, letter in enumerate("ABDE", start=1)
    ]
    elsewhere = "NR1 3JU,,E07000148,E05099999,E01099999,623000,308000"
    old = HOME.replace("1JD", "1JF").replace("E01026466", "E01099999")
    [result] = import_files(SYSTEM, [write(header, HOME, *strange, elsewhere, old)])
    assert result.notes == (
        "4 postcodes are in wards (E05090001, E05090002, E05090003 and 1 more) that the programme"
        " does not include. We have not recorded their wards.",
        "1 postcode is in a 2011 LSOA (E01099999) that the programme does not include. We have"
        " not recorded its LSOA.",
    )


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ((HEADER, HOME, "IP24 1JE,2024,E07000143,,,,"), r"nspl\.csv, line 3: “2024” must be"),
        ((HEADER,), r"nspl\.csv has a header row but no postcodes"),
        (("name,postcode", "Ann,IP24 1JD"), r"nspl\.csv is neither a postcode directory"),
        (("pcds,doterm", "IP24 1JD,"), r"no column for the district \(lad25cd, laua or oslaua\); "),
        (("",), r"nspl\.csv is empty"),
    ],
)
def test_an_invalid_file_changes_nothing(
    session: Session, write: Write, lines: tuple[str, ...], sentence: str
) -> None:
    good = write(HEADER, HOME, name="good.csv")
    session.commit()
    before = state(session)
    with pytest.raises(InvalidInput, match=sentence):
        import_files(SYSTEM, [good, write(*lines)])
    session.rollback()
    assert state(session) == before


def test_files_that_cannot_be_read_as_text_are_rejected(session: Session, tmp_path: Path) -> None:
    archive, picture = tmp_path / "NSPL.zip", tmp_path / "map.png"
    archive.write_bytes(b"PK\x03\x04rest")
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff\xfe")
    latin = tmp_path / "latin.csv"
    latin.write_bytes(f"{HEADER}\n{HOME}\n".encode() * 500 + b"IP24 1J\xe9,,,,,,\n")
    for path, sentence in (
        (archive, "NSPL.zip is a ZIP archive. Unpack it and use the CSV file in its Data folder."),
        (picture, "map.png is neither a postcode directory"),
        (tmp_path, "cannot be read: Is a directory."),
        (tmp_path / "nowhere.csv", "cannot be read: No such file or directory."),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            import_files(SYSTEM, [path])
    with pytest.raises(InvalidInput, match=r"latin\.csv, line \d+: "):
        import_files(SYSTEM, [latin])
    session.rollback()
