"""Planning which steps of a certificate are sent or skipped."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.certificates.types import DatePrecision
from app.reminders.planning import due_date, plan_certificate, plan_certificates, reason_to_void
from app.reminders.types import (
    EXPIRY_CHANGED,
    FINAL_REASONS,
    CertificateFacts,
    DueReminder,
    SkipReason,
)

STEPS = (180, 90, 30, 7, -1)
EXPIRES = date(2027, 3, 27)
CERTIFICATE = CertificateFacts(
    certificate_id=1,
    person_id=1,
    kind_id=1,
    expiry_known=DatePrecision.DAY,
    expires_on=EXPIRES,
    steps=STEPS,
    recorded_on=date(2024, 3, 27),
)


def days_before_expiry(days: int) -> date:
    """Return the date that is this many days before expiry."""
    return EXPIRES - timedelta(days=days)


def outcome(certificate: CertificateFacts, on: date) -> dict[int, str | None]:
    """Return the reason why each step is skipped, or None for the one that is sent."""
    return {
        due.step_days: due.reason and due.reason.value for due in plan_certificate(certificate, on)
    }


def test_nothing_is_due_before_the_first_step() -> None:
    assert outcome(CERTIFICATE, days_before_expiry(181)) == {}


@pytest.mark.parametrize("step", STEPS)
def test_only_the_step_that_is_due_is_sent(step: int) -> None:
    earlier = frozenset(each for each in STEPS if each > step)
    assert outcome(replace(CERTIFICATE, handled_steps=earlier), days_before_expiry(step)) == {
        step: None
    }


def test_the_step_after_expiry_is_sent_the_day_after_the_last_day() -> None:
    handled = replace(CERTIFICATE, handled_steps=frozenset({180, 90, 30, 7}))
    assert outcome(handled, EXPIRES) == {}
    assert outcome(handled, EXPIRES + timedelta(days=1)) == {-1: None}


def test_only_the_latest_step_is_sent_after_missed_days() -> None:
    assert outcome(CERTIFICATE, days_before_expiry(20)) == {
        30: None,
        90: SkipReason.LATER_STEP_DUE,
        180: SkipReason.LATER_STEP_DUE,
    }


@pytest.mark.parametrize(("days", "reason"), [(60, None), (59, SkipReason.TOO_LATE)])
def test_a_step_is_never_sent_more_than_thirty_days_late(
    days: int, reason: SkipReason | None
) -> None:
    handled = replace(CERTIFICATE, handled_steps=frozenset({180}))
    assert outcome(handled, days_before_expiry(days)) == {90: reason}


def test_handled_steps_are_not_due_again() -> None:
    assert (
        outcome(
            replace(CERTIFICATE, handled_steps=frozenset({180, 90, 30})), days_before_expiry(20)
        )
        == {}
    )


def test_older_steps_are_not_due_when_the_latest_is_handled() -> None:
    assert (
        outcome(replace(CERTIFICATE, handled_steps=frozenset({30})), days_before_expiry(20)) == {}
    )


def test_an_extension_restarts_the_steps() -> None:
    extended = replace(
        CERTIFICATE, expires_on=EXPIRES + timedelta(days=365), handled_steps=frozenset()
    )
    assert outcome(extended, EXPIRES) == {}
    assert outcome(extended, EXPIRES + timedelta(days=365 - 180)) == {180: None}


def test_a_certificate_that_had_expired_when_recorded_has_no_reminders() -> None:
    late = replace(CERTIFICATE, recorded_on=EXPIRES + timedelta(days=1))
    found = outcome(late, EXPIRES + timedelta(days=3))
    assert set(found.values()) == {SkipReason.EXPIRED_WHEN_RECORDED.value}
    assert set(found) == set(STEPS)


def test_a_certificate_recorded_on_its_last_day_gets_the_reminder_after_expiry() -> None:
    last_day = replace(CERTIFICATE, recorded_on=EXPIRES, handled_steps=frozenset({7, 30, 90, 180}))
    assert outcome(last_day, EXPIRES + timedelta(days=1)) == {-1: None}


def test_the_first_message_to_a_person_is_never_about_expiry() -> None:
    silent = replace(CERTIFICATE, contacted_before=False, handled_steps=frozenset({180, 90, 30, 7}))
    assert outcome(silent, EXPIRES + timedelta(days=1)) == {-1: SkipReason.NOT_CONTACTED_BEFORE}
    reminded_early = replace(
        CERTIFICATE, contacted_before=False, handled_steps=frozenset({180, 90, 30})
    )
    assert outcome(reminded_early, days_before_expiry(7)) == {7: None}


def test_a_step_sent_after_the_last_day_counts_as_a_message_about_expiry() -> None:
    no_step_after = replace(
        CERTIFICATE, steps=(30, 7), contacted_before=False, handled_steps=frozenset({30})
    )
    assert outcome(no_step_after, EXPIRES + timedelta(days=2)) == {
        7: SkipReason.NOT_CONTACTED_BEFORE
    }


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"revoked": True}, SkipReason.REVOKED),
        ({"renewed": True}, SkipReason.RENEWED),
        ({"has_left": True}, SkipReason.LEFT),
        ({"approved": False}, SkipReason.NOT_APPROVED),
        ({"away": True}, SkipReason.AWAY),
        ({"notice_given": False}, SkipReason.NOTICE_NOT_GIVEN),
        ({"channel": None}, SkipReason.NO_CONTACT),
        ({"has_left": True, "away": True}, SkipReason.LEFT),
        ({"renewed": True, "channel": None}, SkipReason.RENEWED),
    ],
)
def test_each_reason_to_skip(facts: dict[str, object], reason: SkipReason) -> None:
    certificate = replace(CERTIFICATE, handled_steps=frozenset({180, 90}), **facts)  # type: ignore[arg-type]  # keywords of the test case
    assert outcome(certificate, days_before_expiry(30)) == {30: reason.value}


def test_people_who_return_in_time_get_the_reminder() -> None:
    back = replace(CERTIFICATE, handled_steps=frozenset({180, 90}))
    assert outcome(replace(back, away=True), days_before_expiry(30)) == {30: SkipReason.AWAY}
    assert SkipReason.AWAY not in FINAL_REASONS
    assert outcome(back, days_before_expiry(25)) == {30: None}


def test_kinds_without_steps_have_no_reminders() -> None:
    assert outcome(replace(CERTIFICATE, steps=()), EXPIRES) == {}


def test_duplicate_and_unsorted_steps_are_normalised() -> None:
    unsorted = replace(CERTIFICATE, steps=(7, 180, 30, 90, 30, -1))
    assert outcome(unsorted, days_before_expiry(20)) == outcome(CERTIFICATE, days_before_expiry(20))


def test_plans_are_ordered_by_person_and_certificate() -> None:
    many = [
        replace(CERTIFICATE, certificate_id=c, person_id=p) for c, p in ((3, 1), (1, 2), (2, 1))
    ]
    found = plan_certificates(many, days_before_expiry(180))
    assert [(due.person_id, due.certificate_id) for due in found] == [(1, 2), (1, 3), (2, 1)]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, None),
        ({"expires_on": EXPIRES + timedelta(days=90)}, EXPIRY_CHANGED),
        ({"revoked": True}, SkipReason.REVOKED.value),
        ({"renewed": True}, SkipReason.RENEWED.value),
        ({"has_left": True}, SkipReason.LEFT.value),
        ({"away": True}, SkipReason.AWAY.value),
        ({"approved": False}, SkipReason.NOT_APPROVED.value),
        ({"channel": None}, None),
    ],
)
def test_reasons_to_void_a_waiting_reminder(facts: dict[str, object], why: str | None) -> None:
    certificate = replace(CERTIFICATE, **facts)  # type: ignore[arg-type]  # keywords of the test case
    assert reason_to_void(certificate, 30, EXPIRES, days_before_expiry(29)) == why


def test_a_waiting_reminder_is_voided_when_a_later_step_is_due() -> None:
    assert reason_to_void(CERTIFICATE, 30, EXPIRES, days_before_expiry(8)) is None
    assert (
        reason_to_void(CERTIFICATE, 30, EXPIRES, days_before_expiry(7)) == SkipReason.LATER_STEP_DUE
    )


def test_a_waiting_reminder_is_voided_when_its_certificate_is_missing() -> None:
    assert reason_to_void(None, 30, EXPIRES, days_before_expiry(8)) == SkipReason.REVOKED


STEP_SETS = st.lists(st.integers(-60, 400), min_size=1, max_size=8, unique=True).map(tuple)
DAYS = st.integers(-120, 420).map(days_before_expiry)
CERTIFICATES = st.builds(
    CertificateFacts,
    certificate_id=st.just(1),
    person_id=st.just(1),
    kind_id=st.just(1),
    expires_on=st.just(EXPIRES),
    steps=STEP_SETS,
    recorded_on=st.integers(-200, 1_200).map(days_before_expiry),
    handled_steps=st.frozensets(st.integers(-60, 400), max_size=6),
    renewed=st.booleans(),
    revoked=st.booleans(),
    approved=st.booleans(),
    has_left=st.booleans(),
    away=st.booleans(),
    notice_given=st.booleans(),
    contacted_before=st.booleans(),
    channel=st.sampled_from(["email", "phone", None]),
)


def record(certificate: CertificateFacts, found: list[DueReminder]) -> CertificateFacts:
    """Return the certificate after a run has recorded the reminders in the ledger."""
    entered = {due.step_days for due in found if due.reason is None or due.reason in FINAL_REASONS}
    return replace(certificate, handled_steps=certificate.handled_steps | entered)


@given(CERTIFICATES, DAYS)
def test_at_most_one_step_is_sent_and_it_is_the_latest_due(
    certificate: CertificateFacts, on: date
) -> None:
    found = list(plan_certificate(certificate, on))
    sent = [due for due in found if due.reason is None]
    assert len(sent) <= 1
    for due in sent:
        assert due.step_days == min(s for s in certificate.steps if due_date(EXPIRES, s) <= on)
        assert timedelta(0) <= on - due.due_on <= timedelta(days=30)
        assert certificate.channel is not None
        assert certificate.notice_given
        assert certificate.contacted_before or on <= EXPIRES
        assert certificate.recorded_on <= EXPIRES


@given(CERTIFICATES, DAYS)
def test_handled_and_future_steps_are_not_planned(certificate: CertificateFacts, on: date) -> None:
    for due in plan_certificate(certificate, on):
        assert due.step_days not in certificate.handled_steps
        assert due.due_on <= on


@given(CERTIFICATES, DAYS)
def test_a_second_run_sends_nothing(certificate: CertificateFacts, on: date) -> None:
    again = plan_certificate(record(certificate, list(plan_certificate(certificate, on))), on)
    assert [due for due in again if due.reason is None] == []


@given(CERTIFICATES, st.lists(DAYS, max_size=12).map(sorted))
def test_each_step_is_sent_at_most_once(certificate: CertificateFacts, days: list[date]) -> None:
    steps_sent: list[int] = []
    for on in days:
        found = list(plan_certificate(certificate, on))
        steps_sent += [due.step_days for due in found if due.reason is None]
        certificate = record(certificate, found)
    assert len(steps_sent) == len(set(steps_sent))
    assert steps_sent == sorted(steps_sent, reverse=True)


@given(STEP_SETS)
def test_daily_runs_send_every_step_on_its_day(steps: tuple[int, ...]) -> None:
    certificate = replace(CERTIFICATE, steps=steps, recorded_on=days_before_expiry(1_000))
    steps_sent = {}
    for offset in range(401, -62, -1):
        found = list(plan_certificate(certificate, days_before_expiry(offset)))
        steps_sent |= {
            due.step_days: days_before_expiry(offset) for due in found if due.reason is None
        }
        certificate = record(certificate, found)
    assert steps_sent == {step: days_before_expiry(step) for step in steps}
