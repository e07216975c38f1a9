"""The list of people and the record, for staff and partners."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.audit import AuditEntry
from app.core.db import db
from app.people.models import ActivityConfirmation, NoticeGiven, Person, TrainingClaim
from app.people.types import ContactKind, Source
from tests.addresses import at, public_id
from tests.factories import accounts, organisations, people
from tests.factories.accounts import LONG_AGO
from tests.integration.people import letters
from tests.telling import TOLD_BY_PHONE


def text_of(reply: Any) -> str:
    """Return the page's text with normalised spaces."""
    return " ".join(reply.get_data(as_text=True).split())


def names_in(page: str) -> list[str]:
    """Return the names in the list, in order."""
    return re.findall(r'href="/people/[a-z2-7]{26}">([^<]+)</a>', page)


def verbs(session: Session, person_id: int) -> list[str]:
    """Return the audited verbs for a person."""
    return list(
        session.scalars(
            select(AuditEntry.verb)
            .where(AuditEntry.subject_type == "people", AuditEntry.subject_id == person_id)
            .order_by(AuditEntry.id)
        )
    )


def test_a_partner_sees_only_its_own_people(session: Session, sign_in: Any) -> None:
    network = organisations.network()
    partner = organisations.organisation("Partner A")
    organisations.agreement(partner, network)
    own_person = people.person("Ann Theirs", networks=[network])
    other = people.person("Bob Other")
    client = sign_in(organisations.partner(partner))
    assert names_in(text_of(client.get("/people"))) == ["Ann Theirs"]
    assert names_in(text_of(client.get("/people?q=Other"))) == []
    address = "someone@example.org"
    people.contact(other, ContactKind.EMAIL, address)
    assert names_in(text_of(client.get(f"/people?q={address}"))) == []
    assert client.get(at(f"/people/{own_person.id}")).status_code == 200
    assert client.get(at(f"/people/{other.id}")).status_code == 404
    assert client.get("/people/export").status_code == 404
    assert client.get("/people/new").status_code == 404
    assert client.post(at(f"/people/{own_person.id}/here"), data=TOLD_BY_PHONE).status_code == 404


def test_people_of_sensitive_networks_only_are_hidden(session: Session, sign_in: Any) -> None:
    network = organisations.network(sensitive=True)
    hidden = people.person("Hidden Person", networks=[network])
    client = sign_in(accounts.coordinator(sensitive=False))
    assert "Hidden Person" not in text_of(client.get("/people?q=Hidden"))
    assert client.get(at(f"/people/{hidden.id}")).status_code == 404
    export = client.post("/people/export", data={"reason": "a test", "kind": "csv"})
    assert "Hidden Person" not in export.get_data(as_text=True)
    client = sign_in(accounts.coordinator())
    assert names_in(text_of(client.get("/people?q=Hidden"))) == ["Hidden Person"]
    assert network.name in text_of(client.get(at(f"/people/{hidden.id}")))


