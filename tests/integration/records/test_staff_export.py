"""Exporting the list of people: its scope, spreadsheet formulas and audit."""

from __future__ import annotations

import csv
import io
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.messages.models import Message
from app.records.exporting import escape_formula
from app.web import slow_work
from tests.factories import accounts, organisations, people

FORMULA = '=HYPERLINK("http://example.org","x")'


def lines(reply: Any) -> list[list[str]]:
    """Return the rows of a CSV file."""
    content = reply.get_data()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_begins_like_a_formula(start: str) -> None:
    assert escape_formula(f"{start}1") == f"'{start}1"
    assert escape_formula("Anne-Marie + Co") == "Anne-Marie + Co"


def test_csv_matches_the_list_with_formulas_escaped(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    group = organisations.organisation("@Home Group")
    people.person(
        f"{FORMULA} Xport", email="+xport@example.org", phone="+447700900777", organisations=[group]
    )
    people.person("Zoë Xport-Away").left_on = None
    people.applicant("Not Xport-Yet")
    reply = client.post(
        "/people/export?q=xport", data={"reason": "Invitations by post", "kind": "csv"}
    )
    headings, *rows = lines(reply)
    assert headings[0] == "Name"
    assert [row[0] for row in rows] == [f"'{FORMULA} Xport", "Zoë Xport-Away"]
    assert rows[0][4] == "'@Home Group"
    assert rows[0][6:8] == ["'+xport@example.org", "07700 900777"]


def test_excel_keeps_formulas_as_text(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    people.person(f"{FORMULA} Xcel")
    reply = client.post("/people/export?q=xcel", data={"reason": "A test", "kind": "xlsx"})
    sheet = load_workbook(io.BytesIO(reply.get_data())).active
    assert sheet is not None
    cell = sheet["A2"]
    assert (cell.value, cell.data_type) == (f"{FORMULA} Xcel", "s")


def test_a_reason_is_required_and_audited(session: Session, sign_in: Any) -> None:
    coordinator = accounts.coordinator()
    client = sign_in(coordinator)
    people.person("Ann Kept")
    assert client.post("/people/export", data={"reason": " ", "kind": "csv"}).status_code == 422
    client.post("/people/export?q=ann+kept", data={"reason": "For the fair", "kind": "csv"})
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "people.export")).one()
    assert (entry.why, entry.actor_user_id) == ("For the fair", coordinator.id)
    assert (entry.changes["people"], entry.changes["filters"]) == (1, {})


def test_an_export_has_no_postcodes_or_hidden_people(session: Session, sign_in: Any) -> None:
    coordinator = accounts.coordinator(sensitive=False)
    blocking = people.person("Xhid Blocks")
    people.block(blocking, user=coordinator)
    people.person("Xhid Only", networks=[organisations.network(sensitive=True)])
    both = [organisations.network(sensitive=True), organisations.network("farming")]
    visible = people.person("Xhid Seen", networks=both)
    people.presence(visible, postcode="IP24 1JD")
    reply = sign_in(coordinator).post(
        "/people/export?q=xhid&state=any", data={"reason": "A test", "kind": "csv"}
    )
    _headings, *rows = lines(reply)
    assert [row[0] for row in rows] == ["Xhid Seen"]
    assert rows[0][3] == "Farming and rural work"
    assert "IP24" not in reply.get_data(as_text=True)


def test_an_export_has_only_general_champions_and_open_networks(
    session: Session, sign_in: Any
) -> None:
    survivors = organisations.network("domestic-abuse-support")
    people.person("Hidden Xport", networks=[survivors], general=False)
    people.person("General Xport", networks=[survivors], general=True)
    client = sign_in(accounts.coordinator())
    assert "Hidden Xport" in client.get("/people?q=xport").text
    sent = {"reason": "Invitations by post", "kind": "csv"}
    _, *rows = lines(client.post("/people/export?q=xport", data=sent))
    assert [(row[0], row[3]) for row in rows] == [("General Xport", "")]
    refused = client.post("/people/export?network=domestic-abuse-support", data=sent)
    assert refused.status_code == 422
    assert "You cannot download a list of the people in this network" in refused.text


def test_an_export_requires_fresh_proof_and_tells_other_coordinators(
    session: Session, sign_in: Any
) -> None:
    taker, others = accounts.coordinator(), [accounts.coordinator(), accounts.coordinator()]
    accounts.user(Role.ANALYST)
    client = sign_in(taker)
    people.person("Ann Proof")
    data = {"reason": "For the fair", "kind": "csv"}
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        for reply in (
            client.get("/people/export?q=proof"),
            client.post("/people/export", data=data),
        ):
            assert reply.headers["Location"].startswith("/your-sign-in/prove?next=/people/export")
        assert _addresses_told(session) == []
    for _ in range(2):
        assert client.post("/people/export", data=data).status_code == 200
    assert _addresses_told(session) == sorted(other.email for other in others)
    with clock.frozen(clock.now() + timedelta(days=1)):
        sign_in(taker).post("/people/export", data=data)
        assert len(_addresses_told(session)) == 4


def _addresses_told(session: Session) -> list[str]:
    addresses = select(Message.address).where(Message.letter == "list-downloaded")
    return sorted(session.scalars(addresses))


def test_exports_leave_threads_for_other_pages(session: Session, sign_in: Any) -> None:
    """While a process prepares as many lists as it may, it refuses more but still answers pages."""
    client = sign_in(accounts.coordinator())
    data = {"reason": "A test of many exports", "kind": "csv"}
    with ExitStack() as taken:
        for _number in range(slow_work.MAX_EXPORTS):
            assert slow_work.export_places.acquire(blocking=False)
            taken.callback(slow_work.export_places.release)
        reply = client.post("/people/export", data=data)
        assert (reply.status_code, reply.headers["Retry-After"]) == (503, "10")
        assert "Wait a few seconds and try again." in reply.text
        assert "A test of many exports" in reply.text  # what was typed is kept
        assert client.get("/").status_code == 200
        assert client.get("/coverage").status_code == 200
    assert client.post("/people/export", data=data).status_code == 200
