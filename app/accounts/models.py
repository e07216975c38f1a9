"""Users, their roles and their recovery codes.

Users are separate from people: a registered person may have no user, and staff users have no
person.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Enum,
    ForeignKey,
    Index,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, CITEXT
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.audit import Audited
from app.core.db import Base, HasId, text_enum
from app.core.permissions import Role
from app.core.personal import NOT_PERSONAL, STAFF, personal

SECRET = personal("to check that the right person signs in", erasure="emptied")


class User(Audited, HasId, Base):
    """An account for signing in. The email address is unique."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(CITEXT, unique=True, info=STAFF)
    name: Mapped[str] = mapped_column(String(200), info=STAFF)
    password_hash: Mapped[str | None] = mapped_column(String(200), info=SECRET)
    totp_secret: Mapped[str | None] = mapped_column(String(200), info=SECRET)
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)  # of the latest code used
    created_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]
    sessions_from: Mapped[datetime]  # sign-ins before this instant no longer count

    grants: Mapped[list[RoleGrant]] = relationship(back_populates="user")


class RoleGrant(Audited, HasId, Base):
    """A role that a user holds between two dates. ``until_on`` is None if there is no last day."""

    __tablename__ = "role_grants"
    __table_args__ = (
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="in_order"),
        Index("ix_role_grants_user_id", "user_id"),
        # Most users are only champions, so this index is small.
        Index("ix_role_grants_staff", "user_id", postgresql_where=text("role <> 'champion'")),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    role: Mapped[Role] = mapped_column(text_enum(Role), info=NOT_PERSONAL)
    from_on: Mapped[date] = mapped_column(info=STAFF)
    until_on: Mapped[date | None] = mapped_column(info=STAFF)

    user: Mapped[User] = relationship(back_populates="grants")


class Offer(Audited, HasId, Base):
    """An offer of roles, sent to an email address.

    ``email`` and ``name`` are stored as the inviter typed them. ``organisation_id`` is the
    organisation that a partner coordinator will act for, and ``on_behalf_of`` is its name at the
    time of the offer. ``user_id`` is the user who accepted.
    """

    __tablename__ = "offers"
    __table_args__ = (
        Index(
            "ix_offers_open",
            "organisation_id",
            "expires_at",
            postgresql_where=text("accepted_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )

    email: Mapped[str] = mapped_column(CITEXT, info=STAFF)
    name: Mapped[str] = mapped_column(String(200), info=STAFF)
    roles: Mapped[list[str]] = mapped_column(ARRAY(String(20)), info=NOT_PERSONAL)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    on_behalf_of: Mapped[str | None] = mapped_column(String(200), info=NOT_PERSONAL)
    why: Mapped[str | None] = mapped_column(Text, info=STAFF)
    asked_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None]


class RoleRequest(Audited, HasId, Base):
    """A request for a role that another user has to approve, or that starts after 24 hours.

    ``organisation_id`` is the organisation that a partner coordinator would act for. ``from_on``
    and ``until_on`` are the first and last day of the role. ``asked_by_user_id`` is None for a
    claim from single sign-on (``claimed``), which never starts without approval. ``given`` is True
    if the role was granted, False if it was refused, and None until the request is decided.
    ``decided_by_user_id`` is None if the system decided.
    """

    __tablename__ = "role_requests"
    __table_args__ = (
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="in_order"),
        CheckConstraint("(given IS NULL) = (decided_at IS NULL)", name="decided"),
        Index("ix_role_requests_user_id", "user_id"),
        Index("ix_role_requests_open", "asked_at", postgresql_where=text("decided_at IS NULL")),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    role: Mapped[Role] = mapped_column(
        Enum(
            Role,
            native_enum=False,
            create_constraint=False,  # role_grants checks it, so a new role changes one table
            length=60,
            values_callable=lambda members: [member.value for member in members],
        ),
        info=NOT_PERSONAL,
    )
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    asked_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    why: Mapped[str | None] = mapped_column(Text, info=STAFF)
    from_on: Mapped[date] = mapped_column(info=STAFF)
    until_on: Mapped[date | None] = mapped_column(info=STAFF)
    claimed: Mapped[bool] = mapped_column(Boolean)
    decided_at: Mapped[datetime | None]
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    given: Mapped[bool | None] = mapped_column(Boolean)


class RecoveryCode(HasId, Base):
    """A single-use code that can be used instead of the second factor.

    ``code_hash`` is the SHA-256 hash of the code, which has 78 random bits.
    """

    __tablename__ = "recovery_codes"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), info=SECRET)
    made_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
