"""In each role, open every URL with real ids, and press every button.

No GET writes, no page is malformed, and none shows a row id, a hidden person or a word about a
sensitive network that the reader may not read. Canaries are people with rows of every kind whose
words occur nowhere else. What a reader may see comes from `crawl_rules`, independent of the
application.
"""

from __future__ import annotations

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.changes import protection
from app.core.actor import PUBLIC, SYSTEM
from app.organisations.models import Network
from app.people.models import Person
from app.people.types import Basis, Interest, PlaceAnswer, Registration
from app.registration import service as registration
from app.signin.sessions import SessionUser
from app.web.http import public
from tests.demo import ANCHOR
from tests.integration.conftest import signed_in
from tests.integration.site import canaries, crawl_rules
from tests.integration.site.canaries import Canaries
from tests.integration.site.crawl_reader import Reader, Words
from tests.integration.site.crawl_rules import KNOWING, ROLES, World
from tests.integration.site.crawl_urls import CrawlUrls
from tests.integration.site.crawling import permissions_held
from tests.integration.site.writing import written, wrongly_written

# The name of a person who registered, and then became protected.
REGISTERED = "Persephone Nightingale-Ashworth"
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
    "public": 38, "champion": 56, "trainer": 122, "coordinator": 600, "coordinator2": 420,
    "partner": 98, "partner2": 125, "partner of a lapsed agreement": 58, "analyst": 44,
    "admin": 71, "safeguarding": 80,
}  # fmt: skip
# Addresses that nobody links to.
ODD = (
    ("records.people", "/people?after=garbage"),
    ("accounts.audit_log", "/audit?subject=person+1"),
    ("error", "/nowhere"),
)
# Readers without the permission who open further rows of each kind.
IN_FULL = {"coordinator2", "partner"}


@pytest.fixture
def aviary(demo: Session) -> Canaries:
    """The canaries, and a person who became protected after they registered with a postcode."""
    _register(demo)
    return canaries.fill(demo)


@pytest.fixture
def world(demo: Session, aviary: Canaries) -> World:
    """The demonstration with the canaries."""
    return crawl_rules.read_world(demo)


def _register(session: Session) -> None:
    """Register a member of the sensitive network, whose postcode is then deleted."""
    slug = session.scalars(select(Network.slug).where(Network.sensitive)).first()
    assert slug
    person_id = registration.register(
        PUBLIC,
        Registration(
            submission="canary",
            full_name=REGISTERED,
            interest=Interest.CHAMPION,
            over_18=True,
            networks=(slug,),
            email="persephone@demo.example",
            places=(PlaceAnswer(Basis.LIVES, canaries.POSTCODE),),
        ),
    )
    person = session.get_one(Person, person_id)
    protection.protect(SYSTEM, person)
    session.expire_all()


@pytest.mark.parametrize("role", ROLES)
def test_no_page_shows_what_the_reader_may_not_see(
    demo: Session,
    demo_app: Flask,
    aviary: Canaries,
    world: World,
    role: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    user = crawl_rules.user_of(role)
    permissions = permissions_held(user)
    urls = _urls(demo, aviary)
    forbidden, allowed = crawl_rules.words_of_canaries(role, aviary)
    people = crawl_rules.forbidden_words(role, user, world, aviary, demo)
    demo.flush()
    addresses = list(urls.addresses(demo_app, permissions))
    if role in IN_FULL:
        addresses += urls.more_rows(demo_app, permissions)
    buttons = list(urls.buttons(demo_app, 2 if role in IN_FULL else 1, permissions))
    with signed_in(demo_app, user) as browser:
        demo.expunge_all()  # a session with few objects answers faster
        reader = Reader(
            demo,
            browser,
            people,
            Words(forbidden),
            Words(allowed),
            aviary,
            may_name=role in KNOWING,
        )
        for endpoint, address in addresses:
            # Today's entries of the audit log are opened below.
            reader.open(endpoint, address, following=address != "/audit")
        names = set(reader.names)  # on pages, not in downloads
        for kind in ("csv", "xlsx"):
            data = {"kind": kind, "reason": "To see what is in it"}
            reply = browser.post("/people/export?state=any", data=data)
            reader.read("records.export", f"the {kind} file", reply)
        # All of today's audit log. There are no earlier entries about the canaries.
        today = f"since-day={ANCHOR.day}&since-month={ANCHOR.month}&since-year={ANCHOR.year}"
        reader.open("accounts.audit_log", f"/audit?{today}")
        for endpoint, address in ODD:
            reader.open(endpoint, address, following=False)
        for endpoint, address in buttons:
            reader.press(endpoint, address)
        reader.read("site.home", "/ after all buttons", browser.get("/"))
    assert reader.failures == [], "\n".join(sorted(set(reader.failures))[:60])
    assert reader.shown >= FEWEST[role]
    assert len(names) >= SHOWN.get(role, 0), "The search for names finds too few, so it is blind."
    # Leeway's coordinator decides on members of its network who are not general champions.
    assert (REGISTERED in names) is (role in KNOWING)
    if role in ("coordinator", "coordinator2"):
        assert reader.found == reader.wanted.folded
    assert caplog.records
    assert Words(forbidden | allowed | aviary.quiet).in_text(caplog.text.casefold()) == set()


def _urls(session: Session, aviary: Canaries) -> CrawlUrls:
    coordinator = accounts.user_by_email("coordinator@demo.example")
    assert coordinator is not None
    roles = accounts.roles_held(coordinator.id, ANCHOR)
    owner = SessionUser(coordinator.id, coordinator.name, roles).actor
    return CrawlUrls(session).fill_with(aviary, owner)


def test_the_network_of_the_canaries_is_sensitive(demo: Session, aviary: Canaries) -> None:
    network = demo.scalars(select(Network).where(Network.name == aviary.network)).one()
    assert network.sensitive
    assert [each.general for each in aviary.canaries] == [False, True, True, True]


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
