"""The table of applications to join a network."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import Audited
from app.core.db import Base, HasId
from app.core.personal import PARTICIPATION, SENSITIVE_LINK


class MembershipApplication(Audited, HasId, Base):
    """An application to join a network that has an approver.

    An application is open until it is decided or withdrawn. ``reason`` is the reason for the
    decision, which is shown only to staff.
    """

    __tablename__ = "membership_applications"
    __table_args__ = (
        Index(
            "uq_membership_applications_open",
            "person_id",
            "network_id",
            unique=True,
            postgresql_where="decided_at IS NULL AND withdrawn_at IS NULL",
        ),
        CheckConstraint("(decided_at IS NULL) = (accepted IS NULL)", name="decided"),
        CheckConstraint("decided_at IS NULL OR withdrawn_at IS NULL", name="ended_once"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    network_id: Mapped[int] = mapped_column(
        ForeignKey("networks.id"), index=True, info=SENSITIVE_LINK
    )
    applied_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    accepted: Mapped[bool | None] = mapped_column(Boolean)
    reason: Mapped[str | None] = mapped_column(Text, info=PARTICIPATION)
    withdrawn_at: Mapped[datetime | None]
