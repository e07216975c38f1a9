"""Two worlds that differ only in what hidden people did must look the same, byte for byte.

A year is run twice from one seed. In the second run, people who are not general champions
register, wait, are trained, serve for their network, join and leave networks, and leave. A visible
person also joins the sensitive network, serves for it and leaves it. Every page, list, figure,
download and report must be the same in both for a reader without the permission, in every month.
So nothing that they read or compare reveals hidden people.

Figures and the day's audit log are read every month, lists and the whole audit log twice a year,
and every page at the end of the year. Each run draws a seed and prints it if the test fails.

Hidden rows get ids from a separate range, so that identifiers do not differ. app.core.public_ids
hides the gaps. No hidden person takes a place on a course, because everybody can see that a place
is taken.
"""

from __future__ import annotations

import difflib
import html
import json
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from importlib import import_module
from typing import Any

import psycopg
import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from psycopg import sql
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.areas.models import Area
from app.changes import service as changes
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.permissions import Role
from app.coverage import service as coverage
from app.coverage.queries.facts import targets_on
from app.matching import queries
from app.organisations.models import Network
from app.people.models import Person
from app.people.types import AreaSource, Basis, ContactKind
from app.reminders import service as reminders
from app.signin.sessions import actor_for_user
from tests.factories import accounts, certificates, courses, matching, organisations, people
from tests.integration.coverage.scene import actor_for, ward
from tests.integration.site.crawling import may_open, permissions_held

