"""Words of the certificates room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

LONGEST_ADJUSTMENT = 1_096  # days: three years


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
    UNDATED = "date not known"  # neither paper nor holder tells when it was awarded


@dataclass(frozen=True)
class Rule:
    """A dated version of a kind's rule. Months and days are counted by `expiry`."""

    from_on: date
    validity_months: int | None
    anchor: Anchor
    refresher_window_months: int
    grace_months: int
    early_renewal: EarlyRenewal


@dataclass(frozen=True)
class External:
    """Training done elsewhere or long ago, as staff confirm it.

    awarded_on: the earliest day it can have been, as exactly as `known` says. printed_expiry: what
    the paper shows; None when it shows none, and then the programme's policy date is used.
    """

    kind: str  # slug
    awarded_on: date | None
    known: DateKnown
    provider: str
    number: str | None = None
    printed_expiry: date | None = None


@dataclass(frozen=True)
class AdjustmentRow:
    """An extension or shortening of a certificate; undone_on None: in force."""

    id: int
    days: int
    reason: str | None
    made_by_user_id: int | None
    made_on: date
    undone_on: date | None


@dataclass(frozen=True)
class CertificateRow:
    """A certificate as its holder and staff see it, with its state on the day it was read for.

    own: the programme's own kind, so its paper is a certificate; otherwise a record of training.
    replaced: a newer one of the same kind stands.
    """

    id: int
    person_id: int | None
    holder_name: str
    kind: str  # slug
    kind_name: str
    awarding_body: str
    own: bool
    state: CertificateState
    awarded_on: date | None
    award_known: DateKnown
    expires_on: date | None
    expiry_basis: ExpiryBasis
    source: CertificateSource
    provider: str | None
    course_reference: str | None
    number: str | None
    code: str
    revoked_on: date | None
    revoked_reason: str | None
    replaced: bool
    adjustments: tuple[AdjustmentRow, ...] = ()


class CheckStatus(StrEnum):
    """What the public check page says of a code."""

    IN_DATE = "in date"
    LAPSED = "lapsed"
    REVOKED = "revoked"
    REPLACED = "replaced"
    UNDATED = "date not known"


@dataclass(frozen=True)
class Checked:
    """A certificate as anybody may read it who has its code: no name, initials only."""

    status: CheckStatus
    kind_name: str
    awarding_body: str
    own: bool
    initials: str
    awarded_on: date | None
    award_known: DateKnown
    expires_on: date | None
    expiry_basis: ExpiryBasis
    revoked_on: date | None
    code: str


@dataclass(frozen=True)
class ClaimFacts:
    """Training that somebody says they did, and what became of it.

    accepted: None while it waits; settled_on: when staff decided. is_approved: the person is.
    """

    id: int
    person_id: int
    course: str
    provider: str
    month: int | None
    year: int | None
    certificate_number: str | None
    claimed_on: date
    settled_on: date | None
    accepted: bool | None
    person_name: str
    is_approved: bool
