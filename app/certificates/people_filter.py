"""The filter that this room adds to the list of people: who holds what is in date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select

from app.certificates import queries
from app.core.registry import PeopleFilter

IN_DATE, SOON, LAPSED, NEVER = "in-date", "soon", "lapsed", "none"
SOON_DAYS = 90


def filters() -> Sequence[PeopleFilter]:
    """Certificates: in date, lapsing soon, lapsed, none."""
    return [
        PeopleFilter(
            "certificate",
            _("Certificate"),
            [
                (IN_DATE, _("Has a certificate in date")),
                (SOON, _("Last certificate expires within %(number)s days", number=SOON_DAYS)),
                (LAPSED, _("All certificates have expired")),
                (NEVER, _("No certificate")),
            ],
            matching,
        )
    ]


def matching(value: str, on: date) -> Select[Any]:
    """Ids of the people whose certificates are like this on a day."""
    slugs = [kind.slug for kind in queries.kinds()]
    if value == IN_DATE:
        return queries.holders_in_date(on, slugs)
    if value == SOON:
        # What they hold today and no more in some weeks, if nothing is renewed.
        return queries.people_lapsing(on, slugs, on + timedelta(days=SOON_DAYS))
    if value == LAPSED:
        return queries.people_lapsed(on, slugs)
    return queries.people_without(on)
