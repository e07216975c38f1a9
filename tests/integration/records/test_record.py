"""A person's record: the order of its history, and places without a ward."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.areas import queries as areas
from app.core import clock
from app.core.audit import AuditEntry
from app.people.models import Person, Presence
from app.people.types import AreaSource, Basis
from tests.addresses import at
from tests.factories import accounts, organisations, people
from tests.factories import areas as some
from tests.factories import messages as some_messages


def read(reply: Any) -> str:
    """Return the page's text."""
    return " ".join(unescape(reply.get_data(as_text=True)).split())


def history(page: str) -> list[str]:
    """Return the lines of the history, from the top."""
    found = re.search(r'<ol class="app-timeline">(.*?)</ol>', page)
    assert found is not None
    return re.findall(r"</time>(?:<a [^>]*>)?([^<]*)", found.group(1))


def test_the_history_is_newest_first_within_a_day_too(session: Session, sign_in: Any) -> None:
    person = people.person("Ann Smith", registered_at=clock.now() - timedelta(days=3))
    start = clock.start_of_day(clock.today() - timedelta(days=2))
    hours = [start + timedelta(hours=hour) for hour in range(9, 14)]
    person.registered_at, person.confirmed_at, person.approved_at = hours[0], hours[2], hours[3]
    for hour, name in ((hours[1], "contact-confirm"), (hours[4], "approved")):
        some_messages.message(letter=name, person_id=person.id).sent_at = hour
    session.flush()
    lines = history(read(sign_in(accounts.coordinator()).get(at(f"/people/{person.id}"))))
    assert [line for line in lines if line != "Still here"] == [
        "Email sent: “Tell them that they have been approved”",
        "Approved",
        "Confirmed",
        "Email sent: “Confirm their new address”",
        "Registered",
    ]


def person_without_ward(
    *, postcode: str | None = "IP24 9ZZ", days: int = 30
) -> tuple[Person, Presence]:
    """Return a person and their home, which has no ward."""
    person = people.person("Ann Lost")
    since = clock.today() - timedelta(days=days)
    return person, people.presence(
        person, postcode=postcode, settled=AreaSource.UNSETTLED, from_on=since
    )


def test_a_place_without_a_ward_links_to_its_form(session: Session, sign_in: Any) -> None:
    person, place = person_without_ward()
    client = sign_in(accounts.coordinator())
    page = read(client.get(at(f"/people/{person.id}")))
    assert "Ward unknown" in page
    assert "ward unknown" in page
    assert f'href="{at(f"/people/{person.id}/places/{place.id}")}">Confirm the ward</a>' in page
    chosen = read(client.get(at(f"/people/{person.id}/places/{place.id}")))
    assert "Which ward does Ann Lost live in?" in chosen
    assert "IP24" not in page + chosen
    reply = client.post(at(f"/people/{person.id}/places/{place.id}"), data={"ward": ""})
    assert (reply.status_code, "Select the ward" in read(reply)) == (422, True)


def test_a_chosen_ward_counts_from_today(session: Session, sign_in: Any) -> None:
    person, place = person_without_ward()
    ward = some.area(name="Thetford Said")
    client = sign_in(accounts.coordinator())
    address = at(f"/people/{person.id}/places/{place.id}")
    page = read(client.post(address, data={"ward": ward.code}, follow_redirects=True))
    assert "Lives in: Thetford Said" in page
    assert "Ward unknown" not in page
    session.refresh(place)
    assert (place.settled, place.until_on) == (
        AreaSource.UNSETTLED,
        clock.today() - timedelta(days=1),
    )
    now = session.scalars(
        select(Presence).where(Presence.person_id == person.id, Presence.until_on.is_(None))
    ).one()
    assert (now.ward_id, now.settled, now.postcode, now.basis) == (
        ward.id,
        AreaSource.CHOSEN,
        "IP24 9ZZ",
        Basis.LIVES,
    )
    trail = select(AuditEntry).where(AuditEntry.verb == "presence.settle")
    assert {entry.subject_id for entry in session.scalars(trail)} == {place.id, now.id}
    again = read(client.post(address, data={"ward": ward.code}, follow_redirects=True))
    assert "This place already has a ward." in again


def test_choosing_a_ward_on_the_first_day_adds_no_row(session: Session, sign_in: Any) -> None:
    person, place = person_without_ward(days=0)
    ward = areas.ward_choices()[0][0]
    client = sign_in(accounts.coordinator())
    for _twice in range(2):
        reply = client.post(at(f"/people/{person.id}/places/{place.id}"), data={"ward": ward})
        assert reply.status_code == 302
    (kept,) = session.scalars(select(Presence).where(Presence.person_id == person.id)).all()
    assert (kept.id, kept.settled) == (place.id, AreaSource.CHOSEN)


def test_a_place_without_a_postcode_has_an_unknown_ward(session: Session, sign_in: Any) -> None:
    person, place = person_without_ward(postcode=None)
    client = sign_in(accounts.coordinator())
    page = read(client.get(at(f"/people/{person.id}")))
    assert "ward unknown" in page
    assert "We do not know which ward this place is in" in read(
        client.get(at(f"/people/{person.id}/places/{place.id}"))
    )


def test_only_users_who_may_change_the_person_can_choose_a_ward(
    session: Session, sign_in: Any
) -> None:
    person, place = person_without_ward()
    _other, elsewhere = person_without_ward()
    network = organisations.network()
    partner = organisations.organisation()
    organisations.agreement(partner, network)
    people.membership(person, network, from_on=clock.today())
    reader: User = organisations.partner(partner)
    client = sign_in(reader)
    page = read(client.get(at(f"/people/{person.id}")))
    assert "Ward unknown" in page
    assert "Confirm the ward" not in page
    assert client.get(at(f"/people/{person.id}/places/{place.id}")).status_code == 404
    client = sign_in(accounts.coordinator())
    assert client.get(at(f"/people/{person.id}/places/{elsewhere.id}")).status_code == 404
    person.left_on = clock.today()
    session.flush()
    assert client.get(at(f"/people/{person.id}/places/{place.id}")).status_code == 404


def test_a_new_record_links_to_the_ward_form(session: Session, sign_in: Any) -> None:
    data = {
        "name": "Elsie Lost",
        "over_18": "y",
        "phone": "01362 656870",
        "interest": "champion",
        "home": "ip24 9zz",
        "notice": "read out",
    }
    client = sign_in(accounts.coordinator())
    page = read(client.post("/people/new", data=data, follow_redirects=True))
    assert "Confirm the ward</a>" in page