SURVIVORS = "domestic-abuse-support"
MONTHS = [date(2025 + month // 12, month % 12 + 1, 1) for month in range(5, 17)]
WARDS = ("Watton", "Thetford Priory", "Swaffham", "Necton")
APART = 1_000_000_000  # the ids of hidden rows begin here
NEXT = re.compile(rb'href="([^"]*[?&;]after=[^"]+)"')
# Texts that differ in every response, and the identifiers of messages. Messages to hidden people
# are numbered among the others, and an identifier reveals nothing about the number.
CHANGING = re.compile(
    rb'value="[^"]{16,}"|[0-9a-f]{32}|after=[^"&]+|/reminders/contacts/[a-z2-7]{26}'
)
PLAIN = ("/", "/people", "/people?state=any", "/applications", "/applications?show=unproved")
NEVER = (
    "static",
    "messages.dev_",
    "site.exit",
    "accounts.sign_out",
    "accounts.change_second_factor",  # it shows a new secret each time
    "site.metrics",
    "site.ready",
)

Seen = dict[tuple[str, str, str], tuple[int, bytes]]  # (month, reader, URL) → response
Act = Callable[[], None]


def noon(day: date) -> datetime:
    return clock.london_instant(day, time(12))


class SeparateIds:
    """A separate range of ids for hidden rows.

    The owner of the tables sets the sequences on a separate connection, because sequences are not
    transactional.
    """

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._names = [
            str(row[0])
            for row in self._connection.execute(
                "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
            )
        ]
        self._hidden = APART

    def read(self) -> dict[str, tuple[int, bool]]:
        found: dict[str, tuple[int, bool]] = {}
        for name in self._names:
            query = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name))
            row = self._connection.execute(query).fetchone()
            assert row is not None
            found[name] = (int(row[0]), bool(row[1]))
        return found

    def write(self, values: dict[str, tuple[int, bool]]) -> None:
        for name, (value, called) in values.items():
            self._connection.execute("SELECT setval(%s, %s, %s)", (name, value, called))

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Use ids in this block that no other row ever gets."""
        before = self.read()
        self._hidden += 10_000
        self.write(dict.fromkeys(self._names, (self._hidden, True)))
        try:
            yield
            db.session.flush()
        finally:
            self.write(before)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def apart(app: Flask) -> Iterator[SeparateIds]:
    url = app.config["SETTINGS"].migration_database_url
    made = SeparateIds(url.replace("postgresql+psycopg://", "postgresql://"))
    yield made
    made.close()


class World:
    """The readers, the visible people and the events of each month."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.survivors = organisations.network(SURVIVORS)
        self.farming = organisations.network("farming")
        yana = organisations.organisation("YANA (You Are Not Alone)")
        self.army = organisations.network("yana", approver=yana)
        leeway = organisations.organisation("Leeway Domestic Violence and Abuse Services")
        organisations.agreement(yana, self.army)
        organisations.agreement(leeway, self.survivors)
        self.holder = accounts.coordinator(name="Holder")
        self.readers: dict[str, User | None] = {
            "public": None,
            "analyst": accounts.user(Role.ANALYST, name="Analyst"),
            "partner": organisations.partner(yana, name="Partner"),
            "coordinator2": accounts.coordinator(sensitive=False, name="Coordinator Two"),
            "trainer": accounts.user(Role.TRAINER, name="Trainer"),
            "admin": accounts.user(Role.ADMIN, name="Admin"),
            "admin and coordinator2": accounts.user(
                Role.ADMIN, Role.COORDINATOR, name="Admin And Coordinator"
            ),
        }
        self.general = [self.add_champion(number) for number in range(22)]
        self.moving = people.champion(
            "Gina General", networks=[self.farming], phone="+447700900001"
        )
        people.presence(self.moving, ward_id=ward("Watton"))
        certificates.certificate(self.moving, "mhfa-adult", awarded_on=date(2025, 3, 1))
        self.readers["champion"] = db.session.get_one(User, self.general[0].user_id)
        self.needs = [
            matching.need(db.session.get_one(Area, ward(name)), places=3) for name in WARDS[:3]
        ]
        with clock.frozen(noon(date(2026, 4, 1))):
            self.run = courses.run(
                date(2026, 6, 20), trainer_user=self.readers["trainer"], published=True
            )

    def networks(self) -> list[Network]:
        chosen = [self.farming, self.army, organisations.network("voluntary-sector")]
        return [one for one in chosen if self.rng.random() < 0.4]

    def add_champion(self, number: int) -> Person:
        """Return a general champion with a home, and usually a certificate."""
        # One is in both kinds of network.
        networks = self.networks() if number else [self.farming, self.survivors]
        one = people.champion(f"Person {number:02}", networks=networks)
        settled = self.rng.random() < 0.85
        people.presence(
            one,
            ward_id=ward(self.rng.choice(WARDS)) if settled else None,
            settled=AreaSource.CHOSEN if settled else AreaSource.UNSETTLED,
            postcode=None if settled else "IP24 1JD",
            district=None if settled else "E07000143",
        )
        if self.rng.random() < 0.8:
            awarded = date(2023, 6, 1) + timedelta(days=self.rng.randrange(260))
            certificates.certificate(one, "mhfa-adult", awarded_on=awarded)
        return one

    # ---------------------------------------------------------------- visible events ---

    def month(self, number: int, rng: random.Random) -> None:
        """Run a month of visible events, with matching and reminders."""
        today = clock.today()
        for each in range(rng.randrange(3)):
            name = f"Newcomer {number}-{each}"
            email = f"newcomer{number}-{each}@example.org"
            one = people.person(name, email=email, networks=[self.farming])
            people.presence(one, ward_id=ward(rng.choice(WARDS)))
            certificates.certificate(one, "mhfa-adult", awarded_on=today - timedelta(days=20))
        if number % 4 == 1:
            leaver = self.general[rng.randrange(5, 15)]
            leaver.left_on = leaver.left_on or today
        if number % 5 == 2:
            email = f"applicant{number}@example.org"
            people.applicant(f"Applicant {number}", email=email, networks=[self.army])
        if number in (3, 7, 10):
            runner = self.readers["coordinator2"] if number == 7 else self.holder
            assert runner is not None
            import_module("app.matching.running").run_matching(actor_for(runner), today)
        reminders.run(SYSTEM, today)

    # -------------------------------------------------------------------- hidden events ---

    def hidden_month(self, number: int, client: FlaskClient, sign_in: Any) -> None:
        """Run the hidden events of a month, which only the second run has."""
        act: Act | None = getattr(self, f"_hidden_{number}", None)
        if act is not None:
            act()
        for name, what in HIDDEN_MOVES.get(number, ()):
            person = db.session.scalars(select(Person).where(Person.full_name == name)).one()
            what(self, person)

    def _hidden_1(self) -> None:
        one = people.champion("Hida Hidden", networks=[self.survivors], protected=True)
        people.presence(one, ward_id=ward("Thetford Priory"))
        certificates.certificate(one, "mhfa-adult", awarded_on=date(2023, 7, 10))
        people.block(one, user=self.readers["coordinator2"])

    def _hidden_2(self) -> None:
        two = people.person(
            "Gina Generall", networks=[self.survivors], email="gina2@example.org",
            phone="+447700900001",
        )  # fmt: skip
        people.presence(
            two, postcode="IP24 1JD", settled=AreaSource.UNSETTLED, district="E07000143"
        )
        people.presence(two, Basis.WORKS, ward_id=ward("Watton"))
        certificates.certificate(two, "mhfa-adult", awarded_on=date(2025, 5, 1))
        people.claim(two)

    def _hidden_5(self) -> None:
        area = db.session.get_one(Area, ward("Thetford Priory"))
        need = matching.need(area, network=self.survivors, places=4)
        for name in ("Hida Hidden", "Gina General"):
            person = db.session.scalars(select(Person).where(Person.full_name == name)).one()
            matching.assignment(need, person, from_on=clock.today())

    def _hidden_6(self) -> None:
        people.applicant("Wilma Waits", networks=[self.survivors])
        people.applicant("Una Unproved", networks=[self.survivors], confirmed=False)


