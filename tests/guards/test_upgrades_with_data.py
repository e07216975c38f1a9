"""Migrations keep existing data.

Agreements stay in force, unsent letters keep their links, and boundaries get label points.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from shapely.geometry import shape
from sqlalchemy import text

from app.areas.label_point import find_label_point
from app.core.db import db
from config import ROOT
from tests.databases import migrated_to

HERE = str(ROOT / "migrations")
ORGANISATION = """
INSERT INTO organisations (id, name, kind, confidential_location, from_on)
VALUES (1, 'Farm Friends', 'charity', false, '2020-01-01')
"""
OUTLINE = {
    "type": "Polygon",
    "coordinates": [[[0.9, 52.5], [1.0, 52.5], [1.0, 52.6], [0.98, 52.52], [0.9, 52.5]]],
}
AREA = """
INSERT INTO areas (id, kind, code, name, vintage, in_programme, boundary)
VALUES (1, 'ward', 'E05010261', 'Watton', '2025', true, CAST(:boundary AS jsonb))
"""
LABEL = "SELECT label_latitude, label_longitude, label_room FROM areas WHERE id = 1"
AGREEMENT = """
INSERT INTO agreements (id, organisation_id, purpose, signed_on, from_on, until_on)
VALUES (1, 1, 'To look after people', '2024-01-01', '2024-01-01', '2030-01-01')
"""
LETTER = """
INSERT INTO messages (id, key, letter, category, channel, address, name, context, created_at,
    send_after, attempts, neutral)
VALUES (1, 'a:1', 'approved', 'service', 'email', 'ann@example.org', 'Ann',
    CAST(:context AS jsonb), now(), now(), 0, false)
"""
CONTEXT = {
    "name": "people.me and you",
    "page": {"endpoint": "people.me"},
    "runs": [{"link": {"endpoint": "people.confirm_contact", "link_id": "1"}}],
    "other": {"endpoint": "courses.run", "values": {"run_id": 1}},
}


@pytest.fixture
def old_app(worker_id: str) -> Iterator[Flask]:
    """The application on a database from before agreements needed a second person."""
    with migrated_to("0028", f"champion_upgrades_{worker_id}") as app:
        with db.engine.begin() as connection:
            for statement in (ORGANISATION, AGREEMENT):
                connection.execute(text(statement))
            connection.execute(text(LETTER), {"context": json.dumps(CONTEXT)})
            connection.execute(text(AREA), {"boundary": json.dumps(OUTLINE)})
        yield app


def value(statement: str) -> Any:
    with db.engine.connect() as connection:
        return connection.execute(text(statement)).scalar_one()


def test_agreements_stay_in_force_and_letters_keep_their_links(old_app: Flask) -> None:
    upgrade(directory=HERE, revision="0029")
    assert value("SELECT confirmed_at = recorded_at FROM agreements") is True

    upgrade(directory=HERE, revision="0030")
    context = value("SELECT context FROM messages")
    assert context == CONTEXT | {
        "page": {"endpoint": "profile.me"},
        "runs": [{"link": {"endpoint": "profile.confirm_contact", "link_id": "1"}}],
    }
    downgrade(directory=HERE, revision="0029")
    assert value("SELECT context FROM messages") == CONTEXT

    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO agreements (id, organisation_id, purpose, signed_on, from_on,"
                " until_on, recorded_at) VALUES (2, 1, 'It waits', '2024-01-01', '2024-01-01',"
                " '2030-01-01', now())"
            )
        )
    downgrade(directory=HERE, revision="0028")
    assert value("SELECT array_agg(id) FROM agreements") == [1]


def test_stored_boundaries_get_their_label_points(old_app: Flask) -> None:
    upgrade(directory=HERE, revision="0031")
    with db.engine.connect() as connection:
        row = connection.execute(text(LABEL)).one()
    latitude, longitude, room = (float(figure) for figure in row)
    imported = find_label_point(shape(OUTLINE))
    assert (latitude, longitude) == pytest.approx(imported[:2], abs=0.0005)
    assert room == pytest.approx(imported.room, rel=0.01)
    downgrade(directory=HERE, revision="0030")
    assert value("SELECT boundary FROM areas WHERE id = 1") == OUTLINE


COURSE = """
INSERT INTO users (id, email, name, created_at, sessions_from)
VALUES (1, 'tess@example.org', 'Tess', now(), now());
INSERT INTO people (id, full_name, interest, source, registered_at, reach_km)
VALUES (1, 'Ann', 'champion', 'self', now(), 15), (2, 'Bob', 'champion', 'self', now(), 15);
INSERT INTO course_types (id, slug, name, description, days, minimum, maximum, floor, is_refresher)
VALUES (1, 'mhfa', 'MHFA', '', 2, 8, 16, 5, false);
INSERT INTO course_runs (id, course_type_id, trainer_user_id, venue, minimum, capacity, cut_off_on,
    fee_pence, created_at, revision, completions)
VALUES (1, 1, 1, 'Hall', 8, 16, '2024-01-01', 0, now(), 0, 2);
INSERT INTO bookings (id, run_id, headcount, booked_at) VALUES (1, 1, 0, now());
INSERT INTO attendees (id, run_id, booking_id, name, walk_in, added_at, trainer_reads)
VALUES (1, 1, 1, 'Ann', false, now(), 'name'), (2, 1, 1, 'Bob', false, now(), 'name')
"""
ATTENDED = """
UPDATE certificates SET person_id = 1, key = 'attendee:1:2' WHERE id = 1;
UPDATE certificates SET person_id = 2, key = 'attendee:2:1', revoked_at = now(),
    revoked_reason = 'Somebody else' WHERE id = 2;
