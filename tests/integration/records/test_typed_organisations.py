"""Names of organisations are matched with tolerance, and what matches nothing waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.organisations.models import Organisation
from app.people.models import Affiliation, Person
from tests.addresses import at, public_id
from tests.factories import accounts, organisations, people
from tests.integration.imports.lists import HEADINGS, Imports, row
from tests.telling import TOLD_BY_PHONE

CLUB = "The Thursday Club"


def text(reply: Any) -> str:
    return reply.get_data(as_text=True)


def current_affiliations(session: Session, person: Person) -> list[tuple[int | None, str | None]]:
    rows = select(Affiliation).where(
        Affiliation.person_id == person.id, Affiliation.until_on.is_(None)
    )
    return [(each.organisation_id, each.named) for each in session.scalars(rows)]


def add_typed_name(session: Session, person: Person, name: str) -> Affiliation:
    made = Affiliation(
        person_id=person.id, named=name, from_on=clock.london_day(person.registered_at)
    )
    session.add(made)
    session.flush()
    return made


@pytest.mark.parametrize("name", ["thursday club", "The Thursday Club, Ltd.", "THURSDAY CLUB"])
@pytest.mark.parametrize("path", ["own", "staff", "import"])
def test_case_punctuation_and_the_legal_form_do_not_matter(
    app: Flask, session: Session, sign_in: Any, tmp_path: Path, name: str, path: str
) -> None:
    club = organisations.organisation(CLUB)
    me = people.champion("Charlie Champion")
    if path == "own":
        page = sign_in(session.get_one(User, me.user_id))
        page.post("/me/organisations", data={"organisation": name})
    elif path == "staff":
        page = sign_in(accounts.coordinator())
        page.post(
            at(f"/people/{me.id}/organisations"), data={**TOLD_BY_PHONE, "organisation": name}
        )
    else:
        Imports(app, session, tmp_path).rows(
            row(1, name="Listed One", organisation=name), headings=[*HEADINGS, "Organisation"]
        )
        me = session.scalars(select(Person).where(Person.full_name == "Listed One")).one()
    assert current_affiliations(session, me) == [(club.id, None)]


def test_a_misspelt_name_is_asked_about(session: Session, sign_in: Any) -> None:
    club = organisations.organisation(CLUB)
    me = people.champion("Charlie Champion")
    page = sign_in(session.get_one(User, me.user_id))
    reply = page.post("/me/organisations", data={"organisation": "Thrusday Club"})
    assert reply.status_code == 422
    assert "Did you mean one of these?" in text(reply)
    assert current_affiliations(session, me) == []
    page.post("/me/organisations", data={"organisation": "Thrusday Club", "meant": CLUB})
    assert current_affiliations(session, me) == [(club.id, None)]
    kept = {"organisation": "Thursday Clubb", "meant": "Thursday Clubb"}
    page.post("/me/organisations", data=kept)
    assert (None, "Thursday Clubb") in current_affiliations(session, me)


def test_hidden_organisations_are_never_suggested(session: Session, sign_in: Any) -> None:
    hidden = organisations.organisation("Harbour House Refuge")
    hidden.confidential_location = True
    session.flush()
    me = people.champion("Charlie Champion")
    page = sign_in(session.get_one(User, me.user_id))
    near = page.post("/me/organisations", data={"organisation": "Harbuor House Refuge"})
    far = page.post("/me/organisations", data={"organisation": "Nothing Like That"})
    same = page.post("/me/organisations", data={"organisation": "harbour house refuge"})
    assert near.status_code == far.status_code == same.status_code == 302
    assert near.location == far.location == same.location


def test_a_coordinator_links_creates_or_rejects_a_name(session: Session, sign_in: Any) -> None:
    club = organisations.organisation(CLUB)
    one, two, three, four = (people.person(f"Person {number}") for number in "1234")
    wrong, same_name = (
        add_typed_name(session, one, "Thurs Club"),
        add_typed_name(session, two, "THURS club"),
    )
    new, none = (
        add_typed_name(session, three, "Brand New Group"),
        add_typed_name(session, four, "n/a"),
    )
    page = sign_in(accounts.coordinator())
    sentence = "4 people have entered an organisation that is not linked yet"
    assert sentence in text(page.get("/")) and sentence in text(page.get("/coverage"))
    listed = text(page.get("/people/organisations"))
    assert "Brand New Group" in listed and "n/a" in listed
    shown = text(page.get(at(f"/people/organisations/{wrong.id}")))
    assert "Person 1" in shown and "Person 2" in shown and "Person 3" not in shown
    link = {"what": "link", "which": public_id("organisations", club.id)}
    page.post(at(f"/people/organisations/{wrong.id}"), data=link)
    assert (
        current_affiliations(session, one)
        == current_affiliations(session, two)
        == [(club.id, None)]
    )
    past = session.get_one(Affiliation, same_name.id)
    session.refresh(past)
    assert past.organisation_id is None and past.until_on is not None  # past figures stay
    create = {"what": "new", "name": "Brand New Group", "kind": "voluntary"}
    page.post(at(f"/people/organisations/{new.id}"), data=create)
    made = session.scalars(select(Organisation).where(Organisation.name == "Brand New Group")).one()
    assert current_affiliations(session, three) == [(made.id, None)]
    page.post(at(f"/people/organisations/{none.id}"), data={"what": "none"})
    assert current_affiliations(session, four) == [(None, "n/a")]
    assert "No names to link" in text(page.get("/people/organisations"))
    assert page.get(at(f"/people/organisations/{none.id}")).status_code == 404


def test_a_new_organisation_offers_the_waiting_names(session: Session, sign_in: Any) -> None:
    add_typed_name(session, people.person(), "Swaffham Gardners")
    page = sign_in(accounts.coordinator())
    reply = page.post(
        "/organisations/new",
        data={"name": "Swaffham Gardeners", "kind": "voluntary"},
        follow_redirects=True,
    )
    assert "Names that could be this organisation" in text(reply)
    assert "Swaffham Gardners" in text(reply)


def test_names_of_hidden_people_stay_hidden(session: Session, sign_in: Any) -> None:
    secret = organisations.network("domestic-abuse-support")
    hidden = people.person("Hidden One", networks=[secret], general=True)
    name = add_typed_name(session, hidden, "A Small Charity")
    page = sign_in(accounts.coordinator(sensitive=False))
    assert "A Small Charity" not in text(page.get("/people/organisations"))
    assert "not linked yet" not in text(page.get("/coverage"))
    assert page.get(at(f"/people/organisations/{name.id}")).status_code == 404
    page.post(at(f"/people/organisations/{name.id}"), data={"what": "none"})
    session.refresh(name)
    assert name.unmatched_at is None


def test_staff_add_and_remove_an_organisation(session: Session, sign_in: Any) -> None:
    club = organisations.organisation(CLUB)
    one = people.person("Paula Person")
    page = sign_in(accounts.coordinator())
    for _twice in range(2):
        page.post(
            at(f"/people/{one.id}/organisations"), data={**TOLD_BY_PHONE, "organisation": CLUB}
        )
    assert current_affiliations(session, one) == [(club.id, None)]
    (row_,) = session.scalars(select(Affiliation).where(Affiliation.person_id == one.id))
    page.post(at(f"/people/{one.id}/organisations/{row_.id}/remove"), data=TOLD_BY_PHONE)
    assert current_affiliations(session, one) == []
