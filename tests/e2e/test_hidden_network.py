"""The sensitive network in a browser, for readers without the permission and for its partner.

A coordinator without the permission compares twelve months and sees the same figures as if there
were no hidden people. A partner coordinator of the sensitive network does a week's work with their
own people and sees nobody else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from app.areas.models import Area
from app.areas.types import AreaKind
from app.certificates.models import Certificate
from app.core import clock
from app.core.db import db
from app.core.permissions import Role
from app.coverage import service as coverage
from app.coverage.models import Snapshot
from app.organisations.models import Network, Organisation
from app.people.models import Person
from tests.addresses import public_id
from tests.e2e.conftest import Visitor
from tests.e2e.stack import Stack
from tests.factories import certificates, matching, organisations, people

Visit = Callable[..., Visitor]
Arrange = Callable[[Callable[[], Any]], Any]
Shown = dict[str, str]  # path → content of the page
SURVIVORS = "domestic-abuse-support"
HOLDER = "hanna@hidden.example"
PLAIN = "petra@hidden.example"
LEEWAY = "lena@leeway.example"
TOKEN = re.compile(r'value="[^"]{16,}"')
BY_WARD, BY_TOWN = "Champions in each ward", "Champions in each town"
ATTLEBOROUGH, WATTON, SWAFFHAM = "Attleborough Queens & Besthorpe", "Watton", "Swaffham"


def _months() -> list[date]:
    """Return the first days of the last twelve months, oldest first."""
    found = [clock.today().replace(day=1)]
    while len(found) < 12:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[::-1]


def _ward(name: str) -> Area:
    wards = select(Area).where(Area.kind == AreaKind.WARD, Area.name == name)
    return db.session.scalars(wards).one()


def _network(slug: str) -> Network:
    return db.session.scalars(select(Network).where(Network.slug == slug)).one()


def _status(user: Visitor, path: str) -> int:
    return int(user.context.request.get(user.url + path).status)


# --- a coordinator compares twelve months ---


@dataclass(frozen=True)
class Life:
    """When a person joined and left, and their networks, as positions in `_months`.

    They count from the first day of the month `joined`, and no longer on the first day of the month
    `left`. Each entry of `networks` is a slug, the month in which they joined it, and the month
    before which they left it, or None.
    """

    name: str
    ward: str
    joined: int = 0
    left: int | None = None
    networks: tuple[tuple[str, int, int | None], ...] = ()

    def is_counted(self, month: int) -> bool:
        """Return whether they are in the network of champions on the first day of a month."""
        return self.joined <= month and (self.left is None or month < self.left)


GENERAL = (
    *(Life(f"Anna {number}", ATTLEBOROUGH) for number in range(6)),
    *(Life(f"Will {number}", WATTON) for number in range(4)),
    Life("Gale Goes", WATTON, joined=1, left=7),
    Life("Gina Both", SWAFFHAM, networks=(("farming", 0, None), (SURVIVORS, 3, 9))),
)
HIDDEN = (
    Life("Hida Came", WATTON, joined=4, networks=((SURVIVORS, 4, None),)),
    Life("Hebe Left", ATTLEBOROUGH, joined=2, left=8, networks=((SURVIVORS, 2, None),)),
    Life("Hope Moves", SWAFFHAM, 1, None, ((SURVIVORS, 1, 6), ("farming", 6, None))),
)


def _record_life(life: Life, *, general: bool) -> None:
    """Record a life as if each part had been entered when it happened."""
    days = _months()
    joined = days[life.joined] - timedelta(days=1)
    with clock.frozen(joined):
        one = people.person(life.name, registered_at=clock.london_instant(joined, time(9)))
        people.presence(one, ward_id=_ward(life.ward).id)
        certificates.certificate(one, awarded_on=joined)
    for slug, begin, end in life.networks:
        until = days[end] - timedelta(days=1) if end else None
        people.membership(one, _network(slug), from_on=min(joined, days[begin]), until_on=until)
    if life.left is not None:
        one.left_on = days[life.left] - timedelta(days=5)
    if not general:
        people.make_not_general(one)


def _publish() -> None:
    """Publish the figures of the twelve months again."""
    db.session.execute(delete(Snapshot))
    for month in _months():
        assert coverage.freeze(month)


def _add_visible_people() -> None:
    """Add what everybody may see."""
    for life in GENERAL:
        _record_life(life, general=True)
    people.applicant("Arthur Applies", networks=[_network("farming")])
    matching.need(_ward(WATTON), places=2)
    _publish()


def _add_hidden_people() -> None:
    """Add what only readers with the permission may see."""
    for life in HIDDEN:
        _record_life(life, general=False)
    people.applicant("Wilma Waits", networks=[_network(SURVIVORS)])
    need = matching.need(
        _ward(WATTON), network=_network(SURVIVORS), places=3, what_for="Sit with survivors"
    )
    for name in ("Hida Came", "Gina Both"):
        one = db.session.scalars(select(Person).where(Person.full_name == name)).one()
        matching.assignment(need, one, from_on=clock.today() - timedelta(days=20))
    _publish()


def _contents_of(user: Visitor, paths: list[str]) -> Shown:
    """Return path → content of the page."""
    shown = {}
    for path in paths:
        reply = user.page.goto(user.url + path, wait_until="domcontentloaded")
        assert reply is not None and reply.status == 200, path
        shown[path] = TOKEN.sub("", user.page.locator("main").inner_html())
    return shown


def _public_pages() -> list[str]:
    return [f"/progress?month={day:%Y-%m}" for day in _months()]


def _coordinators_pages() -> list[str]:
    days = _months()
    pages = [f"/coverage?on={day}" for day in days]
    pages += [f"/coverage/{slug}/people?on={days[5]}" for slug in (WATTON.lower(), "swaffham")]
    pages += ["/", "/people", "/people?state=any", "/people?network=farming", "/people?q=ho"]
    pages += [f"/reminders/{each}" for each in ("due", "sent", "skipped")]
    pages += ["/organisations", "/training", "/courses", "/needs/answers", "/people/places"]
    return [*pages, "/applications", "/needs", "/coverage", "/reminders"]


def _records() -> list[str]:
    """Return URLs of records that every coordinator may read.

    One of the people is also in the hidden network.
    """
    known = db.session.scalars(
        select(Person.id).where(Person.full_name.in_(("Anna 0", "Gale Goes", "Gina Both")))
    )
    pages = [f"/people/{public_id('people', each)}" for each in known]
    return [page + more for page in pages for more in ("", "/remove", "/safe-contact")]


def _in_table(user: Visitor, path: str, table: str, name: str) -> str:
    """Return the cell beside the row header `name` in a table. Opens the page if necessary."""
    if user.page.url != user.url + path:
        user.page.goto(user.url + path, wait_until="domcontentloaded")
    rows = user.page.get_by_role("table", name=table).locator("tr")
    row = rows.filter(has=user.page.get_by_role("rowheader", name=name, exact=True))
    return row.locator("td").first.inner_text().strip()


def _is_within(number: int, range_shown: str) -> bool:
    """Return whether a published range, in words, includes a number."""
    first, *others = [int(each) for each in re.findall(r"\d+", range_shown)]
    return first <= number <= others[0] if others else number < first


def test_comparing_twelve_months_reveals_no_hidden_people(
    visitor: Visit, arrange: Arrange, staff: Callable[..., str]
) -> None:
    """The same pages are read before and after the hidden people are added."""
    staff(PLAIN, Role.COORDINATOR, name="Petra Plain")
    staff(HOLDER, Role.COORDINATOR, Role.SENSITIVE, name="Hanna Holder")
    arrange(_add_visible_people)
    public, petra, hanna = visitor(), visitor(), visitor()
    petra.sign_in(PLAIN)
    pages = [*_coordinators_pages(), *arrange(_records)]
    without = _contents_of(public, _public_pages()), _contents_of(petra, pages)
    arrange(_add_hidden_people)
    assert without == (_contents_of(public, _public_pages()), _contents_of(petra, pages))

    for month, day in enumerate(_months()):
        for ward, town in ((WATTON, "Watton"), (SWAFFHAM, "Swaffham")):
            count = sum(life.ward == ward and life.is_counted(month) for life in GENERAL)
            counted = _in_table(petra, f"/coverage?on={day}", BY_WARD, ward)
            assert int(counted) == count, (ward, day)
            range_shown = _in_table(public, f"/progress?month={day:%Y-%m}", BY_TOWN, town)
            assert _is_within(count, range_shown), (town, day, range_shown)

    # A coordinator with the permission does see and count the hidden people.
    hanna.sign_in(HOLDER)
    page = hanna.open(f"/coverage?on={_months()[5]}")
    assert page.get_by_text("5 people, or 6 including sensitive networks").count()
    assert hanna.open("/people").get_by_text("Hida Came").count()
    assert hanna.open("/applications").get_by_text("Wilma Waits").count()
    assert hanna.open("/needs").get_by_text("Sit with survivors").count()
    for name in ("Hida", "Hebe", "Hope", "Wilma", "Sit with"):
        assert not any(name in text for shown in without for text in shown.values()), name
    petra.open(f"/coverage?on={_months()[5]}")
    petra.check_at_both_widths()


# --- a partner coordinator's week ---


@pytest.fixture
def leeway(arrange: Arrange, staff: Callable[..., str]) -> str:
    """Leeway's partner coordinator, with an agreement in force and the sensitive permission."""

    def write() -> None:
        network = _network(SURVIVORS)
        partner = db.session.get(Organisation, network.approver_id)
        assert partner is not None
        organisations.agreement(partner, network)
        organisations.partner(partner, email=LEEWAY, name="Lena Leeway")

    arrange(write)
    return staff(LEEWAY, Role.SENSITIVE)


