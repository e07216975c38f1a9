"""When a certificate lapses. Pure: no Flask, no database, and dates come in as arguments.

A certificate is in date through `expires_on` and lapsed the day after. Months are counted on the
calendar and clipped to the month's last day: 31 August + 6 months is 28 (or 29) February.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from app.certificates.types import (
    Anchor,
    CertificateState,
    DateKnown,
    EarlyRenewal,
    ExpiryBasis,
    Rule,
)


def rule_on(rules: Sequence[Rule], awarded_on: date) -> Rule | None:
    """The version in force on the award date; for an older award the first; None for no rules."""
    versions = sorted(rules, key=lambda rule: rule.from_on)
    in_force = [rule for rule in versions if rule.from_on <= awarded_on]
    if in_force:
        return in_force[-1]
    return versions[0] if versions else None


def expires_on(awarded_on: date, rule: Rule, previous: date | None = None) -> date | None:
    """The last day in date of an award, before adjustments; None: it does not expire.

    previous: the last day in date of the certificate that this one renews. Under
    KEEP_ANNIVERSARY a renewal that falls within the refresher window before that day counts from
    it, so that renewing early loses nothing; a renewal before the window, or after the lapse,
    counts from its own award date, so that years can't be stacked up.
    """
    if rule.validity_months is None or rule.anchor is Anchor.NONE:
        return None
    start = awarded_on
    if rule.early_renewal is EarlyRenewal.KEEP_ANNIVERSARY and previous is not None:
        opens = window_opens(previous, rule)
        if opens <= awarded_on <= previous:
            start = previous
    last = start + relativedelta(months=rule.validity_months)
    return last + relativedelta(day=31) if rule.anchor is Anchor.END_OF_MONTH else last


def window_opens(last_day: date, rule: Rule) -> date:
    """The first day on which a certificate in date through `last_day` may be renewed early."""
    return last_day - relativedelta(months=rule.refresher_window_months)


def in_date(last_day: date | None, basis: ExpiryBasis, on: date) -> bool:
    """Whether `on` is no later than the last day; without one, only if the kind never expires."""
    if last_day is None:
        return basis is ExpiryBasis.NONE
    return on <= last_day


def renewable(last_day: date | None, basis: ExpiryBasis, rule: Rule, on: date) -> bool:
    """Whether a refresher may be taken on `on`: in date, or lapsed within the grace months."""
    if last_day is None:
        return basis is ExpiryBasis.NONE
    return on <= last_day + relativedelta(months=rule.grace_months)


@dataclass(frozen=True)
class Facts:
    """What a certificate's state follows from. Days are London's.

    expires_on: adjustments included. confirmed_on, revoked_on: None where it has not happened.
    """

    expires_on: date | None
    basis: ExpiryBasis
    confirmed_on: date | None
    revoked_on: date | None
    window_months: int = 0


def state(facts: Facts, on: date) -> CertificateState:
    """Where the certificate stands at the end of `on`."""
    if facts.revoked_on is not None and facts.revoked_on <= on:
        return CertificateState.REVOKED
    if facts.confirmed_on is None or facts.confirmed_on > on:
        return CertificateState.UNCONFIRMED
    if facts.expires_on is None:
        never = facts.basis is ExpiryBasis.NONE
        return CertificateState.IN_DATE if never else CertificateState.UNDATED
    if on > facts.expires_on:
        return CertificateState.LAPSED
    if facts.window_months and on >= facts.expires_on - relativedelta(months=facts.window_months):
        return CertificateState.LAPSES_SOON
    return CertificateState.IN_DATE


def from_what_is_known(year: int | None, month: int | None) -> tuple[date | None, DateKnown]:
    """The award date to count from, where only the month, the year or nothing is known.

    The earliest day it can have been: what we call in date is then never more than it is.
    """
    if year is None:
        return None, DateKnown.UNKNOWN
    if month is None:
        return date(year, 1, 1), DateKnown.YEAR
    return date(year, month, 1), DateKnown.MONTH


def extended(last_day: date, days: int) -> date:
    """A last day moved by an adjustment."""
    return last_day + timedelta(days=days)
