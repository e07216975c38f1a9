"""Staff's pages about organisations, sites, agreements and coordinators."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import queries as users
from app.core import clock, registry
from app.core.actor import SYSTEM
from app.core.audit import HIDDEN, AuditEntry
from app.core.permissions import Role
from app.organisations import queries
from app.organisations.models import Agreement, Organisation, PartnerCoordinator, Site
from app.organisations.types import AgreementStatus
from tests.addresses import at
from tests.factories import accounts, areas, organisations, people
from tests.integration.accounts import offer_steps


def text_of(reply: Any) -> str:
    """Return the text of a page with normalised spaces."""
    return " ".join(reply.get_data(as_text=True).split())


def date_fields(prefix: str, day: date) -> dict[str, str]:
    """Return a date as form data."""
    parts = {"day": day.day, "month": day.month, "year": day.year}
    return {f"{prefix}-{part}": str(number) for part, number in parts.items()}


def test_only_coordinators_can_open_the_pages(session: Session, sign_in: Any) -> None:
    made = organisations.organisation("Some Partner")
    pages = (at(f"/organisations/{made.id}"), "/organisations", "/organisations/new")
    for user in (
        organisations.partner(made),
        accounts.user(Role.ANALYST),
        accounts.user(Role.TRAINER),
    ):
        client = sign_in(user)
        assert {client.get(page).status_code for page in pages} == {404}
    client = sign_in(accounts.coordinator())
    assert {client.get(page).status_code for page in pages} == {200}


def test_an_organisation_can_be_added_and_changed(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    reply = client.post("/organisations/new", data={"name": "", "kind": ""})
    assert reply.status_code == 422
    assert "Enter the name" in text_of(reply)
    data = {"name": "Zebra Farmers", "kind": "farming"}
    assert "Zebra Farmers" in text_of(
        client.post("/organisations/new", data=data, follow_redirects=True)
    )
    reply = client.post("/organisations/new", data=data | {"name": "ZEBRA farmers"})
    assert (reply.status_code, "already an organisation with this name" in text_of(reply)) == (
        422,
        True,
    )
    made = session.scalars(select(Organisation).where(Organisation.name == "Zebra Farmers")).one()
    made.from_on = date(2020, 1, 1)
    last = clock.today() - timedelta(days=1)
    client.post(at(f"/organisations/{made.id}/edit"), data=data | date_fields("until", last))
    assert "Zebra Farmers" not in text_of(client.get("/organisations?q=zebra"))
    assert "Closed" in text_of(client.get("/organisations?q=zebra&closed=y"))


def test_sites_can_be_added_by_postcode_or_ward(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    made = organisations.organisation()
    path = f"{at(f'/organisations/{made.id}')}/sites"
    assert client.post(f"{path}/new", data={"name": "Nowhere"}).status_code == 422
    ward = areas.area(name="Ward of Tests")
    areas.postcode("IP24 9ZX", ward=ward.code)
    page = text_of(
        client.post(
            f"{path}/new", data={"name": "Hall", "postcode": "ip249zx"}, follow_redirects=True
        )
    )
    assert "Ward of Tests" in page
    assert "IP24" not in page
    client.post(f"{path}/new", data={"name": "Shed", "postcode": "IP24 9ZW", "ward": ward.code})
    hall, shed = session.scalars(
        select(Site).where(Site.organisation_id == made.id).order_by(Site.id)
    ).all()
    assert hall.ward_id == shed.ward_id == ward.id
    hall.from_on = date(2020, 1, 1)
    client.post(at(f"/organisations/{made.id}/sites/{hall.id}/end"))
    assert hall.until_on == clock.today() - timedelta(days=1)
    assert client.post(at(f"/organisations/{made.id + 1}/sites/{shed.id}/end")).status_code == 404


def test_the_ward_of_a_site_is_confirmed_with_those_of_people(session: Session) -> None:
    made = organisations.organisation()
    site = organisations.site(made)
    site.postcode = "IP24 9ZU"
    ward = areas.area()
    areas.postcode("IP24 9ZU", ward=ward.code)
    assert sum(function(SYSTEM, True) for function in registry.ward_confirmations) == 0
    earlier, now = session.scalars(
        select(Site).where(Site.organisation_id == made.id).order_by(Site.from_on)
    ).all()
    assert (earlier.id, earlier.ward_id) == (site.id, None)  # figures for past days stay the same
    assert earlier.until_on == clock.today() - timedelta(days=1)
    assert (now.ward_id, now.name, now.from_on) == (ward.id, site.name, clock.today())


def test_sites_of_a_confidential_address_store_no_location(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    made = organisations.organisation("Quiet House")
    site = organisations.site(made, ward_id=areas.area().id)
    site.postcode = "IP24 1JD"
    data = {"name": "Quiet House", "kind": "charity", "confidential": "y"}
    client.post(at(f"/organisations/{made.id}/edit"), data=data)
    session.refresh(site)
    assert (site.postcode, site.district, site.ward_id, site.lsoa_id) == (None, None, None, None)
    new = {"name": "Other", "postcode": "IP24 1JD"}
    client.post(at(f"/organisations/{made.id}/sites/new"), data=new)
    other = session.scalars(select(Site).where(Site.name == "Other")).one()
    assert (other.postcode, other.ward_id) == (None, None)


def test_the_audit_never_contains_the_location_of_a_site(session: Session, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    made = organisations.organisation("Quiet House")
    before = session.scalar(select(func.max(AuditEntry.id))) or 0
    ward = areas.area()
    new = {"name": "Refuge", "postcode": "IP24 1JD", "ward": ward.code}
    client.post(at(f"/organisations/{made.id}/sites/new"), data=new)
    site = session.scalars(select(Site).where(Site.name == "Refuge")).one()
    assert site.postcode == "IP24 1JD"
    data = {"name": "Quiet House", "kind": "charity", "confidential": "y"}
    client.post(at(f"/organisations/{made.id}/edit"), data=data)
    session.refresh(site)
    assert site.postcode is None
    rows = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.id > before, AuditEntry.subject_type == "sites")
        .order_by(AuditEntry.id)
    ).all()
    assert [row.changes["postcode"] for row in rows] == [[None, HIDDEN], [HIDDEN, None]]
    for row in rows:
        for place in ("postcode", "ward_id", "lsoa_id"):
            assert set(row.changes.get(place, [])) <= {None, HIDDEN}
        assert "IP24" not in str(row.changes)


def test_an_agreement_gives_access_until_it_ends(session: Session, sign_in: Any) -> None:
    network = organisations.network()
    made = organisations.organisation()
    covered = people.person("Ann Covered", networks=[network])
    partner = organisations.partner(made)
    on = clock.today()
    coordinator = accounts.coordinator()
    assert sign_in(partner).get(at(f"/people/{covered.id}")).status_code == 404
    client = sign_in(coordinator)
    data = {"network": network.slug, "purpose": "To look after them."}
    dates = (
        date_fields("signed", on)
        | date_fields("starts", on)
        | date_fields("ends", on + timedelta(days=90))
    )
    wrong = dates | date_fields("ends", on - timedelta(days=1))
    reply = client.post(at(f"/organisations/{made.id}/agreements/new"), data=data | wrong)
    assert "The last day must be the same as or after the first day" in text_of(reply)
    page = text_of(
        client.post(
            at(f"/organisations/{made.id}/agreements/new"), data=data | dates, follow_redirects=True
        )
    )
    assert "Waiting for a second person" in page
    assert sign_in(partner).get(at(f"/people/{covered.id}")).status_code == 404
    agreement = session.scalars(select(Agreement).where(Agreement.organisation_id == made.id)).one()
    confirm = at(f"/organisations/{made.id}/agreements/{agreement.id}/confirm")
    second = sign_in(accounts.coordinator())
    assert "In force" in text_of(second.post(confirm, follow_redirects=True))
    assert sign_in(partner).get(at(f"/people/{covered.id}")).status_code == 200
    agreement.from_on = on - timedelta(days=30)
    client = sign_in(coordinator)
    end = at(f"/organisations/{made.id}/agreements/{agreement.id}/end")
    assert client.post(end, data={"reason": ""}).status_code == 422
    assert "Expired" in text_of(
        client.post(end, data={"reason": "They asked to"}, follow_redirects=True)
    )
    assert sign_in(partner).get(at(f"/people/{covered.id}")).status_code == 404


def test_the_status_of_an_agreement_follows_from_its_days() -> None:
    first, last = date(2026, 3, 1), date(2026, 3, 31)
    assert AgreementStatus.derive(first, last, date(2026, 2, 28)) is AgreementStatus.NOT_STARTED
    assert (
        AgreementStatus.derive(first, last, first)
        is AgreementStatus.derive(first, last, last)
        is AgreementStatus.IN_FORCE
    )
    assert AgreementStatus.derive(first, last, date(2026, 4, 1)) is AgreementStatus.LAPSED


def test_a_partner_coordinator_can_be_invited_and_removed(
    session: Session, sign_in: Any, no_attempts: None
) -> None:
    client = sign_in(accounts.coordinator())
    made = organisations.organisation()
    organisations.agreement(made, organisations.network())
    data = {"name": "Pat Partner", "email": "pat.partner@example.org"}
    for _twice in range(2):
        page = text_of(
            client.post(
                at(f"/organisations/{made.id}/coordinators/new"), data=data, follow_redirects=True
            )
        )
        assert "Pat Partner" in page
    assert len(offer_steps.invitations(session, data["email"])) == 2
    assert offer_steps.accept(client, session, data["email"]).status_code == 302
    user = users.user_by_email(data["email"])
    assert user is not None
    offer_steps.agree()
    assert users.roles_held(user.id, clock.today()) == {Role.PARTNER}
    acting = session.scalars(
        select(PartnerCoordinator).where(PartnerCoordinator.user_id == user.id)
    ).one()
    assert queries.partner_access(user.id, clock.today())["organisation_ids"] == {made.id}
    acting.from_on = clock.today() - timedelta(days=10)
    client.post(at(f"/organisations/{made.id}/coordinators/{acting.id}/end"))
    assert queries.partner_access(user.id, clock.today())["organisation_ids"] == set()
