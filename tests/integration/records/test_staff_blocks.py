"""Staff can block somebody for a person at once. Ending a block needs a call and a wait."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry
from app.people.models import Block
from app.people.safety.models import DelayedChange
from app.people.safety.types import DelayedChangeKind
from tests.addresses import at, public_id
from tests.factories import accounts, organisations, people
from tests.telling import TOLD_BY_PHONE


def test_staff_block_somebody_at_the_persons_request(session: Session, sign_in: Any) -> None:
    group = organisations.organisation("Some Partner")
    partner = organisations.partner(group)
    organisations.agreement(group)
    one = people.person("Paula Person", organisations=[group])
    assert sign_in(partner).get(at(f"/people/{one.id}")).status_code == 200
    page = sign_in(accounts.coordinator(sensitive=False))
    path, viewer = at(f"/people/{one.id}/hidden"), public_id("organisations", group.id)
    assert page.post(path, data={"viewer": viewer}).status_code == 422
    for _twice in range(2):
        reply = page.post(path, data={"viewer": viewer, **TOLD_BY_PHONE})
        assert reply.location == at(f"/people/{one.id}")
    (block,) = session.scalars(select(Block).where(Block.person_id == one.id))
    assert block.organisation_id == group.id
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "person.block")).one()
    assert entry.why is not None
    assert entry.why.startswith("Reported by the person on ")
    assert sign_in(partner).get(at(f"/people/{one.id}")).status_code == 404


def test_only_holders_see_blocks_and_ending_one_waits(session: Session, sign_in: Any) -> None:
    group = organisations.organisation("Some Partner")
    one, other = people.person("Paula Person"), people.person("Otto Other")
    block = people.block(one, organisation=group)
    page = sign_in(accounts.coordinator(sensitive=False))
    for person in (one, other):
        assert "Allow again" not in page.get(at(f"/people/{person.id}/hidden")).text
    remove = at(f"/people/{one.id}/hidden/{block.id}/remove")
    assert page.post(remove).status_code == 404
    page = sign_in(accounts.coordinator())
    assert "Allow again" in page.get(at(f"/people/{one.id}/hidden")).text
    assert page.post(at(f"/people/{other.id}/hidden/{block.id}/remove")).status_code == 404
    page.post(remove)
    session.refresh(block)
    assert block.until_on is None
    (waiting,) = session.scalars(select(DelayedChange).where(DelayedChange.person_id == one.id))
    assert waiting.kind is DelayedChangeKind.END_BLOCK