def _people_of_the_week() -> dict[str, str]:
    """Add six people, and return name → public identifier.

    Three are only in the partner's network. One applicant is also in another network, and two
    people are unknown to the partner.
    """
    survivors, farming = _network(SURVIVORS), _network("farming")
    wilma = people.applicant("Wilma Waits", email="wilma@week.example", networks=[survivors])
    people.claim(wilma)
    made = [
        wilma,
        people.applicant("Dana Declined", networks=[survivors]),
        people.applicant("Beth Both", networks=[survivors, farming]),
        people.applicant("Sam Stranger", networks=[farming]),
        people.person("Hida Hidden", networks=[survivors]),
        people.person("Gina General", networks=[farming]),
    ]
    for one in made:
        people.presence(one, ward_id=_ward(WATTON).id)
    for one in made[-2:]:
        certificates.certificate(one, awarded_on=clock.today() - timedelta(days=90))
    matching.need(_ward(WATTON), places=2)
    return {one.full_name: public_id("people", one.id) for one in made}


def _certificate_of(name: str) -> str:
    found = select(Certificate.id).join(Person).where(Person.full_name == name)
    return public_id("certificates", db.session.scalars(found).one())


def _submit_form(user: Visitor) -> None:
    """Press the first submit button of the page's form."""
    user.page.locator("main form button[type=submit]").first.click()
    user.check_page()


