"""``people import``: what it writes, and that it is idempotent."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openpyxl import Workbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.certificates.models import Certificate
from app.certificates.types import CertificateSource, DatePrecision
from app.core import clock
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.imports.models import PeopleImport
from app.messages import service as outbox
from app.messages.models import Message
from app.organisations.models import Network
from app.people.membership_models import MembershipApplication
from app.people.models import (
    ContactPoint,
    Membership,
    NoticeGiven,
    Person,
    Presence,
    TrainingClaim,
)
from app.people.queries.joining import open_network_ids
from app.people.types import AreaSource, ContactKind, PersonState, Source
from tests.addresses import at
from tests.factories import accounts, organisations, people
from tests.integration.imports.lists import Imports, as_csv, as_excel, row


@pytest.fixture
def imports(app: Flask, session: Session, tmp_path: Path) -> Imports:
    """Return a runner for the command."""
    return Imports(app, session, tmp_path)


def person_named(session: Session, name: str) -> Person:
    """Return the only person with this name."""
    return session.scalars(select(Person).where(Person.full_name == name)).one()


def certificates(session: Session, person: Person) -> list[tuple[date | None, DatePrecision]]:
    """Return the award dates of a person's certificates."""
    rows = session.execute(
        select(Certificate.awarded_on, Certificate.award_known)
        .where(Certificate.person_id == person.id)
        .order_by(Certificate.awarded_on)
    )
    return [(awarded_on, known) for awarded_on, known in rows]


def counts(session: Session) -> list[int]:
    """Return the number of rows in each table that an import writes to."""
    tables = (
        *(Person, ContactPoint, Membership, Presence, Certificate, Message, NoticeGiven),
        *(TrainingClaim, PeopleImport, AuditEntry),
    )
    return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_a_row_becomes_a_person(imports: Imports, session: Session) -> None:
    found = imports.rows(row(1, phone="07700 900 123"))
    assert {key: found[key] for key in ("exit", "rows", "created", "known", "certificates")} == {
        "exit": 0,
        "rows": 1,
        "created": 1,
        "known": 0,
        "certificates": 1,
    }
    person = person_named(session, "Listed Person 1")
    on = clock.today()
    assert (person.source, person.state(on)) == (Source.IMPORT, PersonState.ACTIVE)
    assert person.decision_reason == "imported from list.csv"
    assert {(each.point.kind, each.point.value) for each in person.contacts} == {
        (ContactKind.EMAIL, "listed1@example.org"),
        (ContactKind.PHONE, "+447700900123"),
    }
    assert [each.postcode for each in person.presences] == ["IP24 1JD"]
    assert person.presences[0].settled is AreaSource.UNSETTLED
    slug = (
        select(Network.slug)
        .join(MembershipApplication)
        .where(MembershipApplication.person_id == person.id)
    )
    assert session.scalars(slug).all() == ["yana"]
    certificate = session.scalars(
        select(Certificate).where(Certificate.person_id == person.id)
    ).one()
    assert (certificate.source, certificate.kind.slug) == (CertificateSource.IMPORT, "mhfa-adult")
    assert certificate.expires_on == date(2028, 3, 27)
    assert certificate.confirmed_at is not None
    assert person.user_id is None  # created when they verify their mailbox
    assert person.contacts[0].vouched_at is not None


def test_the_notice_is_sent_first_and_recorded(imports: Imports, session: Session) -> None:
    imports.rows(row(1), row(2, email="", phone="07700 900 124"))
    by_email, by_phone = (
        person_named(session, "Listed Person 1"),
        person_named(session, "Listed Person 2"),
    )
    letters = {
        message.person_id: message
        for message in session.scalars(select(Message).where(Message.letter == "details-received"))
    }
    assert letters[by_email.id].channel == "email"
    assert letters[by_phone.id].channel == "phone"
    ways_given = select(NoticeGiven.how).where(NoticeGiven.person_id == by_email.id)
    assert session.scalar(ways_given) == "letter queued"
    by_hand = select(NoticeGiven.how).where(NoticeGiven.person_id == by_phone.id)
    assert session.scalar(by_hand) is None
    outbox.record_manual_contact(SYSTEM, letters[by_phone.id].id, "Told her by phone")
    assert session.scalar(by_hand) == "told by phone or post"


def test_the_same_file_changes_nothing(imports: Imports, session: Session) -> None:
    rows = [row(number) for number in range(5)]
    imports.rows(*rows)
    before = counts(session)
    again = imports.rows(*rows)
    assert (again["created"], again["known"], again["certificates"]) == (0, 5, 0)
    assert counts(session) == before


