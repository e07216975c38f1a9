"""The filter that this room adds to the list of people: who holds what is in date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, select

from app.certificates import queries
from app.certificates.models import Certificate
from app.certificates.types import ExpiryBasis
from app.core.registry import PeopleFilter
from app.people.models import Person

IN_DATE, SOON, LAPSED, NEVER = "in-date", "soon", "lapsed", "none"
SOON_DAYS = 90


def filters() -> Sequence[PeopleFilter]:
    """Certificates: in date, lapsing soon, lapsed, none."""
    return [
        PeopleFilter(
            "certificate",
            _("Certificate"),
            [
                (IN_DATE, _("One in date")),
                (SOON, _("Last one lapses within %(number)s days", number=SOON_DAYS)),
                (LAPSED, _("All lapsed")),
                (NEVER, _("None")),
            ],
            matching,
        )
    ]


def matching(value: str, on: date) -> Select[Any]:
    """Ids of the people whose certificates are like this on a day."""
    slugs = [kind.slug for kind in queries.kinds()]
    now = queries.holders_in_date(on, slugs)
    held = select(Certificate.person_id).where(
        Certificate.person_id.is_not(None), queries.stands_on(on)
    )
    if value == IN_DATE:
        return now
    if value == SOON:
        # What they hold today and no more in some weeks, if nothing is renewed.
        later = _held_until(on, on + timedelta(days=SOON_DAYS))
        return select(Person.id).where(Person.id.in_(now), Person.id.not_in(later))
    if value == LAPSED:
        return select(Person.id).where(Person.id.in_(held), Person.id.not_in(now))
    return select(Person.id).where(Person.id.not_in(held))


def _held_until(on: date, until: date) -> Select[Any]:
    lasts = (Certificate.expires_on >= until) | (
        Certificate.expires_on.is_(None) & (Certificate.expiry_basis == ExpiryBasis.NONE)
    )
    return select(Certificate.person_id).where(
        Certificate.person_id.is_not(None), queries.stands_on(on), lasts
    )
