"""Agreements need a second person, or 24 hours, before they take effect."""

from __future__ import annotations

import html
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import powers
from app.accounts import service as users
from app.accounts.models import Offer, User
from app.core import clock
from app.core.actor import SYSTEM
from app.core.permissions import Role
from app.messages.models import Message
from app.organisations import agreements, queries
from app.organisations.models import Agreement, Network, Organisation
from app.organisations.types import AgreementCommand
from app.people.models import Person
from app.site import loading
from config import ROOT
from tests.addresses import at
from tests.factories import accounts, organisations, people

DAY = powers.WAIT + timedelta(minutes=1)


def text(reply: Any) -> str:
    return " ".join(html.unescape(reply.get_data(as_text=True)).split())


def date_fields(prefix: str, day: date) -> dict[str, str]:
    parts = {"day": day.day, "month": day.month, "year": day.year}
    return {f"{prefix}-{part}": str(number) for part, number in parts.items()}


def addresses_of_letters(session: Session, letter: str) -> set[str]:
    return set(session.scalars(select(Message.address).where(Message.letter == letter)))


@pytest.fixture
def network(session: Session) -> Network:
    return organisations.network(sensitive=True)


@pytest.fixture
def partner_of(session: Session, network: Network) -> tuple[Organisation, User, Person]:
    """Create an organisation of the sensitive network, its coordinator and a member."""
    made = organisations.organisation("Quiet Support")
    network.approver_id = made.id
    partner = organisations.partner(made)
    users.grant_role(SYSTEM, partner, Role.SENSITIVE, clock.today())
    return made, partner, people.person("Mary Otter", networks=[network])


def add_agreement(client: FlaskClient, made: Organisation, network: Network) -> Any:
    on = clock.today()
    data = {
        "network": network.slug,
        "purpose": "To look after people together",
        **date_fields("signed", on),
        **date_fields("starts", on),
        **date_fields("ends", on + timedelta(days=300)),
    }
    return client.post(
        at(f"/organisations/{made.id}/agreements/new"), data=data, follow_redirects=True
    )


def agreement_of(session: Session, made: Organisation) -> Agreement | None:
    return session.scalar(select(Agreement).where(Agreement.organisation_id == made.id))


def can_read(sign_in: Any, partner: User, person: Person) -> bool:
    status = sign_in(partner).get(at(f"/people/{person.id}")).status_code
    assert status in (200, 404)
    return bool(status == 200)


def test_a_new_agreement_gives_no_access_until_confirmed(
    session: Session, sign_in: Any, partner_of: tuple[Organisation, User, Person], network: Network
) -> None:
    made, partner, person = partner_of
    author, second = accounts.coordinator(), accounts.coordinator()
    coordinator, admin = accounts.coordinator(sensitive=False), accounts.user(Role.ADMIN)
    assert "when a second person confirms it" in text(add_agreement(sign_in(author), made, network))
    row = agreement_of(session, made)
    assert row is not None
    assert not can_read(sign_in, partner, person)
    assert addresses_of_letters(session, agreements.RECORDED) == {second.email}
    assert admin.email not in addresses_of_letters(session, agreements.RECORDED)
    confirm, refuse = (
        at(f"/organisations/{made.id}/agreements/{row.id}/{verb}") for verb in ("confirm", "refuse")
    )
    page = text(sign_in(author).get(at(f"/organisations/{made.id}")))
    assert "Waiting for a second person" in page
    assert "You made this request, so somebody else must approve it." in page
    sign_in(author).post(confirm)
    assert not can_read(sign_in, partner, person)
    for address in (confirm, refuse):
        assert sign_in(coordinator).post(address).status_code == 404
    staff = sign_in(second)
    assert "Confirm or refuse 1 data-sharing agreement" in text(staff.get("/"))
    staff.post(confirm)
    assert can_read(sign_in, partner, person)
    assert addresses_of_letters(session, agreements.IN_EFFECT) == {author.email}
    again = sign_in(second).post(confirm, follow_redirects=True)
    assert "has already been confirmed" in text(again)


