"""Pure functions that calculate when a certificate expires. Dates are passed as arguments.

A certificate is in date until the end of `expires_on`. Months are calendar months, clipped to the
last day of the month: 31 August + 6 months is 28 (or 29) February.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from app.certificates.types import (
    Anchor,
    CertificateState,
    DatePrecision,
    EarlyRenewal,
    ExpiryBasis,
    Rule,
)


def applicable_rule(rules: Sequence[Rule], awarded_on: date) -> Rule | None:
    """Return the version of the rule in force on the award date, or None if there are no rules.

    If the award date is before the first version starts, the first version applies.
    """
    versions = sorted(rules, key=lambda rule: rule.from_on)
    in_force = [rule for rule in versions if rule.from_on <= awarded_on]
    if in_force:
        return in_force[-1]
    return versions[0] if versions else None


def expiry_date(
    awarded_on: date, rule: Rule, previous: date | None = None, latest_award: date | None = None
) -> date | None:
    """Return the expiry date before adjustments, or None if the certificate does not expire.

    If the award date is not known exactly, `awarded_on` is the first possible date and
    `latest_award` the last. `previous` is the expiry date of the certificate being renewed.
    """
    if rule.validity_months is None or rule.anchor is Anchor.NONE:
        return None
    start = awarded_on
    if previous is not None and keeps_anniversary(awarded_on, rule, previous, latest_award):
        start = previous
    last = start + relativedelta(months=rule.validity_months)
    return last + relativedelta(day=31) if rule.anchor is Anchor.END_OF_MONTH else last


def keeps_anniversary(
    awarded_on: date, rule: Rule, previous: date, latest_award: date | None = None
) -> bool:
    """Return whether the validity of a renewal starts from the previous expiry date.

    This requires KEEP_ANNIVERSARY and an award date within the refresher window. If the award date
    is not known exactly, every possible date must be within the window.
    """
    return (
        rule.early_renewal is EarlyRenewal.KEEP_ANNIVERSARY
        and renewal_window_start(previous, rule) <= awarded_on
        and (latest_award or awarded_on) <= previous
    )


def expiry_precision(award_known: DatePrecision, rule: Rule | None) -> DatePrecision:
    """Return the precision of an expiry date that is calculated from the award date."""
    if (
        rule is not None
        and rule.anchor is Anchor.END_OF_MONTH
        and award_known is DatePrecision.MONTH
    ):
        return DatePrecision.DAY
    return award_known


def latest_award_date(awarded_on: date, precision: DatePrecision) -> date:
    """Return the last possible award date, given the first possible date and the precision."""
    if precision is DatePrecision.MONTH:
        return awarded_on + relativedelta(day=31)
    if precision is DatePrecision.YEAR:
        return awarded_on + relativedelta(month=12, day=31)
    return awarded_on


def latest_allowed_expiry(
    rules: Sequence[Rule],
    awarded_on: date | None,
    precision: DatePrecision,
    previous: date | None,
    on: date,
) -> date | None:
    """Return the latest expiry date that the rules allow, or None if there is no limit.

    Considers every possible award date up to `on`. `previous` is the expiry date of the previous
    certificate, or None.
    """
    latest = min(latest_award_date(awarded_on, precision), on) if awarded_on else on
    earliest = awarded_on or date.min
    found: list[date] = []
    for day in {awarded_on or latest, latest}:
        rule = applicable_rule(rules, day)
        last = expiry_date(day, rule) if rule else None
        if rule is None or last is None:
            return None
        found.append(last)
        if previous is not None and earliest <= previous:
            renewed_on = min(previous, latest)
            kept = expiry_date(renewed_on, rule, previous)
            found += [kept] if kept else []
    return max(found)


def renewal_window_start(last_day: date, rule: Rule) -> date:
    """Return the first day on which the holder can renew a certificate early."""
    return last_day - relativedelta(months=rule.refresher_window_months)


def is_in_date(last_day: date | None, basis: ExpiryBasis, on: date) -> bool:
    """Return whether a certificate is in date on the day `on`.

    A certificate without an expiry date is in date only if its kind does not expire.
    """
    if last_day is None:
        return basis is ExpiryBasis.NONE
    return on <= last_day


def is_renewable(last_day: date | None, basis: ExpiryBasis, rule: Rule, on: date) -> bool:
    """Return whether the holder can renew a certificate with a refresher on the day `on`.

    The certificate must be in date, or have expired within the grace period.
    """
    if last_day is None:
        return basis is ExpiryBasis.NONE
    return on <= last_day + relativedelta(months=rule.grace_months)


@dataclass(frozen=True)
class StateFacts:
    """The data used to derive a certificate's state. Dates are dates in London.

    `expires_on` includes adjustments. `confirmed_on` and `revoked_on` are None if the certificate
    has not been confirmed or revoked.
    """

    expires_on: date | None
    basis: ExpiryBasis
    confirmed_on: date | None
    revoked_on: date | None
    window_months: int = 0


def certificate_state(facts: StateFacts, on: date) -> CertificateState:
    """Return the state of the certificate at the end of the day `on`."""
    if facts.revoked_on is not None and facts.revoked_on <= on:
        return CertificateState.REVOKED
    if facts.confirmed_on is None or facts.confirmed_on > on:
        return CertificateState.UNCONFIRMED
    if facts.expires_on is None:
        never_expires = facts.basis is ExpiryBasis.NONE
        return CertificateState.IN_DATE if never_expires else CertificateState.UNDATED
    if on > facts.expires_on:
        return CertificateState.LAPSED
    if facts.window_months and on >= facts.expires_on - relativedelta(months=facts.window_months):
        return CertificateState.LAPSES_SOON
    return CertificateState.IN_DATE


def earliest_award_date(year: int | None, month: int | None) -> tuple[date | None, DatePrecision]:
    """Return the earliest possible award date in a year and month, with its precision."""
    if year is None:
        return None, DatePrecision.UNKNOWN
    if month is None:
        return date(year, 1, 1), DatePrecision.YEAR
    return date(year, month, 1), DatePrecision.MONTH


def add_days(last_day: date, days: int) -> date:
    """Return the expiry date after an adjustment by this number of days."""
    return last_day + timedelta(days=days)
