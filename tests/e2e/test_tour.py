"""A tour of the demonstration in each role: pages are sound and reveal nothing hidden."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import func, or_, select

from app.accounts.models import User
from app.changes import protection
from app.core import audit, clock
from app.core.actor import SYSTEM
from app.core.db import db, transaction
from app.courses.models import CourseRun
from app.organisations.models import Network, PartnerCoordinator, Site
from app.people.models import Block, Membership, Person, Presence
from tests.addresses import public_id
from tests.databases import application, clone, settings_for
from tests.demo import NOON, make_demo_template
from tests.e2e.conftest import Visitor
from tests.e2e.stack import Stack, running_site
from tests.e2e.touring import Stop, Tour

Visit = Callable[..., Visitor]
PUBLIC = "public"
ROLES = (
    PUBLIC, "champion", "trainer", "coordinator", "coordinator2", "partner", "partner2", "analyst",
    "admin", "safeguarding",
)  # fmt: skip
MAY_KNOW_SENSITIVE = ("coordinator", "partner2")
MAY_KNOW_NOBODY = (PUBLIC, "analyst", "admin")
FEWEST = {  # pages
    PUBLIC: 15, "champion": 20, "trainer": 20, "coordinator": 40, "coordinator2": 40,
    "partner": 25, "partner2": 25, "analyst": 10, "admin": 18, "safeguarding": 20,
}  # fmt: skip
POSTCODE = re.compile(r"\b[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}\b")


@pytest.fixture(scope="module")
def site(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A site with the demonstration, whose clock shows noon on the anchor day at the start."""
    moved = tmp_path_factory.mktemp("tour") / "clock"
    moved.write_text(str((NOON - clock.now()).total_seconds()))
    with clone(f"tour_{worker_id}", make_demo_template()) as database:
        settings = {
            "DRILL_CLOCK": str(moved),
            "DEMO_PASSWORD": settings_for(database).demo_password,
        }
        with running_site(database, worker_id, second=True, settings=settings) as stack:
            yield stack


@pytest.fixture(scope="module")
def app(site: Stack) -> Iterator[Flask]:
    """The application on the demonstration's database."""
    made = application(site.database)
    yield made
    with made.app_context():
        db.engine.dispose()


@dataclass(frozen=True)
class Secrets:
    """What pages must not reveal.

    `names` are people's names of two words or more, because a single word may occur in any
    sentence. `homes` are postcodes where somebody lives and nothing else is. `protected` are those
    of people who asked for protection after giving a postcode. `sensitive` is the name of the
    sensitive network, and `hidden` the public identifier of a person in it and in another network.
    `blocked` maps the email address of a user to the names of people who blocked them. `own_name`
    and `own_homes` belong to the champion who signs in, who may see them.
    """

    names: frozenset[str]
    own_name: str
    own_homes: frozenset[str]
    homes: frozenset[str]
    protected: frozenset[str]
    sensitive: str
    hidden: str
    blocked: Mapping[str, frozenset[str]]


@pytest.fixture(scope="module")
def secrets(app: Flask) -> Secrets:
    """Protect two people, and return what pages must not reveal."""
    with app.app_context(), clock.frozen(NOON), transaction():
        audit.set_actor(SYSTEM)
        own = db.session.scalars(
            select(Person)
            .join(User, User.id == Person.user_id)
            .where(User.email == "champion@demo.example")
        ).one()
        alone = (
            select(Presence.postcode)
            .where(Presence.postcode.is_not(None))
            .group_by(Presence.postcode)
            .having(func.count() == 1)
        )
        protected = set()
        for place in db.session.scalars(
            select(Presence)
            .join(Person)
            .where(
                Presence.postcode.in_(alone),
                Person.approved_at.is_not(None),
                Person.id != own.id,
            )
            .order_by(Presence.id)
            .limit(2)
        ).all():
            assert place.postcode
            protected.add(place.postcode)
            protection.protect(SYSTEM, place.person)
        elsewhere = set(db.session.scalars(select(CourseRun.venue_postcode)))
        elsewhere |= set(db.session.scalars(select(Site.postcode)))
        living = select(Presence.postcode).where(Presence.postcode.is_not(None))
        mine = set(db.session.scalars(living.where(Presence.person_id == own.id)))
        everybody = set(db.session.scalars(living))
        network = db.session.scalars(select(Network).where(Network.sensitive)).one()
        names = {name for name in db.session.scalars(select(Person.full_name)) if " " in name}
        return Secrets(
            names=frozenset(names),
            own_name=own.full_name,
            own_homes=frozenset(mine),
            homes=frozenset(everybody - elsewhere),
            protected=frozenset(protected - elsewhere),
            sensitive=network.name,
            hidden=public_id("people", _member_of_another_network_too(network)),
            blocked=_blockers_by_user(),
        )


