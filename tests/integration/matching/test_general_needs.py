"""Needs for general champions, which sensitive networks must not influence."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.matching import overview
from app.matching.models import Assignment, Need
from tests.addresses import at
from tests.factories import accounts, matching, organisations
from tests.integration.coverage.scene import actor_for
from tests.integration.matching.conftest import Run, proposed
from tests.telling import TOLD_BY_PHONE


def sensitive_network() -> Any:
    return organisations.network("domestic-abuse-support")


def without_run_and_time(result: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in result.items() if key not in ("run", "seconds")}


def test_work_for_a_sensitive_network_does_not_affect_other_needs(
    run: Run, session: Session
) -> None:
    home = matching.ward()
    busy = matching.candidate(home, networks=[sensitive_network()], general=True)
    matching.candidate(home)
    matching.need(home, places=2)
    reader = actor_for(accounts.coordinator(sensitive=False))
    before = without_run_and_time(run(reader))
    for _ in range(3):
        matching.assignment(matching.need(home, network=sensitive_network()), busy)
    assert without_run_and_time(run(reader)) == before
    everything = run()
    assert [each for each in everything["proposals"] if each["network"] is None] == before[
        "proposals"
    ]


def test_a_hidden_person_is_proposed_only_for_their_network(run: Run) -> None:
    home = matching.ward()
    hidden = matching.candidate(home, networks=[sensitive_network()], general=False)
    matching.need(home, places=2)
    assert proposed(run()) == []
    need = matching.need(home, network=sensitive_network())
    result = run()
    assert proposed(result) == [hidden.id]
    assert [each["network"] for each in result["proposals"]] == ["domestic-abuse-support"]
    assert need.id


def test_the_reason_for_empty_places_does_not_depend_on_hidden_people(
    run: Run, session: Session
) -> None:
    reader = actor_for(accounts.coordinator(sensitive=False))
    need = matching.need(matching.ward(), places=2)
    run()
    today = clock.today()
    alone = overview.need_page(reader, need.id, today).why
    assert alone is not None
    matching.candidate(matching.ward(), networks=[sensitive_network()], general=False)
    run()
    assert overview.need_page(reader, need.id, today).why == alone


@pytest.mark.parametrize("of_the_network", [True, False])
def test_a_person_who_opts_out_serves_only_sensitive_networks(
    session: Session, sign_in: Any, of_the_network: bool
) -> None:
    home = matching.ward()
    person = matching.candidate(
        home, networks=[sensitive_network()], general=True, can_sign_in=True, name="Sue Survivors"
    )
    need = matching.need(home, network=sensitive_network() if of_the_network else None)
    matching.assignment(need, person)
    client = sign_in(accounts.coordinator())
    address = at(f"/people/{person.id}/seen")
    assert client.post(address, data={**TOLD_BY_PHONE, "general": "no"}).status_code == 302
    (assignment,) = session.scalars(select(Assignment).where(Assignment.need_id == need.id))
    assert (assignment.until_on is None) is of_the_network
    assert session.get_one(Need, need.id).closed_on is None