def test_an_agreement_takes_effect_after_24_hours(
    session: Session, sign_in: Any, partner_of: tuple[Organisation, User, Person], network: Network
) -> None:
    made, partner, person = partner_of
    author = accounts.coordinator()
    add_agreement(sign_in(author), made, network)
    with clock.frozen(clock.now() + powers.WAIT - timedelta(minutes=1)):
        assert agreements.confirm_pending_agreements() == 0
        assert not can_read(sign_in, partner, person)
    with clock.frozen(clock.now() + DAY):
        assert agreements.confirm_pending_agreements() == 1
        assert agreements.confirm_pending_agreements() == 0
        assert can_read(sign_in, partner, person)


def test_a_refused_agreement_never_takes_effect(
    session: Session, sign_in: Any, partner_of: tuple[Organisation, User, Person], network: Network
) -> None:
    made, partner, person = partner_of
    author, second = accounts.coordinator(), accounts.coordinator()
    add_agreement(sign_in(author), made, network)
    row = agreement_of(session, made)
    assert row is not None
    sign_in(second).post(at(f"/organisations/{made.id}/agreements/{row.id}/refuse"))
    assert agreement_of(session, made) is None
    assert addresses_of_letters(session, agreements.REFUSED) == {author.email}
    with clock.frozen(clock.now() + DAY):
        assert agreements.confirm_pending_agreements() == 0
        assert not can_read(sign_in, partner, person)


@pytest.mark.parametrize("reason", ["deactivated", "role"])
def test_an_agreement_is_refused_if_its_author_lost_the_role(
    session: Session,
    sign_in: Any,
    partner_of: tuple[Organisation, User, Person],
    network: Network,
    reason: str,
) -> None:
    made = partner_of[0]
    author = accounts.coordinator()
    add_agreement(sign_in(author), made, network)
    if reason == "deactivated":
        author.deactivated_at = clock.now()
    else:
        for grant in author.grants:
            if grant.role is Role.SENSITIVE:
                grant.until_on = clock.today() - timedelta(days=1)
    session.flush()
    with clock.frozen(clock.now() + DAY):
        agreements.confirm_pending_agreements()
    assert agreement_of(session, made) is None


def test_administrators_are_told_if_only_the_author_could_confirm(
    session: Session, sign_in: Any, partner_of: tuple[Organisation, User, Person], network: Network
) -> None:
    admin = accounts.user(Role.ADMIN)
    accounts.coordinator(sensitive=False)
    add_agreement(sign_in(accounts.coordinator()), partner_of[0], network)
    assert addresses_of_letters(session, agreements.RECORDED) == {admin.email}


def test_a_user_invited_by_the_author_cannot_confirm(
    session: Session, sign_in: Any, partner_of: tuple[Organisation, User, Person], network: Network
) -> None:
    made, partner, person = partner_of
    author, invited = accounts.coordinator(), accounts.coordinator()
    now = clock.now()
    session.add(
        Offer(
            email=invited.email, name=invited.name, roles=["coordinator"], asked_at=now,
            asked_by_user_id=author.id, expires_at=now, accepted_at=now, user_id=invited.id,
        )
    )  # fmt: skip
    add_agreement(sign_in(author), made, network)
    row = agreement_of(session, made)
    assert row is not None
    confirm = at(f"/organisations/{made.id}/agreements/{row.id}/confirm")
    reply = sign_in(invited).post(confirm, follow_redirects=True)
    assert "You invited this person, they invited you" in text(reply)
    assert not can_read(sign_in, partner, person)


def test_pressing_twice_leads_to_the_same_page(
    session: Session, sign_in: Any, partner_of: tuple[Organisation, User, Person], network: Network
) -> None:
    made = partner_of[0]
    second = accounts.coordinator()
    for verb in ("refuse", "confirm"):
        add_agreement(sign_in(accounts.coordinator()), made, network)
        row = agreement_of(session, made)
        assert row is not None
        address = at(f"/organisations/{made.id}/agreements/{row.id}/{verb}")
        client = sign_in(second)
        presses = [client.post(address, data={"csrf_token": verb}) for _ in range(2)]
        path = at(f"/organisations/{made.id}")
        assert [(each.status_code, each.location) for each in presses] == [(302, path)] * 2


