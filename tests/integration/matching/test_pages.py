"""The matching room's pages and their permissions."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock, links
from app.core.actor import SYSTEM, Scope
from app.core.db import db
from app.core.permissions import Role
from app.core.registry import Gap
from app.matching import needs, overview, service, suitability
from app.matching.models import Assignment, Need, Proposal
from app.people.models import Person
from tests.addresses import at, public_id
from tests.factories import accounts, matching, organisations, people
from tests.integration.matching.conftest import Run

TODAY = clock.today()


def test_pages_open_only_for_readers_with_the_permission(
    client: FlaskClient, sign_in: Any, session: Session
) -> None:
    need = matching.need()
    person = matching.candidate(matching.ward())
    proposal = matching.proposal(need, person, sent=True)
    assignment = matching.assignment(matching.need(), person)
    addresses = [
        "/needs",
        "/needs/new",
        "/needs/answers",
        at(f"/needs/{need.id}"),
        at(f"/needs/{need.id}/edit"),
        at(f"/needs/{need.id}/close"),
        at(f"/needs/runs/{proposal.run_id}"),
        at(f"/needs/requests/{proposal.id}"),
        at(f"/needs/assignments/{assignment.id}/end"),
    ]
    for address in addresses:
        assert client.get(address).status_code == 302
    outsiders = [Role.CHAMPION, Role.TRAINER, Role.ANALYST, Role.ADMIN, Role.PARTNER]
    for role in outsiders:
        sign_in(accounts.user(role))
        assert {client.get(address).status_code for address in addresses} == {404}
        assert client.post("/needs/run").status_code == 404
        assert (
            client.post(
                "/needs/ask", data={"proposal": public_id("proposals", proposal.id)}
            ).status_code
            == 404
        )
    sign_in(accounts.coordinator())
    assert {client.get(address).status_code for address in addresses} == {200}
    huge = "9" * 40
    for missing in (f"/needs/{huge}", f"/needs/runs/{huge}", f"/needs/requests/{huge}"):
        assert client.get(missing).status_code == 404
    assert client.post("/needs/ask", data={"proposal": ["0", huge, "x"]}).status_code == 302
    for missing in (
        at("/needs/0"),
        at("/needs/runs/0"),
        at("/needs/requests/0"),
        at("/needs/assignments/0/end"),
    ):
        assert client.get(missing).status_code == 404


def test_invalid_input_is_kept_in_the_form(
    client: FlaskClient, sign_in: Any, session: Session
) -> None:
    sign_in(accounts.coordinator(sensitive=False))
    data = {
        "area": "",
        "network": "domestic-abuse-support",
        "places": "many",
        "priority": "500",
        "what_for": "To listen <b>",
        "contact": "",
    }
    reply = client.post("/needs/new", data=data)
    assert reply.status_code == 422
    for sentence in (
        "Choose an area",
        "Choose one of the answers on this page",
        "must be a whole number",
        "Priority must be 100 or less",
        "Enter the name of somebody champions can contact about this need",
        "To listen &lt;b&gt;",
    ):
        assert sentence in reply.text
    assert session.scalars(select(Need)).all() == []


def test_the_reasons_come_before_the_score(
    client: FlaskClient, sign_in: Any, session: Session, run: Run
) -> None:
    ward = matching.ward()
    hidden = organisations.network("hidden", sensitive=True)
    farming = organisations.network("farmers")
    farmer = matching.candidate(ward, "Fern Farmer", networks=[farming, hidden])
    need = matching.need(ward, places=3, network=farming)
    run()
    for coordinator in (accounts.coordinator(), accounts.coordinator(sensitive=False)):
        sign_in(coordinator)
        for address in (at(f"/needs/{need.id}"), at(f"/needs/runs/{overview.last_run_id()}")):
            page = re.sub(r"\s+", " ", client.get(address).text)
            assert re.search(r"Has a certificate for [^<]+, in date until \d+ ", page)
            assert f"Belongs to {farming.name}" in page
            assert hidden.name not in page
            assert "Is available, and has not been asked before" in page
            assert page.index("Belongs to") < page.index("How we worked out the score")
    assert farmer.full_name in page


def test_a_network_is_named_only_to_readers_who_may_see_it(session: Session, run: Run) -> None:
    ward = matching.ward()
    hidden = organisations.network("hidden", sensitive=True)
    matching.candidate(ward, networks=[hidden])
    need = matching.need(ward, network=hidden)
    run()
    on, row = TODAY, overview.get_need(SYSTEM, need.id, TODAY)
    rows = overview.need_page(SYSTEM, need.id, TODAY).proposed
    assert [each.suitability.is_member for each in rows if each.suitability] == [True]
    scope_without_permission = Scope(everyone=True, sensitive=False)
    suitability_shown = suitability.add_suitability(scope_without_permission, rows, [row], on)
    assert [each.suitability.is_member for each in suitability_shown if each.suitability] == [False]


def test_a_coordinator_reviews_a_gap_before_it_becomes_a_need(
    client: FlaskClient, sign_in: Any, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    gap = Gap("thetford", "Thetford", "farming", 9, "band:thetford", "6 of 15 champions.")
    monkeypatch.setattr(needs, "find_suggested_gaps", lambda actor, on: [gap])
    sign_in(accounts.coordinator())
    address = "/needs/new?source=band:thetford"
    assert f'href="{address}"' in client.get("/needs").text
    page = client.get(address).text
    assert session.scalars(select(Need)).all() == []
    assert "6 of 15 champions." in page
    assert re.search(r'<option value="thetford" selected', page)
    assert re.search(r'<option value="farming" selected', page)
    assert re.search(r'name="places"[^>]* value="9"', page)
    data = {"area": "thetford", "network": "farming", "places": "4", "priority": "50"}
    reply = client.post(address, data=data)
    assert reply.status_code == 422
    assert "Enter what the champions are needed for" in reply.text
    client.post(address, data=data | {"what_for": "To listen", "contact": "Jo"})
    made = session.scalars(select(Need)).one()
    assert (made.source, made.places, made.what_for) == ("band:thetford", 4, "To listen")
    assert client.get(address).location == at(f"/needs/{made.id}")
    assert client.get("/needs/new?source=band:nowhere").status_code == 404


def test_changing_and_closing_a_need(client: FlaskClient, sign_in: Any, session: Session) -> None:
    need = matching.need(places=2)
    matching.assignment(need, matching.candidate(matching.ward()))
    sign_in(accounts.coordinator())
    page = client.get(at(f"/needs/{need.id}/edit")).text
    assert "To listen at the market." in page
    data = {"places": "3", "priority": "9", "what_for": "Other", "contact": "Jo"}
    assert client.post(at(f"/needs/{need.id}/edit"), data=data).status_code == 302
    assert "Other" in client.get(at(f"/needs/{need.id}")).text
    assert client.post(at(f"/needs/{need.id}/edit"), data=data | {"places": "0"}).status_code == 422
    assert client.post(at(f"/needs/{need.id}/close"), data={"serving": "what"}).status_code == 422
    client.post(at(f"/needs/{need.id}/close"), data={"serving": "end"})
    assert "No needs are open" in client.get("/needs").text
    assert "Other" in client.get("/needs?show=closed").text
    assert "Closed on" in client.get(at(f"/needs/{need.id}")).text
    reply = client.post(at(f"/needs/{need.id}/edit"), data=data)
    assert "This need is closed." in reply.text
    (ended,) = session.scalars(select(Assignment))
    assert ended.until_on == TODAY - timedelta(days=1)


def test_the_page_of_a_need_lists_everyone_involved(
    client: FlaskClient, sign_in: Any, session: Session
) -> None:
    need = matching.need(places=9)
    matching.assignment(need, matching.candidate(matching.ward(), "Serving Sam"))
    matching.proposal(need, matching.candidate(matching.ward(), "Possible Pat"))
    phone = matching.candidate(matching.ward(), "Asked Alex", email=None, phone="+441362555126")
    matching.proposal(need, phone, sent=True)
    said_no = matching.candidate(matching.ward(), "Busy Bo")
    matching.proposal(need, said_no, sent=True, declined_at=clock.now(), decline_reason="Harvest")
    sign_in(accounts.coordinator())
    page = client.get(at(f"/needs/{need.id}")).text
    for text in ("Serving Sam", "Possible Pat", "Asked Alex", "01362 555126", "Busy Bo", "Harvest"):
        assert text in page
    answers = client.get("/needs/answers").text
    for text in ("Asked Alex", "Call 01362 555126", "Busy Bo", "Said no", "Harvest"):
        assert text in answers
    assert "Possible Pat" not in answers


def test_the_terms_on_the_page_add_up_to_the_score(
    client: FlaskClient, sign_in: Any, run: Run, session: Session
) -> None:
    home = matching.ward(east=2_600)
    for _each in range(3):
        matching.candidate(home)
    matching.need(places=3, priority=70)
    result = run()
    sign_in(accounts.coordinator())
    page = client.get(f"/needs/runs/{result['run']}").text
    tables = re.findall(r"<tbody.*?</tbody>", page, re.DOTALL)
    assert len(tables) == 3
    for table in tables:
        *terms, total = (
            round(float(text.replace(",", "").replace("−", "-")) * 1000)
            for text in re.findall(r"app-nowrap\">(?:<strong>)?([+−\d.,]+)", table)
        )
        assert sum(terms) == total


def test_the_reason_for_empty_places_is_shown_only_to_readers_who_see_everyone(
    client: FlaskClient, sign_in: Any, run: Run, session: Session
) -> None:
    fewer = accounts.coordinator(sensitive=False)
    shy = matching.candidate(matching.ward(), kind=None)
    people.block(shy, user=fewer)
    need = matching.need()
    run_id = run()["run"]
    sign_in(accounts.coordinator())
    why = "1 person does not have an in-date certificate"
    assert why in client.get(f"/needs/runs/{run_id}").text
    assert why in client.get(at(f"/needs/{need.id}")).text
    sign_in(fewer)
    page = client.get(f"/needs/runs/{run_id}").text
    assert why not in page
    assert "Run matching yourself to see why." in page
    assert why not in client.get(at(f"/needs/{need.id}")).text


def test_sensitive_needs_are_hidden_without_the_permission(
    client: FlaskClient, sign_in: Any, session: Session
) -> None:
    secret = organisations.network("domestic-abuse-support")
    hidden = matching.candidate(matching.ward(), "Hidden Hattie", networks=[secret])
    known = matching.candidate(
        matching.ward(), "Known Kit", networks=[secret, organisations.network()]
    )
    need = matching.need(places=9, network=secret, what_for="A secret purpose")
    open_need = matching.need(places=9)
    proposal = matching.proposal(need, known)
    for one in (hidden, known):
        matching.assignment(need, one)
        matching.assignment(open_need, one)
        for asked_need in (need, open_need):
            answer = {"declined_at": clock.now()} if one is hidden else {}
            other = matching.need(network=secret) if asked_need is need else matching.need()
            matching.proposal(other, one, sent=True, **answer)
    sign_in(accounts.coordinator(sensitive=False))
    pages = [
        client.get(address).text
        for address in (
            "/needs",
            at(f"/needs/{open_need.id}"),
            "/needs/answers",
            at(f"/needs/runs/{proposal.run_id}"),
        )
    ]
    pages.append(client.get(at(f"/people/{known.id}")).text)
    for page in pages:
        assert "Hidden Hattie" not in page
        assert "A secret purpose" not in page
    assert "Known Kit" in pages[1]
    assert pages[2].count("Known Kit") == 1  # without the request for the secret need
    assert pages[-1].count(at(f"/needs/{open_need.id}")) == 2  # the panel and the timeline
    assert at(f"/needs/{need.id}") not in pages[-1]
    for address in (
        at(f"/needs/{need.id}"),
        at(f"/needs/requests/{proposal.id}"),
        at(f"/needs/{need.id}/close"),
    ):
        assert client.get(address).status_code == 404


# A champion's own requests


def person_of(user: User) -> Person:
    return db.session.scalars(select(Person).where(Person.user_id == user.id)).one()


def asked_champion(**more: Any) -> tuple[User, Proposal]:
    person = matching.candidate(matching.ward(), can_sign_in=True, **more)
    proposal = matching.proposal(matching.need(), person, sent=True)
    user = db.session.get(User, person.user_id)
    assert user is not None
    return user, proposal


def test_a_champion_can_answer_only_their_own_request(
    client: FlaskClient, sign_in: Any, session: Session
) -> None:
    user, proposal = asked_champion()
    _other, anothers = asked_champion()
    unasked = matching.proposal(matching.need(), person_of(user))
    sign_in(user)
    page = client.get(at(f"/requests/{proposal.id}")).text
    for text in ("To listen at the market.", "One Friday a month", "The Prevention Team"):
        assert text in page
    assert "Exit this page" in page
    for stranger in (anothers, unasked):
        assert client.get(at(f"/requests/{stranger.id}")).status_code == 404
        reply = client.post(at(f"/requests/{stranger.id}"), data={"answer": "yes"})
        assert reply.status_code == 404
    assert client.get(at("/requests/0")).status_code == 404
    assert session.scalars(select(Assignment)).all() == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [("yes", "Thank you"), ("no", "Thank you for telling us")],
)
def test_sending_an_answer_again_changes_nothing(
    answer: str, words: str, client: FlaskClient, sign_in: Any, session: Session
) -> None:
    user, proposal = asked_champion()
    sign_in(user)
    for _attempt in range(2):
        data = {"answer": answer, "reason": "Harvest"}
        reply = client.post(at(f"/requests/{proposal.id}"), data=data)
        assert reply.status_code == 302
    assert words in client.get(at(f"/requests/{proposal.id}")).text
    assert len(session.scalars(select(Assignment)).all()) == (answer == "yes")


def test_an_unknown_answer_is_rejected(client: FlaskClient, sign_in: Any, session: Session) -> None:
    user, proposal = asked_champion()
    sign_in(user)
    for data in ({"answer": "maybe"}, {"answer": ""}):
        reply = client.post(at(f"/requests/{proposal.id}"), data=data)
        assert reply.status_code == 422
        assert "Choose yes or no" in reply.text
    session.refresh(proposal)
    assert (proposal.accepted_at, proposal.declined_at) == (None, None)


def test_a_reason_that_is_too_long_is_rejected_and_stays_in_the_form(
    client: FlaskClient, sign_in: Any, session: Session
) -> None:
    user, proposal = asked_champion()
    sign_in(user)
    data = {"answer": "no", "reason": "because " * 100}
    reply = client.post(at(f"/requests/{proposal.id}"), data=data)
    assert reply.status_code == 422
    assert "because because" in reply.text
    session.refresh(proposal)
    assert proposal.declined_at is None


def test_the_page_of_a_withdrawn_request(
    client: FlaskClient, sign_in: Any, session: Session
) -> None:
    user, proposal = asked_champion()
    proposal.withdrawn_at = clock.now()
    sign_in(user)
    page = client.get(at(f"/requests/{proposal.id}")).text
    assert "We no longer need an answer" in page
    assert "Yes, I will help" not in page


def test_the_link_in_the_letter_works_without_signing_in(
    client: FlaskClient, session: Session
) -> None:
    _user, proposal = asked_champion()
    _other, anothers = asked_champion()
    token = links.token(
        service.PURPOSE, links.create(service.PURPOSE, proposal.id, service.LINK_LIFETIME)
    )
    address = f"/requests/answer/{token}"
    for _often in range(3):
        assert "To listen at the market." in client.get(address).text
        assert client.head(address).status_code == 200
    session.refresh(proposal)
    assert (proposal.accepted_at, proposal.declined_at) == (None, None)
    client.post(address, data={"answer": "no", "reason": "Busy"})
    client.post(address, data={"answer": "yes"})
    session.refresh(proposal)
    session.refresh(anothers)
    assert proposal.declined_at
    assert not proposal.accepted_at
    assert not anothers.declined_at
    assert client.get(at(f"/requests/{proposal.id}")).status_code == 302  # not signed in


def test_expired_and_invalid_links_are_explained(client: FlaskClient, session: Session) -> None:
    _user, proposal = asked_champion()
    old = links.create(service.PURPOSE, proposal.id, timedelta(0))
    other = links.create("sign-in", proposal.id, timedelta(days=1))
    for token in (
        links.token(service.PURPOSE, old),
        links.token("sign-in", other),
        links.token(service.PURPOSE, other),
        "nonsense",
    ):
        for reply in (
            client.get(f"/requests/answer/{token}"),
            client.post(f"/requests/answer/{token}", data={"answer": "yes"}),
        ):
            assert reply.status_code == 410
            assert "This link no longer works" in reply.text
    assert session.scalars(select(Assignment)).all() == []


def test_a_champions_page_shows_their_requests_and_assignments(
    client: FlaskClient, sign_in: Any, session: Session
) -> None:
    user, proposal = asked_champion()
    matching.assignment(matching.need(what_for="To pour tea."), person_of(user))
    sign_in(user)
    page = client.get("/me").text
    assert at(f"/requests/{proposal.id}") in page
    assert "To pour tea." in page
