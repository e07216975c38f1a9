"""Which people each role may see, on every page about applications."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.actor import EVERYONE, Scope
from app.core.audit import AuditEntry
from app.core.permissions import Role
from app.people import queries
from app.people.models import Person
from app.signin.sessions import SessionUser
from tests.addresses import at
from tests.factories import accounts, organisations, people

YESTERDAY = timedelta(days=1)


class World:
    """An applicant of each kind, and a reader of each role."""

    def __init__(self) -> None:
        yana = organisations.organisation("YANA (You Are Not Alone)")
        other = organisations.organisation("Other Charity")
        army = organisations.network("yana", approver=yana)
        farming = organisations.network("farming")
        survivors = organisations.network("domestic-abuse-support")
        organisations.agreement(yana, army)
        organisations.agreement(yana, survivors)
        organisations.agreement(
            other, farming, until_on=clock.today() - YESTERDAY, from_on=date(2020, 1, 1)
        )
        self.readers: dict[str, User] = {
            "coordinator": accounts.coordinator(),
            "coordinator2": accounts.coordinator(sensitive=False),
            "yana": organisations.partner(yana),
            "lapsed": organisations.partner(other),
            "ended": organisations.partner(yana, until_on=clock.today() - YESTERDAY),
            "analyst": accounts.user(Role.ANALYST),
            "trainer": accounts.user(Role.TRAINER),
            "admin": accounts.user(Role.ADMIN),
            "champion": accounts.user(Role.CHAMPION),
        }
        self.people: dict[str, Person] = {
            "nobody's": people.applicant("Nora Nobodys"),
            "farmer": people.applicant("Fred Farmer", networks=[farming]),
            "army": people.applicant("Yan Army", networks=[army]),
            "survivors": people.applicant("Sue Survivors", networks=[survivors]),
            "both": people.applicant("Bea Both", networks=[survivors, army]),
            "of yana": people.applicant("Olga Ofyana", organisations=[yana]),
            "blocker": people.applicant("Bill Blocker", networks=[army]),
        }
        people.block(self.people["blocker"], user=self.readers["coordinator2"])
        people.block(self.people["blocker"], organisation=yana)

    def scope(self, reader: str) -> Scope:
        user = self.readers[reader]
        roles = frozenset(grant.role for grant in user.grants)
        return Scope.for_actor(SessionUser(user.id, user.name, roles).actor)


@pytest.fixture
def world(session: Session) -> World:
    return World()


EVERYBODY = {"nobody's", "farmer", "army", "survivors", "both", "of yana", "blocker"}
SEES = {
    "coordinator": EVERYBODY,
    "coordinator2": EVERYBODY - {"survivors", "blocker"},
    "yana": {"army", "both", "of yana"},
    "lapsed": set(),
    "ended": set(),
    "analyst": set(),
    "trainer": set(),
    "admin": set(),
    "champion": set(),
}
OPENS = SEES | {"yana": {"army", "both"}}


@pytest.mark.parametrize("reader", SEES)
def test_visible_to(world: World, session: Session, reader: str) -> None:
    condition = queries.visible_to(world.scope(reader), clock.today())
    found = set(session.scalars(select(Person.id).where(condition)))
    assert {kind for kind, one in world.people.items() if one.id in found} == SEES[reader]


def test_the_system_sees_everybody(world: World, session: Session) -> None:
    condition = queries.visible_to(EVERYONE, clock.today())
    found = set(session.scalars(select(Person.id).where(condition)))
    assert {one.id for one in world.people.values()} <= found


@pytest.mark.parametrize("reader", SEES)
def test_every_page_about_an_application(
    world: World, client: FlaskClient, sign_in: Any, session: Session, reader: str
) -> None:
    sign_in(world.readers[reader])
    opens = OPENS[reader]
    listed = client.get("/applications")
    allowed = reader in ("coordinator", "coordinator2", "yana", "lapsed", "ended")
    assert listed.status_code == (200 if allowed else 404)
    page = listed.get_data(as_text=True)
    for kind, person in world.people.items():
        assert (person.full_name in page) == (kind in opens), kind
        opened = client.get(at(f"/applications/{person.id}"))
        assert opened.status_code == (200 if kind in opens else 404), kind
        if kind not in opens:
            for verb in ("approve", "decline", "confirm"):
                path = at(f"/applications/{person.id}/{verb}")
                assert client.post(path, data={"reason": "No"}).status_code == 404, (kind, verb)
            assert client.get(at(f"/applications/{person.id}/decline")).status_code == 404
            session.refresh(person)
            assert (person.approved_at, person.declined_at) == (None, None)
    not_there = client.get(at("/applications/999999999"))
    assert not_there.status_code == 404


def test_hidden_network_neither_hides_the_person_nor_changes_the_page(
    world: World, client: FlaskClient, sign_in: Any
) -> None:
    survivor = "Supporting survivors of domestic abuse"
    both = world.people["both"].id
    sign_in(world.readers["coordinator"])
    assert survivor in client.get(at(f"/applications/{both}")).get_data(as_text=True)
    for reader in ("coordinator2", "yana"):
        sign_in(world.readers[reader])
        for path in ("/applications", at(f"/applications/{both}")):
            page = client.get(path).get_data(as_text=True)
            assert survivor not in page
            assert "Bea Both" in page


def test_filter_has_no_sensitive_network_without_the_permission(
    world: World, client: FlaskClient, sign_in: Any
) -> None:
    sign_in(world.readers["coordinator2"])
    page = client.get("/applications?network=domestic-abuse-support").get_data(as_text=True)
    assert "Supporting survivors" not in page
    sign_in(world.readers["coordinator"])
    page = client.get("/applications?network=domestic-abuse-support").get_data(as_text=True)
    assert "Sue Survivors" in page
    assert "Bea Both" in page
    assert "Fred Farmer" not in page


def test_partner_sees_a_sensitive_network_only_with_the_permission(
    world: World, session: Session
) -> None:
    scope = world.scope("yana")
    sensitive = organisations.network("domestic-abuse-support").id
    assert sensitive in scope.network_ids
    assert sensitive not in queries.visible_network_ids(scope)


def test_opening_a_record_is_audited_and_listing_is_not(
    world: World, client: FlaskClient, sign_in: Any, session: Session
) -> None:
    reader = sign_in(world.readers["coordinator"])
    reader.get("/applications")
    person = world.people["farmer"]
    reader.get(at(f"/applications/{person.id}"))
    read = session.scalars(select(AuditEntry).where(AuditEntry.verb == "person.read")).all()
    assert [(one.subject_id, one.actor_user_id) for one in read] == [
        (person.id, world.readers["coordinator"].id)
    ]


def test_block_applies_to_past_figures(world: World, session: Session) -> None:
    long_ago = clock.today() - timedelta(days=400)
    condition = queries.visible_to(world.scope("coordinator2"), long_ago)
    assert world.people["blocker"].id not in set(
        session.scalars(select(Person.id).where(condition))
    )


def test_past_membership_of_a_sensitive_network_is_not_revealed(
    world: World, session: Session
) -> None:
    network = organisations.network("domestic-abuse-support")
    person = people.person(networks=[network], general=False)
    (membership,) = person.memberships
    membership.until_on = clock.today() - timedelta(days=1)
    session.flush()
    condition = queries.visible_to(world.scope("coordinator2"), clock.today())
    assert person.id not in set(session.scalars(select(Person.id).where(condition)))