def test_a_coordinator_of_the_organisation_cannot_confirm(
    session: Session, sign_in: Any, partner_of: tuple[Organisation, User, Person], network: Network
) -> None:
    made, partner, person = partner_of
    author = accounts.coordinator()
    both = organisations.partner(made)
    for role in (Role.COORDINATOR, Role.SENSITIVE):
        users.grant_role(SYSTEM, both, role, clock.today())
    add_agreement(sign_in(author), made, network)
    row = agreement_of(session, made)
    assert row is not None
    reply = sign_in(both).post(
        at(f"/organisations/{made.id}/agreements/{row.id}/confirm"), follow_redirects=True
    )
    assert "You act for this organisation" in text(reply)
    assert not can_read(sign_in, partner, person)


def test_an_unconfirmed_agreement_can_be_ended(
    session: Session, sign_in: Any, partner_of: tuple[Organisation, User, Person], network: Network
) -> None:
    made = partner_of[0]
    add_agreement(sign_in(accounts.coordinator()), made, network)
    on = clock.today()
    assert not queries.agreement_in_force(made.id, network.id, on)
    assert made.id not in {each.organisation_id for each in queries.readers(on)}
    assert made.id not in {each.organisation_id for each in queries.approvers(on)}
    row = agreement_of(session, made)
    assert row is not None
    sign_in(accounts.coordinator()).post(
        at(f"/organisations/{made.id}/agreements/{row.id}/end"), data={"reason": "A mistake"}
    )
    assert agreement_of(session, made) is None


def test_an_unconfirmed_agreement_reveals_no_hidden_organisation(
    session: Session, sign_in: Any, partner_of: tuple[Organisation, User, Person]
) -> None:
    made = partner_of[0]
    coordinator = accounts.coordinator(sensitive=False)
    hidden = "Only coordinators who can see sensitive networks can change"
    assert hidden in text(sign_in(coordinator).get(at(f"/organisations/{made.id}")))
    add_agreement(sign_in(accounts.coordinator()), made, organisations.network("farming"))
    assert hidden in text(sign_in(coordinator).get(at(f"/organisations/{made.id}")))


def test_an_agreement_from_the_command_line_takes_effect_at_once(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    holder = accounts.coordinator()
    accounts.coordinator(sensitive=False)
    text_of = (ROOT / "app/programmes/breckland.toml").read_text(encoding="utf-8")
    changed = text_of.replace('slug = "leeway"\n', f'slug = "leeway"\n{AGREED}\n', 1)
    assert changed != text_of
    file = tmp_path / "programme.toml"
    for ends in ("2027-01-01", "2028-01-01"):
        file.write_text(changed.replace("2027-01-01", ends), encoding="utf-8")
        loading.load_programme_file(SYSTEM, file)
        made = session.scalars(select(Organisation).where(Organisation.slug == "leeway")).one()
        row = agreement_of(session, made)
        assert row is not None
        assert (row.until_on, row.confirmed_at is not None) == (date.fromisoformat(ends), True)
    loading.load_programme_file(SYSTEM, file)
    letters = session.scalars(select(Message).where(Message.letter == agreements.IN_EFFECT)).all()
    assert [each.address for each in letters] == [holder.email] * 2


AGREED = (
    'agreements = [{ network = "domestic-abuse-support", purpose = "To look after people",'
    " signed_on = 2026-01-01, from_on = 2026-01-01, until_on = 2027-01-01 }]"
)


def test_an_agreement_from_the_system_takes_effect_at_once(
    session: Session, partner_of: tuple[Organisation, User, Person], network: Network
) -> None:
    made, on = partner_of[0], clock.today()
    command = AgreementCommand(network.slug, "Agreed", on, on, on)
    agreements.add_agreement(SYSTEM, made.id, command)
    assert queries.agreement_in_force(made.id, network.id, on)
