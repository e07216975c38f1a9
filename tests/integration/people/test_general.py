"""General champions: who may choose to be one, and that changing networks keeps their choice."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import RoleGrant, User
from app.applications import approval, merging
from app.core import clock
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.errors import Conflict, NotFound
from app.core.permissions import Role
from app.imports import service as imports
from app.people.models import GeneralAnswer, Person
from tests.addresses import at
from tests.factories import accounts, organisations, people
from tests.integration.coverage.scene import actor_for
from tests.integration.people.private_words import open_private_word
from tests.integration.registration import registering
from tests.telling import TOLD_BY_PHONE

SURVIVORS = "domestic-abuse-support"
QUESTION = "May the team see you and count you as a general champion"
CHOOSE = "Select yes if the whole team may see you and include you in its figures"
DAY = timedelta(days=1)


def text(reply: Any) -> str:
    return " ".join(reply.get_data(as_text=True).split())


def answers(session: Session, person: Person) -> list[tuple[bool, date, date | None]]:
    """Return (general, from, until) for each answer of a person, earliest first."""
    session.flush()
    rows = session.execute(
        select(GeneralAnswer.general, GeneralAnswer.from_on, GeneralAnswer.until_on)
        .where(GeneralAnswer.person_id == person.id)
        .order_by(GeneralAnswer.id)
    )
    return [tuple(row) for row in rows]


def person_named(session: Session, name: str) -> Person:
    return session.scalars(select(Person).where(Person.full_name == name)).one()


def survivor(name: str = "Sue Survivors", **more: Any) -> Person:
    """Return a champion who can sign in and belongs only to the sensitive network."""
    return people.champion(name, networks=[organisations.network(SURVIVORS)], **more)


def own_page(session: Session, sign_in: Any, person: Person) -> FlaskClient:
    client: FlaskClient = sign_in(session.get_one(User, person.user_id))
    return client


# --------------------------------------------------------------------------- registering ---


@pytest.mark.parametrize("networks", [["farming"], ["none"], [SURVIVORS, "farming"]])
def test_people_with_an_open_network_or_none_are_general_without_being_asked(
    client: FlaskClient, session: Session, networks: list[str]
) -> None:
    input_by_page = registering.pages(networks={"networks": networks, "interest": "champion"})
    registering.fill_in(client, input_by_page)
    assert "Who can see you" not in text(client.get("/register/check"))
    client.post("/register/check")
    assert answers(session, person_named(session, "Ann Smith")) == [(True, clock.today(), None)]


@pytest.mark.parametrize(("answer", "general"), [("yes", True), ("no", False)])
def test_person_with_only_a_sensitive_network_is_asked(
    client: FlaskClient, session: Session, answer: str, general: bool
) -> None:
    networks = {"networks": [SURVIVORS], "interest": "champion"}
    client.post("/register", data=registering.START)
    assert QUESTION in text(client.get("/register/networks"))
    refused = client.post("/register/networks", data=networks)
    assert refused.status_code == 422
    assert CHOOSE in text(refused)
    assert 'value="domestic-abuse-support" checked' in text(refused)
    input_by_page = registering.pages(networks=networks | {"general": answer})
    registering.fill_in(client, input_by_page)
    assert "Who can see you" in text(client.get("/register/check"))
    client.post("/register/check")
    assert answers(session, person_named(session, "Ann Smith")) == [(general, clock.today(), None)]


def test_answer_to_a_question_that_no_longer_applies_is_ignored(
    client: FlaskClient, session: Session
) -> None:
    networks = {"networks": [SURVIVORS, "farming"], "interest": "champion", "general": "no"}
    registering.send(client, registering.pages(networks=networks))
    assert answers(session, person_named(session, "Ann Smith")) == [(True, clock.today(), None)]


ENTERED = {
    "name": "Ellen Entered",
    "over_18": "yes",
    "phone": "07700 900321",
    "interest": "champion",
    "notice": "read out",
}


@pytest.mark.parametrize(("answer", "general"), [("yes", True), ("no", False)])
def test_staff_with_the_permission_are_shown_the_question_when_adding_a_person(
    session: Session, sign_in: Any, answer: str, general: bool
) -> None:
    client = sign_in(accounts.coordinator())
    data = ENTERED | {"networks": [SURVIVORS]}
    refused = client.post("/people/new", data=data)
    assert refused.status_code == 422
    question = "Select yes if the whole team may see this person and include them in its figures"
    assert question in text(refused)
    assert client.post("/people/new", data=data | {"general": answer}).status_code == 302
    assert answers(session, person_named(session, "Ellen Entered")) == [
        (general, clock.today(), None)
    ]


def test_staff_without_the_permission_are_not_shown_the_question(
    session: Session, sign_in: Any
) -> None:
    client = sign_in(accounts.coordinator(sensitive=False))
    assert "general champion" not in text(client.get("/people/new"))
    assert client.post("/people/new", data=ENTERED | {"general": "no"}).status_code == 302
    assert answers(session, person_named(session, "Ellen Entered")) == [(True, clock.today(), None)]


def test_person_imported_with_only_a_sensitive_network_is_not_general(
    session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [
                ("Name", "Email", "Network"),
                ("Only Survivors", "only@example.org", SURVIVORS),
                ("Both Kinds", "both@example.org", SURVIVORS),
                ("Both Kinds", "both@example.org", "farming"),
                ("No Network", "none@example.org", ""),
            ]
        )
    assert imports.import_people(SYSTEM, path).created == 3
    found = [person_named(session, name) for name in ("Only Survivors", "Both Kinds", "No Network")]
    assert [answers(session, each)[0][0] for each in found] == [False, True, True]


# ------------------------------------------------------------------------------ changing ---


def test_answer_changed_on_the_persons_page_is_dated(session: Session, sign_in: Any) -> None:
    me = survivor()
    registered = clock.london_day(me.registered_at)
    client = own_page(session, sign_in, me)
    assert "count you" not in text(client.get("/me"))
    assert client.get("/me/seen").status_code == 404
    open_private_word(client)
    assert "They cannot see you or count you" in text(client.get("/me"))
    assert QUESTION in text(client.get("/me/seen"))
    assert client.post("/me/seen", data={"general": "yes"}).status_code == 302
    yesterday, today = clock.today() - DAY, clock.today()
    assert answers(session, me) == [(False, registered, yesterday), (True, today, None)]
    client.post("/me/seen", data={"general": "yes"})  # saving the same answer again changes nothing
    assert "They can see you and count you" in text(client.get("/me"))
    with clock.frozen(clock.now() + 40 * DAY):
        client = own_page(session, sign_in, me)
        open_private_word(client)
        client.post("/me/seen", data={"general": "no"})
    assert answers(session, me)[1:] == [
        (True, today, today + 39 * DAY),
        (False, today + 40 * DAY, None),
    ]


def test_last_of_two_changes_on_one_day_counts(session: Session, sign_in: Any) -> None:
    me = survivor()
    client = own_page(session, sign_in, me)
    open_private_word(client)
    for answer in ("yes", "no", "yes"):
        client.post("/me/seen", data={"general": answer})
    assert [row[0] for row in answers(session, me)] == [False, True]


def test_page_is_absent_for_people_who_are_not_asked(session: Session, sign_in: Any) -> None:
    me = people.champion(networks=[organisations.network("farming")])
    client = own_page(session, sign_in, me)
    assert "general champion" not in text(client.get("/me"))
    assert client.get("/me/seen").status_code == 404
    assert client.post("/me/seen", data={"general": "no"}).status_code == 404
    assert [row[0] for row in answers(session, me)] == [True]


def test_changing_networks_keeps_the_answer_and_asks_again(session: Session, sign_in: Any) -> None:
    me = survivor()
    client = own_page(session, sign_in, me)
    open_private_word(client)
    reply = client.post("/me/networks", data={"networks": [SURVIVORS, "farming"]})
    assert reply.location.endswith("/me/seen")
    assert [row[0] for row in answers(session, me)] == [False]
    assert QUESTION in text(client.get("/me/seen"))
    client.post("/me/networks", data={"networks": []})
    assert [row[0] for row in answers(session, me)] == [False]
    general = people.champion(networks=[organisations.network("farming")])
    client = own_page(session, sign_in, general)
    open_private_word(client)
    reply = client.post("/me/networks", data={"networks": [SURVIVORS]})
    assert reply.location.endswith("/me/protection")
    assert [row[0] for row in answers(session, general)] == [True]
    assert client.get("/me/seen").status_code == 200  # all their networks are sensitive now


def test_staff_with_the_permission_record_the_answer(session: Session, sign_in: Any) -> None:
    person = survivor()
    address = at(f"/people/{person.id}/seen")
    client = sign_in(accounts.coordinator())
    assert "No. Only people who can see sensitive networks" in text(
        client.get(at(f"/people/{person.id}"))
    )
    assert client.get(address).status_code == 200
    assert client.post(address, data={**TOLD_BY_PHONE, "general": "yes"}).status_code == 302
    assert "Yes. The whole team can see and count them" in text(
        client.get(at(f"/people/{person.id}"))
    )
    assert [row[0] for row in answers(session, person)] == [False, True]
    other = sign_in(accounts.coordinator(sensitive=False))
    assert "General champion" not in text(other.get(at(f"/people/{person.id}")))
    assert other.get(address).status_code == 404
    assert other.post(address, data={**TOLD_BY_PHONE, "general": "no"}).status_code == 404
    farmer = people.person(networks=[organisations.network("farming")])
    client = sign_in(accounts.coordinator())
    assert client.get(at(f"/people/{farmer.id}/seen")).status_code == 404


def test_no_on_either_record_is_kept_after_a_merge(session: Session) -> None:
    network = organisations.network(SURVIVORS)
    yesterday = clock.now() - DAY
    for first, second, after in ((True, False, False), (False, True, False), (True, True, True)):
        email = f"ann{first}{second}@example.org"
        kept = people.person("Ann Smith", email=email, networks=[network], general=first)
        copy = people.applicant(
            "Ann Smith", email=email, networks=[network], general=second, registered_at=yesterday
        )
        merging.merge_records(SYSTEM, kept.id, copy.id)
        assert answers(session, kept)[-1][0] is after
        assert answers(session, kept)[-1][2] is None


# ------------------------------------------------------------------------------- reading ---


def test_past_day_shows_only_people_who_were_general_then_and_are_now(
    session: Session, sign_in: Any
) -> None:
    then_and_now, only_then, only_now = (
        survivor(f"Sue {name}") for name in ("Always", "Before", "Lately")
    )
    people.make_general(then_and_now)
    people.make_general(only_then)
    with clock.frozen(clock.now() - 10 * DAY):
        open_private_word(own_page(session, sign_in, only_then)).post(
            "/me/seen", data={"general": "no"}
        )
        open_private_word(own_page(session, sign_in, only_now)).post(
            "/me/seen", data={"general": "yes"}
        )
    reader = sign_in(accounts.coordinator(sensitive=False))
    page = text(reader.get("/people"))
    assert ["Sue Always" in page, "Sue Before" in page, "Sue Lately" in page] == [
        True,
        False,
        True,
    ]
    assert reader.get(at(f"/people/{only_then.id}")).status_code == 404


def test_audit_shows_the_change_only_with_the_permission_and_never_the_answer(
    session: Session, sign_in: Any, app: Flask
) -> None:
    me = survivor()
    open_private_word(own_page(session, sign_in, me)).post("/me/seen", data={"general": "yes"})
    changed = select(AuditEntry).where(AuditEntry.verb == "person.general")
    entries = session.scalars(changed.order_by(AuditEntry.id)).all()
    assert len(entries) == 2
    assert all(value in ("(hidden)", None) for value in entries[1].changes["general"])
    wording = "Changed whether the whole team can see a person"
    assert wording not in text(sign_in(accounts.user(Role.ADMIN)).get("/audit"))
    assert wording in text(sign_in(accounts.user(Role.ADMIN, Role.SENSITIVE)).get("/audit"))


# ------------------------------------------------------------------------------ deciding ---


def test_approver_decides_only_on_people_who_are_not_general(
    session: Session, sign_in: Any
) -> None:
    survivors = organisations.network(SURVIVORS)
    leeway = organisations.organisation("Leeway Domestic Violence and Abuse Services")
    organisations.network(SURVIVORS, approver=leeway)
    organisations.agreement(leeway, survivors)
    hidden = people.applicant("Hida Hidden", networks=[survivors], general=False)
    general_applicant = people.applicant("Sena Seen", networks=[survivors], general=True)
    partner = organisations.partner(leeway)
    partner.grants.append(RoleGrant(role=Role.SENSITIVE, from_on=date(2020, 1, 1)))
    session.flush()
    page = text(sign_in(partner).get("/applications"))
    assert ["Hida Hidden" in page, "Sena Seen" in page] == [True, False]
    other = sign_in(accounts.coordinator(sensitive=False))
    page = text(other.get("/applications"))
    assert ["Hida Hidden" in page, "Sena Seen" in page, "Leeway" in page] == [False, True, False]
    address = other.get("/applications").text.partition(">Sena Seen")[0].rpartition('href="')[2]
    page = text(other.get(address.partition('"')[0]))
    assert "Leeway" not in page
    assert approval.approve(actor_for(partner), hidden.id).channel is not None
    with pytest.raises(NotFound):
        approval.approve(actor_for(partner), general_applicant.id)
    holder = actor_for(accounts.coordinator())
    waiting = people.applicant("Wilma Waits", networks=[survivors], general=False)
    with pytest.raises(Conflict, match="Leeway"):
        approval.approve(holder, waiting.id)
    approval.approve(holder, general_applicant.id)
