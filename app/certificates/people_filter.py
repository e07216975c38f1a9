"""The filter by certificate in the list of people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select

from app.certificates import queries
from app.core.registry import PeopleFilter

IN_DATE, EXPIRES_SOON, LAPSED, NO_CERTIFICATE = "in-date", "soon", "lapsed", "none"
SOON_DAYS = 90


def certificate_filters() -> Sequence[PeopleFilter]:
    """Return the filter for certificate states."""
    return [
        PeopleFilter(
            "certificate",
            _("Certificate"),
            [
                (IN_DATE, _("Has a certificate that is in date")),
                (
                    EXPIRES_SOON,
                    _("Last certificate expires within %(number)s days", number=SOON_DAYS),
                ),
                (LAPSED, _("All certificates have expired")),
                (NO_CERTIFICATE, _("No certificate")),
            ],
            people_with_certificate_state,
        )
    ]


def people_with_certificate_state(value: str, on: date) -> Select[Any]:
    """Return a query for the IDs of people whose certificates match the filter on the day `on`."""
    slugs = [kind.slug for kind in queries.kinds()]
    if value == IN_DATE:
        return queries.in_date_holders(on, slugs)
    if value == EXPIRES_SOON:
        # In date today, but not in 90 days unless they renew.
        return queries.lapsing_holders(on, slugs, on + timedelta(days=SOON_DAYS))
    if value == LAPSED:
        return queries.lapsed_holders(on, slugs)
    return queries.people_without_certificates(on)
