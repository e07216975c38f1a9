"""Write whole postcode directories and many boundaries at once.

Postcodes are copied to a temporary table and merged with one statement, so that a directory of the
whole country needs little memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import text

from app.areas.models import DirectoryEdition
from app.areas.types import Boundary, PostcodeRow
from app.core.db import db

_STAGE = """
CREATE TEMPORARY TABLE incoming_postcodes (
    line bigint GENERATED ALWAYS AS IDENTITY,
    postcode text, district text, ward text, lsoa text,
    easting integer, northing integer, terminated_on date
) ON COMMIT DROP"""
_COPY = """
COPY incoming_postcodes (postcode, district, ward, lsoa, easting, northing, terminated_on)
FROM STDIN"""
# If a postcode is in the file twice, the last row counts. The last condition keeps packaged rows
# from overwriting imported rows.
_MERGE = """
INSERT INTO postcodes AS known
    (postcode, district, ward, lsoa, easting, northing, terminated_on, edition_id)
SELECT DISTINCT ON (postcode)
    postcode, district, ward, lsoa, easting, northing, terminated_on, :edition
FROM incoming_postcodes
ORDER BY postcode, line DESC
ON CONFLICT (postcode) DO UPDATE SET
    district = excluded.district, ward = excluded.ward, lsoa = excluded.lsoa,
    easting = excluded.easting, northing = excluded.northing,
    terminated_on = excluded.terminated_on, edition_id = excluded.edition_id
WHERE :imported OR NOT EXISTS (
    SELECT FROM directory_editions WHERE id = known.edition_id AND has_wards
)"""
_STORE = """
UPDATE areas SET
    boundary = incoming.boundary, label_latitude = incoming.latitude,
    label_longitude = incoming.longitude, label_room = incoming.room
FROM jsonb_to_recordset(CAST(:batch AS jsonb))
    AS incoming(id bigint, boundary jsonb, latitude numeric, longitude numeric, room bigint)
WHERE areas.id = incoming.id AND areas.boundary IS DISTINCT FROM incoming.boundary"""


def merge_postcodes(
    edition: DirectoryEdition, rows: Iterable[PostcodeRow], *, imported: bool
) -> tuple[int, int]:
    """Write an edition's rows to the table of postcodes.

    Return the number of different postcodes read, and the number of rows written.
    """
    connection = db.session.connection()
    connection.execute(text("DROP TABLE IF EXISTS incoming_postcodes"))
    connection.execute(text(_STAGE))
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in rows:
            copy.write_row(row)
    counted = connection.execute(text("SELECT count(DISTINCT postcode) FROM incoming_postcodes"))
    merged = connection.execute(text(_MERGE), {"edition": edition.id, "imported": imported})
    connection.execute(text("DROP TABLE incoming_postcodes"))
    db.session.expire_all()
    return int(counted.scalar_one()), merged.rowcount


def store_boundaries(boundaries: Mapping[int, Boundary]) -> int:
    """Write the boundaries that have changed, with their label points. Return how many changed.

    `boundaries` is keyed by area ID. The models are not used, so that outlines are not stored in
    the audit log.
    """
    batch = [
        {"id": area_id, "boundary": boundary.geometry, **boundary.label._asdict()}
        for area_id, boundary in boundaries.items()
    ]
    return db.session.connection().execute(text(_STORE), {"batch": json.dumps(batch)}).rowcount
