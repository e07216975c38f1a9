"""Partners, the sensitive network, people without email, and a list of a hundred people."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts.queries import user_by_email
from app.certificates.models import Certificate
from app.core import clock
from app.core.db import db
from app.core.permissions import Role
from app.organisations.models import Network, Organisation
from app.people.models import Person
from tests.addresses import public_id
from tests.e2e.conftest import Visitor
from tests.e2e.registering import Answers, fill_to_check
from tests.e2e.stack import Stack
from tests.factories import organisations, people

Visit = Callable[..., Visitor]
Arrange = Callable[[Callable[[], Any]], Any]
PARTNER = "yana.jones@partner.example"
SENSITIVE = "sasha@partner.example"
PLAIN = "robin@partner.example"
MANY = 100


@pytest.fixture
def team(arrange: Arrange, staff: Callable[..., str]) -> None:
    """A partner coordinator with an agreement in force, and two coordinators."""

    def yana() -> None:
        network = db.session.scalars(select(Network).where(Network.slug == "yana")).one()
        partner = db.session.get(Organisation, network.approver_id)
        assert partner
        organisations.agreement(partner, network)
        organisations.partner(partner, email=PARTNER, name="Yana Jones")

    if not arrange(lambda: user_by_email(PARTNER) is not None):
        arrange(yana)
    staff(PARTNER)
    staff(SENSITIVE, Role.COORDINATOR, Role.SENSITIVE, name="Sasha Both")
    staff(PLAIN, Role.COORDINATOR, name="Robin Plain")


def _network(slug: str) -> Network:
    return db.session.scalars(select(Network).where(Network.slug == slug)).one()


def _applicant(arrange: Arrange, name: str, *slugs: str) -> str:
    """Add an applicant in these networks and return their public identifier."""

    def write() -> str:
        made = people.applicant(name, networks=[_network(slug) for slug in slugs])
        return public_id("people", made.id)

    return str(arrange(write))


def _status(user: Visitor, path: str) -> int:
    return int(user.context.request.get(user.url + path).status)


def test_a_partner_approves_its_own_people_and_sees_no_others(
    visitor: Visit, site: Stack, team: None, arrange: Arrange
) -> None:
    email = "flora@partner.example"
    flora = visitor(phone=True, scripts=False)
    fill_to_check(flora, Answers(name="Flora Field", networks=("#yanaarmy",), email=email))
    flora.press("Send my registration")
    flora.open(site.letterbox.links(site.letterbox.wait_for(email))[0])
    flora.press("Confirm")
    stranger = _applicant(arrange, "Sam Stranger", "ex-forces")

    yana = visitor(phone=True)
    yana.sign_in(PARTNER)
    page = yana.open("/applications")
    assert page.get_by_text("Sam Stranger").count() == 0
    assert _status(yana, f"/applications/{stranger}") == 404
    assert _status(yana, f"/people/{stranger}") == 404
    yana.press("Flora Field")
    assert page.get_by_text("asked us not to keep").count() == 0
    page.get_by_role("button", name="Approve").click()
    yana.check_page()
    site.letterbox.wait_for(email, 2)
    assert yana.open("/people").get_by_text("Flora Field").count()
    assert page.get_by_text("Sam Stranger").count() == 0

    robin = visitor()
    robin.sign_in(PLAIN)
    assert robin.open("/people").get_by_text("Flora Field").count()


def test_people_only_in_the_sensitive_network_are_seen_with_the_permission(
    visitor: Visit, team: None, arrange: Arrange
) -> None:
    hidden = _applicant(arrange, "Hester Hidden", "domestic-abuse-support")
    both = _applicant(arrange, "Bea Both", "domestic-abuse-support", "farming")
    network = arrange(lambda: _network("domestic-abuse-support").name)

    sasha = visitor()
    sasha.sign_in(SENSITIVE)
    page = sasha.open("/applications")
    for name in ("Hester Hidden", "Bea Both"):
        assert page.get_by_text(name).count()
    assert network in sasha.open(f"/applications/{hidden}").locator("main").inner_text()

    robin = visitor()
    robin.sign_in(PLAIN)
    page = robin.open("/applications")
    assert page.get_by_text("Bea Both").count()
    assert page.get_by_text("Hester Hidden").count() == 0
    assert _status(robin, f"/applications/{hidden}") == 404
    assert _status(robin, f"/people/{hidden}") == 404
    assert network not in robin.open(f"/applications/{both}").content()


def test_a_person_without_email_is_added_and_listed_for_a_call(
    visitor: Visit, site: Stack, team: None, arrange: Arrange
) -> None:
    robin = visitor()
    robin.sign_in(PLAIN)
    page = robin.open("/people/new")
    robin.press("Add this person")
    assert page.locator(".govuk-error-summary").count()
    _fill_in_person(page)
    robin.press("Add this person")
    assert page.get_by_role("heading", level=1, name="Percy Phone").count(), page.content()
    robin.press("Confirm this training")
    page.get_by_label("What is the certificate for?").select_option(value="mhfa-adult")
    page.get_by_label("We know the month and year").check()
    page.get_by_label("It shows no expiry date").check()
    page.locator("main form button[type=submit]").first.click()
    robin.check_page()
    lapses: date = arrange(
        lambda: db.session.scalar(
            select(Certificate.expires_on)
            .join(Person, Person.id == Certificate.person_id)
            .where(Person.full_name == "Percy Phone")
        )
    )
    on = (lapses - timedelta(days=30)).isoformat()
    robin.open("/reminders")
    row = page.get_by_role("row", name="Percy Phone").filter(has_text="until")
    assert row.count() == 0
    site.flask("reminders", "run", "--on", on)
    robin.open("/reminders")
    assert row.count() == 1
    row.get_by_role("link", name="Percy Phone").click()
    robin.check_page()
    assert page.get_by_text("01953 880903").count()


def _fill_in_person(page: Any) -> None:
    """Fill in a person who was trained a year ago and has only a telephone."""
    page.get_by_label("Full name").fill("Percy Phone")
    page.get_by_label("They have told us that they are 18 or over").check()
    page.get_by_label("Phone number").fill("01953 880903")
    page.get_by_label("I have been trained already").or_(
        page.locator("input[name=interest][value=trained]")
    ).first.check()
    page.get_by_label("Course they completed").fill("MHFA two-day (Adult)")
    page.get_by_label("Who trained them").fill("Norfolk and Waveney Mind")
    page.get_by_label("Month").fill(str(clock.today().month))
    page.get_by_label("Year").fill(str(clock.today().year - 1))
    page.get_by_label("Home postcode").fill("IP25 6AB")
    page.get_by_label("Read out to them").check()
    page.get_by_label("Approve them now").check()


def test_imported_people_get_the_privacy_notice_before_a_reminder(
    site: Stack, arrange: Arrange, tmp_path: Path
) -> None:
    file = tmp_path / "a partner’s list.csv"
    awarded = clock.today().replace(day=15) - timedelta(days=365)
    addresses = [f"listed{number}@list.example" for number in range(MANY)]
    with file.open("w", newline="", encoding="utf-8") as lines:
        rows = csv.writer(lines)
        rows.writerow(["Name", "E-mail", "Phone", "Postcode", "Network", "Course", "Date"])
        for number, address in enumerate(addresses):
            rows.writerow(
                [f"Listed Person {number}", address, "", "IP24 1JD", "#yanaarmy"]
                + ["MHFA two-day (Adult)", awarded.strftime("%d/%m/%Y")]
            )

    def import_list(*options: str) -> dict[str, Any]:
        return dict(json.loads(site.flask("people", "import", str(file), "--json", *options)))

    assert import_list("--dry-run")["created"] == MANY
    assert _count_listed_people(arrange) == 0
    first = import_list()
    assert (first["created"], first["certificates"]) == (MANY, MANY)
    for address in addresses:
        site.letterbox.wait_for(address)  # nobody gets a reminder before the notice was sent
    on = (awarded.replace(year=awarded.year + 3) - timedelta(days=30)).isoformat()
    due = json.loads(site.flask("reminders", "preview", "--on", on, "--json"))["due"]
    assert len(due) >= MANY
    site.flask("reminders", "run", "--on", on)
    for address in addresses:
        site.letterbox.wait_for(address, 2)
        subjects = [str(letter["Subject"]) for letter in site.letterbox.to(address)]
        assert [subject.rpartition(": ")[2] for subject in subjects] == [
            "how we got your details",
            "you have training to renew",
        ]
    second = import_list()
    assert (second["created"], second["certificates"]) == (0, 0)
    assert _count_listed_people(arrange) == MANY
    site.flask("reminders", "run", "--on", on)
    assert all(len(site.letterbox.to(address)) == 2 for address in addresses)


def _count_listed_people(arrange: Arrange) -> int:
    """Return how many people from the list are on record."""
    named = select(Person.id).where(Person.full_name.like("Listed Person %"))
    return len(arrange(lambda: list(db.session.scalars(named))))
