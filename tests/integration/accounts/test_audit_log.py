"""The audit log as administrators read it: filters, pages, words, and what it never shows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import audit_wording
from app.accounts.models import RoleGrant, User
from app.core import audit, clock
from app.core.actor import PUBLIC, SYSTEM, Actor
from app.core.audit import AuditEntry
from app.core.permissions import Role
from tests.addresses import at, public_id
from tests.factories import accounts, people

LONG_PAST = datetime(2001, 5, 7, 9, 30, tzinfo=clock.LONDON)
IN_2001 = "since-day=7&since-month=5&since-year=2001&until-day=7&until-month=5&until-year=2001"


def text_of(reply: Any) -> str:
    """Return the text of the page with single spaces."""
    return " ".join(reply.get_data(as_text=True).split())


def rows_of(reply: Any) -> str:
    """Return the text of the table only, because the filters name users and groups too."""
    return text_of(reply).partition("<tbody")[2].partition("</tbody>")[0]


def row_label(table: str, number: int) -> str:
    """Return the words that the audit log uses for a row."""
    return f"{audit_wording.noun_for_table(table)} {public_id(table, number)}"


def actor_for(user: User) -> Actor:
    """Return the user as an Actor."""
    return Actor(kind="user", name=user.name, user_id=user.id)


def add_entry(actor: Actor, verb: str, table: str, number: int | None = None, **facts: Any) -> None:
    """Add an entry on a day that has no other entries."""
    with clock.frozen(LONG_PAST):
        audit.record(actor, verb, table, number, why="because of Ann Secret", **facts)


@pytest.fixture
def admin_client(session: Session, sign_in: Any) -> FlaskClient:
    client: FlaskClient = sign_in(accounts.user(Role.ADMIN, name="Ada Admin"))
    return client


def staff(*roles: Role, name: str) -> User:
    """Return a user who already worked on the service in 2001."""
    return accounts.user(*roles, name=name, from_on=date(2000, 1, 1))


def test_entries_say_who_did_what_to_what(session: Session, admin_client: FlaskClient) -> None:
    ann, bea = (people.person().id for _each in range(2))
    cora = staff(Role.COORDINATOR, name="Cora Day")
    add_entry(actor_for(cora), "person.read", "people", ann)
    add_entry(SYSTEM, "reminders.run", "reminders", letters=3)
    add_entry(PUBLIC, "person.register", "people", bea)
    add_entry(actor_for(cora), "course_runs.create", "course_runs", 9)
    page = rows_of(admin_client.get(f"/audit?{IN_2001}"))
    for words in (
        "7 May 2001 at 9:30am", "Cora Day", "Opened a record", row_label("people", ann),
        "The system", "Ran the daily reminders", "The public", row_label("people", bea),
        "Added: course run", row_label("course_runs", 9),
    ):  # fmt: skip
        assert words in page, words
    assert (
        page.index(row_label("course_runs", 9))
        < page.index(row_label("people", bea))
        < page.index(row_label("people", ann))
    )
    assert "Secret" not in page


def test_no_value_and_no_name_of_a_person_is_shown(
    session: Session, admin_client: FlaskClient
) -> None:
    ann = people.person("Ann Example", email="ann@trail.example")
    cora = staff(Role.COORDINATOR, name="Cora Day")
    add_entry(
        actor_for(cora), "person.rename", "people", ann.id, full_name=["Ann Example", "Ann Other"]
    )
    reply = admin_client.get(f"/audit?subject={row_label('people', ann.id)}")
    assert row_label("people", ann.id) in rows_of(reply)
    assert "Ann" not in text_of(reply)


def test_filters_are_in_the_query_string(session: Session, admin_client: FlaskClient) -> None:
    ann, bea = (people.person().id for _each in range(2))
    cora, tess = staff(Role.COORDINATOR, name="Cora Day"), staff(Role.TRAINER, name="Tess Run")
    add_entry(actor_for(cora), "person.read", "people", ann)
    add_entry(actor_for(tess), "run.put_on", "course_runs", 9)
    add_entry(SYSTEM, "person.forget", "people")
    add_entry(PUBLIC, "person.register", "people", bea)

    def found(query: str) -> list[str]:
        page = rows_of(admin_client.get(f"/audit?{IN_2001}&{query}"))
        short = {"Opened a record": "read", "Planned a course": "run"}
        short |= {"Deleted unconfirmed": "forget", "Registered": "register"}
        return sorted(short[words] for words in short if words in page)

    assert found("") == ["forget", "read", "register", "run"]
    assert found("group=people") == ["forget", "read", "register"]
    assert found("group=courses") == ["run"]
    assert found(f"who={public_id('users', cora.id)}") == ["read"]
    assert found("who=system") == ["forget"]
    assert found("who=public") == ["register"]
    assert found("who=champion") == []
    assert found(f"subject=Person+%23{public_id('people', ann)}") == ["read"]
    assert found(f"subject={row_label('course_runs', 9)}") == ["run"]
    assert found(f"who={public_id('users', tess.id)}&group=people") == []
    for day in (6, 8):
        query_string = IN_2001.replace("day=7", f"day={day}")
        assert rows_of(admin_client.get(f"/audit?{query_string}")) == ""
    reply = text_of(admin_client.get(f"/audit?{IN_2001}&who={public_id('users', cora.id)}"))
    for words in ("From 7 May 2001", "To 7 May 2001", "Remove filter </span>Cora Day"):
        assert words in reply, words


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("subject=somebody", "Enter the type and identifier"),
        ("subject=person+123", "Enter the type and identifier"),
        ("since-day=31&since-month=2&since-year=2001", "real date"),
        ("who=987654321", "Choose one of the answers"),
        ("group=nonsense", "Choose one of the answers"),
    ],
)
def test_invalid_input_gets_an_error_message(
    admin_client: FlaskClient, query: str, message: str
) -> None:
    reply = admin_client.get(f"/audit?{query}")
    assert (reply.status_code, message in text_of(reply)) == (200, True)


def test_each_page_continues_where_the_last_one_ended(
    session: Session, admin_client: FlaskClient
) -> None:
    for number in range(1, 61):  # all at the same instant
        add_entry(SYSTEM, "run.put_on", "course_runs", number)
    numbers: list[int] = []
    address = f"/audit?{IN_2001}"
    for _page in range(3):
        reply = admin_client.get(address)
        numbers += [
            n for n in range(60, 0, -1) if f"{row_label('course_runs', n)}<" in rows_of(reply)
        ]
        href = text_of(reply).partition('app-paging__older" href="')[2].partition('"')[0]
        address = href.replace("&amp;", "&")
    assert numbers == list(range(60, 0, -1))
    assert address == ""
    for nonsense in ("nonsense", "WzEsMl0", "WyJhIiwgImIiXQ"):
        assert admin_client.get(f"/audit?after={nonsense}").status_code == 200


def test_reading_the_log_is_audited(session: Session, admin_client: FlaskClient) -> None:
    reads = select(AuditEntry).where(AuditEntry.verb == "audit.read").order_by(AuditEntry.id)
    before = len(session.scalars(reads).all())
    admin_client.get("/audit")
    admin_client.get(f"/audit?subject={row_label('people', 123)}&group=people")
    entries = session.scalars(reads).all()
    assert len(entries) == before + 2
    assert entries[-1].changes == {"group": "people", "subject": ["people", 123]}
    page = rows_of(admin_client.get("/audit?group=audit"))
    assert ("Ada Admin" in page, "Viewed the audit log" in page, "the audit log" in page) == (
        True,
        True,
        True,
    )


def test_entries_name_the_staff_account_they_are_about(
    session: Session, admin_client: FlaskClient
) -> None:
    tess = staff(Role.TRAINER, name="Tess Run")
    grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == tess.id)).one()
    add_entry(SYSTEM, "user.invite", "users", tess.id)
    add_entry(SYSTEM, "user.grant", "role_grants", grant.id)
    page = rows_of(admin_client.get(f"/audit?{IN_2001}"))
    assert page.count(f'href="{at(f"/users/{tess.id}")}"') == 2
    assert page.count("Tess Run") == 2
    assert "Trainer: <a" in page
    alone = rows_of(admin_client.get(f"/audit?subject={row_label('users', tess.id)}"))
    assert ("Sent an invitation" in alone, "Gave a role" in alone) == (True, True)


# --- nothing reveals who is a champion ---


def test_a_champion_appears_without_a_name_or_number(
    session: Session, admin_client: FlaskClient
) -> None:
    ann = people.person().id
    zora = staff(Role.CHAMPION, name="Zora Champion")
    people.person("Zora Champion", user=zora)
    grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == zora.id)).one()
    add_entry(actor_for(zora), "person.still-here", "people", ann)
    add_entry(PUBLIC, "user.sign-in", "users", zora.id)
    add_entry(SYSTEM, "user.grant", "role_grants", grant.id)
    reply = admin_client.get(f"/audit?{IN_2001}")
    page = rows_of(reply)
    assert "Zora" not in text_of(reply)
    assert "A champion" in page
    assert ("an account" in page, "a role" in page) == (True, True)
    assert (row_label("users", zora.id) in page, row_label("role_grants", grant.id) in page) == (
        False,
        False,
    )
    assert row_label("people", ann) in rows_of(admin_client.get(f"/audit?{IN_2001}&who=champion"))
    assert rows_of(admin_client.get(f"/audit?subject={row_label('users', zora.id)}")) == ""
    assert (
        rows_of(admin_client.get(f"/audit?{IN_2001}&who={public_id('users', zora.id)}")) != ""
    )  # champions are not a choice of the filter


def test_staff_who_are_champions_are_named_only_for_their_work(
    session: Session, admin_client: FlaskClient
) -> None:
    ann, bea = (people.person().id for _each in range(2))
    both = staff(Role.COORDINATOR, Role.CHAMPION, name="Bo Both")
    add_entry(actor_for(both), "person.read", "people", ann)
    add_entry(actor_for(both), "person.pause", "people", bea)
    add_entry(SYSTEM, "user.end-role", "users", both.id)
    of_both = rows_of(admin_client.get(f"/audit?{IN_2001}&who={public_id('users', both.id)}"))
    assert (row_label("people", ann) in of_both, row_label("people", bea) in of_both) == (
        True,
        False,
    )
    of_champions = rows_of(admin_client.get(f"/audit?{IN_2001}&who=champion"))
    assert (row_label("people", ann) in of_champions, row_label("people", bea) in of_champions) == (
        False,
        True,
    )
    assert (
        rows_of(admin_client.get(f"/audit?{IN_2001}&subject={row_label('users', both.id)}")) == ""
    )


def test_users_are_named_only_for_the_time_they_were_staff(
    session: Session, admin_client: FlaskClient
) -> None:
    late = accounts.user(Role.TRAINER, Role.CHAMPION, name="Lea Later", from_on=date(2001, 6, 1))
    add_entry(actor_for(late), "user.sign-in", "users", late.id)
    assert "Lea Later" not in rows_of(admin_client.get(f"/audit?{IN_2001}"))
    ended = accounts.user(
        Role.TRAINER,
        name="Eve Ended",
        from_on=date(2000, 1, 1),
        until_on=LONG_PAST.date() - timedelta(days=1),  # the role was taken away on that day
    )
    add_entry(actor_for(ended), "run.put_on", "course_runs", 9)
    assert "Eve Ended" in rows_of(admin_client.get(f"/audit?{IN_2001}"))
