"""Loading a programme file: it is idempotent and audited, and keeps what is in use."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.areas.models import Area, AreaIndicator, AreaPart, AreaSet, AreaSetMember, Postcode
from app.areas.types import AreaKind
from app.certificates.models import Certificate, CertificateKind, KindInclusion, KindRule
from app.certificates.types import CertificateSource, DatePrecision, ExpiryBasis
from app.core import clock
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.errors import Conflict, InvalidInput
from app.core.programme import Programme, setting
from app.courses.models import CourseType
from app.matching.models import Need
from app.organisations.models import Agreement, Network, Organisation
from app.organisations.types import OrganisationKind
from app.site import loading
from app.site.models import CrisisLine
from app.targets.models import Band, CommunityAward, Target
from config import ROOT

BRECKLAND = ROOT / "app/programmes/breckland.toml"
TEXT = BRECKLAND.read_text(encoding="utf-8")
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return Breckland's file with each ``old`` replaced by ``new``. Each must occur once."""

    def do(*replacements: tuple[str, str], text: str = TEXT) -> Path:
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "changed.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return do


def without(table: str, slug: str) -> str:
    """Return Breckland's file without one entry of an array of tables."""
    entry = rf'\[\[{table}\]\]\nslug = "{slug}"\n(?:[^\[\n][^\n]*\n)+'
    text, times = re.subn(entry, "", TEXT)
    assert times == 1
    return text


def audit_rows(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def one(session: Session, model: Any, **values: Any) -> Any:
    return session.scalars(select(model).filter_by(**values)).one()


# --- after a load (the database of the tests was created by one) ---


def test_areas_contain_each_other(session: Session) -> None:
    def parts(code: str, kind: AreaKind) -> int:
        whole = one(session, Area, code=code)
        return len(
            session.scalars(
                select(Area.id)
                .join(AreaPart, AreaPart.part_id == Area.id)
                .where(AreaPart.whole_id == whole.id, Area.kind == kind)
            ).all()
        )

    assert parts("E07000143", AreaKind.WARD) == 27
    assert parts("thetford", AreaKind.WARD) == 4
    assert parts("thetford-hub", AreaKind.WARD) + parts("dereham-hub", AreaKind.WARD) == 27
    lsoas = session.scalars(select(Area).where(Area.kind == AreaKind.LSOA)).all()
    assert len(lsoas) == 80
    in_a_ward = session.scalar(
        select(func.count())
        .select_from(AreaPart)
        .where(AreaPart.part_id.in_([area.id for area in lsoas]))
    )
    assert in_a_ward == 80


def test_areas_have_centres_in_degrees_and_metres(session: Session) -> None:
    thetford = one(session, Area, code="thetford")
    assert thetford.population == 25_259
    assert 52.3 < thetford.latitude < 52.5
    assert 584_000 < thetford.easting < 590_000
    assert one(session, Area, code="E07000149").in_programme is False


def test_the_most_deprived_areas_are_in_deciles_1_to_3(session: Session) -> None:
    area_set = one(session, AreaSet, slug="most-deprived-imd2025")
    assert (len(area_set.members), area_set.edition) == (14, "2025")
    deciles = session.scalars(
        select(AreaIndicator.value)
        .join(AreaSetMember, AreaSetMember.area_id == AreaIndicator.area_id)
        .where(
            AreaSetMember.area_set_id == area_set.id,
            AreaIndicator.name == "imd_decile",
            AreaIndicator.edition == "2025",
        )
    ).all()
    assert sorted(deciles) == [1] + [2] * 5 + [3] * 8


def test_the_five_towns_need_65_and_have_their_status(session: Session) -> None:
    bands = session.scalars(select(Band)).all()
    assert sorted(band.needed for band in bands) == [10, 10, 15, 15, 15]
    assert all(band.until_on is None for band in bands)
    assert session.scalar(select(func.count()).select_from(CommunityAward)) == 6


def test_networks_kinds_courses_and_targets_are_linked(session: Session) -> None:
    yana = one(session, Network, slug="yana")
    assert yana.approver_id == one(session, Organisation, slug="yana").id
    refresher = one(session, CourseType, slug="mhfa-refresher")
    adult = one(session, CertificateKind, slug="mhfa-adult")
    assert refresher.awards_id == refresher.prerequisite_id == adult.id
    assert adult.reminder_steps == [180, 90, 30, 7, -1]
    champion = one(session, CertificateKind, slug="community-champion")
    assert one(session, KindInclusion, kind_id=adult.id, includes_id=champion.id).until_on is None
    target = one(session, Target, slug="champions-50")
    assert target.needed == 50
    assert target.rule == {
        "kinds": ["community-champion"],
        "networks": [],
        "organisation_kinds": ["charity", "voluntary"],
        "bases": ["operates"],
        "area_set": "most-deprived-imd2025",
        "district": False,
        "since": "2019-04-01",
    }


def test_rooms_can_read_settings(session: Session) -> None:
    assert setting("district_codes") == ["E07000143"]
    assert setting("postcode_areas") == ["NR", "IP", "PE"]
    assert setting("active_months") == 12
    assert setting("privacy_notices")[0]["version"] == 1
    assert "leeway" in setting("unconfirmed_lines")


# --- loading again, and changes ---


def test_loading_again_writes_nothing(session: Session) -> None:
    before = audit_rows(session)
    loaded_at = session.scalars(select(Programme.loaded_at)).one()
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    event.listen(session.connection(), "before_cursor_execute", note)
    work = loading.load_programme_file(SYSTEM, BRECKLAND)
    session.flush()
    event.remove(session.connection(), "before_cursor_execute", note)
    assert not work.has_changes
    assert statements
    assert all(statement.startswith("SELECT") for statement in statements)
    assert len(statements) < 30
    assert audit_rows(session) == before
    assert session.scalars(select(Programme.loaded_at)).one() == loaded_at


def test_a_comment_in_the_file_changes_nothing(session: Session, write: Write) -> None:
    assert not loading.load_programme_file(SYSTEM, write(text="# a remark\n" + TEXT)).has_changes


def test_a_changed_value_is_written_and_audited(session: Session, write: Write) -> None:
    path = write(('name = "Silver Social"', 'name = "Silver Social friends"'))
    work = loading.load_programme_file(SYSTEM, path)
    assert (work.created, work.changed, work.removed) == (0, 2, 0)  # and the programme's digest
    network = one(session, Network, slug="silver-social")
    assert network.name == "Silver Social friends"
    entry = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_type == "networks", AuditEntry.subject_id == network.id)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).one()
    assert (entry.verb, entry.actor_kind) == ("programme.load", "system")
    assert entry.changes == {"name": ["Silver Social", "Silver Social friends"]}


