"""None of a person's pages shows private details until they enter their memorable word."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.changes import word as verbs
from app.changes.models import PrivateWord
from app.core import clock, links
from app.core.actor import SYSTEM
from app.core.permissions import Role
from app.matching import service
from app.matching.models import Need
from app.messages.models import Message
from app.organisations.models import Network
from app.people.models import Membership, Person
from app.people.types import Basis
from app.signin import sessions
from tests.addresses import at, public_id
from tests.factories import accounts, areas, certificates, matching, organisations, people
from tests.integration.registration.registering import AREA, fill_in, pages, send

SURVIVORS = "domestic-abuse-support"
WORD = "bluebell lantern"
SAFE_PHONE = "+441362111222"
HIDDEN = ("Harbour House", "Because of your choices", "Sit with them", "Old Mill")
PAGES = (
    "/",
    "/me",
    "/me/name",
    "/me/contact",
    "/me/contact/safe",
    "/me/places",
    "/me/reach",
    "/me/networks",
    "/me/protection",
    "/me/seen",
    "/me/pause",
    "/me/hidden",
    "/me/leave",
    "/me/rest",
    "/me/word",
    "/courses",
)


def _user(session: Session, person: Person) -> Any:
    return session.get_one(accounts.User, person.user_id)


@pytest.fixture
def harbour(session: Session) -> Any:
    """Return an organisation that is linked only to a sensitive network."""
    made = organisations.organisation("Harbour House")
    organisations.agreement(made, organisations.network(SURVIVORS))
    return made


def _plain(ward: Any, name: str = "Ann Example") -> Person:
    """Return a person in the farming network with a safe phone number."""
    person = people.champion(name, networks=[organisations.network("farming")], phone=SAFE_PHONE)
    for contact in person.contacts:
        contact.safe_at = clock.now() - timedelta(days=2)
    people.presence(person, ward_id=ward.id)
    return person


@pytest.fixture
def two_people(session: Session, harbour: Any) -> tuple[Person, Person]:
    """Return two people whose pages must look the same, although only the second hides details."""
    ward = areas.area(areas.AreaKind.WARD, "E05889001", name="Elsewhere")
    open_one, hidden = _plain(ward), _plain(ward)
    network = organisations.network(SURVIVORS)
    people.membership(hidden, network, from_on=clock.today() - timedelta(days=5))
    people.make_not_general(hidden)
    session.add(
        people.Affiliation(person_id=hidden.id, organisation_id=harbour.id, from_on=clock.today())
    )
    session.add(
        people.Affiliation(person_id=hidden.id, named="harbour house", from_on=clock.today())
    )
    people.block(hidden, organisation=harbour)
    need_served = matching.need(network=network, what_for="Sit with them at the Old Mill.")
    matching.assignment(need_served, hidden)
    need_to_answer = matching.need(network=network, what_for="Sit with them at the Old Mill again.")
    matching.proposal(need_to_answer, hidden, sent=True)
    verbs.set_word(hidden, WORD)
    return open_one, hidden


def _normal(page: str) -> str:
    """Return the page without tokens, ids and the address that the person signs in with."""
    page = re.sub(r'name="csrf_token" value="[^"]*"', "", page)
    page = re.sub(r"champion\d+", "champion", page)
    page = re.sub(r"reference: [0-9a-f]{32}", "", page)
    return re.sub(r"/(places|contact|organisations|hidden)/[\w-]+/remove", r"/\1/x/remove", page)


def _read_all(client: FlaskClient) -> dict[str, tuple[int, str]]:
    found = {path: client.get(path) for path in PAGES}
    return {path: (one.status_code, _normal(one.text)) for path, one in found.items()}


def test_pages_are_the_same_with_a_hidden_network(
    session: Session, sign_in: Any, two_people: tuple[Person, Person]
) -> None:
    pages_seen = [_read_all(sign_in(_user(session, each))) for each in two_people]
    assert pages_seen[0]["/me"][0] == 200
    for path in PAGES:
        assert pages_seen[0][path] == pages_seen[1][path], path
    paths = ("/", "/me", "/me/places", "/me/networks", "/me/rest")  # /me/hidden lists everybody
    assert not any(words in pages_seen[1][path][1] for words in HIDDEN for path in paths)


def test_word_shows_the_rest_for_ten_minutes_in_one_session(
    session: Session, app: Flask, sign_in: Any, two_people: tuple[Person, Person]
) -> None:
    person = two_people[1]
    client = sign_in(_user(session, person))
    reply = client.post("/me/rest", data={"word": "Bluebell  LANTERN"})
    assert reply.location == "/me"
    page = client.get("/me")
    assert all(words in page.text for words in ("Supporting survivors", *HIDDEN))
    assert page.headers["Cache-Control"] == "no-store"
    assert "checked" in client.get("/me/networks").text
    assert client.get("/me/seen").status_code == 200
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert not any(words in client.get("/me").text for words in HIDDEN)
    client.post("/me/rest/hide")
    assert not any(words in client.get("/me").text for words in HIDDEN)
    other = app.test_client()
    with other.session_transaction() as cookie:
        cookie["_user_id"] = public_id("users", person.user_id)
        cookie["signed_in_at"] = clock.now().isoformat()
    assert not any(words in other.get("/me").text for words in HIDDEN)


def test_wrong_word_and_right_word_with_nothing_hidden_look_the_same(
    session: Session, sign_in: Any, two_people: tuple[Person, Person]
) -> None:
    replies = []
    verbs.set_word(two_people[0], WORD)
    for person, word in (
        (two_people[1], "not my word"),
        (two_people[0], "not my word"),
        (two_people[0], WORD),
    ):
        client = sign_in(_user(session, person))
        reply = client.post("/me/rest", data={"word": word})
        replies.append((reply.status_code, reply.location, _normal(client.get("/me").text)))
    assert replies[0] == replies[1]
    assert replies[0][:2] == replies[2][:2]
    message = "If the word was correct"
    assert all(message in page for _status, _where, page in replies)


def test_waiting_time_after_wrong_words_grows_up_to_a_limit(
    session: Session, sign_in: Any, two_people: tuple[Person, Person]
) -> None:
    for person in two_people:  # the person without a word has to wait too
        client = sign_in(_user(session, person))
        for _try in range(verbs.FREE_ATTEMPTS):
            assert client.post("/me/rest", data={"word": "wrong word"}).status_code == 302
        refused = client.post("/me/rest", data={"word": WORD})
        assert refused.status_code == 422
        assert "Wait 1 minute before you try again" in refused.text
        assert WORD not in refused.text
    client = sign_in(_user(session, two_people[1]))
    later = clock.now()
    for _try in range(12):
        later += timedelta(minutes=61)
        with clock.frozen(later):
            assert client.post("/me/rest", data={"word": "wrong word"}).status_code == 302
    assert verbs.wait_after_attempts(1000) == timedelta(minutes=60)
    with clock.frozen(later + timedelta(minutes=61)):
        session_until = clock.now().isoformat()
        with client.session_transaction() as cookie:
            cookie["signed_in_at"] = session_until
        client.post("/me/rest", data={"word": WORD})
        assert "Harbour House" in client.get("/me").text


def make_suitable(person: Person, need: Need) -> None:
    """Give the person what the need requires, and offer their help there."""
    certificates.certificate(
        person, "community-champion", awarded_on=clock.today() - timedelta(days=100)
    )
    people.presence(person, Basis.COULD_HELP, ward_id=need.area_id)


def test_requests_for_a_sensitive_need_are_hidden_by_the_word(
    session: Session, app: Flask, sign_in: Any, two_people: tuple[Person, Person]
) -> None:
    network = session.scalars(select(Network).where(Network.slug == SURVIVORS)).one()
    need = matching.need(network=network, what_for="Sit with them on Sundays.")
    make_suitable(two_people[1], need)
    proposal = matching.proposal(need, two_people[1])
    before = session.query(Message).count()
    requests = service.send_requests(SYSTEM, [proposal.id])
    assert (requests.people, requests.by_hand, requests.ineligible) == (1, 1, ())
    message = session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
    assert session.query(Message).count() == before + 1
    assert message.channel == "phone"
    client = sign_in(_user(session, two_people[1]))
    address = at(f"/requests/{proposal.id}")
    absent = client.get(at("/requests/987654321"))
    for reply in (client.get(address), client.post(address, data={"answer": "yes"})):
        assert reply.status_code == absent.status_code == 404
    link_id = links.create(service.PURPOSE, proposal.id, timedelta(days=1))
    with app.test_request_context():
        token = links.token(service.PURPOSE, link_id)
    assert client.get(f"/requests/answer/{token}").status_code == 410
    client.post("/me/rest", data={"word": WORD})
    assert "Sit with them on Sundays." in client.get(address).text


def test_request_to_be_made_by_phone_is_never_redirected_to_a_mailbox(
    session: Session, sign_in: Any, two_people: tuple[Person, Person]
) -> None:
    network = session.scalars(select(Network).where(Network.slug == SURVIVORS)).one()
    need = matching.need(network=network)
    make_suitable(two_people[1], need)
    proposal = matching.proposal(need, two_people[1])
    service.send_requests(SYSTEM, [proposal.id])
    client = sign_in(_user(session, two_people[1]))
    safe = {"how": "chosen", "ways": ["email"]}
    assert client.post("/me/contact/safe", data=safe).status_code == 302
    row = session.scalars(
        select(people.PersonContact).where(
            people.PersonContact.person_id == two_people[1].id,
            people.PersonContact.contact_point_id
            == people.point(people.ContactKind.PHONE, SAFE_PHONE).id,
        )
    ).one()
    assert client.post(at(f"/me/contact/{row.id}/remove")).status_code == 302
    message = session.scalars(
        select(Message).where(Message.letter == "request-to-serve").order_by(Message.id.desc())
    ).first()
    assert message is not None
    assert (message.channel, message.voided_at) == ("phone", None)
    calls = sign_in(accounts.coordinator()).get("/reminders").text
    assert "Ann Example" in calls


def test_network_form_neither_reveals_nor_ends_a_private_membership(
    session: Session, sign_in: Any, two_people: tuple[Person, Person]
) -> None:
    replies = []
    for person in two_people:
        client = sign_in(_user(session, person))
        reply = client.post("/me/networks", data={"networks": ["farming", SURVIVORS]})
        replies.append((reply.status_code, reply.location))
        reply = client.post("/me/networks", data={"networks": ["ex-forces"]})
        replies.append((reply.status_code, reply.location))
    assert replies[:2] == replies[2:]
    hidden = session.scalars(
        select(Network.slug)
        .join(Membership, Membership.network_id == Network.id)
        .where(Membership.person_id == two_people[1].id, Membership.until_on.is_(None))
    )
    assert SURVIVORS in set(hidden)


def test_hidden_rows_get_the_same_response_as_missing_ones(
    session: Session, sign_in: Any, two_people: tuple[Person, Person]
) -> None:
    client = sign_in(_user(session, two_people[1]))
    row = session.scalars(
        select(people.Affiliation).where(people.Affiliation.person_id == two_people[1].id)
    ).first()
    block = session.scalars(
        select(people.Block).where(people.Block.person_id == two_people[1].id)
    ).one()
    for row_id, kind in ((row.id if row else 0, "organisations"), (block.id, "hidden")):
        assert client.post(at(f"/me/{kind}/{row_id}/remove")).status_code == 404
        assert client.post(at(f"/me/{kind}/987654321/remove")).status_code == 404


# --- choosing it ---


def _survivor_pages() -> Any:
    return pages(networks={"networks": [SURVIVORS], "general": "no", "interest": "champion"})


def test_registration_offers_a_word_only_with_a_private_network(
    client: FlaskClient, session: Session
) -> None:
    fill_in(client, pages())
    assert "A word only you know" not in client.get("/register/check").text
    fill_in(client, _survivor_pages())
    page = client.get("/register/check").text
    assert "A word only you know" in page
    assert "Your memorable word (optional)" in page
    for bad in ("short", "Ann Smith", "aaaaaaaa", "Supporting survivors"):
        refused = client.post("/register/check", data={"word": bad})
        assert refused.status_code == 422, bad
        assert session.query(Person).filter_by(full_name="Ann Smith").count() == 0
    assert client.post("/register/check", data={"word": WORD}).status_code == 302
    row = session.scalars(select(PrivateWord)).one()
    assert row.word_hash is not None
    assert row.word_hash.startswith("$argon2id$")
    tables = session.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ).all()
    for table in tables:
        query = text(f'SELECT 1 FROM "{table}" AS it WHERE it::text ILIKE :word LIMIT 1')  # noqa: S608  # names of tables
        assert session.execute(query, {"word": "%bluebell%"}).first() is None, table


def test_registration_without_a_word_succeeds(client: FlaskClient, session: Session) -> None:
    assert "Registration sent" in send(client, _survivor_pages()).text
    assert session.query(PrivateWord).count() == 0


def test_emailed_link_opens_the_same_page_whatever_was_chosen(
    client: FlaskClient, session: Session, app: Flask
) -> None:
    """A reader of the mailbox sees no network and no organisation, and no gap that reveals one."""
    chosen: list[dict[str, Any]] = [
        {"networks": ["farming"], "interest": "champion"},
        {"networks": [SURVIVORS], "general": "no", "interest": "champion"},
    ]
    pages_seen = []
    for networks in chosen:
        answers = pages(networks=networks)
        answers["contact"] = answers["contact"] | {"organisation": "Harbour House"}
        del answers["area"]
        fill_in(client, answers)
        client.post("/register/save", data={"email": "ann@example.org"})
        client.get("/exit")
        letter = session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
        with app.test_request_context():
            token = links.token("saved-draft", letter.context["link"]["link_id"])
        reply = client.post(f"/register/resume/{token}")
        found = [reply.location]
        for step in ("", "/networks", "/contact", "/places", "/area", "/check"):
            found.append(_normal(client.get(f"/register{step}").text))
        client.post("/register/networks", data={"networks": ["none"], "interest": "champion"})
        for step in ("/contact", "/places", "/area"):
            found.append(_normal(client.get(f"/register{step}").text))
        client.post("/register/area", data=AREA)
        found.append(_normal(client.get("/register/check").text))
        pages_seen.append(found)
        client.get("/exit")
    assert pages_seen[0] == pages_seen[1]
    assert not any("Harbour House" in page for page in pages_seen[1])


def test_code_from_a_call_allows_a_new_word(
    session: Session, client: FlaskClient, sign_in: Any, two_people: tuple[Person, Person]
) -> None:
    person = two_people[1]
    holder = sign_in(accounts.coordinator())
    address = at(f"/people/{person.id}/word")
    assert "Memorable word" in holder.get(at(f"/people/{person.id}")).text
    page = holder.get(address).text
    assert "01362 111222" in page
    assert f'<span class="govuk-caption-l">{person.full_name}</span>' in page
    assert holder.post(address, data={"number": "+447700900999"}).status_code == 422
    page = holder.post(address, data={"number": SAFE_PHONE}).text
    found = re.search(r">(\d{4} \d{4})<", page)
    assert found is not None
    own = sign_in(_user(session, person))
    for proof in ("0000 0000", found[1]):
        reply = own.post("/me/word", data={"proof": proof, "word": "copper teapot"})
        assert reply.location == "/me"
    own.post("/me/rest", data={"word": "copper teapot"})
    assert "Harbour House" in own.get("/me").text
    own.post("/me/rest/hide")
    own.post("/me/word", data={"proof": found[1], "word": "second try here"})  # used up
    own.post("/me/rest", data={"word": "second try here"})
    assert "Harbour House" not in own.get("/me").text


def test_code_expires_after_an_hour(
    session: Session, sign_in: Any, two_people: tuple[Person, Person]
) -> None:
    code = verbs.make_code(SYSTEM, two_people[1].id, SAFE_PHONE)
    own = sign_in(_user(session, two_people[1]))
    with clock.frozen(clock.now() + timedelta(minutes=61)):
        own.post("/me/word", data={"proof": code, "word": "copper teapot"})
        own.post("/me/rest", data={"word": "copper teapot"})
        assert "Harbour House" not in own.get("/me").text


def test_only_staff_with_the_permission_give_codes(
    sign_in: Any, two_people: tuple[Person, Person]
) -> None:
    users: list[Callable[[], Any]] = [
        lambda: accounts.coordinator(sensitive=False),
        lambda: accounts.user(Role.TRAINER),
        lambda: accounts.user(Role.ADMIN),
    ]
    for make in users:
        client = sign_in(make())
        for person_id in (two_people[0].id, two_people[1].id, 987654321):
            page = at(f"/people/{person_id}/word")
            assert client.get(page).status_code == 404
            assert client.post(page, data={"number": SAFE_PHONE}).status_code == 404


def test_audit_shows_words_only_with_the_permission(
    sign_in: Any, two_people: tuple[Person, Person], session: Session
) -> None:
    sign_in(_user(session, two_people[1])).post("/me/rest", data={"word": "wrong word"})
    assert "Entered a memorable word" not in sign_in(accounts.user(Role.ADMIN)).get("/audit").text
    holder = sign_in(accounts.user(Role.ADMIN, Role.SENSITIVE)).get("/audit").text
    assert "Entered a memorable word" in holder
    assert sessions.UNLOCKED_AT not in holder