def test_a_changed_copy_of_the_file_changes_nothing(imports: Imports, session: Session) -> None:
    rows = [row(1), row(2, date="March 2024"), row(3, date=""), row(4, course="Knitting")]
    imports.rows(*rows)
    before = counts(session)
    again = imports.read(as_excel(imports.folder, [[*line] for line in rows]))
    assert (again["created"], again["known"], again["certificates"]) == (0, 4, 0)
    after = counts(session)
    # Only the import and its audit entry are recorded.
    assert [a - b for a, b in zip(after, before, strict=True)] == [0] * 8 + [1, 1]


def test_a_dry_run_prints_the_same_and_saves_nothing(imports: Imports, session: Session) -> None:
    rows = [row(1), row(2), row(2, course="Mental Health Aware"), row(3, course="Knitting")]
    before = counts(session)
    dry = imports.rows(*rows, options=["--dry-run"])
    assert counts(session) == before
    real = imports.rows(*rows)
    assert dry == real
    assert (real["created"], real["certificates"]) == (3, 3)


def test_one_invalid_row_stops_the_whole_file(imports: Imports, session: Session) -> None:
    before = counts(session)
    found = imports.rows(
        row(1),
        row(2, name=""),
        row(3, email="nonsense"),
        row(4, email=""),
        row(5, postcode="Dereham"),
        row(6, postcode="ZZ1 1ZZ"),
        row(7, network="Nobody"),
        row(8, date="03/27/2024"),
        row(9, date="27/03/2999"),
        row(10, phone="12"),
    )
    assert counts(session) == before
    assert found["exit"] == 1
    assert (found["rows"], found["created"], found["certificates"]) == (10, 0, 0)
    assert [(each["row"], each["column"]) for each in found["errors"]] == [
        (3, "Name"),
        (4, "Email"),
        (5, "Email"),
        (6, "Postcode"),
        (7, "Postcode"),
        (8, "Network"),
        (9, "Date"),
        (10, "Date"),
        (11, "Phone"),
    ]
    assert "Row 8, Network: There is no network called “Nobody”." in found["said"]
    assert "Enter the day first" in found["errors"][6]["message"]
    assert "Nothing was imported. Fix 9 problems in the file and try again." in found["said"]


def test_an_unknown_course_becomes_a_claim(imports: Imports, session: Session) -> None:
    found = imports.rows(row(1, course="Knitting for Calm", date="March 2024"))
    assert (found["exit"], found["created"], found["certificates"]) == (0, 1, 0)
    assert [each["column"] for each in found["warnings"]] == ["Course"]
    (claim,) = person_named(session, "Listed Person 1").claims
    assert (claim.course, claim.month, claim.year) == ("Knitting for Calm", 3, 2024)


@pytest.mark.parametrize(
    ("cell", "awarded_on", "known"),
    [
        ("27/03/2025", date(2025, 3, 27), DatePrecision.DAY),
        ("3/4/2025", date(2025, 4, 3), DatePrecision.DAY),
        ("27.3.25", date(2025, 3, 27), DatePrecision.DAY),
        ("2025-03-27", date(2025, 3, 27), DatePrecision.DAY),
        ("2025-03-27 00:00:00", date(2025, 3, 27), DatePrecision.DAY),
        ("Thursday 27th March 2025", date(2025, 3, 27), DatePrecision.DAY),
        ("March 2024", date(2024, 3, 1), DatePrecision.MONTH),
        ("03/2024", date(2024, 3, 1), DatePrecision.MONTH),
        ("2024", date(2024, 1, 1), DatePrecision.YEAR),
        ("", None, DatePrecision.UNKNOWN),
        ("unknown", None, DatePrecision.UNKNOWN),
    ],
)
def test_dates_in_common_formats_are_read(
    imports: Imports, session: Session, cell: str, awarded_on: date | None, known: DatePrecision
) -> None:
    imports.rows(row(1, date=cell))
    assert certificates(session, person_named(session, "Listed Person 1")) == [(awarded_on, known)]


@pytest.mark.parametrize(
    ("cell", "awarded_on", "known"),
    [
        (datetime(2025, 3, 27), date(2025, 3, 27), DatePrecision.DAY),  # noqa: DTZ001  # Excel's
        (date(2025, 3, 27), date(2025, 3, 27), DatePrecision.DAY),
        (45743, date(2025, 3, 27), DatePrecision.DAY),
        (2024, date(2024, 1, 1), DatePrecision.YEAR),
        ("27/03/2025", date(2025, 3, 27), DatePrecision.DAY),
    ],
)
def test_excel_dates_are_read(
    imports: Imports, session: Session, cell: Any, awarded_on: date, known: DatePrecision
) -> None:
    path = as_excel(imports.folder, [row(1, phone=7700900123, date=cell)])
    assert imports.read(path)["exit"] == 0
    person = person_named(session, "Listed Person 1")
    assert certificates(session, person) == [(awarded_on, known)]
    assert "+447700900123" in {each.point.value for each in person.contacts}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_files_in_common_encodings_are_read(
    imports: Imports, session: Session, encoding: str, separator: str
) -> None:
    line = row(1, name="Zoë O’Neill-Garçon")
    assert imports.rows(line, encoding=encoding, separator=separator)["created"] == 1
    assert person_named(session, "Zoë O’Neill-Garçon").presences


