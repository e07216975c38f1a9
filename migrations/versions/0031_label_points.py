"""Store the point at which to draw an area's label, because the web process no longer computes it.

Stored boundaries get their points here. Importing them again gives the same points, to within a few
metres.
"""

from __future__ import annotations

import math

import sqlalchemy as sa
from alembic import op
from shapely import get_coordinates, maximum_inscribed_circle, transform
from shapely.geometry import shape

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

METRES_IN_A_DEGREE = 111_250  # of latitude, in England
PRECISION = 10  # metres
BOUNDARIES = sa.text("SELECT id, boundary FROM areas WHERE jsonb_typeof(boundary) = 'object'")
STORE = sa.text(
    "UPDATE areas SET label_longitude = :longitude, label_latitude = :latitude, label_room = :room"
    " WHERE id = :id"
)


def upgrade() -> None:
    """Add the columns, and compute the points of stored boundaries."""
    op.add_column("areas", sa.Column("label_latitude", sa.Numeric(precision=8, scale=5)))
    op.add_column("areas", sa.Column("label_longitude", sa.Numeric(precision=8, scale=5)))
    op.add_column("areas", sa.Column("label_room", sa.BigInteger()))
    if not op.get_context().as_sql:
        _find_label_points(op.get_bind())


def _find_label_points(connection: sa.Connection) -> None:
    for area_id, boundary in connection.execute(BOUNDARIES).all():
        polygon = shape(boundary)
        latitude = polygon.centroid.y
        scale = (METRES_IN_A_DEGREE * math.cos(math.radians(latitude)), METRES_IN_A_DEGREE)
        in_metres = transform(polygon, lambda points, scale=scale: points * scale)
        radius = maximum_inscribed_circle(in_metres, PRECISION)
        x, y = get_coordinates(radius)[0] / scale
        place = {"longitude": float(x), "latitude": float(y), "room": round(radius.length)}
        connection.execute(STORE, place | {"id": area_id})


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("areas", "label_room")
    op.drop_column("areas", "label_longitude")
    op.drop_column("areas", "label_latitude")