def _blockers_by_user() -> dict[str, frozenset[str]]:
    """Return email address → names of the people who blocked this user.

    This includes people who blocked an organisation that the user acts for.
    """
    found: dict[str, frozenset[str]] = {}
    for user in db.session.scalars(select(User)):
        acts_for = select(PartnerCoordinator.organisation_id).where(
            PartnerCoordinator.user_id == user.id
        )
        found[user.email] = frozenset(
            db.session.scalars(
                select(Person.full_name)
                .join(Block)
                .where(or_(Block.user_id == user.id, Block.organisation_id.in_(acts_for)))
            )
        )
    return found


def _member_of_another_network_too(network: Network) -> int:
    """Return the id of a person in this network and in another one. Readers may see the person."""
    others = select(Membership.person_id).where(
        Membership.network_id != network.id, Membership.until_on.is_(None)
    )
    theirs = select(Membership.person_id).where(
        Membership.network_id == network.id, Membership.until_on.is_(None)
    )
    found = db.session.scalar(
        select(Person.id)
        .where(Person.id.in_(theirs), Person.id.in_(others), Person.approved_at.is_not(None))
        .where(Person.left_on.is_(None), Person.id.not_in(select(Block.person_id)))
        .order_by(Person.id)
        .limit(1)
    )
    assert found
    return found


class LeakChecker:
    """A check that a page contains nothing that this role must not see."""

    def __init__(self, role: str, secrets: Secrets) -> None:
        self.role, self.secrets = role, secrets
        self.blocked = secrets.blocked.get(f"{role}@demo.example", frozenset())
        own = role == "champion"
        self.homes = secrets.homes - (secrets.own_homes if own else set())
        self.names = secrets.names - ({secrets.own_name} if own else set())

    def __call__(self, stop: Stop) -> None:
        """Fail if the page reveals something, and name its kind."""
        secrets = self.secrets
        codes = {code.replace(" ", "") for code in POSTCODE.findall(stop.html)}
        told = {code for code in secrets.protected if code.replace(" ", "") in codes}
        assert not told, f"shows a protected person's postcode: {told}"
        told = {code for code in self.homes if code.replace(" ", "") in codes}
        assert not told, f"shows where somebody lives: {told}"
        people = {name for name in self.names if name in stop.html}
        assert not people & self.blocked, f"shows people who blocked the reader: {people}"
        if self.role in MAY_KNOW_NOBODY:
            assert not people, f"names {people}"
        if self.role not in MAY_KNOW_SENSITIVE:
            assert not (people and secrets.sensitive in stop.text), f"{people}: {secrets.sensitive}"


@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_sound_and_reveals_nothing_hidden(
    role: str,
    app: Flask,
    secrets: Secrets,
    visitor: Visit,
    site: Stack,
) -> None:
    who = visitor()
    if role != PUBLIC:
        who.sign_in(f"{role}@demo.example", site.environ["DEMO_PASSWORD"])
        assert "/sign-in" not in who.page.url
    starts = ["/"]
    if role in ("coordinator", "coordinator2"):
        starts.append(f"/people/{secrets.hidden}")
    tour = Tour(who, app)
    tour.walk(starts, check=LeakChecker(role, secrets))
    assert len(tour.stops) >= FEWEST[role], [stop.address for stop in tour.stops]
    if role == "coordinator2":
        assert secrets.blocked[f"{role}@demo.example"]
    if role == "coordinator":
        assert any(secrets.sensitive in stop.text for stop in tour.stops)


@pytest.mark.parametrize(
    ("role", "paths"),
    [
        (PUBLIC, ["/register", "/sign-in", "/sign-in/staff", "/confirm"]),
        ("champion", ["/me/places", "/me/hidden"]),
        ("trainer", ["/training/new", "/training/new/mhfa-two-day-adult"]),
        ("coordinator", ["/people/new", "/people/export", "/organisations/new", "/needs/new"]),
        ("admin", ["/users/new"]),
    ],
)
def test_an_empty_form_links_its_errors_to_the_fields(
    role: str, paths: list[str], visitor: Visit, site: Stack
) -> None:
    """Sending an empty form shows an error summary whose links lead to the fields."""
    who = visitor()
    page = who.page
    if role != PUBLIC:
        who.sign_in(f"{role}@demo.example", site.environ["DEMO_PASSWORD"])
    for path in paths:
        page.goto(who.url + path)
        page.locator("main form[method=post] button").last.click()
        page.wait_for_load_state()
        assert page.title().startswith("Error: "), path
        who.check_at_both_widths()
        for link in page.locator(".govuk-error-summary__list a").all():
            target = str(link.get_attribute("href"))
            assert page.locator(f'[id="{target.removeprefix("#")}"]').count() == 1, (path, target)