def _choose(*slugs: str) -> Callable[[World, Person], None]:
    def do(world: World, person: Person) -> None:
        changes.choose_networks(themself(person), None, slugs)

    return do


def themself(person: Person) -> Any:
    assert person.user_id is not None
    actor = actor_for_user(person.user_id)
    assert actor is not None
    return actor


def _leave(world: World, person: Person) -> None:
    changes.leave_network(themself(person), None, "I moved away")


HIDDEN_MOVES: dict[int, list[tuple[str, Callable[[World, Person], None]]]] = {
    3: [("Gina General", _choose("farming", SURVIVORS))],
    7: [("Hida Hidden", _choose("farming"))],
    8: [("Hida Hidden", _choose("yana", SURVIVORS))],
    9: [("Gina General", _choose("farming"))],
    10: [("Hida Hidden", _leave)],
}


# -------------------------------------------------------------------------------- reading ---


class Depth(IntEnum):
    """How many pages are read."""

    FIGURES = 1
    LISTS = 2
    EVERYTHING = 3


# Pages to read every month: the figures, and what the audit log says of the day.
TODAY_IN_THE_AUDIT_LOG = "/audit?since-day={0:%d}&since-month={0:%m}&since-year={0:%Y}"
EVERY_MONTH = {
    "public": ("/progress?month={0:%Y-%m}",),
    "analyst": ("/coverage?on={0}", "/progress?month={0:%Y-%m}"),
    "partner": ("/coverage?on={0}", "/"),
    "coordinator2": ("/coverage?on={0}", "/", "/needs"),
    "admin": (TODAY_IN_THE_AUDIT_LOG,),
    "admin and coordinator2": (TODAY_IN_THE_AUDIT_LOG,),
}


# Months in which more than the figures is read.
DEPTHS = {5: Depth.LISTS, 11: Depth.EVERYTHING}


def plain_pages(app: Flask, permissions: frozenset[str]) -> list[str]:
    """Return the URLs of pages that have no arguments and that these permissions open."""
    return [
        url_for(rule.endpoint)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.arguments
        and not rule.endpoint.startswith(NEVER)
        and may_open(app, rule.endpoint, permissions)
    ]


def addresses(app: Flask, world: World, reader: str, depth: Depth) -> list[str]:
    """Return the URLs that a reader opens."""
    if depth is Depth.FIGURES:
        return [one.format(clock.today()) for one in EVERY_MONTH.get(reader, ())]
    found = [*PLAIN, "/audit", "/coverage", "/needs", "/reminders/due"]
    if reader in ("public", "analyst", "champion"):
        found += [f"/progress?month={month:%Y-%m}" for month in MONTHS if month <= clock.today()]
    found += [f"/coverage?on={month}" for month in MONTHS[::3] if month <= clock.today()]
    if depth is Depth.LISTS:
        return found
    permissions = permissions_held(world.readers[reader], clock.today())
    with app.test_request_context():
        found += plain_pages(app, permissions)
        if reader in ("coordinator2", "partner"):
            on = clock.today().isoformat()
            slugs = [one.slug for one in targets_on(clock.today())]
            for slug in (*slugs, "watton", "thetford", "E07000143"):
                for which in ("held", "unsettled"):
                    found.append(url_for("coverage.people", slug=slug, on=on, which=which))
            for person in (world.moving, *world.general[:4]):
                found.append(url_for("records.person", person_id=person.id))
            for need in world.needs:
                found.append(url_for("matching.need", need_id=need.id))
            run_id = queries.last_run_id()
            found.append(url_for("matching.run", run_id=run_id))
            found += [f"/people?place={ward_code}" for ward_code in ("thetford", "watton")]
            found += ["/people?q=gina", "/people?network=farming"]
    return sorted(set(found))


