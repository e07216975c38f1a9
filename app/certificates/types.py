"""Words of the certificates room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Anchor(StrEnum):
    """What a rule's months are counted to."""

    ANNIVERSARY = "anniversary"
    END_OF_MONTH = "end_of_month"
    NONE = "none"  # does not expire


class EarlyRenewal(StrEnum):
    """Where a renewal before expiry counts from."""

    FROM_COMPLETION = "from_completion"
    KEEP_ANNIVERSARY = "keep_anniversary"


class CertificateSource(StrEnum):
    """How a certificate came to us."""

    COURSE = "course"
    EXTERNAL = "external"
    IMPORT = "import"


class ExpiryBasis(StrEnum):
    """Where the expiry date comes from."""

    RULE = "rule"
    PRINTED = "printed"
    POLICY = "policy"  # the paper shows none; the programme's policy date is used and called that
    NONE = "none"  # does not expire


class DateKnown(StrEnum):
    """How exactly the award date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    UNKNOWN = "unknown"


class CertificateState(StrEnum):
    """Derived from dates by `state(on)`; never stored."""

    IN_DATE = "in date"
    LAPSES_SOON = "lapses soon"  # within the refresher window
    LAPSED = "lapsed"
    REVOKED = "revoked"
    UNCONFIRMED = "not confirmed yet"


@dataclass(frozen=True)
class Rule:
    """A dated version of a kind's rule. Months and days are counted as DESIGN 7 says."""

    from_on: date
    validity_months: int | None
    anchor: Anchor
    refresher_window_months: int
    grace_months: int
    early_renewal: EarlyRenewal
