"""Which step of a certificate goes, which are skipped, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reminders.planning import due_on, objection, plan, plan_all
from app.reminders.types import EXPIRY_CHANGED, FINAL, CertificateFacts, Due, Skip

STEPS = (180, 90, 30, 7, -1)
EXPIRES = date(2027, 3, 27)
HELD = CertificateFacts(
    certificate_id=1,
    person_id=1,
    kind_id=1,
    expires_on=EXPIRES,
    steps=STEPS,
    recorded_on=date(2024, 3, 27),
)


def before(days: int) -> date:
    """So many days before expiry."""
    return EXPIRES - timedelta(days=days)


def outcome(held: CertificateFacts, on: date) -> dict[int, str | None]:
    """Step → why it is skipped (None: it goes)."""
    return {due.step_days: due.reason and due.reason.value for due in plan(held, on)}


def test_nothing_is_due_before_the_first_step() -> None:
    assert outcome(HELD, before(181)) == {}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_falls_due_on_its_very_day_and_goes_alone(step: int) -> None:
    earlier = frozenset(each for each in STEPS if each > step)
    assert outcome(replace(HELD, settled=earlier), before(step)) == {step: None}


def test_the_day_of_expiry_is_in_date_and_the_lapse_is_told_the_day_after() -> None:
    settled = replace(HELD, settled=frozenset({180, 90, 30, 7}))
    assert outcome(settled, EXPIRES) == {}
    assert outcome(settled, EXPIRES + timedelta(days=1)) == {-1: None}


def test_after_missed_days_only_the_latest_step_goes() -> None:
    assert outcome(HELD, before(20)) == {
        30: None,
        90: Skip.OLDER_STEP,
        180: Skip.OLDER_STEP,
    }


@pytest.mark.parametrize(("days", "reason"), [(60, None), (59, Skip.TOO_OLD)])
def test_a_step_more_than_thirty_days_old_never_goes(days: int, reason: Skip | None) -> None:
    settled = replace(HELD, settled=frozenset({180}))
    assert outcome(settled, before(days)) == {90: reason}


def test_what_the_ledger_has_dealt_with_is_not_due_again() -> None:
    assert outcome(replace(HELD, settled=frozenset({180, 90, 30})), before(20)) == {}


def test_when_the_latest_step_is_dealt_with_older_ones_stay_as_they_are() -> None:
    assert outcome(replace(HELD, settled=frozenset({30})), before(20)) == {}


def test_an_extension_starts_the_steps_afresh() -> None:
    extended = replace(HELD, expires_on=EXPIRES + timedelta(days=365), settled=frozenset())
    assert outcome(extended, EXPIRES) == {}
    assert outcome(extended, EXPIRES + timedelta(days=365 - 180)) == {180: None}


def test_what_had_lapsed_when_it_was_recorded_sends_nothing() -> None:
    late = replace(HELD, recorded_on=EXPIRES + timedelta(days=1))
    found = outcome(late, EXPIRES + timedelta(days=3))
    assert set(found.values()) == {Skip.LAPSED_ON_ARRIVAL.value}
    assert set(found) == set(STEPS)


def test_what_was_recorded_on_its_last_day_is_told_once_it_lapsed() -> None:
    last_day = replace(HELD, recorded_on=EXPIRES, settled=frozenset({7, 30, 90, 180}))
    assert outcome(last_day, EXPIRES + timedelta(days=1)) == {-1: None}


def test_you_have_lapsed_is_never_the_first_thing_said() -> None:
    silent = replace(HELD, written_to=False, settled=frozenset({180, 90, 30, 7}))
    assert outcome(silent, EXPIRES + timedelta(days=1)) == {-1: Skip.NEVER_WROTE_BEFORE}
    told_early = replace(HELD, written_to=False, settled=frozenset({180, 90, 30}))
    assert outcome(told_early, before(7)) == {7: None}


def test_a_late_step_before_expiry_also_speaks_of_a_lapse_once_it_is_past() -> None:
    no_step_after = replace(HELD, steps=(30, 7), written_to=False, settled=frozenset({30}))
    assert outcome(no_step_after, EXPIRES + timedelta(days=2)) == {7: Skip.NEVER_WROTE_BEFORE}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"revoked": True}, Skip.REVOKED),
        ({"renewed": True}, Skip.RENEWED),
        ({"left": True}, Skip.LEFT),
        ({"approved": False}, Skip.NOT_APPROVED),
        ({"away": True}, Skip.AWAY),
        ({"notice_given": False}, Skip.NO_NOTICE_YET),
        ({"channel": None}, Skip.NO_CONTACT),
        ({"left": True, "away": True}, Skip.LEFT),
        ({"renewed": True, "channel": None}, Skip.RENEWED),
    ],
)
def test_each_reason_against_it(facts: dict[str, object], reason: Skip) -> None:
    held = replace(HELD, settled=frozenset({180, 90}), **facts)  # type: ignore[arg-type]  # a test's keywords
    assert outcome(held, before(30)) == {30: reason.value}


def test_who_comes_back_is_told_while_the_step_is_fresh() -> None:
    back = replace(HELD, settled=frozenset({180, 90}))
    assert outcome(replace(back, away=True), before(30)) == {30: Skip.AWAY}
    assert Skip.AWAY not in FINAL
    assert outcome(back, before(25)) == {30: None}


def test_kinds_without_steps_remind_of_nothing() -> None:
    assert outcome(replace(HELD, steps=()), EXPIRES) == {}


def test_steps_given_twice_or_out_of_order_are_one_timetable() -> None:
    jumbled = replace(HELD, steps=(7, 180, 30, 90, 30, -1))
    assert outcome(jumbled, before(20)) == outcome(HELD, before(20))


def test_the_order_is_by_person_and_certificate() -> None:
    many = [replace(HELD, certificate_id=c, person_id=p) for c, p in ((3, 1), (1, 2), (2, 1))]
    found = plan_all(many, before(180))
    assert [(due.person_id, due.certificate_id) for due in found] == [(1, 2), (1, 3), (2, 1)]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, None),
        ({"expires_on": EXPIRES + timedelta(days=90)}, EXPIRY_CHANGED),
        ({"revoked": True}, Skip.REVOKED.value),
        ({"renewed": True}, Skip.RENEWED.value),
        ({"left": True}, Skip.LEFT.value),
        ({"away": True}, Skip.AWAY.value),
        ({"approved": False}, Skip.NOT_APPROVED.value),
        ({"channel": None}, None),
    ],
)
def test_what_waits_is_voided_for_a_reason(facts: dict[str, object], why: str | None) -> None:
    held = replace(HELD, **facts)  # type: ignore[arg-type]  # a test's keywords
    assert objection(held, 30, EXPIRES, before(29)) == why


def test_what_waits_gives_way_to_a_later_step() -> None:
    assert objection(HELD, 30, EXPIRES, before(8)) is None
    assert objection(HELD, 30, EXPIRES, before(7)) == Skip.OLDER_STEP


def test_what_waits_for_a_certificate_that_is_gone() -> None:
    assert objection(None, 30, EXPIRES, before(8)) == Skip.REVOKED


STEP_SETS = st.lists(st.integers(-60, 400), min_size=1, max_size=8, unique=True).map(tuple)
DAYS = st.integers(-120, 420).map(before)
HELDS = st.builds(
    CertificateFacts,
    certificate_id=st.just(1),
    person_id=st.just(1),
    kind_id=st.just(1),
    expires_on=st.just(EXPIRES),
    steps=STEP_SETS,
    recorded_on=st.integers(-200, 1_200).map(before),
    settled=st.frozensets(st.integers(-60, 400), max_size=6),
    renewed=st.booleans(),
    revoked=st.booleans(),
    approved=st.booleans(),
    left=st.booleans(),
    away=st.booleans(),
    notice_given=st.booleans(),
    written_to=st.booleans(),
    channel=st.sampled_from(["email", "phone", None]),
)


def enter(held: CertificateFacts, found: list[Due]) -> CertificateFacts:
    """The certificate once the ledger holds what a run enters."""
    entered = {due.step_days for due in found if due.reason is None or due.reason in FINAL}
    return replace(held, settled=held.settled | entered)


@given(HELDS, DAYS)
def test_at_most_one_step_goes_and_it_is_the_latest_due(held: CertificateFacts, on: date) -> None:
    found = list(plan(held, on))
    going = [due for due in found if due.reason is None]
    assert len(going) <= 1
    for due in going:
        assert due.step_days == min(s for s in held.steps if due_on(EXPIRES, s) <= on)
        assert timedelta(0) <= on - due.due_on <= timedelta(days=30)
        assert held.channel is not None
        assert held.notice_given
        assert held.written_to or on <= EXPIRES
        assert held.recorded_on <= EXPIRES


@given(HELDS, DAYS)
def test_nothing_that_is_settled_or_not_yet_due_is_touched(
    held: CertificateFacts, on: date
) -> None:
    for due in plan(held, on):
        assert due.step_days not in held.settled
        assert due.due_on <= on


@given(HELDS, DAYS)
def test_a_second_run_sends_nothing(held: CertificateFacts, on: date) -> None:
    again = plan(enter(held, list(plan(held, on))), on)
    assert [due for due in again if due.reason is None] == []


@given(HELDS, st.lists(DAYS, max_size=12).map(sorted))
def test_over_any_days_each_step_goes_at_most_once(
    held: CertificateFacts, days: list[date]
) -> None:
    gone: list[int] = []
    for on in days:
        found = list(plan(held, on))
        gone += [due.step_days for due in found if due.reason is None]
        held = enter(held, found)
    assert len(gone) == len(set(gone))
    assert gone == sorted(gone, reverse=True)


@given(STEP_SETS)
def test_run_daily_every_step_goes_on_its_day(steps: tuple[int, ...]) -> None:
    held = replace(HELD, steps=steps, recorded_on=before(1_000))
    gone = {}
    for offset in range(401, -62, -1):
        found = list(plan(held, before(offset)))
        gone |= {due.step_days: before(offset) for due in found if due.reason is None}
        held = enter(held, found)
    assert gone == {step: before(step) for step in steps}
