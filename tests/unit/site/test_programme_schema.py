"""Reading a programme file, and reporting its errors."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.site.programme import ProgrammeError, digest, key_path, load_programme
from app.site.programme_schema import Programme

BRECKLAND = Path(__file__).parents[3] / "app/programmes/breckland.toml"
FIVE_TOWNS = {"attleborough": 15, "dereham": 15, "swaffham": 10, "thetford": 15, "watton": 10}


@pytest.fixture(scope="module")
def breckland() -> Programme:
    return load_programme(BRECKLAND)


@pytest.fixture
def mistakes(tmp_path: Path) -> Callable[[str, str], tuple[str, ...]]:
    """Return a function that replaces `old` by `new` in Breckland's file and returns its errors."""
    text = BRECKLAND.read_text(encoding="utf-8")

    def errors_after(old: str, new: str) -> tuple[str, ...]:
        assert old in text
        path = tmp_path / "changed.toml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ProgrammeError) as error:
            load_programme(path)
        return error.value.errors

    return errors_after


# --- Breckland's own file ---


def test_breckland_has_its_wards_and_small_areas(breckland: Programme) -> None:
    geography = breckland.geography
    assert len(geography.wards) == 27
    assert len(geography.lsoas) == 80
    by_decile = [lsoa.imd_decile for lsoa in geography.lsoas]
    assert (by_decile.count(1), by_decile.count(2), by_decile.count(3)) == (1, 5, 8)
    assert BRECKLAND.stat().st_size < 300_000


def test_the_five_towns_need_65_champions(breckland: Programme) -> None:
    status = breckland.community_status
    assert status is not None
    population = {ward.code: ward.population for ward in breckland.geography.wards}
    needed = {}
    for town in breckland.towns:
        band = status.versions[-1].find_band("town", sum(population[code] for code in town.wards))
        assert band is not None
        needed[town.slug] = band.needed
    assert needed == FIVE_TOWNS
    assert sum(needed.values()) == 65
    assert {award.area for award in status.awards} == {*FIVE_TOWNS, "swanton-morley"}


def test_each_ward_is_in_one_of_the_two_localities(breckland: Programme) -> None:
    in_a_locality = [code for each in breckland.localities for code in each.wards]
    assert sorted(in_a_locality) == sorted(ward.code for ward in breckland.geography.wards)


def test_targets_have_numbers_and_sources(breckland: Programme) -> None:
    needed = {target.slug: target.needed for target in breckland.targets}
    assert (needed["champions-50"], needed["yana-15"], needed["yana-100"]) == (50, 15, 100)
    assert needed["domestic-abuse-mhfas"] is None
    assert all(target.source for target in breckland.targets)
    assert sum(1 for number in needed.values() if number is None) >= 6


def test_the_panel_has_the_four_lines_and_no_withdrawn_number(breckland: Programme) -> None:
    lines = breckland.crisis_lines
    assert [line.slug for line in lines if line.panel] == [
        "emergency",
        "nhs-111",
        "samaritans",
        "shout",
    ]
    assert not any("0808 196 3494" in line.number for line in lines)
    assert all(line.checked_on <= date(2026, 11, 22) for line in lines)


def test_only_the_survivors_network_is_sensitive(breckland: Programme) -> None:
    assert [each.slug for each in breckland.networks if each.sensitive] == [
        "domestic-abuse-support"
    ]


def test_our_certificate_has_the_programmes_name(breckland: Programme) -> None:
    own = [kind for kind in breckland.certificate_kinds if kind.own]
    assert [kind.awarding_body for kind in own] == [breckland.programme.name]


def test_a_programme_is_immutable(breckland: Programme) -> None:
    with pytest.raises(ValidationError):
        breckland.programme.name = "Another"
    assert isinstance(breckland.networks, tuple)


