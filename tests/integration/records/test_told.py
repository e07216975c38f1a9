"""Staff say who told them about a change, and the person's history shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.audit import AuditEntry
from app.core.audit_verbs import AuditVerb
from app.core.permissions import Role
from app.core.words import long_date
from app.people.models import Presence
from app.people.types import Basis
from tests.addresses import at, public_id
from tests.factories import accounts, organisations, people
from tests.integration.records.test_staff_pages import text_of
from tests.telling import TOLD_BY_PHONE

SignIn = Callable[[Any], FlaskClient]
CHANGES = {
    "name": ({"name": "Ann After"}, AuditVerb.PERSON_RENAME),
    "networks": ({"networks": ["farming"]}, AuditVerb.PERSON_NETWORKS),
    "organisations": ({"organisation": "The Thursday Club"}, AuditVerb.PERSON_ORGANISATION),
    "travel": ({"reach": "33"}, AuditVerb.PERSON_REACH),
    "away": ({}, AuditVerb.PERSON_PAUSE),
    "here": ({}, AuditVerb.PERSON_STILL_HERE),
    "contact": ({"email": "ann@example.org", "phone": "01362 700900"}, AuditVerb.PERSON_CONTACT),
    "safe-contact": ({"how": "none"}, AuditVerb.PERSON_SAFE_CONTACT),
    "place": ({"basis": "works", "postcode": "IP24 1JD"}, AuditVerb.PERSON_PLACE),
    "protection": ({"ward": ""}, AuditVerb.PERSON_PROTECT),
    "seen": ({"general": "no"}, AuditVerb.PERSON_GENERAL),
}


@pytest.mark.parametrize("page", CHANGES)
def test_the_history_says_who_told_staff(session: Session, sign_in: SignIn, page: str) -> None:
    organisations.network("farming")
    on = clock.today() - timedelta(days=30)
    shelter = organisations.network("domestic-abuse-support")
    person = people.person(email="ann@example.org", networks=[shelter], general=True, active_on=on)
    data, verb = CHANGES[page]
    client, path = sign_in(accounts.coordinator()), at(f"/people/{person.id}")
    refused = client.post(f"{path}/{page}", data=data)
    assert refused.status_code == 422
    assert "Select who told you" in refused.text
    yesterday = clock.today() - timedelta(days=1)
    source_data = {
        "told_by": "carer",
        "told_how": "letter",
        "told_on-day": yesterday.day,
        "told_on-month": yesterday.month,
        "told_on-year": yesterday.year,
    }
    source = f"Reported by a carer or support worker on {long_date(yesterday)}, by letter"
    line = f"{verb.wording}. {source}"
    assert line not in text_of(client.get(path))
    for _twice in range(1 if page == "place" else 2):
        assert client.post(f"{path}/{page}", data=source_data | data).status_code == 302
    assert text_of(client.get(path)).count(line) == 1


def test_staff_must_say_how_and_when_they_were_told_unless_they_correct_a_mistake(
    session: Session, sign_in: SignIn
) -> None:
    person = people.champion()
    client, path = sign_in(accounts.coordinator()), at(f"/people/{person.id}")
    tomorrow = clock.today() + timedelta(days=1)
    later = {"told_on-day": tomorrow.day, "told_on-month": tomorrow.month}
    later["told_on-year"] = tomorrow.year
    name = {"name": "Ann After"}
    for wrong, error in (
        ({"told_by": "person"}, "Select how they told you"),
        ({**TOLD_BY_PHONE, **later}, f"The date must be {long_date(clock.today())} or earlier"),
    ):
        reply = client.post(f"{path}/name", data=name | wrong)
        assert (reply.status_code, error in text_of(reply)) == (422, True)
    client.post(f"{path}/name", data=name | {"told_by": "nobody"})
    day = long_date(clock.today())
    assert f"{AuditVerb.PERSON_RENAME.wording}. Our own mistake, corrected on {day}" in text_of(
        client.get(path)
    )


def test_staff_remove_places_organisations_and_absences(session: Session, sign_in: SignIn) -> None:
    club = organisations.organisation("The Thursday Club")
    person = people.person(organisations=[club])
    place = people.presence(person, Basis.COULD_HELP, district="E07000143")
    serves = people.presence(person, Basis.SERVES, district="E07000143")
    client, path = sign_in(accounts.coordinator()), at(f"/people/{person.id}")
    remove = f"{path}/places/{public_id('presences', place.id)}/remove"
    assert remove in client.get(path).text
    assert "Could help in" in text_of(client.get(remove))
    for _twice in range(2):
        assert client.post(remove, data=TOLD_BY_PHONE).status_code == 302
    ended = session.scalars(select(Presence).where(Presence.id == place.id)).one_or_none()
    assert ended is None or ended.until_on is not None
    assert client.get(remove).status_code == 404
    kept = f"{path}/places/{public_id('presences', serves.id)}/remove"
    assert client.post(kept, data=TOLD_BY_PHONE).status_code == 404
    page = client.get(f"{path}/organisations").text
    leave = page.partition(f"{path}/organisations/")[2].partition('"')[0]
    for _twice in range(2):
        assert client.post(f"{path}/organisations/{leave}", data=TOLD_BY_PHONE).status_code == 302
    page = client.get(f"{path}/organisations").text
    assert "The Thursday Club" not in page.partition("Add an organisation")[0]
    client.post(f"{path}/away", data=TOLD_BY_PHONE)
    assert client.post(f"{path}/back", data={}).status_code == 422
    client.post(f"{path}/back", data=TOLD_BY_PHONE)
    history = text_of(client.get(path))
    for verb in ("PLACE", "ORGANISATION", "COME_BACK"):
        assert str(AuditVerb[f"PERSON_{verb}"].wording) in history


def test_changes_by_holders_of_the_permission_leave_no_trace_for_others(
    session: Session, sign_in: SignIn
) -> None:
    """Two people look the same to others, although one of them joins a sensitive network."""
    organisations.network("domestic-abuse-support")
    farming = organisations.network("farming")
    plain, other = people.champion(networks=[farming]), people.champion(networks=[farming])
    with_permission = accounts.coordinator()
    joins = {**TOLD_BY_PHONE, "networks": ["farming", "domestic-abuse-support"]}
    sign_in(with_permission).post(at(f"/people/{other.id}/networks"), data=joins)
    group = organisations.organisation("Some Partner")
    viewer = public_id("organisations", group.id)
    without_permission = accounts.coordinator(sensitive=False)
    sign_in(without_permission).post(
        at(f"/people/{other.id}/hidden"), data={**TOLD_BY_PHONE, "viewer": viewer}
    )
    holder = sign_in(with_permission)
    assert str(AuditVerb.PERSON_NETWORKS.wording) in text_of(holder.get(at(f"/people/{other.id}")))
    assert str(AuditVerb.PERSON_BLOCK.wording) in text_of(holder.get(at(f"/people/{other.id}")))
    history = [
        text_of(sign_in(without_permission).get(at(f"/people/{each.id}"))).partition("History")[2]
        for each in (plain, other)
    ]
    assert history[0] == history[1]
    admin = accounts.user(Role.ADMIN)
    entries = session.scalars(select(AuditEntry.verb).where(AuditEntry.verb == "person.told")).all()
    assert len(entries) == 2
    assert "Recorded who reported" not in sign_in(admin).get("/users/audit").text
