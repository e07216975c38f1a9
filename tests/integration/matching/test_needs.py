"""Creating, changing and closing needs, by hand and from gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.areas.types import AreaKind
from app.core import clock, registry
from app.core.actor import SYSTEM, Actor, Scope
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.registry import Gap
from app.matching import needs, queries, service
from app.matching.models import Need, Proposal
from app.matching.types import NeedChanges, NewNeed
from app.signin.sessions import actor_for_user
from tests.factories import accounts, matching, organisations

TODAY = clock.today()
COMMAND = NewNeed(
    area="thetford",
    network=None,
    kind=None,
    places=2,
    priority=60,
    what_for=" To listen. ",
    setting="",
    times="",
    contact="Jo",
)
CHANGES = NeedChanges(
    places=3, priority=70, what_for="More", setting="Hall", times="Now", contact="Al"
)


@pytest.fixture
def staff(session: Session) -> Actor:
    """Return a coordinator without the permission for sensitive networks."""
    made = actor_for_user(accounts.coordinator(sensitive=False).id)
    assert made is not None
    return made


@pytest.fixture
def gaps() -> Iterator[list[Gap]]:
    """Register a function that returns gaps, as the coverage room does."""
    found: list[Gap] = []

    def find(actor: Actor, on: date) -> list[Gap]:
        return found

    before = dict(registry.gaps._functions)
    registry.gaps._functions.clear()
    registry.gaps.register(find)
    yield found
    registry.gaps._functions.clear()
    registry.gaps._functions.update(before)


def gap(area: str = "thetford", places: int = 4, **more: str | None) -> Gap:
    facts: dict[str, str | None] = {"network": None, "source": f"band:{area}"} | more
    return Gap(
        area_code=area,
        area_name=area.title(),
        network=facts["network"],
        places=places,
        source=str(facts["source"]),
        why="A Mindful Town of this size needs 15 champions.",
    )


def test_creating_a_need(staff: Actor, session: Session) -> None:
    need_id = needs.create_need(
        staff, replace(COMMAND, network="farming", kind="mhfa-adult"), TODAY
    )
    row = queries.get_need(Scope.for_actor(staff), need_id, TODAY)
    assert (row.area_code, row.network_slug, row.kind_slug) == ("thetford", "farming", "mhfa-adult")
    assert (row.what_for, row.places, row.priority, row.vacancies) == ("To listen.", 2, 60, 2)
    assert session.get_one(Need, need_id).made_by_user_id == staff.user_id


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("area", "nowhere"),
        ("area", "E07000148"),  # Norwich: outside the programme
        ("area", "swanton-morley"),  # its centre is unknown
        ("network", "nothing"),
        ("network", "domestic-abuse-support"),  # hidden from this coordinator
        ("kind", "nothing"),
        ("places", 0),
        ("places", 201),
        ("priority", 0),
        ("priority", 101),
        ("what_for", "  "),
    ],
)
def test_invalid_needs_are_rejected(field: str, value: object, staff: Actor) -> None:
    with pytest.raises(InvalidInput) as error:
        needs.create_need(staff, replace(COMMAND, **{field: value}), TODAY)
    assert (error.value.field or "").rstrip("s") == field.rstrip("s")


def test_a_sensitive_network_is_offered_only_with_the_permission(staff: Actor) -> None:
    sensitive = actor_for_user(accounts.coordinator().id)
    assert sensitive is not None
    secret = "domestic-abuse-support"
    assert secret not in dict(needs.need_choices(staff, TODAY).networks)
    assert secret in dict(needs.need_choices(sensitive, TODAY).networks)
    need_id = needs.create_need(sensitive, replace(COMMAND, network=secret), TODAY)
    with pytest.raises(NotFound):
        needs.change_need(staff, need_id, CHANGES, TODAY)
    with pytest.raises(NotFound):
        needs.close_need(staff, need_id, TODAY)


def test_only_areas_with_a_known_location_are_offered(staff: Actor) -> None:
    places = needs.need_choices(staff, TODAY).areas
    assert places[0].code == "E07000143"
    assert {"thetford", "thetford-hub"} <= {place.code for place in places}
    assert "swanton-morley" not in {place.code for place in places}
    assert sum(place.kind is AreaKind.WARD for place in places) == 27


def test_changing_a_need(staff: Actor, session: Session) -> None:
    need = matching.need(places=3)
    for _each in range(2):
        matching.assignment(need, matching.candidate(matching.ward()))
    needs.change_need(staff, need.id, CHANGES, TODAY)
    assert (need.places, need.priority, need.what_for, need.contact) == (3, 70, "More", "Al")
    with pytest.raises(InvalidInput) as error:
        needs.change_need(staff, need.id, replace(CHANGES, places=1), TODAY)
    assert error.value.message == "2 people already help here, so enter 2 or more"
    need.closed_on = TODAY
    with pytest.raises(Conflict):
        needs.change_need(staff, need.id, CHANGES, TODAY)


@pytest.mark.parametrize("end", [True, False])
def test_closing_withdraws_requests_and_can_end_assignments(
    end: bool, staff: Actor, session: Session
) -> None:
    need, other = matching.need(places=4), matching.need()
    proposals = [
        matching.proposal(need, matching.candidate(matching.ward()), sent=sent)
        for sent in (True, False)
    ]
    elsewhere = matching.proposal(other, matching.candidate(matching.ward()), sent=True)
    stands = matching.assignment(need, matching.candidate(matching.ward()))
    for _attempt in range(2):
        needs.close_need(staff, need.id, TODAY, end_serving=end)
    assert need.closed_on == TODAY
    assert all(each.withdrawn_at for each in proposals)
    assert elsewhere.withdrawn_at is None
    assert stands.until_on == (TODAY - timedelta(days=1) if end else None)
    assert need.id not in [row.id for row in service.open_needs(staff, TODAY)]


# Needs from gaps


def test_gaps_are_suggested_until_they_have_a_need(
    staff: Actor, gaps: list[Gap], session: Session
) -> None:
    gaps += [gap("watton", 2), gap("thetford", 9)]
    assert [each.area_code for each in needs.find_suggested_gaps(staff, TODAY)] == [
        "thetford",
        "watton",
    ]
    worded = replace(COMMAND, area="thetford")
    first = needs.create_need_from_gap(staff, "band:thetford", worded, TODAY)
    assert needs.create_need_from_gap(staff, "band:thetford", worded, TODAY) == first
    made = session.get_one(Need, first)
    assert (made.what_for, made.source) == ("To listen.", "band:thetford")
    assert [each.area_code for each in needs.find_suggested_gaps(staff, TODAY)] == ["watton"]
    needs.close_need(staff, first, TODAY)
    assert [each.area_code for each in needs.find_suggested_gaps(staff, TODAY)] == [
        "thetford",
        "watton",
    ]
    assert needs.create_need_from_gap(staff, "band:thetford", worded, TODAY) != first


def test_a_need_in_another_area_does_not_close_the_gap(
    staff: Actor, gaps: list[Gap], session: Session
) -> None:
    gaps += [gap("thetford", 9)]
    made = needs.create_need_from_gap(
        staff, "band:thetford", replace(COMMAND, area="watton"), TODAY
    )
    assert session.get_one(Need, made).source == "hand"
    assert [each.area_code for each in needs.find_suggested_gaps(staff, TODAY)] == ["thetford"]


def test_unfillable_and_hidden_gaps_are_not_suggested(staff: Actor, gaps: list[Gap]) -> None:
    gaps += [
        gap("swanton-morley"),
        gap("thetford", 0),
        gap("watton", network="domestic-abuse-support"),
    ]
    assert needs.find_suggested_gaps(staff, TODAY) == []
    assert [each.area_code for each in needs.find_suggested_gaps(SYSTEM, TODAY)] == ["watton"]
    with pytest.raises(NotFound):
        needs.create_need_from_gap(staff, "band:watton", COMMAND, TODAY)


def test_an_unknown_source_creates_no_need(staff: Actor, gaps: list[Gap]) -> None:
    matching.need()
    for source in ("", "hand", "band:nowhere", "x" * 500):
        with pytest.raises(NotFound):
            needs.create_need_from_gap(staff, source, COMMAND, TODAY)


def test_a_source_has_at_most_one_open_need(staff: Actor, session: Session) -> None:
    needs.create_need(staff, replace(COMMAND, source="band:thetford"), TODAY)
    with pytest.raises(Conflict):
        needs.create_need(staff, replace(COMMAND, source="band:thetford"), TODAY)
    needs.create_need(staff, COMMAND, TODAY)
    needs.create_need(staff, COMMAND, TODAY)


def test_counts_leave_out_people_the_reader_may_not_see(staff: Actor, session: Session) -> None:
    secret = organisations.network(sensitive=True)
    need = matching.need(places=5)
    for hidden in (True, False):
        networks = [secret] if hidden else []
        matching.assignment(need, matching.candidate(matching.ward(), networks=networks))
        matching.proposal(need, matching.candidate(matching.ward(), networks=networks), sent=True)
        matching.proposal(need, matching.candidate(matching.ward(), networks=networks))
    (open_need,) = service.open_needs(staff, TODAY)
    (systems,) = service.open_needs(SYSTEM, TODAY)
    assert (open_need.held, open_need.asked, open_need.proposed, open_need.vacancies) == (
        1,
        1,
        1,
        3,
    )
    assert (systems.held, systems.asked, systems.proposed, systems.vacancies) == (2, 2, 2, 1)
    assert len(session.scalars(select(Proposal)).all()) == 4
