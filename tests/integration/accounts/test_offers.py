"""Offers do not reveal whether an address is known, and change nothing until accepted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.accounts import offers, queries
from app.accounts.models import Offer, User
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.permissions import Role
from app.messages.models import Message
from app.organisations.models import PartnerCoordinator
from tests.addresses import at, public_id
from tests.factories import accounts, organisations, people
from tests.integration.accounts import offer_steps

pytestmark = pytest.mark.usefixtures("no_attempts")
HIDDEN = "hidden@offers.example"
UNKNOWN = "unknwn@offers.example"


def text_of(reply: Any) -> str:
    return " ".join(reply.get_data(as_text=True).split())


@pytest.fixture
def hidden(session: Session) -> User:
    """Return a champion whose only network is sensitive, and who signs in with a link."""
    user = accounts.user(Role.CHAMPION, email=HIDDEN, name="Hilda Hidden")
    network = organisations.network("domestic-abuse-support")
    people.person("Hilda Hidden", email=HIDDEN, networks=[network], user=user)
    return user


@pytest.fixture
def forms(session: Session, client: FlaskClient) -> dict[str, tuple[FlaskClient, str, Any]]:
    """Return each form that offers a role: the browser, the path and the other form data."""

    def browser(user: User) -> FlaskClient:
        other = client.application.test_client()
        with other.session_transaction() as cookie:
            cookie["_user_id"] = public_id("users", user.id)
            cookie["signed_in_at"] = clock.now().isoformat()
        return other

    made = organisations.organisation("Some Partner")
    return {
        "partner": (
            browser(accounts.coordinator(sensitive=False)),
            at(f"/organisations/{made.id}/coordinators/new"),
            {"name": "Typed Name"},
        ),
        "staff": (
            browser(accounts.user(Role.ADMIN)),
            "/users/new",
            {"name": "Typed Name", "roles": "trainer"},
        ),
    }


@pytest.mark.parametrize("which", ["partner", "staff"])
def test_a_known_address_changes_nothing_and_gets_the_same_response(
    forms: Any, session: Session, hidden: User, which: str
) -> None:
    client, path, data = forms[which]
    answers = []
    for email in (HIDDEN, UNKNOWN):
        statements: list[str] = []

        def note(*args: Any, into: list[str] = statements) -> None:
            into.append(" ".join(args[2].split()))

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            reply = client.post(path, data=data | {"email": email})
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        page = text_of(client.get(reply.headers["Location"]))
        assert "Typed Name" in page and email in page and "Hilda" not in page
        answers.append(
            (reply.status_code, [each for each in statements if "SAVEPOINT" not in each])
        )
        offer = session.scalars(select(Offer).where(Offer.email == email)).one()
        offers.withdraw_offer(SYSTEM, offer.id, offer.organisation_id)
    assert answers[0] == answers[1]
    session.refresh(hidden)
    assert queries.roles_held(hidden.id, clock.today()) == {Role.CHAMPION}
    assert hidden.name == "Hilda Hidden"
    client.application.test_client().post("/sign-in", data={"email": HIDDEN})
    sign_in_letters = select(Message).where(
        Message.user_id == hidden.id, Message.letter == "sign-in"
    )
    assert len(session.scalars(sign_in_letters).all()) == 1


def test_accepting_creates_the_user_and_gives_the_role(forms: Any, session: Session) -> None:
    client, path, data = forms["partner"]
    client.post(path, data=data | {"email": UNKNOWN})
    assert queries.user_by_email(UNKNOWN) is None
    link = offer_steps.invitation_path(session, UNKNOWN)
    mailbox = client.application.test_client()
    page = text_of(mailbox.get(link))
    assert "Partner coordinator" in page and "Some Partner" in page
    assert queries.user_by_email(UNKNOWN) is None  # opening a link accepts nothing
    data_sent = offer_steps.account_form(mailbox, "Pat Partner")
    assert mailbox.post(link, data=data_sent | {"password": "Breckland2026!"}).status_code == 422
    assert mailbox.post(link, data=data_sent).status_code == 302
    user = queries.user_by_email(UNKNOWN)
    assert user is not None and user.name == "Pat Partner"
    offer_steps.agree()
    assert queries.roles_held(user.id, clock.today()) == {Role.PARTNER}
    acting = select(PartnerCoordinator).where(PartnerCoordinator.user_id == user.id)
    assert len(session.scalars(acting).all()) == 1
    assert mailbox.post(link, data=data_sent).status_code == 410
    page = text_of(client.get(path.removesuffix("/coordinators/new")))
    assert "Pat Partner" in page and "have not accepted yet" not in page


def test_a_champion_who_accepts_is_warned_and_remains_a_champion(
    forms: Any, session: Session, hidden: User
) -> None:
    client, path, data = forms["partner"]
    client.post(path, data=data | {"email": HIDDEN})
    link = offer_steps.invitation_path(session, HIDDEN)
    mailbox = client.application.test_client()
    assert "At the moment you sign in with a link in an email" in text_of(mailbox.get(link))
    assert (
        mailbox.post(link, data=offer_steps.account_form(mailbox, "Chosen Name")).status_code == 302
    )
    session.refresh(hidden)
    offer_steps.agree()
    assert queries.roles_held(hidden.id, clock.today()) == {Role.CHAMPION, Role.PARTNER}
    assert hidden.name == "Chosen Name"
    warnings = select(Message).where(
        Message.letter == "something-changed", Message.address == HIDDEN
    )
    assert len(session.scalars(warnings).all()) == 1
    assert "Hilda" not in text_of(client.get(path.removesuffix("/coordinators/new")))


def test_a_staff_user_accepts_with_a_button(forms: Any, session: Session) -> None:
    known = offer_steps.member_of_staff(
        forms["staff"][0], session, "tess@offers.example", "Tess Rowe", Role.TRAINER
    )
    before = known.password_hash
    client, path, data = forms["partner"]
    client.post(path, data=data | {"email": known.email})
    reply = client.application.test_client().post(offer_steps.invitation_path(session, known.email))
    assert reply.headers["Location"] == "/sign-in/staff"
    session.refresh(known)
    offer_steps.agree()
    assert queries.roles_held(known.id, clock.today()) == {Role.TRAINER, Role.PARTNER}
    assert (known.password_hash, known.name) == (before, "Tess Rowe")


def test_an_offer_expires_can_be_withdrawn_and_ends_with_the_account(
    forms: Any, session: Session, hidden: User
) -> None:
    client, path, data = forms["staff"]
    client.post(path, data=data | {"email": HIDDEN})
    link = offer_steps.invitation_path(session, HIDDEN)
    mailbox = client.application.test_client()
    assert mailbox.get(link).status_code == 200
    with clock.frozen(clock.now() + timedelta(days=7, minutes=1)):
        assert mailbox.get(link).status_code == 410
    hidden.deactivated_at = clock.now()
    session.flush()
    assert mailbox.get(link).status_code == 410
    assert mailbox.post(link, data=offer_steps.account_form(mailbox)).status_code == 410
    hidden.deactivated_at = None
    offer = session.scalars(select(Offer)).one()
    assert client.post(at(f"/users/offers/{offer.id}/withdraw")).status_code == 302
    assert mailbox.get(link).status_code == 410
    assert mailbox.post(link, data=offer_steps.account_form(mailbox)).status_code == 410
    assert queries.roles_held(hidden.id, clock.today()) == {Role.CHAMPION}


def test_an_offer_can_only_be_withdrawn_where_it_was_made(forms: Any, session: Session) -> None:
    client, path, data = forms["partner"]
    client.post(path, data=data | {"email": UNKNOWN})
    offer = session.scalars(select(Offer)).one()
    assert forms["staff"][0].post(at(f"/users/offers/{offer.id}/withdraw")).status_code == 404
    other = organisations.organisation("Another")
    reply = client.post(at(f"/organisations/{other.id}/offers/{offer.id}/withdraw"))
    assert reply.status_code == 404
    session.refresh(offer)
    assert offer.withdrawn_at is None


def test_the_same_offer_is_sent_again_only_a_few_times_a_day(forms: Any, session: Session) -> None:
    client, path, data = forms["staff"]
    for _again in range(offers.MAX_LETTERS_PER_DAY):
        assert client.post("/users/new", data=data | {"email": UNKNOWN}).status_code == 302
    more = client.post("/users/new", data=data | {"email": UNKNOWN})
    assert (more.status_code, "Try again tomorrow" in text_of(more)) == (422, True)
    assert len(session.scalars(select(Offer)).all()) == 1
    assert len(offer_steps.invitations(session, UNKNOWN)) == offers.MAX_LETTERS_PER_DAY
