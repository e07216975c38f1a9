"""Keep the days on which organisations and networks did not count, for figures of past days.

`until_on` of an organisation or network is its last day as it is known today. When it is changed,
figures for earlier days have been reported already. They keep what was known then, so a change
holds from the day on which it is made.
"""

from __future__ import annotations

from datetime import date, timedelta

from app.core.db import db
from app.core.in_force import is_over
from app.organisations.models import Closure, Network, Organisation

A_DAY = timedelta(days=1)


def keep(row: Organisation | Network, on: date) -> None:
    """Record from which day figures leave an organisation or network out.

    Call it after `until_on` was changed on the given day. Days before that day stay as they were.
    With `date.min`, the row has no past that was reported. Idempotent.
    """
    closed_on = None if row.until_on is None else max(row.until_on + A_DAY, on)
    last = row.closures[-1] if row.closures else None
    if last is not None and (last.from_on, last.until_on) == (closed_on, None):
        return
    if last is not None and not is_over(last, on):
        if last.from_on >= on:
            row.closures.remove(last)
        elif closed_on is None or closed_on > on:
            last.until_on = on - A_DAY
        else:
            last.until_on = closed_on = None
    if closed_on is not None:
        row.closures.append(Closure(from_on=closed_on))
    db.session.flush()