def test_people_can_be_filtered_and_searched(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    network = organisations.network()
    one = people.person("Zzora Quill", phone="+447700900123", networks=[network])
    people.applicant("Zzora Waiting")

    def found(query: str) -> list[str]:
        return names_in(text_of(client.get(f"/people?{query}")))

    assert found("q=zzora") == ["Zzora Quill"]
    assert found("q=quill+zzora") == ["Zzora Quill"]
    assert found("q=zora+quil") == ["Zzora Quill"]
    assert found("q=07700+900+123") == ["Zzora Quill"]
    assert found(f"q={one.contacts[0].point.value.upper()}") == ["Zzora Quill"]
    assert found("q=zzora&state=any") == ["Zzora Quill", "Zzora Waiting"]
    assert found("q=zzora&state=waiting+for+approval") == ["Zzora Waiting"]
    assert found("q=zzora&state=active") == ["Zzora Quill"]
    assert found("q=zzora&state=away") == []
    assert found(f"q=zzora&network={network.slug}") == ["Zzora Quill"]
    assert found("q=zzora&network=farming") == []
    assert found("q=zzora&place=thetford") == []


def test_pages_follow_each_other_with_the_same_number_of_queries(
    session: Session, sign_in: Any
) -> None:
    client = sign_in(accounts.coordinator())
    for number in range(30):
        people.person(f"Keyset {number:02d}")
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    client.get("/people?q=Keyset+01")
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        client.get("/people?q=Keyset+01")
        few = len(statements)
        statements.clear()
        page = text_of(client.get("/people?q=Keyset"))
        many = len(statements)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert many == few
    assert not any(re.search(r"count\(", each) for each in statements)
    first = names_in(page)
    after = re.search(r'href="([^"]+)" rel="next"', page)
    assert after is not None
    second = names_in(text_of(client.get(after[1].replace("&amp;", "&"))))
    assert [*first, *second] == [f"Keyset {number:02d}" for number in range(30)]


def test_opening_a_record_is_audited_and_shows_no_postcode(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    person = people.person("Ann Open")
    people.presence(person, postcode="IP24 1JD")
    page = text_of(client.get(at(f"/people/{person.id}")))
    assert "IP24" not in page
    assert person.contacts[0].point.value in page.replace("<wbr>", "")
    assert verbs(session, person.id) == ["people.create", "person.read"]


def test_staff_can_change_a_record(session: Session, sign_in: Any, no_attempts: None) -> None:
    client = sign_in(accounts.coordinator())
    person = people.champion("Ann Before")
    people.presence(person, postcode="IP24 1JD")
    path = at(f"/people/{person.id}")
    assert "still active" in text_of(
        client.post(f"{path}/here", follow_redirects=True, data=TOLD_BY_PHONE)
    )
    assert session.scalar(
        select(ActivityConfirmation.by_user_id).where(
            ActivityConfirmation.person_id == person.id,
            ActivityConfirmation.by_user_id.is_not(None),
        )
    )
    assert "Ann After" in text_of(
        client.post(
            f"{path}/name", data={**TOLD_BY_PHONE, "name": "Ann After"}, follow_redirects=True
        )
    )
    reply = client.post(
        f"{path}/contact", data={**TOLD_BY_PHONE, "email": "", "phone": "", "post": ""}
    )
    assert reply.status_code == 422
    assert "Enter an email address" in text_of(reply)
    number = people.contact(person, ContactKind.PHONE, "+447700900999", on=LONG_AGO)
    new = {"email": "new.ann@example.org", "phone": "07700 900 111", "preferred": "phone"}
    new["called"] = public_id("person_contacts", number.id)
    page = text_of(client.post(f"{path}/contact", data=TOLD_BY_PHONE | new, follow_redirects=True))
    assert "new<wbr>.ann<wbr>@example<wbr>.org" in page
    assert "07700 900111 (try this first)" in page
    session.refresh(person)
    letters.sign_in(client, session, "new.ann@example.org")
    assert session.get_one(User, person.user_id).email == "new.ann@example.org"
    client.post(f"{path}/protection", data={**TOLD_BY_PHONE, "ward": ""})
    session.refresh(person)
    assert person.protected_at is not None
    assert person.presences[0].postcode is None
    assert client.post(f"{path}/remove", data={"reason": ""}).status_code == 422
    page = text_of(client.post(f"{path}/remove", data={"reason": "Moved"}, follow_redirects=True))
    assert "Moved" in page
    assert names_in(text_of(client.get("/people?q=Ann+After"))) == []


def test_possible_duplicates_can_be_marked_as_different(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    one = people.person("Margery Allingham", email="shared@example.org")
    two = people.person("Margery Alingham", email="shared@example.org")
    assert "Margery Alingham" in text_of(client.get(at(f"/people/{one.id}")))
    for _twice in range(2):
        reply = client.post(at(f"/people/{two.id}/not/{one.id}"), follow_redirects=True)
        assert "Margery Allingham</a>" not in text_of(reply)
    assert "Margery Alingham" not in text_of(client.get(at(f"/people/{one.id}")))


def entry_data(**changed: Any) -> dict[str, Any]:
    """Return the input for adding a person."""
    return {
        "csrf_token": "abc",
        "name": "Elsie Paper",
        "over_18": "y",
        "phone": "01362 656870",
        "interest": "champion",
        "home": "ip241jd",
        "notice": "read out",
    } | changed


def test_adding_a_person_without_email(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    for sentence in (
        "Added and approved. We have not told the person yet. They are on the list of",
        "We have already saved this, so we did not save it again.",
    ):
        reply = client.post("/people/new", data=entry_data(approve="y"), follow_redirects=True)
        assert "Elsie Paper" in text_of(reply)
        assert sentence in text_of(reply)
    person = session.scalars(select(Person).where(Person.full_name == "Elsie Paper")).one()
    assert (person.source, person.user_id) == (Source.STAFF, None)
    assert person.approved_at is not None
    assert session.scalar(select(NoticeGiven.how).where(NoticeGiven.person_id == person.id)) == (
        "read out"
    )
    done = verbs(session, person.id)
    assert done.index("person.register") < done.index("person.approve")


def test_staff_may_know_only_the_year_of_earlier_training(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    data = entry_data(course="Adult MHFA", **{"awarded-year": "2021"})
    assert client.post("/people/new", data=data).status_code == 302
    claim = session.scalars(select(TrainingClaim)).one()
    assert (claim.month, claim.year) == (None, 2021)


def test_adding_a_person_explains_errors_and_keeps_the_input(
    session: Session, sign_in: Any
) -> None:
    client = sign_in(accounts.coordinator())
    reply = client.post("/people/new", data={"name": "Elsie Kept", "interest": "trained"})
    page = text_of(reply)
    assert reply.status_code == 422
    for sentence in (
        "Confirm that they are 18 or over. People under 18 cannot join",
        "Enter an email address, a phone number or a postal address",
        "Select how they were given the privacy notice",
        "Enter the course they did",
    ):
        assert sentence in page
    assert "Elsie Kept" in page


def test_an_approver_decides_on_the_people_of_its_network(session: Session, sign_in: Any) -> None:
    approver = organisations.organisation("Approver B")
    network = organisations.network(approver=approver)
    organisations.agreement(approver, network)
    organisations.partner(approver)
    client = sign_in(accounts.coordinator())
    data = entry_data(approve="y", networks=[network.slug], csrf_token="net")
    page = text_of(client.post("/people/new", data=data, follow_redirects=True))
    assert "Approver B makes the decision on this registration." in page


def test_a_place_of_a_protected_person_has_no_postcode(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    person = people.person("Ann Nowhere", protected=True)
    path = at(f"/people/{person.id}/place")
    assert client.post(path, data={"basis": "lives"}).status_code == 422
    data = {**TOLD_BY_PHONE, "basis": "lives", "postcode": "IP24 1JD", "ward": "E05010259"}
    assert "Lives in: Thetford Burrell" in text_of(
        client.post(path, data=data, follow_redirects=True)
    )
    assert [place.postcode for place in person.presences] == [None]


def test_staff_cannot_choose_a_network_hidden_from_them(session: Session, sign_in: Any) -> None:
    network = organisations.network(sensitive=True)
    client = sign_in(accounts.coordinator(sensitive=False))
    assert network.name not in text_of(client.get("/people/new"))
    data = entry_data(networks=[network.slug], csrf_token="hidden")
    assert client.post("/people/new", data=data).status_code == 422