def test_new_figures_change_sets_and_bands(session: Session, write: Write) -> None:
    deciles = write(("deciles = [1, 2, 3]", "deciles = [1, 2]"))
    loading.load_programme_file(SYSTEM, deciles)
    session.expire_all()
    rows = session.scalars(
        select(AreaSet).filter_by(slug="most-deprived-imd2025").order_by(AreaSet.from_on)
    ).all()
    assert [len(row.members) for row in rows] == [14, 6]
    yesterday = clock.today() - timedelta(days=1)
    assert [(row.from_on, row.until_on) for row in rows] == [
        (date(2019, 4, 1), yesterday),
        (clock.today(), None),
    ]
    village = write(
        ('name = "Swanton Morley"', 'name = "Swanton Morley"\npopulation = 2400'),
    )
    loading.load_programme_file(SYSTEM, village)
    area = one(session, Area, code="swanton-morley")
    assert one(session, Band, area_id=area.id).needed == 5


def test_a_new_version_of_the_bands_closes_the_old_one(session: Session, write: Write) -> None:
    newer = """
[[community_status.versions]]
from_on = 2027-04-01
source = "An invented decision"
bands = [{ name = "Town", settlement = "town", needed = 20 }]

[[community_status.awards]]
"""
    loading.load_programme_file(SYSTEM, write(("\n[[community_status.awards]]\n", newer)))
    watton = one(session, Area, code="watton")
    bands = session.scalars(
        select(Band).where(Band.area_id == watton.id).order_by(Band.from_on)
    ).all()
    assert [(band.needed, band.until_on) for band in bands] == [(10, date(2027, 3, 31)), (20, None)]


def test_a_new_version_of_a_rule_leaves_the_old_one(session: Session, write: Write) -> None:
    newer = '  { from_on = 2027-01-01, validity_months = 24, anchor = "end_of_month" },\n]'
    loading.load_programme_file(
        SYSTEM,
        write(
            (
                '\n]\n\n[[certificate_kinds]]\nslug = "mhfa-youth"',
                "\n" + newer + '\n\n[[certificate_kinds]]\nslug = "mhfa-youth"',
            )
        ),
    )
    adult = one(session, CertificateKind, slug="mhfa-adult")
    rules = session.scalars(
        select(KindRule).where(KindRule.kind_id == adult.id).order_by(KindRule.from_on)
    ).all()
    assert [rule.validity_months for rule in rules] == [36, 24]


