"""Tables of areas and their parts, indicators, area sets and the postcode directory."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.areas.types import AreaKind
from app.core.audit import Audited
from app.core.db import Base, HasId, text_enum
from app.core.personal import NOT_PERSONAL


class Area(Audited, HasId, Base):
    """An area of one vintage. The code of a town, village or locality is a slug.

    `easting` and `northing` are the centre in metres on the National Grid (EPSG:27700). `boundary`
    is a GeoJSON geometry in WGS 84, or None until boundaries are imported. `label_latitude` and
    `label_longitude` are the position of the label inside the boundary. `label_room` is the
    distance from there to the nearest edge in metres.
    """

    __tablename__ = "areas"
    __table_args__ = (Index("ix_areas_kind_name", "kind", "name"),)

    kind: Mapped[AreaKind] = mapped_column(text_enum(AreaKind), info=NOT_PERSONAL)
    code: Mapped[str] = mapped_column(String(40), unique=True, info=NOT_PERSONAL)
    name: Mapped[str] = mapped_column(String(120), info=NOT_PERSONAL)
    vintage: Mapped[str] = mapped_column(String(20), info=NOT_PERSONAL)
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(8, 5))
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(8, 5))
    easting: Mapped[int | None] = mapped_column(Integer)
    northing: Mapped[int | None] = mapped_column(Integer)
    population: Mapped[int | None] = mapped_column(Integer)
    share_65_plus: Mapped[Decimal | None] = mapped_column(Numeric(4, 1))  # percent
    boundary: Mapped[dict[str, Any] | None] = mapped_column(deferred=True, info=NOT_PERSONAL)
    label_latitude: Mapped[Decimal | None] = mapped_column(Numeric(8, 5))
    label_longitude: Mapped[Decimal | None] = mapped_column(Numeric(8, 5))
    label_room: Mapped[int | None] = mapped_column(BigInteger)
    in_programme: Mapped[bool] = mapped_column(Boolean, default=True)
    valid_from: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)
    valid_until: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)


class AreaVersion(HasId, Base):
    """The name of an area in a period, and whether it belonged to the programme.

    These rows are used for figures for past days. The area itself has the current name.
    """

    __tablename__ = "area_versions"
    __table_args__ = (UniqueConstraint("area_id", "from_on"),)

    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120), info=NOT_PERSONAL)
    in_programme: Mapped[bool] = mapped_column(Boolean)
    from_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    until_on: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)


class AreaPart(Base):
    """A part of an area: a ward in a town, locality or district, or an LSOA in a ward.

    `until_on` is None for current parts.
    """

    __tablename__ = "area_parts"

    whole_id: Mapped[int] = mapped_column(
        ForeignKey("areas.id", ondelete="CASCADE"), primary_key=True
    )
    part_id: Mapped[int] = mapped_column(
        ForeignKey("areas.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    from_on: Mapped[date] = mapped_column(primary_key=True, info=NOT_PERSONAL)
    until_on: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)


class AreaIndicator(Base):
    """A figure about an area, with its edition: ("imd_rank", "2025") or ("imd_decile", "2025")."""

    __tablename__ = "area_indicators"

    area_id: Mapped[int] = mapped_column(
        ForeignKey("areas.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(40), primary_key=True, info=NOT_PERSONAL)
    edition: Mapped[str] = mapped_column(String(10), primary_key=True, info=NOT_PERSONAL)
    value: Mapped[Decimal] = mapped_column(Numeric(12, 3))


class AreaSet(Audited, HasId, Base):
    """A named set of areas and the rule that defines it, for example IMD 2025 deciles 1 to 3.

    Each row applies from `from_on` to `until_on`. If the rule or the members of a set change, a row
    is added with its own members.
    """

    __tablename__ = "area_sets"
    __table_args__ = (UniqueConstraint("slug", "from_on"),)

    slug: Mapped[str] = mapped_column(String(60), info=NOT_PERSONAL)
    name: Mapped[str] = mapped_column(String(160), info=NOT_PERSONAL)
    rule: Mapped[dict[str, Any]] = mapped_column(info=NOT_PERSONAL)
    edition: Mapped[str | None] = mapped_column(String(10), info=NOT_PERSONAL)
    from_on: Mapped[date] = mapped_column(info=NOT_PERSONAL)
    until_on: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)

    members: Mapped[list[Area]] = relationship(secondary="area_set_members", order_by="Area.code")


class AreaSetMember(Base):
    """An area in a set."""

    __tablename__ = "area_set_members"

    area_set_id: Mapped[int] = mapped_column(
        ForeignKey("area_sets.id", ondelete="CASCADE"), primary_key=True
    )
    area_id: Mapped[int] = mapped_column(
        ForeignKey("areas.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class DirectoryEdition(HasId, Base):
    """An edition of a postcode directory: the packaged one, or an imported ONSPD or NSPL."""

    __tablename__ = "directory_editions"

    source: Mapped[str] = mapped_column(String(60), info=NOT_PERSONAL)
    vintage: Mapped[str] = mapped_column(String(40), info=NOT_PERSONAL)
    digest: Mapped[str] = mapped_column(String(64), unique=True, info=NOT_PERSONAL)
    rows: Mapped[int] = mapped_column(Integer)
    has_wards: Mapped[bool] = mapped_column(Boolean)
    imported_at: Mapped[datetime]


class Postcode(Base):
    """A postcode in a directory, without a space. The areas are GSS codes."""

    __tablename__ = "postcodes"
    __table_args__ = (CheckConstraint("postcode ~ '^[A-Z0-9]{5,7}$'", name="form"),)

    postcode: Mapped[str] = mapped_column(String(7), primary_key=True, info=NOT_PERSONAL)
    district: Mapped[str | None] = mapped_column(String(9), info=NOT_PERSONAL)
    ward: Mapped[str | None] = mapped_column(String(9), index=True, info=NOT_PERSONAL)
    lsoa: Mapped[str | None] = mapped_column(String(9), index=True, info=NOT_PERSONAL)
    easting: Mapped[int | None] = mapped_column(Integer)
    northing: Mapped[int | None] = mapped_column(Integer)
    terminated_on: Mapped[date | None] = mapped_column(info=NOT_PERSONAL)
    edition_id: Mapped[int] = mapped_column(ForeignKey("directory_editions.id"))
