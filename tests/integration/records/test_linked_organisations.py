"""Names of organisations are suggested while they are typed, and a wrong link is undone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.db import db
from app.core.permissions import Role
from app.people.models import Affiliation, Person
from tests.addresses import at
from tests.factories import accounts, organisations, people
from tests.integration.registration.registering import fill_in, pages

SignIn = Callable[[Any], FlaskClient]
CLUB = "Thetford Chess Club"
LISTED = re.compile(r'<datalist id="organisation-names">(.*?)</datalist>', re.S)


def suggested(page: str) -> set[str]:
    """Return the names that a page suggests for the field of the organisation."""
    assert 'list="organisation-names"' in page
    found = LISTED.search(page)
    assert found is not None
    return set(re.findall(r'<option value="([^"]*)"', found[1]))


def rows(session: Session, person: Person) -> list[tuple[int | None, str | None, Any, Any]]:
    session.expire_all()
    found = session.scalars(
        select(Affiliation).where(Affiliation.person_id == person.id).order_by(Affiliation.id)
    )
    return [(each.organisation_id, each.named, each.from_on, each.until_on) for each in found]


def test_every_page_suggests_only_organisations_that_the_public_may_know_of(
    client: FlaskClient, session: Session, sign_in: SignIn
) -> None:
    organisations.organisation(CLUB)
    refuge = organisations.organisation("Secret Refuge")
    refuge.confidential_location = True
    hidden = organisations.organisation("Hidden Helpers")
    organisations.network("hidden", sensitive=True, approver=hidden)
    organisations.agreement(hidden, organisations.network("hidden"))
    closed = organisations.organisation("Closed Choir")
    closed.until_on = clock.today() - timedelta(days=1)
    session.flush()
    person = people.champion(organisations=[refuge])
    before = {k: v for k, v in pages().items() if k in ("start", "networks")}
    fill_in(client, before)
    shown = [client.get("/register/contact").text]
    own_client = sign_in(session.get_one(User, person.user_id))
    shown.append(own_client.get("/me/organisations").text)
    staff = sign_in(accounts.coordinator())
    shown += [
        staff.get(at(f"/people/{person.id}/organisations")).text,
        staff.get("/people/new").text,
    ]
    names = [suggested(page) for page in shown]
    assert all(each == names[0] for each in names)
    assert CLUB in names[0]
    assert not names[0] & {"Secret Refuge", "Hidden Helpers", "Closed Choir"}


def test_a_wrong_link_is_undone_in_one_press(session: Session, sign_in: SignIn) -> None:
    club = organisations.organisation(CLUB)
    today, began = clock.today(), clock.today() - timedelta(days=90)
    linked_on = today - timedelta(days=10)
    person = people.champion("Paula Person")
    for answers in (
        {"named": "The chess lot", "from_on": began, "until_on": linked_on - timedelta(days=1)},
        {"organisation_id": club.id, "from_on": linked_on},
    ):
        db.session.add(Affiliation(person_id=person.id, **answers))
    session.flush()
    last = session.scalars(select(Affiliation.id).order_by(Affiliation.id.desc())).first()
    staff, page = sign_in(accounts.coordinator()), at(f"/people/{person.id}/organisations")
    unlink = at(f"/people/{person.id}/organisations/{last}/unlink")
    assert unlink in staff.get(page).text
    for _twice in range(2):
        assert staff.post(unlink).location == page
    assert rows(session, person)[1:] == [
        (club.id, None, linked_on, today - timedelta(days=1)),
        (None, "The chess lot", today, None),
    ]
    assert "The chess lot (not linked)" in staff.get(page).text
    assert "The chess lot" in staff.get("/people/organisations").text


def test_a_link_made_today_is_replaced_by_the_organisations_name(
    session: Session, sign_in: SignIn
) -> None:
    club = organisations.organisation(CLUB)
    person = people.champion(organisations=[club])
    row = session.scalars(select(Affiliation).where(Affiliation.person_id == person.id)).one()
    row.from_on = clock.today()
    session.flush()
    staff = sign_in(accounts.coordinator())
    staff.post(at(f"/people/{person.id}/organisations/{row.id}/unlink"))
    assert rows(session, person) == [(None, CLUB, clock.today(), None)]


def test_only_readers_who_may_know_of_an_organisation_unlink_it(
    session: Session, sign_in: SignIn
) -> None:
    refuge = organisations.organisation("Secret Refuge")
    refuge.confidential_location = True
    person = people.champion(organisations=[refuge])
    row = session.scalars(select(Affiliation).where(Affiliation.person_id == person.id)).one()
    path = at(f"/people/{person.id}/organisations/{row.id}/unlink")
    for user in (accounts.coordinator(sensitive=False), accounts.user(Role.TRAINER)):
        assert sign_in(user).post(path).status_code == 404
    assert rows(session, person)[0][0] == refuge.id
    other = people.champion()
    wrong = at(f"/people/{other.id}/organisations/{row.id}/unlink")
    assert sign_in(accounts.coordinator()).post(wrong).status_code == 404