def read_all(app: Flask, world: World, client: FlaskClient, sign_in: Any, depth: Depth) -> Seen:
    """Return everything that each reader gets today, and a coordinator's exports."""
    seen: Seen = {}
    month = clock.today().isoformat()
    for name, user in world.readers.items():
        if user is None:
            client.delete_cookie("session")
        else:
            sign_in(user)
        for address in addresses(app, world, name, depth):
            for page, data, status in pages(client, address):
                seen[month, name, f"{address} page {page}"] = (status, data)
    if depth is Depth.FIGURES:
        return seen
    report = json.dumps(coverage.report(actor_for(world.holder), clock.today()))
    seen[month, "holder", "report"] = (200, report.encode())
    browser = sign_in(world.holder)
    sent = {"reason": "Invitations", "kind": "csv"}
    reply = browser.post("/people/export?state=any", data=sent)
    seen[month, "holder", "download"] = (reply.status_code, reply.data)
    return seen


def pages(client: FlaskClient, address: str) -> Iterator[tuple[int, bytes, int]]:
    """Yield (number, text, status) for a response and its following pages."""
    for page in range(1, 9):
        reply = client.get(address)
        yield page, CHANGING.sub(b"", reply.data), reply.status_code
        further = NEXT.search(reply.data)
        if further is None:
            return
        address = html.unescape(further.group(1).decode())


def run_year(
    app: Flask,
    world: World,
    seed: int,
    client: FlaskClient,
    sign_in: Any,
    hidden: SeparateIds | None,
) -> Seen:
    """Run the year, with or without hidden events. Return what the readers saw."""
    rng = random.Random(seed)
    seen: Seen = {}
    for number, month in enumerate(MONTHS):
        with clock.frozen(noon(month)):
            if hidden is not None:
                with hidden.hidden():
                    world.hidden_month(number, client, sign_in)
            world.month(number, rng)
            coverage.freeze(month)
            depth = DEPTHS.get(number, Depth.FIGURES)
            seen |= read_all(app, world, client, sign_in, depth)
    return seen


@contextmanager
def rolled_back(connection: Connection, apart: SeparateIds) -> Iterator[None]:
    """Roll back everything in the block, including the sequences."""
    numbers = apart.read()
    session = db.session()
    session.commit()
    known = set(session)
    savepoint = connection.begin_nested()
    try:
        yield
    finally:
        session.rollback()
        savepoint.rollback()
        for row in set(session) - known:
            session.expunge(row)
        session.expire_all()
        apart.write(numbers)


def test_readers_see_no_difference_between_the_two_worlds(
    app: Flask, session: Session, client: FlaskClient, sign_in: Any, apart: SeparateIds
) -> None:
    seed = random.randrange(1, 1_000_000)
    with clock.frozen(noon(MONTHS[0] - timedelta(days=3))):
        world = World(seed)
    connection = session.get_bind()
    assert isinstance(connection, Connection)
    with rolled_back(connection, apart):
        without = run_year(app, world, seed, client, sign_in, None)
    with rolled_back(connection, apart):
        with_hidden = run_year(app, world, seed, client, sign_in, apart)
        with clock.frozen(noon(MONTHS[-1])):  # a reader with the permission does see a difference
            page = sign_in(world.holder).get("/people?state=any&q=hida").text
            assert "Hida Hidden" in page
    assert without.keys() == with_hidden.keys()
    assert sum(status == 200 for status, _ in without.values()) > 250
    told = differences(without, with_hidden)
    assert not told, "\n".join([f"seed {seed}: {len(told)} differ", *told[:25]])


def differences(one: Seen, other: Seen) -> list[str]:
    """Return the differences between two worlds, with the lines that differ."""
    return [
        " ".join(key)
        + "".join(
            f"\n    {line}"
            for line in difflib.unified_diff(
                one[key][1].decode(errors="replace").splitlines(),
                other[key][1].decode(errors="replace").splitlines(),
                lineterm="",
                n=0,
            )
        )[:400]
        for key in one
        if one[key] != other[key]
    ]


def test_a_difference_is_detected(
    app: Flask, session: Session, client: FlaskClient, sign_in: Any, apart: SeparateIds
) -> None:
    """If a hidden person becomes visible in one world, every reader sees a difference."""
    with clock.frozen(noon(MONTHS[0])):
        world = World(3)
    connection = session.get_bind()
    assert isinstance(connection, Connection)
    worlds = []
    for general in (False, True):
        with rolled_back(connection, apart), clock.frozen(noon(MONTHS[1])):
            with apart.hidden():
                one = people.person("Hida Hidden", networks=[world.survivors], general=general)
                people.presence(one, ward_id=ward("Watton"))
                people.contact(one, ContactKind.PHONE, "+447700900002")
                certificates.certificate(one, "mhfa-adult", awarded_on=date(2025, 3, 1))
            worlds.append(read_all(app, world, client, sign_in, Depth.LISTS))
    told = differences(*worlds)
    assert any(" coordinator2 /people" in line for line in told)
    assert any(" holder report" in line for line in told)
    assert any(" holder download" in line for line in told)
