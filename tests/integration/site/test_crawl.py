"""In each role, open every URL with real ids: no GET writes or shows hidden people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts import queries as accounts
from app.accounts.models import User
from app.changes import protection
from app.core.actor import PUBLIC, SYSTEM
from app.courses.models import Attendee, CourseRun
from app.organisations.models import Network, Organisation, Site
from app.people.membership_models import MembershipApplication
from app.people.models import Block, GeneralAnswer, Person, Presence
from app.people.types import Basis, Interest, PlaceAnswer, Registration
from app.registration import service as registration
from app.signin.sessions import SessionUser
from app.web.http import public
from tests.demo import ANCHOR, ROW_NUMBER
from tests.factories import organisations as partners
from tests.integration.conftest import signed_in
from tests.integration.site.crawling import (
    ForbiddenWords,
    SampleIds,
    all_text,
    both_layouts,
    html_errors,
    permissions_held,
    whole_names,
)
from tests.integration.site.writing import written, wrongly_written

FINE = {200, 302, 303, 404, 410}
CANARY_NAME = "Persephone Nightingale-Ashworth"
# Pages on which anybody chooses networks or reads about them.
CHOOSING = ("registration.register", "profile.edit_own_networks", "site.")
ROLES = (
    "public", "champion", "trainer", "coordinator", "coordinator2", "partner", "partner2",
    "partner of a lapsed agreement", "analyst", "admin", "safeguarding",
)  # fmt: skip
# The minimum number of people each reader sees, to show that the search finds names.
SHOWN = {
    "coordinator": 60,
    "coordinator2": 60,
    "partner": 15,
    "partner2": 5,
    "trainer": 15,
    "champion": 1,
}


# The minimum number of pages that answer each reader with 200.
FEWEST = {
    "public": 38, "champion": 50, "trainer": 120, "coordinator": 420, "coordinator2": 290,
    "partner": 64, "partner2": 80, "partner of a lapsed agreement": 55, "analyst": 43,
    "admin": 60, "safeguarding": 60,
}  # fmt: skip
# Words from the report that nobody has opened.
WORRY = frozenset({"slept in a shed"})


@dataclass(frozen=True)
class World:
    """The demonstration's people, and what must not be revealed about them."""

    people: dict[int, Person]
    sensitive_only: frozenset[int]
    homes: frozenset[str]
    sensitive_names: frozenset[str]


@pytest.fixture
def world(demo: Session) -> World:
    """Return the demonstration, with a person who became protected after giving a postcode."""
    canary = _canary(demo)
    people = {person.id: person for person in demo.scalars(select(Person))}
    networks = {network.id: network for network in demo.scalars(select(Network))}
    public = set(demo.scalars(select(CourseRun.venue_postcode)))
    public |= set(demo.scalars(select(Site.postcode)))
    homes = {each for each in demo.scalars(select(Presence.postcode)) if each}
    said_yes = select(GeneralAnswer.person_id).where(
        GeneralAnswer.general.is_(True), GeneralAnswer.until_on.is_(None)
    )
    seen = set(demo.scalars(said_yes))
    return World(
        people=people,
        sensitive_only=frozenset(
            person.id
            for person in people.values()
            if person.memberships
            and person.id not in seen
            and all(networks[each.network_id].sensitive for each in person.memberships)
        ),
        homes=both_layouts((homes | {canary}) - public),
        sensitive_names=frozenset(n.name for n in networks.values() if n.sensitive),
    )


def _canary(session: Session) -> str:
    """Return a member of the sensitive network whose postcode was deleted."""
    taken = set(session.scalars(select(Presence.postcode)))
    postcode = next(each for each in ("IP24 1JD", "NR19 1DA", "PE37 7LA") if each not in taken)
    slug = session.scalars(select(Network.slug).where(Network.sensitive)).first()
    assert slug
    person_id = registration.register(
        PUBLIC,
        Registration(
            submission="canary",
            full_name=CANARY_NAME,
            interest=Interest.CHAMPION,
            over_18=True,
            networks=(slug,),
            email="persephone@demo.example",
            places=(PlaceAnswer(Basis.LIVES, postcode),),
        ),
    )
    person = session.get_one(Person, person_id)
    protection.protect(SYSTEM, person)
    session.expire_all()
    return postcode


def _user(role: str) -> User | None:
    if role == "public":
        return None
    if role == "partner of a lapsed agreement":
        lapsed = partners.organisation("MAP")
        return partners.partner(lapsed, email="partner3@demo.example", name="Ash Demo")
    return accounts.user_by_email(f"{role}@demo.example")


