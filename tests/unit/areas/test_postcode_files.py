"""Reading postcode directory files of several vintages."""

from __future__ import annotations

import io
from datetime import date

import pytest

from app.areas.postcode_files import open_directory, recognise_layout
from app.areas.types import PostcodeRow
from app.core.errors import InvalidInput

# The header rows of the published files, by vintage.
NSPL_2026 = (
    "pcd7,pcd8,pcds,dointr,doterm,usrtypind,east1m,north1m,gridind,oa21cd,cty26cd,ced25cd,lad26cd,"
    "wd26cd,nhser24cd,ctry26cd,rgn26cd,pcon24cd,ttwa15cd,itl25cd,npark16cd,lsoa21cd,msoa21cd,"
    "wz11cd,sicbl26cd,bua24cd,ruc21ind,oac21ind,lat,long,lep21cd1,lep21cd2,pfa23cd,imd25ind,icb26cd"
)
NSPL_2025 = (
    "pcd7,pcd8,pcds,dointr,doterm,usrtypind,east1m,north1m,gridind,oa21cd,cty25cd,ced25cd,lad25cd,"
    "wd25cd,nhser24cd,ctry25cd,rgn25cd,pcon24cd,ttwa15cd,itl25cd,npark16cd,lsoa21cd,msoa21cd,"
    "wz11cd,sicbl24cd,bua24cd,ruc21ind,oac11ind,lat,long,lep21cd1,lep21cd2,pfa23cd,imd20ind,icb23cd"
)
NSPL_MAY_2025 = (
    "pcd,pcd2,pcds,dointr,doterm,usertype,oseast1m,osnrth1m,osgrdind,oa21,cty,ced,laua,ward,nhser,"
    "ctry,rgn,pcon,ttwa,itl,park,lsoa21,msoa21,wz11,sicbl,bua24,ruc21,oac11,lat,long,lep1,lep2,pfa,"
    "imd,icb"
)
NSPL_2020 = (
    "pcd,pcd2,pcds,dointr,doterm,usertype,oseast1m,osnrth1m,osgrdind,oa11,cty,ced,laua,ward,hlthau,"
    "nhser,ctry,rgn,pcon,eer,teclec,ttwa,pct,nuts,park,lsoa11,msoa11,wz11,ccg,bua11,buasd11,ru11ind,"
    "oac11,lat,long,lep1,lep2,pfa,imd,calncv,stp"
)
ONSPD_2023 = (
    "pcd,pcd2,pcds,dointr,doterm,oscty,ced,oslaua,osward,parish,usertype,oseast1m,osnrth1m,"
    "osgrdind,oshlthau,nhser,ctry,rgn,streg,pcon,eer,teclec,ttwa,pct,itl,statsward,oa01,casward,"
    "park,lsoa01,msoa01,ur01ind,oac01,oa11,lsoa11,msoa11,wz11,sicbl,bua11,buasd11,ru11ind,oac11,"
    "lat,long,lep1,lep2,pfa,imd,calncv,icb,oa21,lsoa21,msoa21"
)
ONSPD_2025 = (
    "pcd7,pcd8,pcds,dointr,doterm,cty25cd,ced25cd,lad25cd,wd25cd,parncp25cd,usrtypind,east1m,"
    "north1m,gridind,hlth19cd,nhser24cd,ctry25cd,rgn25cd,ssr95cd,pcon24cd,eer20cd,educ23cd,"
    "ttwa15cd,pco19cd,itl25cd,wdstl05cd,oa01cd,wdcas03cd,npark16cd,lsoa01cd,msoa01cd,ruc01ind,"
    "oac01ind,oa11cd,lsoa11cd,msoa11cd,wz11cd,bua24cd,ruc11ind,oac11ind,lat,long,lep21cd1,lep21cd2,"
    "pfa23cd,imd20ind,cal24cd,oa21cd,lsoa21cd,msoa21cd,ruc21ind,icb23cd,sicbl24cd"
)
SHORT = "pcds,dointr,doterm,lad25cd,wd25cd,lsoa21cd,east1m,north1m,lat,long"


@pytest.mark.parametrize(
    ("header", "columns", "code_year", "lsoa_year"),
    [
        (NSPL_2026, ("pcds", "lad26cd", "wd26cd", "lsoa21cd", "east1m", "north1m"), 2026, 2021),
        (NSPL_2025, ("pcds", "lad25cd", "wd25cd", "lsoa21cd", "east1m", "north1m"), 2025, 2021),
        (NSPL_MAY_2025, ("pcds", "laua", "ward", "lsoa21", "oseast1m", "osnrth1m"), None, 2021),
        (NSPL_2020, ("pcds", "laua", "ward", "lsoa11", "oseast1m", "osnrth1m"), None, 2011),
        (ONSPD_2023, ("pcds", "oslaua", "osward", "lsoa21", "oseast1m", "osnrth1m"), None, 2021),
        (ONSPD_2025, ("pcds", "lad25cd", "wd25cd", "lsoa21cd", "east1m", "north1m"), 2025, 2021),
    ],
    ids=["NSPL 2026", "NSPL 2025", "NSPL May 2025", "NSPL 2020", "ONSPD 2023", "ONSPD 2025"],
)
def test_columns_are_found_in_every_vintage(
    header: str, columns: tuple[str, ...], code_year: int | None, lsoa_year: int
) -> None:
    names = header.split(",")
    layout = recognise_layout(names)
    found = [
        names[layout.positions[what]]
        for what in ("postcode", "district", "ward", "lsoa", "easting", "northing")
    ]
    assert tuple(found) == columns
    assert names[layout.positions["terminated"]] == "doterm"
    assert (layout.code_year, layout.lsoa_year, layout.missing) == (code_year, lsoa_year, ())