UPDATE certificates SET key = 'attendee:2:2' WHERE id = 3
"""


def test_attendees_are_linked_to_the_holders_of_their_certificates(old_app: Flask) -> None:
    """A revoked certificate links nobody: it may have been linked to the wrong person."""
    upgrade(directory=HERE, revision="0036")
    with db.engine.begin() as connection:
        for statement in (COURSE, CERTIFICATES, ATTENDED):
            connection.execute(text(statement))
    upgrade(directory=HERE, revision="0038")
    links = "SELECT array_agg(ARRAY[attendee_id, person_id]) FROM attendee_links"
    assert value(links) == [[1, 1]]
    downgrade(directory=HERE, revision="0036")
    assert value("SELECT count(*) FROM attendees") == 2


CERTIFICATES = """
INSERT INTO certificate_kinds (id, slug, name, awarding_body, own, reminder_steps)
VALUES (1, 'mhfa', 'MHFA', 'MHFA England', false, '{}'), (2, 'own', 'Champion', 'We', true, '{}');
INSERT INTO kind_rules (kind_id, from_on, validity_months, anchor, refresher_window_months,
    grace_months, early_renewal)
VALUES (1, '2000-01-01', 36, 'anniversary', 12, 0, 'from_completion'),
    (2, '2000-01-01', 36, 'end_of_month', 12, 0, 'from_completion'),
    (2, '2025-01-01', 36, 'anniversary', 12, 0, 'from_completion');
INSERT INTO certificates (id, holder_name, kind_id, awarded_on, award_known, expires_on,
    expiry_basis, source, code, recorded_at)
VALUES (1, 'Ann', 1, '2024-03-01', 'month', '2027-03-01', 'policy', 'external', 'a', now()),
    (2, 'Ann', 1, '2024-01-01', 'year', '2027-01-01', 'policy', 'external', 'b', now()),
    (3, 'Ann', 1, '2024-03-01', 'month', '2027-03-09', 'printed', 'external', 'c', now()),
    (4, 'Ann', 2, '2024-03-01', 'month', '2027-03-31', 'policy', 'external', 'd', now()),
    (5, 'Ann', 2, '2025-03-01', 'month', '2028-03-01', 'policy', 'external', 'e', now()),
    (6, 'Ann', 1, '2024-03-05', 'day', '2027-03-05', 'rule', 'course', 'f', now())
"""
PRECISIONS = "SELECT array_agg(expiry_known ORDER BY id) FROM certificates"


def test_expiry_dates_are_known_as_exactly_as_the_training(old_app: Flask) -> None:
    upgrade(directory=HERE, revision="0031")
    with db.engine.begin() as connection:
        connection.execute(text(CERTIFICATES))
    upgrade(directory=HERE, revision="0033")
    assert value(PRECISIONS) == ["month", "year", "day", "day", "month", "day"]
    downgrade(directory=HERE, revision="0031")
    assert value("SELECT count(*) FROM certificates") == 6


UNDATED = """
INSERT INTO programmes (id, slug, name, organisation, settings, digest, loaded_at)
VALUES (1, 'ours', 'Ours', 'The council', '{"from_on": "2019-04-01"}', 'x', now());
INSERT INTO areas (id, kind, code, name, vintage, in_programme)
VALUES (2, 'town', 'watton', 'Watton', 'programme', true);
INSERT INTO area_parts (whole_id, part_id) VALUES (2, 1);
INSERT INTO area_sets (id, slug, name, rule) VALUES (1, 'ours', 'Ours', '{}');
INSERT INTO area_set_members (area_set_id, area_id) VALUES (1, 1);
INSERT INTO directory_editions (id, source, vintage, digest, rows, has_wards, imported_at)
VALUES (1, 'packaged', '2020', 'y', 1, false, now());
INSERT INTO postcodes (postcode, district, edition_id) VALUES ('IP256AB', 'E07000143', 1);
INSERT INTO sites (id, organisation_id, name, postcode, from_on)
VALUES (1, 1, 'Hall', 'IP25 6AB', '2021-01-01')
"""


def test_rules_hold_from_the_first_day_of_the_programme(old_app: Flask) -> None:
    upgrade(directory=HERE, revision="0042")
    with db.engine.begin() as connection:
        connection.execute(text(UNDATED))
    upgrade(directory=HERE, revision="0043")
    assert value("SELECT min(from_on) = '2019-04-01' AND max(until_on) IS NULL FROM area_parts")
    assert value("SELECT min(from_on) = '2019-04-01' AND max(until_on) IS NULL FROM area_sets")
    assert value("SELECT min(from_on) = '2019-04-01' AND max(until_on) IS NULL FROM area_versions")
    assert value("SELECT array_agg(name ORDER BY area_id) FROM area_versions") == ["Watton"] * 2
    assert value("SELECT district FROM sites") == "E07000143"
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO area_sets (id, slug, name, rule, from_on)"
                " VALUES (2, 'ours', 'Ours now', '{}', '2026-01-01');"
                "UPDATE area_parts SET until_on = '2025-12-31'"
            )
        )
    downgrade(directory=HERE, revision="0042")
    assert value("SELECT array_agg(name) FROM area_sets") == ["Ours now"]
    assert value("SELECT count(*) FROM area_parts") == 0