def test_columns_are_found_by_their_headings(imports: Imports, session: Session) -> None:
    headings = [
        *("Date completed", "Course title", "First name", "Surname", "Post Code"),
        *("E-mail address", "Mobile", "Telephone", "Employer", "Date of birth"),
    ]
    line = [
        *("27/03/2025", "Youth MHFA", "Ann", "Smyth-Listed", "nr191ae"),
        *("ann.listed@example.org", "", "01362 656870", "Keystone Development", "1/1/1970"),
    ]
    found = imports.rows(line, headings=headings)
    assert found["errors"] == []
    assert "Columns not used: Date of birth." in found["said"]
    person = person_named(session, "Ann Smyth-Listed")
    assert certificates(session, person) == [(date(2025, 3, 27), DatePrecision.DAY)]
    assert len(person.contacts) == 2
    assert len(person.affiliations) == 1


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda folder: as_csv(folder, [], headings=["A", "B"]), "there is no column for the name"),
        (
            lambda folder: as_csv(folder, [], headings=["Name", "Course"]),
            "no column for contact details",
        ),
        (
            lambda folder: as_csv(folder, [], headings=["Name", "Full name", "Email"]),
            "both look like the name",
        ),
        (lambda folder: _file(folder, b""), "is empty"),
        (lambda folder: _file(folder, b"PK\x03\x04nonsense"), "not an Excel file"),
        (lambda folder: _file(folder, b"\xd0\xcf\x11\xe0 old"), "old Excel file"),
        (lambda folder: _file(folder, b"name,email\n\x81\x8d"), "cannot read some of the text"),
        (lambda folder: _file(folder, b"name,email\n"), "has headings but no rows"),
        (
            lambda folder: _file(
                folder, b'name,email\n"Ann,ann@example.org\nBob,bob@example.org\n'
            ),
            "We cannot read line 2",
        ),
        (
            lambda folder: _file(
                folder, b'name,email\nAnn,a@example.org\n"B,\n"C",c@example.org\n'
            ),
            "We cannot read line 3",
        ),
        (
            lambda folder: _file(
                folder, "name,email\nZoë,z@example.org\n".encode() + b"Ren\xe9,r@example.org\n"
            ),
            "contain characters that we cannot read: 3",
        ),
        (
            lambda folder: with_part_replaced(
                folder, "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row"
            ),
            "not an Excel file",
        ),
        (
            lambda folder: with_part_replaced(folder, "xl/styles.xml", b"<styleSheet><cellXfs"),
            "not an Excel file",
        ),
        (
            lambda folder: with_part_replaced(folder, "xl/workbook.xml", b"\0\0"),
            "not an Excel file",
        ),
        (
            lambda folder: with_part_replaced(folder, "[Content_Types].xml", None),
            "not an Excel file",
        ),
        (lambda folder: with_damaged_data(folder), "not an Excel file"),
        (lambda folder: folder / "none.csv", "We cannot read"),
        (lambda folder: folder, "We cannot read"),
    ],
)
def test_files_that_are_not_lists_are_rejected(
    imports: Imports, make: Callable[[Path], Path], sentence: str
) -> None:
    found = imports.read(make(imports.folder))
    assert found["exit"] == 1
    assert sentence in found["said"]
    assert found["said"].count("\n") == 1


def workbook(folder: Path) -> Path:
    """Return a valid Excel file."""
    book = Workbook()
    assert book.active is not None
    for line in (["Name", "Email"], ["Ann", "ann@example.org"]):
        book.active.append(line)
    path = folder / "sound.xlsx"
    book.save(path)
    return path


def with_part_replaced(folder: Path, member: str, content: bytes | None) -> Path:
    """Return an Excel file with other content in one of its parts, or without it (None)."""
    path = folder / "damaged.xlsx"
    with zipfile.ZipFile(workbook(folder)) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            part = content if name == member else old.read(name)
            if part is not None:
                new.writestr(name, part)
    return path


def with_damaged_data(folder: Path) -> Path:
    """Return an Excel file in which the compressed data of one part is damaged."""
    content = bytearray(workbook(folder).read_bytes())
    at = content.index(b"xl/worksheets/sheet1.xml") + 40
    content[at : at + 60] = bytes(60)
    return _file(folder, bytes(content))


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "some.csv"
    path.write_bytes(content)
    return path


