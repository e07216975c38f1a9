"""The programme of this installation: the name and settings of a council, loaded from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask import g
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import Audited
from app.core.db import Base, HasId, db
from app.core.personal import NOT_PERSONAL


class Programme(Audited, HasId, Base):
    """The programme of this installation. The table has one row.

    `settings` holds the rest of the [programme] table in the programme file: contact, district
    codes, postcode areas, active_months, locality names, attributions, notices.
    """

    __tablename__ = "programmes"

    slug: Mapped[str] = mapped_column(String(40), unique=True, info=NOT_PERSONAL)
    name: Mapped[str] = mapped_column(String(120), info=NOT_PERSONAL)
    organisation: Mapped[str] = mapped_column(String(120), info=NOT_PERSONAL)
    settings: Mapped[dict[str, Any]] = mapped_column(info=NOT_PERSONAL)
    digest: Mapped[str] = mapped_column(String(64), info=NOT_PERSONAL)
    loaded_at: Mapped[datetime]


# Settings that change how people are counted, with a history for figures of past days.
DATED_SETTINGS = ("active_months", "community_status")
_ONE = select(Programme).limit(1)


def current() -> Programme | None:
    """Return the programme, or None before the first load. Runs one query per request or task."""
    programme: Programme | None = g.get("programme")
    if programme is None or programme not in db.session:  # a new transaction: read it again
        programme = g.programme = db.session.scalar(_ONE)
    return programme


def setting(name: str, default: Any = None) -> Any:
    """Return a setting of the programme, or `default` if it is not set."""
    programme = current()
    return programme.settings.get(name, default) if programme else default


def setting_on_day(name: str, on: date, default: Any = None) -> Any:
    """Return the value of a setting in `DATED_SETTINGS` on a given day.

    Returns `default` if it was not set on that day. The setting `history` holds the dated values.
    If the programme was loaded by a version without history, its present value is returned for all
    days.
    """
    periods = setting("history", {}).get(name)
    if periods is None:
        return setting(name, default)
    day = on.isoformat()
    for period in periods:
        if period["from_on"] <= day <= (period["until_on"] or day):
            return default if period["value"] is None else period["value"]
    return default


def extend_history(
    periods: Sequence[Mapping[str, Any]], value: Any, since: date
) -> list[dict[str, Any]]:
    """Return the dated values of a setting, with a new value from the day `since`.

    The values for earlier days are kept.
    """
    kept = [dict(each) for each in periods if each["from_on"] < since.isoformat()]
    if kept and kept[-1]["value"] == value:
        kept[-1]["until_on"] = None
        return kept
    if kept:
        kept[-1]["until_on"] = (since - timedelta(days=1)).isoformat()
    return [*kept, {"from_on": since.isoformat(), "until_on": None, "value": value}]
