"""Before staff add a person, they see who may be the same person already."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.core.db import db
from app.people.models import Person
from tests.addresses import public_id
from tests.factories import accounts, organisations, people

TYPED = {
    "name": "Zoe Qibble",
    "over_18": "yes",
    "email": "new@example.org",
    "interest": "champion",
    "notice": "on paper",
    "home": "IP24 1JD",
}


def text_of(reply: Any) -> str:
    """Return the page's text with normalised spaces."""
    return " ".join(reply.get_data(as_text=True).split())


def people_added(session: Session) -> list[Person]:
    return list(session.scalars(select(Person).where(Person.full_name == TYPED["name"])))


def test_a_possible_duplicate_is_shown_before_saving(session: Session, sign_in: Any) -> None:
    similar = people.person("Zoë Quibble")
    same_phone = people.person("Other Name", phone="+447700900321")
    client = sign_in(accounts.coordinator())
    data = TYPED | {"phone": "07700 900321"}
    page = text_of(client.post("/people/new", data=data, follow_redirects=True))
    assert people_added(session) == []
    assert "Check the people on this page before you add them" in page
    assert f"/people/{public_id('people', similar.id)}" in page
    assert page.index("Other Name (opens in a new tab)</a>: same contact details") < page.index(
        "Zoë Quibble (opens in a new tab)</a>: same or similar name"
    )
    one = data | {"different": public_id("people", similar.id)}
    client.post("/people/new", data=one)
    assert people_added(session) == []
    both = [public_id("people", each.id) for each in (similar, same_phone)]
    assert client.post("/people/new", data=data | {"different": both}).status_code == 302
    assert len(people_added(session)) == 1


def test_a_neighbour_with_another_name_is_not_shown(session: Session, sign_in: Any) -> None:
    neighbour = people.person("Adam Neighbour")
    people.presence(neighbour, postcode="IP24 1JD")
    married = people.person("Zoe Oldname")
    people.presence(married, postcode="IP24 1JD")
    page = text_of(
        sign_in(accounts.coordinator()).post("/people/new", data=TYPED, follow_redirects=True)
    )
    assert "Zoe Oldname (opens in a new tab)</a>: similar name and same postcode" in page
    assert "Adam Neighbour" not in page


def test_a_hidden_person_is_not_revealed(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator(sensitive=False))
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    def add(name: str, email: str) -> tuple[int, list[str]]:
        sent.clear()
        event.listen(db.engine, "before_cursor_execute", note)
        reply = client.post("/people/new", data=TYPED | {"name": name, "email": email})
        event.remove(db.engine, "before_cursor_execute", note)
        return reply.status_code, list(sent)

    first = add("Unknown Qibble", "unknown@example.org")
    hidden = people.person(
        "Hidden Xuibble",
        email="hidden@example.org",
        networks=[organisations.network(sensitive=True)],
    )
    people.presence(hidden, postcode="IP24 1JD")
    session.flush()
    status, statements = add("Hidden Xuibble", "hidden@example.org")
    assert status == first[0] == 302
    looked = [one for one in statements if "name_keys" in one and one.startswith("WITH")]
    assert looked == [one for one in first[1] if "name_keys" in one and one.startswith("WITH")]
    page = text_of(
        sign_in(accounts.coordinator()).post(
            "/people/new", data=TYPED | {"name": "Hidden Xuibbel"}, follow_redirects=True
        )
    )
    assert "Hidden Xuibble (opens in a new tab)" in page
