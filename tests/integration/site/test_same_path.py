"""A row that is hidden from the reader is handled in the same way as one that does not exist.

Status, page and SQL statements are the same, so that neither text nor timing distinguishes them.
These tests cover what the matrix (`test_matrix`) does not: merged registrations, certificates
without a person, rows named in a query string, and verbs that are called without their page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.certificates import access, claims
from app.certificates import service as awarding
from app.certificates.types import DatePrecision, ExternalTraining
from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.core.db import db
from app.core.errors import NotFound
from app.core.permissions import Role
from app.matching import needs
from app.people.duplicate_models import MergedRegistration
from app.people.models import Person
from app.records import ward_confirmation
from app.signin.sessions import actor_for_user
from tests.addresses import at
from tests.factories import accounts, areas, certificates, courses, matching, organisations, people
from tests.integration.site.matrix_requests import recorded

ABSENT = 987_654  # no row of any table has this number
TOKEN = re.compile(r'name="csrf_token"[^>]*value="[^"]*"')


@dataclass(frozen=True)
class Answer:
    """The response to a request, and the statements executed for it."""

    status: int
    body: str
    statements: list[str]


def ask(
    client: FlaskClient, session: Session, method: str, path: str, data: Mapping[str, str]
) -> Answer:
    """Send a request with an empty session, so that no statement is saved by cached rows."""
    session.commit()
    session.expunge_all()
    with recorded(session.connection()) as statements:
        reply = client.open(path, method=method, data=data)
    body = TOKEN.sub("TOKEN", reply.get_data(as_text=True))
    return Answer(
        reply.status_code, body.replace(reply.headers.get("X-Request-ID", "-"), "ID"), statements
    )


def assert_alike(
    client: FlaskClient,
    session: Session,
    methods: str,
    address: str,
    number: int,
    data: Mapping[str, str],
) -> None:
    """Check that a hidden row and a missing row get the same response at ``address``."""
    hidden_at, absent_at = at(address.format(row=number)), at(address.format(row=ABSENT))
    ask(client, session, "GET", absent_at, {})  # fill the caches of the process
    for method in methods.split():
        hidden = ask(client, session, method, hidden_at, data)
        absent = ask(client, session, method, absent_at, data)
        assert absent.status == 404, (method, address)
        assert hidden == absent, (method, address)
        assert hidden.statements, "nothing was recorded"


@dataclass(frozen=True)
class Reader:
    """A reader, and a person who is hidden from them."""

    user: User
    hidden: Person


@pytest.fixture(params=["not general", "blocks the reader"])
def reader(request: pytest.FixtureRequest, session: Session) -> Reader:
    """Return a coordinator who may not read a person, for each of the two reasons."""
    if request.param == "not general":
        network = organisations.network(sensitive=True)
        return Reader(
            accounts.coordinator(sensitive=False), people.person("Hidden", networks=[network])
        )
    user = accounts.coordinator()
    person = people.person("Hidden")
    people.block(person, user=user)
    return Reader(user, person)


def test_undoing_an_adjustment_and_linking(session: Session, sign_in: Any, reader: Reader) -> None:
    made = certificates.certificate(reader.hidden)
    adjustment = awarding.adjust_expiry(SYSTEM, made.id, 30, "Illness")
    undo = f"/certificates/{{row}}/adjustments/{adjustment}/undo"
    hidden_id = reader.hidden.id
    run = courses.run(clock.today())
    booked = courses.attendee(run, reader.hidden).id
    named = courses.attendee(run, name="Hidden")
    link_hidden = f"/training/{run.id}/people/{{row}}/unlink"
    link_to = f"/training/{run.id}/people/{named.id}/link/{{row}}"
    number = made.id
    client = sign_in(reader.user)
    assert_alike(client, session, "POST", undo, number, {})
    assert_alike(client, session, "POST", link_hidden, booked, {})
    assert_alike(client, session, "POST", link_to, hidden_id, {})


def test_a_document_of_another_person(session: Session, sign_in: Any) -> None:
    reads, other = people.champion("Reads"), people.champion("Other")
    named, nameless = (
        certificates.certificate(other),
        certificates.certificate(None, holder_name="N"),
    )
    numbers = [named.id, nameless.id]
    client = sign_in(session.get_one(User, reads.user_id))
    for number in numbers:
        assert_alike(client, session, "GET", "/certificates/{row}/record.pdf", number, {})


def test_a_user_without_a_person_holds_no_certificate(session: Session, sign_in: Any) -> None:
    nameless = certificates.certificate(None, holder_name="N").id
    client = sign_in(accounts.user(Role.ANALYST))
    assert_alike(client, session, "GET", "/certificates/{row}/record.pdf", nameless, {})


def test_merging_two_registrations(session: Session, sign_in: Any, reader: Reader) -> None:
    """One of the records is hidden, or has been merged into a hidden record."""
    seen = people.applicant("Seen").id
    closed = people.applicant("Closed")
    session.add(
        MergedRegistration(
            closed_id=123_456,
            person_id=reader.hidden.id,
            submission=closed.submission,
            registered_at=closed.registered_at,
            joined_at=clock.now(),
        )
    )
    session.flush()
    hidden = reader.hidden.id
    client = sign_in(reader.user)
    for number in (hidden, 123_456):
        for address in (f"/applications/{seen}/join/{{row}}", f"/applications/{{row}}/join/{seen}"):
            assert_alike(client, session, "GET POST", address, number, {})
        assert_alike(client, session, "GET", "/applications/{row}", number, {})


def test_the_source_of_a_need(session: Session, sign_in: Any) -> None:
    matching.need(network=organisations.network(sensitive=True), source="target:hidden")
    client = sign_in(accounts.coordinator(sensitive=False))
    ask(client, session, "GET", "/needs/new", {})
    for method in ("GET", "POST"):
        hidden = ask(client, session, method, "/needs/new?source=target:hidden", {})
        absent = ask(client, session, method, "/needs/new?source=target:absent", {})
        assert absent.status == 404
        assert hidden == absent


def statements_of(session: Session, verb: Callable[[], object]) -> list[str]:
    """Return the statements of a service call that does not find its row."""
    session.commit()
    session.expunge_all()
    db.session.connection()
    with recorded(session.connection()) as statements, pytest.raises(NotFound):
        verb()
    return statements


EVIDENCE = ExternalTraining(
    kind="mhfa-adult", awarded_on=None, precision=DatePrecision.UNKNOWN, provider=""
)


@pytest.mark.parametrize(
    "verb",
    [
        lambda actor, rows: claims.confirm_claim(actor, rows["claim"], EVIDENCE),
        lambda actor, rows: claims.reject_claim(actor, rows["claim"], "A mistake"),
        lambda actor, rows: ward_confirmation.accept_directory_ward(actor, rows["place"]),
        lambda actor, rows: needs.close_need(actor, rows["need"], clock.today()),
        lambda actor, rows: access.revoke_certificate(
            actor, rows["certificate"], "A mistake", clock.today()
        ),
    ],
    ids=["confirm", "reject_claim", "accept", "close_need", "revoke"],
)
def test_services_check_before_they_lock(
    session: Session, verb: Callable[[Actor, Mapping[str, int]], object]
) -> None:
    """Services check the actor again before they lock a row, even if the page has checked."""
    network = organisations.network(sensitive=True)
    person = people.person("Hidden", networks=[network])
    need = matching.need(network=network)
    matching.proposal(need, person, sent=True)
    hidden = {
        "claim": people.claim(person).id,
        "place": people.presence(person, postcode="IP24 9ZZ", ward_id=areas.area().id).id,
        "need": need.id,
        "certificate": certificates.certificate(person).id,
    }
    actor = actor_for_user(accounts.coordinator(sensitive=False).id)
    assert actor is not None
    found = statements_of(session, lambda: verb(actor, hidden))
    absent = statements_of(session, lambda: verb(actor, dict.fromkeys(hidden, ABSENT)))
    assert found == absent
    assert not [each for each in found[:-1] if re.search(r"\bFOR (NO KEY )?UPDATE\b", each)]
