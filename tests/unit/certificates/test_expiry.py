"""Expiry dates, renewal and states."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.certificates import expiry
from app.certificates.types import (
    Anchor,
    CertificateState,
    DatePrecision,
    EarlyRenewal,
    ExpiryBasis,
    Rule,
)

ANNIVERSARY, END, NONE = Anchor.ANNIVERSARY, Anchor.END_OF_MONTH, Anchor.NONE
FROM_COMPLETION, KEEP_ANNIVERSARY = EarlyRenewal.FROM_COMPLETION, EarlyRenewal.KEEP_ANNIVERSARY


def rule(
    months: int | None = 36,
    anchor: Anchor = ANNIVERSARY,
    early_renewal: EarlyRenewal = FROM_COMPLETION,
    window: int = 12,
    grace: int = 0,
    from_on: date = date(2000, 1, 1),
) -> Rule:
    """Return a rule version, by default with three years to the anniversary."""
    return Rule(from_on, months, anchor, window, grace, early_renewal)


def day(text: str) -> date:
    """Parse a date such as 2027-03-27."""
    return date.fromisoformat(text)


CASES = [
    # awarded, months, anchor, expires
    ("2024-03-27", 36, ANNIVERSARY, "2027-03-27"),
    ("2024-01-01", 36, ANNIVERSARY, "2027-01-01"),
    ("2024-12-31", 36, ANNIVERSARY, "2027-12-31"),
    ("2024-02-29", 12, ANNIVERSARY, "2025-02-28"),
    ("2024-02-29", 24, ANNIVERSARY, "2026-02-28"),
    ("2024-02-29", 36, ANNIVERSARY, "2027-02-28"),
    ("2024-02-29", 48, ANNIVERSARY, "2028-02-29"),
    ("2025-02-28", 36, ANNIVERSARY, "2028-02-28"),
    ("2096-02-29", 48, ANNIVERSARY, "2100-02-28"),
    ("2023-08-31", 6, ANNIVERSARY, "2024-02-29"),
    ("2024-08-31", 6, ANNIVERSARY, "2025-02-28"),
    ("2024-08-30", 6, ANNIVERSARY, "2025-02-28"),
    ("2024-08-28", 6, ANNIVERSARY, "2025-02-28"),
    ("2024-08-27", 6, ANNIVERSARY, "2025-02-27"),
    ("2024-01-31", 1, ANNIVERSARY, "2024-02-29"),
    ("2024-01-31", 3, ANNIVERSARY, "2024-04-30"),
    ("2024-05-31", 1, ANNIVERSARY, "2024-06-30"),
    ("2024-12-31", 2, ANNIVERSARY, "2025-02-28"),
    ("2024-11-30", 3, ANNIVERSARY, "2025-02-28"),
    ("2024-12-01", 1, ANNIVERSARY, "2025-01-01"),
    ("2024-12-31", 12, ANNIVERSARY, "2025-12-31"),
    ("2024-06-15", 18, ANNIVERSARY, "2025-12-15"),
    ("2024-06-15", 600, ANNIVERSARY, "2074-06-15"),
    ("2024-03-31", 36, ANNIVERSARY, "2027-03-31"),
    ("2024-10-27", 36, ANNIVERSARY, "2027-10-27"),
    ("2024-03-01", 36, END, "2027-03-31"),
    ("2024-03-31", 36, END, "2027-03-31"),
    ("2024-02-01", 36, END, "2027-02-28"),
    ("2024-02-29", 36, END, "2027-02-28"),
    ("2025-02-10", 36, END, "2028-02-29"),
    ("2024-08-31", 6, END, "2025-02-28"),
    ("2023-08-31", 6, END, "2024-02-29"),
    ("2024-11-15", 1, END, "2024-12-31"),
    ("2024-12-15", 1, END, "2025-01-31"),
    ("2024-04-30", 36, END, "2027-04-30"),
    ("2024-03-27", None, NONE, None),
    ("2024-02-29", None, NONE, None),
]


@pytest.mark.parametrize(("awarded", "months", "anchor", "expires"), CASES)
def test_the_expiry_date_follows_the_rule(
    awarded: str, months: int | None, anchor: Anchor, expires: str | None
) -> None:
    expected = day(expires) if expires else None
    assert expiry.expiry_date(day(awarded), rule(months, anchor)) == expected


RENEWALS = [
    # policy, previous last day, renewed on, window, expires
    (FROM_COMPLETION, "2027-03-27", "2026-12-01", 12, "2029-12-01"),
    (FROM_COMPLETION, "2027-03-27", "2027-03-27", 12, "2030-03-27"),
    (FROM_COMPLETION, "2027-03-27", "2027-04-27", 12, "2030-04-27"),
    (KEEP_ANNIVERSARY, "2027-03-27", "2026-12-01", 12, "2030-03-27"),
    (KEEP_ANNIVERSARY, "2027-03-27", "2026-03-27", 12, "2030-03-27"),
    (KEEP_ANNIVERSARY, "2027-03-27", "2026-03-26", 12, "2029-03-26"),
    (KEEP_ANNIVERSARY, "2027-03-27", "2027-03-27", 12, "2030-03-27"),
    (KEEP_ANNIVERSARY, "2027-03-27", "2027-03-28", 12, "2030-03-28"),
    (KEEP_ANNIVERSARY, "2027-02-28", "2026-08-31", 6, "2030-02-28"),
    (KEEP_ANNIVERSARY, "2027-02-28", "2026-08-27", 6, "2029-08-27"),
    (KEEP_ANNIVERSARY, "2028-02-29", "2028-01-10", 12, "2031-02-28"),
    (KEEP_ANNIVERSARY, "2027-03-27", "2027-03-26", 0, "2030-03-26"),
    (KEEP_ANNIVERSARY, "2027-03-27", "2027-03-27", 0, "2030-03-27"),
    (KEEP_ANNIVERSARY, None, "2026-12-01", 12, "2029-12-01"),
]


@pytest.mark.parametrize(("policy", "previous", "renewed", "window", "expires"), RENEWALS)
def test_expiry_date_of_a_renewal(
    policy: EarlyRenewal, previous: str | None, renewed: str, window: int, expires: str
) -> None:
    last = day(previous) if previous else None
    found = expiry.expiry_date(day(renewed), rule(early_renewal=policy, window=window), last)
    assert found == day(expires)


def test_early_renewal_with_end_of_month_expiry() -> None:
    kept = rule(anchor=END, early_renewal=KEEP_ANNIVERSARY)
    assert expiry.expiry_date(day("2027-01-10"), kept, day("2027-03-31")) == day("2030-03-31")


def test_the_rule_in_force_on_the_award_date_applies() -> None:
    old = rule(24, from_on=day("2015-01-01"))
    new = rule(36, from_on=day("2020-04-01"))
    assert expiry.applicable_rule([new, old], day("2020-03-31")) == old
    assert expiry.applicable_rule([new, old], day("2020-04-01")) == new
    assert expiry.applicable_rule([new, old], day("2010-01-01")) == old  # before the first
    assert expiry.applicable_rule([], day("2020-04-01")) is None


def certificate_facts(
    last: str | None,
    basis: ExpiryBasis = ExpiryBasis.RULE,
    confirmed: str | None = "2024-03-28",
    revoked: str | None = None,
    window: int = 12,
) -> expiry.StateFacts:
    """Return the facts of a certificate from March 2024, confirmed the next day."""
    return expiry.StateFacts(
        expires_on=day(last) if last else None,
        basis=basis,
        confirmed_on=day(confirmed) if confirmed else None,
        revoked_on=day(revoked) if revoked else None,
        window_months=window,
    )


STATES = [
    (certificate_facts("2027-03-27"), "2024-03-27", CertificateState.UNCONFIRMED),
    (certificate_facts("2027-03-27"), "2024-03-28", CertificateState.IN_DATE),
    (certificate_facts("2027-03-27"), "2026-03-26", CertificateState.IN_DATE),
    (certificate_facts("2027-03-27"), "2026-03-27", CertificateState.LAPSES_SOON),
    (certificate_facts("2027-03-27"), "2027-03-27", CertificateState.LAPSES_SOON),
    (certificate_facts("2027-03-27"), "2027-03-28", CertificateState.LAPSED),
    (certificate_facts("2027-03-27", window=0), "2027-03-27", CertificateState.IN_DATE),
    (certificate_facts("2027-03-27", confirmed=None), "2027-03-28", CertificateState.UNCONFIRMED),
    (certificate_facts("2027-03-27", revoked="2025-01-01"), "2024-12-31", CertificateState.IN_DATE),
    (certificate_facts("2027-03-27", revoked="2025-01-01"), "2025-01-01", CertificateState.REVOKED),
    (certificate_facts(None, ExpiryBasis.NONE), "2090-01-01", CertificateState.IN_DATE),
    (certificate_facts(None, ExpiryBasis.POLICY), "2025-01-01", CertificateState.UNDATED),
]


@pytest.mark.parametrize(("certificate", "on", "expected"), STATES)
def test_the_state_of_a_certificate_on_a_day(
    certificate: expiry.StateFacts, on: str, expected: CertificateState
) -> None:
    assert expiry.certificate_state(certificate, day(on)) is expected


def test_the_grace_period_does_not_extend_validity() -> None:
    last = day("2027-03-27")
    without_grace, kind = rule(grace=0), rule(grace=3)
    assert expiry.is_renewable(last, ExpiryBasis.RULE, without_grace, last)
    assert not expiry.is_renewable(last, ExpiryBasis.RULE, without_grace, day("2027-03-28"))
    assert expiry.is_renewable(last, ExpiryBasis.RULE, kind, day("2027-06-27"))
    assert not expiry.is_renewable(last, ExpiryBasis.RULE, kind, day("2027-06-28"))
    assert not expiry.is_in_date(last, ExpiryBasis.RULE, day("2027-03-28"))
    assert expiry.is_renewable(None, ExpiryBasis.NONE, without_grace, last)
    assert not expiry.is_renewable(None, ExpiryBasis.POLICY, without_grace, last)


def test_an_imprecise_award_date_is_the_earliest_possible() -> None:
    assert expiry.earliest_award_date(2021, 3) == (day("2021-03-01"), DatePrecision.MONTH)
    assert expiry.earliest_award_date(2021, None) == (day("2021-01-01"), DatePrecision.YEAR)
    assert expiry.earliest_award_date(None, None) == (None, DatePrecision.UNKNOWN)


DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1))
MONTHS = st.integers(min_value=1, max_value=120)


@given(DAYS, MONTHS)
def test_months_never_overshoot(start: date, months: int) -> None:
    last = expiry.expiry_date(start, rule(months))
    assert last is not None
    assert (last.year * 12 + last.month) - (start.year * 12 + start.month) == months
    assert last.day == start.day or (last.day < start.day and (last + timedelta(days=1)).day == 1)


@given(DAYS, DAYS, MONTHS)
def test_a_later_award_never_expires_earlier(first: date, second: date, months: int) -> None:
    first, second = sorted((first, second))
    for anchor in (ANNIVERSARY, END):
        earlier, later = (expiry.expiry_date(d, rule(months, anchor)) for d in (first, second))
        assert earlier is not None
        assert later is not None
        assert earlier <= later


@given(DAYS, MONTHS, st.integers(min_value=0, max_value=12), st.integers(0, 900))
def test_keeping_the_anniversary_never_shortens_validity(
    previous: date, months: int, window: int, days_early: int
) -> None:
    renewed = previous - timedelta(days=days_early)
    kept = expiry.expiry_date(
        renewed, rule(months, early_renewal=KEEP_ANNIVERSARY, window=window), previous
    )
    fresh = expiry.expiry_date(renewed, rule(months), previous)
    assert kept is not None
    assert fresh is not None
    assert kept >= fresh


@given(DAYS, MONTHS)
def test_a_new_certificate_is_in_date_on_its_first_day(awarded: date, months: int) -> None:
    last = expiry.expiry_date(awarded, rule(months))
    assert expiry.is_in_date(last, ExpiryBasis.RULE, awarded)
