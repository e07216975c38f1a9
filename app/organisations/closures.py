"""Record when organisations and networks were closed, so that past figures do not change.

When `until_on` of an organisation or network changes, figures for earlier days have already been
reported. The change affects only figures from the day on which it is made.
"""

from __future__ import annotations

from datetime import date, timedelta

from app.core.db import db
from app.core.in_force import is_over
from app.organisations.models import Closure, Network, Organisation

ONE_DAY = timedelta(days=1)


def record_closure(row: Organisation | Network, on: date) -> None:
    """Record the day from which figures leave out an organisation or network.

    Call this after changing `until_on` on the day `on`. Figures for earlier days do not change,
    unless `on` is `date.min`. Idempotent.
    """
    closed_on = None if row.until_on is None else max(row.until_on + ONE_DAY, on)
    last = row.closures[-1] if row.closures else None
    if last is not None and (last.from_on, last.until_on) == (closed_on, None):
        return
    if last is not None and not is_over(last, on):
        if last.from_on >= on:
            row.closures.remove(last)
        elif closed_on is None or closed_on > on:
            last.until_on = on - ONE_DAY
        else:
            last.until_on = closed_on = None
    if closed_on is not None:
        row.closures.append(Closure(from_on=closed_on))
    db.session.flush()