def _confirm_training(user: Visitor, person: str) -> None:
    """Confirm the training that an approved person says they did."""
    page = user.open(f"/people/{person}")
    user.press("Confirm this training")
    page.get_by_label("What is the certificate for?").select_option(value="mhfa-adult")
    page.get_by_label("We know the month and year").check()
    page.get_by_label("It shows no expiry date").check()
    _submit_form(user)
    assert page.get_by_role("link", name="Adult").count(), page.content()


def test_a_partner_coordinator_sees_only_their_own_people_for_a_week(
    visitor: Visit, site: Stack, arrange: Arrange, leeway: str
) -> None:
    known: dict[str, str] = arrange(_people_of_the_week)
    lena = visitor()
    lena.sign_in(leeway)

    # Monday: her queue has applicants for her network that no other coordinator sees.
    page = lena.open("/applications")
    names = ("Wilma Waits", "Dana Declined", "Beth Both", "Sam Stranger")
    assert [name for name in names if page.get_by_text(name).count()] == list(names[:2])
    for name in names[2:]:
        assert _status(lena, f"/applications/{known[name]}") == 404, name
    lena.press("Wilma Waits")
    page.get_by_role("button", name="Approve").click()
    lena.check_page()
    letter = site.letterbox.wait_for("wilma@week.example")
    assert "survivors" not in letter.as_string().lower()
    assert "Leeway" not in letter.as_string()
    lena.open(f"/applications/{known['Dana Declined']}")
    lena.press("Decline")
    page.get_by_label("Why are you declining this registration?").fill("She asked us to")
    _submit_form(lena)
    assert lena.open("/applications").get_by_text("Wilma Waits").count() == 0

    # Tuesday: she can open the records of her own people, but no other records or certificates.
    page = lena.open("/people")
    for name in ("Wilma Waits", "Hida Hidden"):
        assert page.get_by_text(name).count(), name
    for name in ("Gina General", "Sam Stranger", "Dana Declined"):
        assert page.get_by_text(name).count() == 0, name
    assert lena.open(f"/people/{known['Hida Hidden']}").get_by_text("Hida Hidden").count()
    for name in ("Gina General", "Sam Stranger"):
        assert _status(lena, f"/people/{known[name]}") == 404, name
        assert _status(lena, f"/people/{known[name]}/certificates/new") == 404, name
    certificate = arrange(lambda: _certificate_of("Gina General"))
    for path in ("", "/record.pdf"):
        assert _status(lena, f"/certificates/{certificate}{path}") == 404

    # Wednesday: she confirms training that Wilma did before registering.
    _confirm_training(lena, known["Wilma Waits"])

    # Thursday: coverage counts only her own people.
    count_shown = _in_table(lena, "/coverage", BY_WARD, WATTON)
    assert count_shown.endswith("0 people, or 2 including sensitive networks")
    on = clock.today()
    page = lena.open(f"/coverage/watton/people?on={on}")
    assert page.get_by_text("Hida Hidden").count() and page.get_by_text("Wilma Waits").count()
    assert page.get_by_text("Gina General").count() == 0
    lena.check_at_both_widths()

    # Friday: she can export nothing and open no page of the team.
    assert lena.open("/people").get_by_text(re.compile("download|export", re.I)).count() == 0
    closed = (
        "/people/export",
        "/people/new",
        "/needs",
        "/matching",
        "/reminders",
        "/reminders/due",
    )
    for path in (*closed, "/audit", "/users", "/organisations"):
        assert _status(lena, path) == 404, path
    form = {"reason": "Invitations", "kind": "csv"}
    sent = lena.context.request.post(f"{lena.url}/people/export", form=form)
    assert sent.status in (400, 404)
    assert "Hida" not in sent.text()
