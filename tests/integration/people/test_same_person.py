"""Names are compared and sorted without accents or punctuation, and searches allow one mistake."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core import clock, folding
from app.core.actor import EVERYONE, Scope
from app.core.db import db
from app.organisations.types import OrganisationKind
from app.people import same_person
from app.people.models import Person
from app.people.same_person import MatchReason, PersonDetails
from tests.factories import accounts, organisations, people


def text_of(reply: Any) -> str:
    """Return the page's text with normalised spaces."""
    return " ".join(reply.get_data(as_text=True).split())


def names_in(reply: Any, list_path: str = "people") -> list[str]:
    """Return the names in a list, in order."""
    return re.findall(rf'href="/{list_path}/[a-z2-7]{{26}}">([^<]+)</a>', text_of(reply))


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Łukasz Żółć", "lukasz zolc"),
        ("Åsa Bjørn-Weiß", "asa bjornweiss"),
        ("Siân O’Brien", "sian obrien"),
        ("SIÂN  O'BRIEN", "sian obrien"),
        ("Sian O´Brien", "sian obrien"),
        ("Anne–Marie  (Ann) St. John", "annemarie ann st john"),
        ("Đặng Þóra Ægir Œuvre", "dang thora aegir oeuvre"),
        ("Ольга", "ольга"),
        ("100% _under\\", "100 under"),
        ("…", ""),
    ],
)
def test_names_are_folded_for_comparison(session: Session, typed: str, folded: str) -> None:
    assert folding.fold_name(typed) == folded


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Żaneta Qöhler", "zaneta+qohler"),
        ("Łukasz Qłosowski", "lukas+qlosowski"),
        ("Søren Qweiß", "soren+qweiss"),
        ("Siân Q’Brien", "sian+q'brien"),
        ("Siân Q'Brien", "Sian+Q%E2%80%99Brien"),
        ("Siân Q'Brien", "sian+qbrien"),
        ("Anne-Marie Quirke", "annemarie+quirke"),
        ("Anne-Marie Quirke", "anne+marie"),
        ("Anne Marie Quirke", "annemarie"),
        ("John Qx", "jhon+qx"),
        ("Jhon Qx", "john+qx"),
        ("Ivan Qx", "iavn+qx"),
        ("Qurk", "qukr"),
        ("Qurk", "qurrk"),
        ("Qurk", "qrk+"),
    ],
)
def test_the_list_of_people_forgives_one_mistake(
    session: Session, sign_in: Any, name: str, typed: str
) -> None:
    people.person(name)
    client = sign_in(accounts.coordinator())
    assert [each.replace("&#39;", "'") for each in names_in(client.get(f"/people?q={typed}"))] == (
        [name] if typed != "qrk+" else []
    )


def test_a_misspelt_name_is_found_beside_the_one_that_was_typed(
    session: Session, sign_in: Any
) -> None:
    people.person("John Qzebra")
    people.person("Jhon Qzebra")
    people.person("Jhno Qzerba")
    client = sign_in(accounts.coordinator())
    assert names_in(client.get("/people?q=john+qzebra")) == ["Jhon Qzebra", "John Qzebra"]
    assert names_in(client.get("/people?q=%25")) == names_in(client.get("/people?q=---")) == []


def test_people_are_sorted_without_accents_on_every_page(session: Session, sign_in: Any) -> None:
    names = ["Åsa Qq", "asb Qq", "Łukasz Qq", "Lukf Qq", "Zed Qq", "Élan Qq", "Elb Qq", "o'Q Qq"]
    for name in names:
        people.person(name)
    for number in range(30):
        people.person(f"Ömer{number:02} Qq")
    client = sign_in(accounts.coordinator())
    first = client.get("/people?q=qq")
    following = re.search(r'href="(/people\?[^"]*after=[^"]+)"', first.get_data(as_text=True))
    assert following is not None
    second = client.get(following[1].replace("&amp;", "&"))
    found = [each.replace("&#39;", "'") for each in [*names_in(first), *names_in(second)]]
    assert [each for each in found if "Ömer" not in each] == [
        "Åsa Qq",
        "asb Qq",
        "Élan Qq",
        "Elb Qq",
        "Łukasz Qq",
        "Lukf Qq",
        "o'Q Qq",
        "Zed Qq",
    ]
    assert len(found) == len(set(found)) == 38


def test_organisations_are_found_and_sorted_alike(session: Session, sign_in: Any) -> None:
    for name in ("Qafé Åby", "Qafe Abz", "Qafé Łódź", "Qafe Lz", "Qafe Zoo"):
        organisations.organisation(name, OrganisationKind.CHARITY)
    client = sign_in(accounts.coordinator())

    def found(text: str) -> list[str]:
        return names_in(client.get(f"/organisations?q={text}"), "organisations")

    assert found("qafe") == ["Qafé Åby", "Qafe Abz", "Qafé Łódź", "Qafe Lz", "Qafe Zoo"]
    assert found("qfae+lodz") == ["Qafé Łódź"]


def test_possible_matches_are_ordered_and_only_one_can_be_certain(session: Session) -> None:
    by_name = people.person("Zoë Quibble", email="a@example.org")
    by_phone = people.person("Some Other", phone="+447700900321")
    by_place = people.person("Zoe Married")
    people.presence(by_place, postcode="IP24 9ZZ")
    neighbour = people.person("Adam Neighbour")
    people.presence(neighbour, postcode="IP24 9ZZ")
    left = people.person("Zoe Quibble")
    left.left_on = clock.today()
    session.flush()
    details = PersonDetails(
        "Zeo Quibble",
        emails=["A@EXAMPLE.ORG"],
        phones=["+447700900321"],
        postcodes=["IP24 9ZZ"],
    )
    found = same_person.find_possible_matches(EVERYONE, details, clock.today())
    assert [(each.id, each.reason, each.is_certain) for each in found] == [
        (by_name.id, MatchReason.CONTACT, False),
        (by_phone.id, MatchReason.CONTACT, False),
        (by_place.id, MatchReason.POSTCODE, False),
    ]
    exact = PersonDetails("zoe quibble", emails=["a@example.org"])
    assert same_person.find_certain_match(EVERYONE, exact, clock.today()) == by_name.id
    people.person("Zoe Quibble", email="a@example.org")
    assert same_person.find_certain_match(EVERYONE, exact, clock.today()) is None


def test_a_hidden_person_is_never_found_and_changes_no_statement(session: Session) -> None:
    details = PersonDetails("Hidden Quibble", emails=["hidden@example.org"], postcodes=["IP24 9ZZ"])
    reader = Scope(everyone=True)
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    def look() -> tuple[list[Any], list[str]]:
        sent.clear()
        event.listen(db.engine, "before_cursor_execute", note)
        found = same_person.find_possible_matches(reader, details, clock.today())
        event.remove(db.engine, "before_cursor_execute", note)
        return found, [statement for statement in sent if statement.startswith(("SELECT", "WITH"))]

    before = look()
    hidden: Person = people.person(
        "Hidden Quibble",
        email="hidden@example.org",
        networks=[organisations.network(sensitive=True)],
    )
    people.presence(hidden, postcode="IP24 9ZZ")
    assert look() == before == ([], before[1])
    assert [
        each.id for each in same_person.find_possible_matches(EVERYONE, details, clock.today())
    ] == [hidden.id]