def _forbidden_words(
    role: str, user: User | None, world: World, session: Session
) -> ForbiddenWords:
    """Return what the reader must not see, by rules independent of the application."""
    everybody = set(world.people)
    allowed: set[int] = set()
    homes, words = world.homes, world.sensitive_names | WORRY
    if role == "coordinator":
        allowed, words = everybody, WORRY
    elif role == "coordinator2":
        assert user is not None
        blocked = set(session.scalars(select(Block.person_id).where(Block.user_id == user.id)))
        assert blocked
        allowed = everybody - world.sensitive_only - blocked
    elif role == "safeguarding":
        allowed = everybody - world.sensitive_only
    elif role == "trainer":
        assert user is not None
        allowed = set(
            session.scalars(
                select(Attendee.person_id)
                .join(CourseRun)
                .where(
                    CourseRun.trainer_user_id == user.id,
                    Attendee.person_id.is_not(None),
                )
            )
        )
        allowed -= world.sensitive_only
    elif role in ("partner", "partner2"):
        slug = {"partner": "yana", "partner2": "leeway"}[role]
        own_id = session.scalars(select(Organisation.id).where(Organisation.slug == slug)).one()
        theirs = set(session.scalars(select(Network.id).where(Network.approver_id == own_id)))
        if role == "partner2":
            words = WORRY
        allowed = {
            person.id
            for person in world.people.values()
            if any(each.network_id in theirs for each in person.memberships)
        }
        # The approver of a network decides on applications to join it, so it reads who they are.
        allowed |= set(
            session.scalars(
                select(MembershipApplication.person_id).where(
                    MembershipApplication.network_id.in_(theirs),
                    MembershipApplication.decided_at.is_(None),
                    MembershipApplication.withdrawn_at.is_(None),
                )
            )
        )
    elif role == "champion":
        assert user is not None
        own = next(person for person in world.people.values() if person.user_id == user.id)
        allowed = {own.id}
        homes -= both_layouts(each.postcode for each in own.presences if each.postcode)
    allowed_in = whole_names(world.people[person_id] for person_id in allowed)
    hidden = whole_names(world.people[person_id] for person_id in everybody - allowed)
    return ForbiddenWords(hidden - allowed_in, allowed_in, homes, words, CHOOSING)


def _numbers(reply: TestResponse) -> set[str]:
    """Return the row ids anywhere in a response: URL, headers, cookies, text and attributes."""
    said = f"{reply.request.url}\n{reply.headers}\n{all_text(reply)}"
    return set(ROW_NUMBER.findall(said))


@pytest.mark.parametrize("role", ROLES)
def test_readers_do_not_see_hidden_people(
    demo: Session, demo_app: Flask, world: World, role: str
) -> None:
    coordinator = accounts.user_by_email("coordinator@demo.example")
    assert coordinator is not None
    owner = SessionUser(
        coordinator.id, coordinator.name, accounts.roles_held(coordinator.id, ANCHOR)
    ).actor
    ids = SampleIds(demo).fill(owner)
    user = _user(role)
    tell = _forbidden_words(role, user, world, demo)
    demo.flush()
    addresses = list(ids.addresses(demo_app, permissions_held(user)))
    demo.expunge_all()  # a session with few objects answers faster
    failures, opened = [], 0
    seen: set[str] = set()
    with signed_in(demo_app, user) as browser:
        for endpoint, address in addresses:
            reply, tables = written(demo, partial(browser.get, address))
            failures += [
                f"GET {address} writes to {table}" for table in wrongly_written(endpoint, tables)
            ]
            if reply.status_code not in FINE and endpoint not in ("site.readyz",):
                failures.append(f"{address} answered {reply.status_code}")
                continue
            opened += reply.status_code == 200
            text = all_text(reply)
            failures += [f"{address} tells row numbers: {each}" for each in _numbers(reply)]
            failures += [f"{address} tells {each}" for each in tell.forbidden_in(endpoint, text)]
            seen |= tell.allowed_in(text)
            if reply.mimetype == "text/html" and reply.status_code not in (302, 303):
                wrong = html_errors(reply.get_data(as_text=True))
                failures += [f"{address}: {wrong}"] if wrong else []
    assert failures == [], "\n".join(failures[:40])
    assert opened >= FEWEST[role]
    assert len(seen) >= SHOWN.get(role, 0), "The search for names finds too few, so it is blind."
    # Leeway's coordinator decides on members of its network who are not general champions.
    assert (CANARY_NAME in seen) is (role in ("coordinator", "partner2"))


def test_a_get_request_that_writes_is_detected(
    demo: Session, demo_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    @public
    def planted() -> str:
        demo.execute(update(Network).values(name=Network.name))
        return ""

    monkeypatch.setitem(demo_app.view_functions, "site.about", planted)
    with signed_in(demo_app, None) as browser:
        _reply, tables = written(demo, partial(browser.get, "/about"))
    assert wrongly_written("site.about", tables) == {"networks"}
    assert wrongly_written("records.person", {"audit_entries", "people"}) == {"people"}
    assert wrongly_written("site.about", {"audit_entries"}) == {"audit_entries"}