def test_the_digest_depends_on_content_only(breckland: Programme, tmp_path: Path) -> None:
    text = BRECKLAND.read_text(encoding="utf-8")
    path = tmp_path / "p.toml"
    path.write_text("# a remark\n\n" + text, encoding="utf-8")
    assert digest(load_programme(path)) == digest(breckland)
    path.write_text(text.replace("active_months = 12", "active_months = 18"), encoding="utf-8")
    assert digest(load_programme(path)) != digest(breckland)


# --- errors ---

Replaced = tuple[str, str, str]

MISTAKES: list[Replaced] = [
    (
        'slug = "yana"\nname = "#yanaarmy"',
        'name = "#yanaarmy"',
        "networks[1].slug: is missing (in “#yanaarmy”).",
    ),
    (
        'slug = "ex-forces"',
        'slug = "Ex forces"',
        "networks[3].slug: must be lower-case letters, digits and hyphens, such as young-people"
        " (in “Ex forces”).",
    ),
    (
        "sensitive = true",
        'sensitive = "yes"',
        "networks[2].sensitive: must be true or false, without quotation marks"
        " (in “domestic-abuse-support”).",
    ),
    (
        "sensitive = true",
        "sensitve = true",
        "networks[2].sensitve: is not a known key (in “domestic-abuse-support”).",
    ),
    ("needed = 50", 'needed = "50"', "targets[0].needed: must be a whole number, without"),
    ("needed = 50", "needed = 0", "targets[0].needed: must be 1 or more"),
    ("due_on = 2028-03-31", 'due_on = "31/3/2028"', "targets[0].due_on: must be a date such as"),
    ('verb = "trained_since"', 'verb = "trained"', "targets[0].verb: must be one of 'trained_s"),
    ("since = 2019-04-01\n", "", 'targets[0]: needs "since" if, and only if,'),
    ("[1, 2, 3]", "[0, 2, 3]", "area_sets[1].deciles[0]: must be 1 or more"),
    ('edition = "2025"\n', "", "area_sets[1]: must have an edition if its rule is deciles"),
    (
        'postcode_areas = ["NR", "IP", "PE"]',
        'postcode_areas = "NR"',
        "programme.postcode_areas: must be a list in square brackets.",
    ),
    (
        "district_codes = [",
        "districts = [",
        "programme.district_codes: is missing.",
    ),
    (
        'web = "https://www.breckland',
        'web = "www.breckland',
        "programme.contact.web: must be a URL",
    ),
    ("[180, 90, 30, 7, -1]", "[30, 90]", "certificate_kinds[0]: must have reminder_steps in"),
    ("validity_months = 36, ", "", "certificate_kinds[0].rules[0]: must have validity_months, or"),
    (
        "floor = 4",
        "floor = 9",
        "course_types[0]: must have floor, minimum and maximum in ascending",
    ),
    (
        "population_from = 10000",
        "population_from = 9000",
        "community_status.versions[0]: has bands for a town that overlap: “Large town”.",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES, ids=[each[2] for each in MISTAKES])
def test_an_error_is_reported_by_its_key(
    mistakes: Callable[[str, str], tuple[str, ...]], old: str, new: str, message: str
) -> None:
    assert any(sentence.startswith(message) for sentence in mistakes(old, new)), mistakes(old, new)


REFERENCES: list[Replaced] = [
    (
        'approver = "yana"',
        'approver = "yanna"',
        "networks[1].approver: there is no organisation “yanna”.",
    ),
    (
        'awards = "mhfa-adult"',
        'awards = "mhfa"',
        "course_types[0].awards: there is no certificate kind “mhfa”.",
    ),
    (
        'prerequisite = "mhfa-adult"',
        'prerequisite = "mhfa"',
        "course_types[5].prerequisite: there is no certificate kind “mhfa”.",
    ),
    (
        'includes = ["community-champion"]',
        'includes = ["mhfa-adult"]',
        "certificate_kinds[0].includes: “mhfa-adult” includes itself.",
    ),
    (
        'networks = ["yana"]',
        'networks = ["nobody"]',
        "targets[2].networks: there is no network “nobody”.",
    ),
    (
        'area_set = "many-older-people"',
        'area_set = "elsewhere"',
        "targets[6].area_set: there is no area set “elsewhere”.",
    ),
    (
        'beside = "champions-50"',
        'beside = "champions-50-in-date"',
        "targets[1].beside: there is no other target “champions-50-in-date”.",
    ),
    (
        'wards = ["E05010256"]',
        'wards = ["E05010999"]',
        "towns[2].wards: there is no ward “E05010999”.",
    ),
    (
        'wards = ["E05010256"]',
        'wards = ["E05010263"]',
        "towns: ward “E05010263” appears twice, but a ward can only be in one.",
    ),
    (
        'slug = "farming"',
        'slug = "ex-forces"',
        "networks: “ex-forces” appears 2 times.",
    ),
    (
        'district_codes = ["E07000143"]',
        'district_codes = ["E06000099"]',
        "programme.district_codes: there is no district “E06000099”.",
    ),
    (
        'area = "swanton-morley"',
        'area = "necton"',
        "community_status.awards[5].area: there is no town or village “necton”.",
    ),
    (
        'edition = "2025"',
        'edition = "2019"',
        "area_sets[1].edition: geography has no deciles for “2019”.",
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "message"), REFERENCES, ids=[each[2] for each in REFERENCES]
)
def test_an_unknown_name_is_reported_by_its_key(
    mistakes: Callable[[str, str], tuple[str, ...]], old: str, new: str, message: str
) -> None:
    assert message in mistakes(old, new)


def test_all_errors_are_reported_together(
    mistakes: Callable[[str, str], tuple[str, ...]],
) -> None:
    messages = mistakes("needed = 50\ndue_on = 2028-03-31", 'needed = "50"\ndue_on = 31')
    assert [sentence.partition(":")[0] for sentence in messages] == [
        "targets[0].needed",
        "targets[0].due_on",
    ]


def test_a_syntax_error_is_reported_by_its_line(
    mistakes: Callable[[str, str], tuple[str, ...]],
) -> None:
    text = BRECKLAND.read_text(encoding="utf-8")
    line_number = text[: text.index("active_months = 12")].count("\n") + 1
    (message,) = mistakes("active_months = 12", "active_months 12")
    assert message.startswith(f"changed.toml, line {line_number}: ")


def test_a_truncated_file_is_reported_by_its_last_line(tmp_path: Path) -> None:
    path = tmp_path / "short.toml"
    path.write_text('[programme]\nslug = """', encoding="utf-8")
    with pytest.raises(ProgrammeError, match=r"^short\.toml, line 2: "):
        load_programme(path)


@pytest.mark.parametrize("name", ["absent.toml", "."])
def test_an_unreadable_file_is_explained(tmp_path: Path, name: str) -> None:
    with pytest.raises(ProgrammeError, match=r"cannot be read: [a-z ]+\.$"):
        load_programme(tmp_path / name)


def test_another_encoding_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(b'name = "caf\xe9"')
    with pytest.raises(ProgrammeError, match="is not a text file in UTF-8"):
        load_programme(path)


def test_an_empty_file_lists_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("", encoding="utf-8")
    with pytest.raises(ProgrammeError) as error:
        load_programme(path)
    assert "programme: is missing." in error.value.errors
    assert "geography: is missing." in error.value.errors


def test_key_paths_count_entries_from_zero() -> None:
    assert key_path(("networks", 2, "slug")) == "networks[2].slug"
    assert key_path(()) == "the file"


def test_a_top_level_key_of_the_wrong_type_is_reported() -> None:
    """Each top-level key with the wrong type is reported by its name."""
    table: dict[str, Any] = tomllib.loads(BRECKLAND.read_text(encoding="utf-8"))
    for key in table:
        with pytest.raises(ValidationError) as error:
            Programme.model_validate({**table, key: 7})
        assert error.value.errors()[0]["loc"] == (key,)
