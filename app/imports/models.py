"""The table of imported files."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, HasId
from app.core.personal import NOT_PERSONAL


class PeopleImport(HasId, Base):
    """An imported file. Importing the same file again changes nothing."""

    __tablename__ = "people_imports"

    digest: Mapped[str] = mapped_column(String(64), unique=True, info=NOT_PERSONAL)
    file_name: Mapped[str] = mapped_column(String(200), info=NOT_PERSONAL)
    imported_at: Mapped[datetime]
    counts: Mapped[dict[str, Any]] = mapped_column(info=NOT_PERSONAL)