def test_an_agreement_is_kept_when_it_is_removed_from_the_file(
    session: Session, write: Write
) -> None:
    agreement = (
        'web = "https://www.yanahelp.org"',
        'web = "https://www.yanahelp.org"\nagreements = [{ network = "yana", purpose = "To approve'
        ' its people", signed_on = 2024-03-01, from_on = 2024-04-01, until_on = 2027-03-31 }]',
    )
    loading.load_programme_file(SYSTEM, write(agreement))
    loading.load_programme_file(SYSTEM, BRECKLAND)
    kept = one(session, Agreement, purpose="To approve its people")
    assert kept.until_on == date(2027, 3, 31)


def test_an_organisation_that_staff_added_is_adopted_by_name(
    session: Session, write: Write
) -> None:
    theirs = Organisation(
        name="a village hall", kind=OrganisationKind.OTHER, from_on=date(2024, 1, 1)
    )
    other = Organisation(
        name="Another group", kind=OrganisationKind.VOLUNTARY, from_on=date(2024, 1, 1)
    )
    session.add_all([theirs, other])
    session.flush()
    entry = '[[organisations]]\nslug = "hall"\nname = "A Village Hall"\nkind = "voluntary"\n\n'
    loading.load_programme_file(
        SYSTEM,
        write(('[[organisations]]\nslug = "bts"', entry + '[[organisations]]\nslug = "bts"')),
    )
    assert (theirs.slug, theirs.name, theirs.kind) == (
        "hall",
        "A Village Hall",
        OrganisationKind.VOLUNTARY,
    )
    assert session.get(Organisation, other.id) is not None


# --- removed ---


def test_unused_entries_are_removed_and_audited(session: Session, write: Write) -> None:
    network_id = one(session, Network, slug="silver-social").id
    work = loading.load_programme_file(SYSTEM, write(text=without("networks", "silver-social")))
    assert work.removed == 1
    assert session.get(Network, network_id) is None
    entry = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_type == "networks", AuditEntry.subject_id == network_id)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).one()
    assert entry.changes["slug"] == ["silver-social", None]


def test_a_removed_kind_removes_its_rules_and_course(session: Session, write: Write) -> None:
    text = without("certificate_kinds", "suicide-first-aid")
    kept = loading.load_programme_file(SYSTEM, write(text=TEXT))
    assert not kept.has_changes
    course = re.compile(r'\[\[course_types\]\]\nslug = "suicide-first-aid"\n(?:[^\[\n][^\n]*\n)+')
    loading.load_programme_file(SYSTEM, write(text=course.sub("", text)))
    assert session.scalar(select(CertificateKind).filter_by(slug="suicide-first-aid")) is None
    assert session.scalar(select(CourseType).filter_by(slug="suicide-first-aid")) is None


def test_removing_a_network_in_use_is_refused_with_a_reason(session: Session, write: Write) -> None:
    network = one(session, Network, slug="silver-social")
    session.add(
        Need(
            area_id=one(session, Area, code="watton").id,
            network_id=network.id,
            places=2,
            priority=50,
            what_for="Company at a lunch club",
            setting="Village hall",
            times="Wednesdays",
            contact="The hall's committee",
            source="hand",
            opened_on=date(2026, 1, 1),
        )
    )
    session.flush()
    with pytest.raises(Conflict) as error:
        loading.load_programme_file(SYSTEM, write(text=without("networks", "silver-social")))
    assert error.value.message == (
        "networks: “silver-social” cannot be removed, because needs still use it."
        " Close it with until_on instead."
    )
    closed = ('slug = "silver-social"\n', 'slug = "silver-social"\nuntil_on = 2026-12-31\n')
    session.rollback()
    loading.load_programme_file(SYSTEM, write(closed))
    assert one(session, Network, slug="silver-social").until_on == date(2026, 12, 31)


def test_removing_a_kind_in_use_is_refused(session: Session, write: Write) -> None:
    session.add(
        Certificate(
            holder_name="A made-up name",
            kind_id=one(session, CertificateKind, slug="asist").id,
            awarded_on=date(2024, 5, 1),
            award_known=DatePrecision.DAY,
            expiry_basis=ExpiryBasis.NONE,
            source=CertificateSource.EXTERNAL,
            code="0123456789abcdef0123456789abcdef",
            recorded_at=clock.now(),
        )
    )
    session.flush()
    with pytest.raises(
        Conflict, match="certificate_kinds: “asist” cannot be removed, because cert"
    ):
        loading.load_programme_file(SYSTEM, write(text=without("certificate_kinds", "asist")))


