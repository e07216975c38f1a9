"""Words for the dates of certificates, including dates that are not known exactly."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _

from app.certificates.types import CertificateRow, CheckResult, DatePrecision, ExpiryBasis
from app.core import words


def award_in_words(awarded_on: date | None, precision: DatePrecision) -> str:
    """Return the award date in words, such as “27 March 2027” or, if less is known, “2027”."""
    if awarded_on is None or precision is DatePrecision.UNKNOWN:
        return str(_("Not known"))
    if precision is DatePrecision.DAY:
        return words.long_date(awarded_on)
    return (
        words.month_year(awarded_on) if precision is DatePrecision.MONTH else str(awarded_on.year)
    )


def last_day_in_words(expires_on: date, precision: DatePrecision) -> str:
    """Return an expiry date in words, such as “27 March 2027” or “March 2027, day not known”."""
    if precision is DatePrecision.MONTH:
        return str(_("%(month)s, day not known", month=words.month_year(expires_on)))
    if precision is DatePrecision.YEAR:
        return str(_("%(year)s, day and month not known", year=expires_on.year))
    return words.long_date(expires_on)


def expiry_in_words(row: CertificateRow | CheckResult) -> str:
    """Return the expiry date in words, and its source if it was not printed on the certificate."""
    if row.expires_on is None:
        if row.expiry_basis is ExpiryBasis.NONE:
            return str(_("Does not expire"))
        return str(_("Not known"))
    day = last_day_in_words(row.expires_on, row.expiry_known)
    change = row.last_change
    if change is not None and change.keeps_anniversary:
        return str(_("%(day)s (counted from the end of the earlier certificate)", day=day))
    if change is not None:
        changed = words.long_date(change.made_on)
        return str(_("%(day)s (we changed this date on %(changed)s)", day=day, changed=changed))
    if row.expiry_basis is ExpiryBasis.POLICY:
        return str(
            _("%(day)s (set by our policy, because the certificate does not show a date)", day=day)
        )
    return day
