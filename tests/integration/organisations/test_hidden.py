"""Organisations linked only to sensitive networks. Their details need the permission."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry
from app.organisations.models import Agreement, Organisation
from tests.addresses import at
from tests.factories import accounts, areas, organisations


@pytest.fixture
def refuge(session: Session) -> Organisation:
    """Create an organisation linked only to a sensitive network, with a site and a coordinator."""
    made = organisations.organisation("Harbour House")
    organisations.agreement(made, organisations.network("quiet-people", sensitive=True))
    organisations.site(made, ward_id=areas.area(name="Hidden Ward").id)
    organisations.partner(made, name="Petra Partner", email="petra@harbour.example")
    return made


def test_the_page_shows_only_that_the_organisation_exists(
    refuge: Organisation, sign_in: Any
) -> None:
    client = sign_in(accounts.coordinator(sensitive=False))
    page = client.get(at(f"/organisations/{refuge.id}")).text
    assert "Harbour House" in page
    for detail in ("Petra Partner", "petra@", "Hidden Ward", "quiet-people", "In force"):
        assert detail not in page
    row = client.get("/organisations?q=harbour").text
    assert "In force" not in row
    full = sign_in(accounts.coordinator()).get(at(f"/organisations/{refuge.id}")).text
    assert all(detail in full for detail in ("Petra Partner", "Hidden Ward", "quiet-people"))


def test_a_hidden_organisation_cannot_be_changed(
    session: Session, refuge: Organisation, sign_in: Any
) -> None:
    client = sign_in(accounts.coordinator(sensitive=False))
    path = at(f"/organisations/{refuge.id}")
    agreement = session.scalars(select(Agreement).filter_by(organisation_id=refuge.id)).one()
    before = session.scalar(select(func.count()).select_from(AuditEntry))
    posts: dict[str, dict[str, str]] = {
        f"{path}/edit": {"name": "Open House", "kind": "charity"},
        f"{path}/sites/new": {"name": "Hall", "postcode": "IP24 1JD"},
        f"{path}/agreements/new": {"network": "", "purpose": "To see", "signed-day": "1"},
        f"{path}/agreements/{agreement.id}/end": {"reason": "No"},
        f"{path}/coordinators/new": {"name": "Eve Eager", "email": "eve@example.org"},
        f"{path}/sites/{refuge.sites[0].id}/end": {},
    }
    for address, data in posts.items():
        assert client.post(address, data=data).status_code == 404, address
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == before
    session.refresh(refuge)
    assert refuge.name == "Harbour House"


def test_an_agreement_about_a_sensitive_network_is_hidden(session: Session, sign_in: Any) -> None:
    church = organisations.organisation("Saint Mary’s Church")
    secret = organisations.agreement(church, organisations.network("quiet-too", sensitive=True))
    organisations.agreement(church, organisations.network("farming-too"))
    client = sign_in(accounts.coordinator(sensitive=False))
    page = client.get(at(f"/organisations/{church.id}")).text
    assert "farming-too" in page
    assert "quiet-too" not in page
    end = at(f"/organisations/{church.id}/agreements/{secret.id}/end")
    assert client.get(end).status_code == 404
    assert client.post(end, data={"reason": "No"}).status_code == 404