def test_an_organisation_with_an_agreement_cannot_be_removed(
    session: Session, write: Write
) -> None:
    session.add(
        Agreement(
            organisation_id=one(session, Organisation, slug="map").id,
            purpose="To see its own people",
            signed_on=date(2024, 1, 1),
            from_on=date(2024, 1, 1),
            until_on=date(2027, 1, 1),
            recorded_at=clock.now(),
        )
    )
    session.flush()
    with pytest.raises(
        Conflict, match="organisations: “map” cannot be removed, because agreements"
    ):
        loading.load_programme_file(SYSTEM, write(text=without("organisations", "map")))


def test_another_programme_is_refused(session: Session, write: Write) -> None:
    with pytest.raises(
        Conflict,
        match="programme.slug: an installation can have only one programme. "
        "This one has “breckland”",
    ):
        loading.load_programme_file(SYSTEM, write(('slug = "breckland"', 'slug = "elsewhere"')))


def test_an_invalid_file_changes_nothing(session: Session, write: Write) -> None:
    before = audit_rows(session)
    with pytest.raises(InvalidInput, match=r"networks\[2\]\.sensitive: must be true or false"):
        loading.load_programme_file(SYSTEM, write(("sensitive = true", 'sensitive = "yes"')))
    assert audit_rows(session) == before


# --- the command ---


def run(app: Flask, path: Path) -> Any:
    return app.test_cli_runner().invoke(args=["programme", "load", str(path)])


def test_the_command_prints_what_it_did(app: Flask, session: Session, write: Write) -> None:
    session.commit()
    assert run(app, BRECKLAND).output == "breckland.toml: nothing has changed.\n"
    changed = run(app, write(("active_months = 12", "active_months = 18")))
    assert (changed.exit_code, changed.stdout) == (
        0,
        "changed.toml: 0 added, 1 changed, 0 removed.\n",
    )


def test_the_command_is_all_or_nothing(app: Flask, session: Session, write: Write) -> None:
    session.add(
        CrisisLine(
            slug="x",
            name="x",
            number="1",
            hours="x",
            when="x",
            position=99,
            checked_on=date(2026, 1, 1),
        )
    )
    session.add(
        Organisation(
            slug="theirs", name="Theirs", kind=OrganisationKind.OTHER, from_on=date(2024, 1, 1)
        )
    )
    session.flush()
    session.add(
        Agreement(
            organisation_id=one(session, Organisation, slug="theirs").id,
            purpose="p",
            signed_on=date(2024, 1, 1),
            from_on=date(2024, 1, 1),
            until_on=date(2027, 1, 1),
            recorded_at=clock.now(),
        )
    )
    session.commit()
    before = audit_rows(session)
    result = run(app, write(('name = "Silver Social"', 'name = "Changed"')))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("organisations: “theirs” cannot be removed, because agreements")
    assert audit_rows(session) == before
    assert one(session, Network, slug="silver-social").name == "Silver Social"
    assert session.scalar(select(CrisisLine).filter_by(slug="x")) is not None


def test_postcodes_of_the_areas_are_loaded(session: Session) -> None:
    districts = {
        row.postcode: row.district
        for row in session.scalars(
            select(Postcode).where(Postcode.postcode.in_(["IP241JD", "NR13JU"]))
        )
    }
    assert districts == {"IP241JD": "E07000143", "NR13JU": "E07000148"}


def test_an_unknown_postcode_area_is_reported_by_its_key(
    app: Flask, session: Session, write: Write
) -> None:
    session.commit()
    result = run(app, write(('["NR", "IP", "PE"]', '["NR", "QX"]')))
    assert result.exit_code == 1
    assert result.stderr.startswith("programme.postcode_areas: ")
    assert "QX" in result.stderr
    assert setting("postcode_areas") == ["NR", "IP", "PE"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "programme: is missing."),
        ("[programme\n", "changed.toml, line 1: "),
    ],
)
def test_the_command_explains_an_invalid_file(
    app: Flask, session: Session, write: Write, text: str, said: str
) -> None:
    result = run(app, write(text=text))
    assert result.exit_code == 1
    assert result.stderr.startswith(said)
    assert "Traceback" not in result.stderr


def test_the_command_explains_a_missing_file(app: Flask, session: Session) -> None:
    result = run(app, Path("/nowhere/at-all.toml"))
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: We cannot read /nowhere/at-all.toml: No such file or directory.\n"
    )


def test_the_command_defaults_to_the_file_in_the_settings(app: Flask, session: Session) -> None:
    session.commit()
    said = app.test_cli_runner().invoke(args=["programme", "load"])
    assert said.output == f"{app.config['SETTINGS'].programme.name}: nothing has changed.\n"