def read(header: str, *lines: str) -> list[PostcodeRow]:
    file = open_directory("a.csv", io.StringIO("\n".join([header, *lines]) + "\n"))
    return list(file.rows())


def line(**cells: str) -> str:
    """Return a row with the columns of SHORT and these cells."""
    usual = {
        "pcds": "IP24 1JD",
        "dointr": "198001",
        "lad25cd": "E07000143",
        "wd25cd": "E05010261",
        "lsoa21cd": "E01026466",
        "east1m": "587083",
        "north1m": "283849",
    }
    cells_of_row = usual | cells
    return ",".join(cells_of_row.get(name, "") for name in SHORT.split(","))


def test_a_row_of_the_official_file_is_read() -> None:
    row = (
        '"CA8 7JG","CA8  7JG","CA8 7JG","200006","","0","366033","564878","1","E00139875",'
        '"E99999999","E99999999","E06000057","E05016114","E40000012","E92000001","E12000001",'
        '"E14001285","E30000064","E06000057","E65000001","E01027484","E02005728","E33002161",'
        '"E38000130","E63999999","RSN1","1B1",54.977349,-2.532223,"E37000025","","E23000007",17158,'
        '"E54000050"'
    )
    assert read(NSPL_2025, row) == [
        PostcodeRow("CA87JG", "E06000057", "E05016114", "E01027484", 366033, 564878, None)
    ]


def test_unknown_values_are_none() -> None:
    terminated = line(doterm="202401")
    nowhere = line(pcds="GY1 1AA", lad25cd="L99999999", wd25cd="L99999999", lsoa21cd="L99999999")
    no_grid = line(pcds="NR1 3ZZ", east1m="", north1m="", lat="99.999999", long="0.000000")
    belfast = line(pcds="BT1 1AA", east1m="333000", north1m="374000")
    rows = read(SHORT, terminated, nowhere, no_grid, belfast, "", line(pcds="GIR 0AA"))
    assert rows[0].terminated_on == date(2024, 1, 1)
    assert (rows[1].district, rows[1].ward, rows[1].lsoa) == ("L99999999", None, None)
    assert (rows[2].easting, rows[2].northing) == (None, None)
    assert (rows[3].easting, rows[3].northing) == (
        None,
        None,
    )  # the file gives metres on the Irish grid
    assert rows[4].postcode == "GIR0AA"


def test_missing_metres_are_calculated_from_degrees() -> None:
    row = read(SHORT, line(east1m="", north1m="", lat="52.42064", long="0.74979"))[0]
    assert row.easting == pytest.approx(587083, abs=10)
    assert row.northing == pytest.approx(283849, abs=10)


@pytest.mark.parametrize(
    ("header", "rows", "vintage"),
    [
        (SHORT, [line(dointr="202511"), line(dointr="198001", doterm="202509")], "2025-11"),
        (SHORT, [line(dointr="198001")], "2025"),
        (SHORT.replace("25cd", "cd").replace("ladcd", "laua").replace("wdcd", "ward"),
         [line(dointr="202008")], "2020-08"),
    ],
)  # fmt: skip
def test_the_vintage_is_the_newest_month_or_the_year_of_the_codes(
    header: str, rows: list[str], vintage: str
) -> None:
    file = open_directory("a.csv", io.StringIO("\n".join([header, *rows])))
    assert len(list(file.rows())) == len(rows)
    assert file.vintage == vintage
    assert file.has_wards


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (line(pcds="Dereham town"), "“Dereham town” is not a postcode"),
        (line(pcds=""), "“” is not a postcode"),
        (line(wd25cd="Watton"), "“Watton” must be the code of an area, for example E07000143"),
        (line(doterm="2024"), "“2024” must be a year and month, for example 202511"),
        (line(doterm="202413"), "“202413” must be a year and month, for example 202511"),
        (line(east1m="east"), "“east” must be a number of metres on the National Grid"),
        (line(north1m="9999999"), "“9999999” must be a number of metres on the National Grid"),
        (line(east1m="inf"), "“inf” must be a number of metres on the National Grid"),
        ("IP24 1JD,198001", "it has 2 columns, but the first line has 10"),
    ],
)
def test_an_invalid_row_is_reported_with_its_line_number(row: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as error:
        read(SHORT, line(), row)
    assert error.value.message == f"a.csv, line 3: {sentence}."


def test_a_truncated_file_is_rejected() -> None:
    with pytest.raises(InvalidInput, match=r"a\.csv, line 3: "):
        read(SHORT, line(), '"IP24 1JE')


def test_missing_columns_are_listed() -> None:
    header = "pcds,doterm,lad25cd,east1m,north1m"
    with pytest.raises(InvalidInput) as error:
        read(header)
    assert error.value.message == (
        "a.csv is not a complete postcode directory. It has no column for the ward (wd25cd, ward or"
        " osward); the LSOA (lsoa21cd or lsoa21)."
    )


@pytest.mark.parametrize("text", ["name,email\nAnn,a@b.example\n", "hello\n", '"', "\x00\x01"])
def test_a_file_that_is_not_a_postcode_directory_is_rejected(text: str) -> None:
    with pytest.raises(InvalidInput, match="neither a postcode directory .* nor boundaries"):
        open_directory("a.csv", io.StringIO(text))


def test_a_header_can_have_a_byte_order_mark_and_capitals() -> None:
    header = "\ufeff" + SHORT.upper()
    assert read(header, line())[0].postcode == "IP241JD"
