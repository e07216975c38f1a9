"""Tables for organisations, sites, networks, agreements and partner coordinators."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.audit import Audited
from app.core.db import Base, HasId, text_enum
from app.core.folding import folded_name, folded_name_indexes, name_keys
from app.core.personal import NOT_PERSONAL, PLACE, STAFF
from app.organisations.types import LONGEST_NAME, OrganisationKind


class Organisation(Audited, HasId, Base):
    """A council, charity, group or business.

    Only organisations in the programme file have a ``slug``. If ``confidential_location`` is True,
    no places of the organisation are stored, and its venue is shown only as a district and never on
    a map.
    """

    __tablename__ = "organisations"
    __table_args__ = tuple(folded_name_indexes("organisations"))

    slug: Mapped[str | None] = mapped_column(String(60), unique=True, info=NOT_PERSONAL)
    name: Mapped[str] = mapped_column(CITEXT, unique=True, info=NOT_PERSONAL)
    folded_name: Mapped[str] = folded_name("name", info=NOT_PERSONAL)
    name_keys: Mapped[list[str]] = name_keys("name", info=NOT_PERSONAL)
    kind: Mapped[OrganisationKind] = mapped_column(text_enum(OrganisationKind), info=NOT_PERSONAL)
    confidential_location: Mapped[bool] = mapped_column(Boolean, default=False)
    from_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    until_on: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)

    sites: Mapped[list[Site]] = relationship(back_populates="organisation")
    agreements: Mapped[list[Agreement]] = relationship(back_populates="organisation")
    former_kinds: Mapped[list[FormerKind]] = relationship()
    closures: Mapped[list[Closure]] = relationship(
        order_by="Closure.from_on", cascade="all, delete-orphan", passive_deletes=True
    )


class FormerKind(HasId, Base):
    """A former type of an organisation. ``until_on`` is the last day on which it had this type."""

    __tablename__ = "former_kinds"
    __table_args__ = (UniqueConstraint("organisation_id", "until_on"),)

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    kind: Mapped[OrganisationKind] = mapped_column(text_enum(OrganisationKind), info=NOT_PERSONAL)
    until_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)


class Closure(HasId, Base):
    """The days on which figures leave out an organisation or a network, because it was closed.

    ``until_on`` is None unless it was reopened. See app.organisations.closures.
    """

    __tablename__ = "closures"
    __table_args__ = (
        CheckConstraint("num_nonnulls(organisation_id, network_id) = 1", name="one_of_two"),
        Index("ix_closures_organisation_id", "organisation_id"),
        Index("ix_closures_network_id", "network_id"),
    )

    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE")
    )
    network_id: Mapped[int | None] = mapped_column(ForeignKey("networks.id", ondelete="CASCADE"))
    from_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    until_on: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)


class Site(Audited, HasId, Base):
    """A place where an organisation operates. It counts as a presence with the basis "operates".

    The audit log does not record the location, because entries are never deleted and the address
    could become confidential.
    """

    __tablename__ = "sites"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), info=NOT_PERSONAL)
    postcode: Mapped[str | None] = mapped_column(String(8), info=PLACE)
    district: Mapped[str | None] = mapped_column(String(9), info=PLACE)
    ward_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True, info=PLACE)
    lsoa_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True, info=PLACE)
    from_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    until_on: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)

    organisation: Mapped[Organisation] = relationship(back_populates="sites")


class Network(Audited, HasId, Base):
    """A network that people join.

    Only users with a permission can see who belongs to a ``sensitive`` network. The partner
    coordinators of the organisation ``approver_id`` approve the network's people while it has an
    agreement in force for the network.
    """

    __tablename__ = "networks"

    slug: Mapped[str] = mapped_column(String(60), unique=True, info=NOT_PERSONAL)
    name: Mapped[str] = mapped_column(String(120), info=NOT_PERSONAL)
    description: Mapped[str] = mapped_column(Text, info=NOT_PERSONAL)
    sensitive: Mapped[bool] = mapped_column(Boolean, default=False)
    position: Mapped[int] = mapped_column(Integer)
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    from_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    until_on: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)

    closures: Mapped[list[Closure]] = relationship(
        order_by="Closure.from_on", cascade="all, delete-orphan", passive_deletes=True
    )


class Agreement(Audited, HasId, Base):
    """A data-sharing agreement that lets an organisation see a network's people.

    If ``network_id`` is None, the agreement covers only the people affiliated with the
    organisation. ``confirmed_at`` is the time when a second person confirmed it or 24 hours had
    passed. It has no effect before that time.
    """

    __tablename__ = "agreements"
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="in_order"),
        Index("ix_agreements_organisation_id", "organisation_id", "from_on"),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    network_id: Mapped[int | None] = mapped_column(ForeignKey("networks.id"))
    purpose: Mapped[str] = mapped_column(Text, info=NOT_PERSONAL)
    signed_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    from_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    until_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    recorded_at: Mapped[datetime] = mapped_column(info=NOT_PERSONAL)
    recorded_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(info=NOT_PERSONAL)
    confirmed_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    organisation: Mapped[Organisation] = relationship(back_populates="agreements")


class PartnerCoordinator(Audited, HasId, Base):
    """A period during which a user acts for an organisation."""

    __tablename__ = "partner_coordinators"
    __table_args__ = (Index("ix_partner_coordinators_user_id", "user_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    from_on: Mapped[date] = mapped_column(info=STAFF)
    until_on: Mapped[date | None] = mapped_column(info=STAFF)
