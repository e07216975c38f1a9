"""Types and limits for the certificates room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

MAX_ADJUSTMENT_DAYS = 1_096  # three years


class Anchor(StrEnum):
    """Whether a certificate expires on the anniversary of its award or at the end of that month."""

    ANNIVERSARY = "anniversary"
    END_OF_MONTH = "end_of_month"
    NONE = "none"  # does not expire


class EarlyRenewal(StrEnum):
    """The date from which the validity of an early renewal is counted."""

    FROM_COMPLETION = "from_completion"
    KEEP_ANNIVERSARY = "keep_anniversary"


class CertificateSource(StrEnum):
    """How a certificate was recorded."""

    COURSE = "course"
    EXTERNAL = "external"
    IMPORT = "import"


class ExpiryBasis(StrEnum):
    """The source of a certificate's expiry date."""

    RULE = "rule"
    PRINTED = "printed"
    POLICY = "policy"  # the document shows no date, so the programme's policy date is used
    NONE = "none"  # does not expire


class DatePrecision(StrEnum):
    """The precision of an award date."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    UNKNOWN = "unknown"


class CertificateState(StrEnum):
    """The state of a certificate on a given day."""

    IN_DATE = "in date"
    LAPSES_SOON = "lapses soon"  # within the refresher window
    LAPSED = "lapsed"
    REVOKED = "revoked"
    UNCONFIRMED = "not confirmed yet"
    UNDATED = "date not known"  # the award date is unknown


@dataclass(frozen=True)
class Rule:
    """One version of a kind's rule, in force from `from_on`."""

    from_on: date
    validity_months: int | None
    anchor: Anchor
    refresher_window_months: int
    grace_months: int
    early_renewal: EarlyRenewal


@dataclass(frozen=True)
class ExternalTraining:
    """Training from another provider, confirmed by staff.

    `awarded_on` is the earliest possible award date. `printed_expiry` is the expiry date on the
    document, or the first day of the month if `printed_known` is MONTH. If it is None, the
    programme's rule sets the expiry date. `late_reason` explains why the printed date is later than
    the rule allows. If `check_later` is set, the training is added to the list of claims to check.
    """

    kind: str  # slug
    awarded_on: date | None
    precision: DatePrecision
    provider: str
    number: str | None = None
    printed_expiry: date | None = None
    printed_known: DatePrecision = DatePrecision.DAY
    late_reason: str | None = None
    check_later: bool = False


@dataclass(frozen=True)
class LastDay:
    """The expiry date of a certificate, or the first possible one if it is not known exactly.

    `on` is None if the certificate does not expire or its award date is not known.
    """

    on: date | None
    known: DatePrecision
    basis: ExpiryBasis


@dataclass(frozen=True)
class AdjustmentRow:
    """A change to a certificate's expiry date. It is in force unless `undone_on` is set.

    `keeps_anniversary` is True if the change extends a renewal that was made in time. Staff made
    all other adjustments.
    """

    id: int
    days: int
    reason: str | None
    made_by_user_id: int | None
    made_on: date
    undone_on: date | None
    keeps_anniversary: bool = False


@dataclass(frozen=True)
class CertificateRow:
    """A certificate and its state on a given day.

    `own` is True for the programme's own kinds. Other kinds get a record of training instead of a
    certificate. `replaced` is True if the holder has a newer certificate of the same kind.
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
    award_known: DatePrecision
    expires_on: date | None
    expiry_known: DatePrecision
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

    @property
    def last_change(self) -> AdjustmentRow | None:
        """Return the latest change to the expiry date that is in force, or None."""
        in_force = [each for each in self.adjustments if each.undone_on is None]
        return in_force[-1] if in_force else None


class CheckStatus(StrEnum):
    """The status of a certificate on the public check page."""

    IN_DATE = "in date"
    LAPSED = "lapsed"
    REVOKED = "revoked"
    REPLACED = "replaced"
    UNDATED = "date not known"


@dataclass(frozen=True)
class CheckResult:
    """The details of a certificate on the public check page, with only the holder's initials."""

    status: CheckStatus
    kind_name: str
    awarding_body: str
    own: bool
    initials: str
    awarded_on: date | None
    award_known: DatePrecision
    expires_on: date | None
    expiry_known: DatePrecision
    expiry_basis: ExpiryBasis
    revoked_on: date | None
    code: str
    last_change: AdjustmentRow | None = None


@dataclass(frozen=True)
class ClaimFacts:
    """A claim and the decision about it.

    `accepted` and `decided_on` are None until staff decide. `is_approved` is True if the person has
    been approved.
    """

    id: int
    person_id: int
    course: str
    provider: str
    month: int | None
    year: int | None
    certificate_number: str | None
    printed_expiry: date | None
    claimed_on: date
    decided_on: date | None
    accepted: bool | None
    person_name: str
    is_approved: bool


@dataclass(frozen=True)
class ExpiringCertificate:
    """A certificate that expires soon and has not been renewed."""

    certificate_id: int
    person_id: int
    name: str
    kind_id: int
    kind: str
    expires_on: date
    expiry_known: DatePrecision


@dataclass(frozen=True)
class OpenClaim:
    """Earlier training that a member of the network reported and that has not been checked."""

    person_id: int
    name: str
    course: str
    claimed_on: date
