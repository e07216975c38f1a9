"""The programme that this installation runs: a council's name and settings, loaded from a file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import g
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import Audited
from app.core.db import Base, HasId, db
from app.core.personal import NOT_PERSONAL


class Programme(Audited, HasId, Base):
    """The one programme of this installation.

    `settings` holds the rest of the [programme] table of the programme file: contact, district
    codes, postcode areas, active_months, locality names, attributions, notices.
    """

    __tablename__ = "programmes"

    slug: Mapped[str] = mapped_column(String(40), unique=True, info=NOT_PERSONAL)
    name: Mapped[str] = mapped_column(String(120), info=NOT_PERSONAL)
    organisation: Mapped[str] = mapped_column(String(120), info=NOT_PERSONAL)
    settings: Mapped[dict[str, Any]] = mapped_column(info=NOT_PERSONAL)
    digest: Mapped[str] = mapped_column(String(64), info=NOT_PERSONAL)
    loaded_at: Mapped[datetime]


_ONE = select(Programme).limit(1)


def current() -> Programme | None:
    """Return the loaded programme, or None before the first load. Read once per request or task."""
    programme: Programme | None = g.get("programme")
    if programme is None or programme not in db.session:  # a new transaction: read it again
        programme = g.programme = db.session.scalar(_ONE)
    return programme


def setting(name: str, default: Any = None) -> Any:
    """Return one of the programme's settings, or `default` if it is not set."""
    programme = current()
    return programme.settings.get(name, default) if programme else default