def test_people_may_share_an_address(imports: Imports, session: Session) -> None:
    found = imports.rows(
        row(1, email="couple@example.org"), row(2, email="Couple@example.org"), row(1, name="X Y")
    )
    assert found["created"] == 3
    users = [person_named(session, f"Listed Person {number}").user_id for number in (1, 2)]
    assert users == [None, None]
    points = select(func.count()).where(ContactPoint.value == "couple@example.org")
    assert session.scalar(points) == 1


def test_a_person_listed_twice_is_created_once(imports: Imports, session: Session) -> None:
    found = imports.rows(
        row(1),
        row(1, course="Mental Health Aware", network="farming"),
        row(1, name="LISTED  person 1", date="1/2/2020"),
    )
    assert (found["created"], found["known"], found["certificates"]) == (1, 0, 3)
    person = person_named(session, "Listed Person 1")
    assert len(person.memberships) == 1
    assert len(open_network_ids(person.id)) == 1  # a network with an approver
    assert len(person.presences) == 1


def test_a_known_person_keeps_their_details(imports: Imports, session: Session) -> None:
    known = people.person("Known Person", email="known@example.org")
    found = imports.rows(
        row(1, name="Known Person", email="known@example.org", phone="07700 900 199")
    )
    assert (found["created"], found["known"], found["certificates"]) == (0, 1, 1)
    session.refresh(known)
    assert [each.point.kind for each in known.contacts] == [ContactKind.EMAIL]
    assert known.presences == []
    assert len(open_network_ids(known.id)) == 1
    letters = select(Message).where(Message.person_id == known.id)
    assert session.scalars(letters).all() == []


def test_people_who_left_are_not_added_again(imports: Imports, session: Session) -> None:
    yana = organisations.network("yana")
    on = clock.today()
    gave_up = people.person("Gave Up", email="gave.up@example.org")
    people.membership(gave_up, yana, from_on=date(2024, 1, 1), until_on=date(2024, 6, 1))
    protected = people.person("Is Protected", email="protected@example.org", protected=True)
    blocking = people.person("Blocks One", email="blocks@example.org")
    people.block(blocking, organisation=organisations.organisation("Blocked One"))
    left = people.person("Has Left", email="left@example.org")
    left.left_on = on
    session.flush()
    found = imports.rows(
        row(1, name="Gave Up", email="gave.up@example.org"),
        row(2, name="Is Protected", email="protected@example.org"),
        row(3, name="Blocks One", email="blocks@example.org"),
        row(4, name="Has Left", email="left@example.org"),
    )
    assert (found["created"], found["known"], found["certificates"]) == (0, 4, 3)
    assert len(gave_up.memberships) == 1
    assert protected.memberships == [] == blocking.memberships == left.memberships
    assert protected.presences == []
    assert [each["row"] for each in found["warnings"]] == [5]


def test_an_unconfirmed_registration_is_not_matched(imports: Imports, session: Session) -> None:
    people.applicant("Claimed Name", email="claimed@example.org", confirmed=False)
    found = imports.rows(row(1, name="Claimed Name", email="claimed@example.org"))
    assert (found["created"], found["known"]) == (1, 0)


def test_members_of_a_sensitive_network_are_protected(
    imports: Imports, session: Session, sign_in: Any
) -> None:
    organisations.network("sensitive-listed", sensitive=True)
    imports.rows(row(1, network="sensitive-listed", postcode="IP24 1XX"))
    person = person_named(session, "Listed Person 1")
    assert person.protected_at is not None
    assert [each.postcode for each in person.presences] == [None]
    client = sign_in(accounts.coordinator(sensitive=False))
    assert client.get(at(f"/people/{person.id}")).status_code == 404


def test_every_person_is_audited(imports: Imports, session: Session) -> None:
    imports.rows(row(1))
    person = person_named(session, "Listed Person 1")
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_type == "people", AuditEntry.subject_id == person.id)
        .order_by(AuditEntry.id)
    ).all()
    assert [entry.verb for entry in entries] == ["person.register", "person.approve"]
    assert entries[1].why == "imported from list.csv"
    assert "listed1@example.org" not in str([entry.changes for entry in entries])


def test_a_misspelt_name_with_the_same_address_is_the_known_person(
    imports: Imports, session: Session
) -> None:
    people.person("Łucja O’Known", email="lucja@example.org")
    found = imports.rows(
        row(1, name="Lucja O'Konwn", email="lucja@example.org"),
        row(2, name="Jhon Listed", email="john@example.org"),
        row(3, name="John Listed", email="john@example.org"),
        row(4, name="Joan Listed", email="family@example.org"),
        row(5, name="Alan Listed", email="family@example.org"),
    )
    assert (found["created"], found["known"]) == (3, 1)
    assert [each["row"] for each in found["warnings"]] == [2, 4]
    assert "Łucja O’Known" in str(found["warnings"][0])
