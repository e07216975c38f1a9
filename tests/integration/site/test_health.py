"""/readyz reports each part that is not working."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import create_app
from app.core import clock, heartbeats
from app.core.db import db
from app.core.programme import Programme
from app.site import health

MONDAY = date(2027, 3, 29)
NOON = clock.london_instant(MONDAY, time(12))


def all_parts_work(at: datetime = NOON) -> None:
    """Record a heartbeat of every part at ``at``, for an installation loaded that morning."""
    with clock.frozen(at):
        heartbeats.record_heartbeat("worker")
        heartbeats.record_heartbeat("scheduler")
    db.session.query(Programme).update({"loaded_at": clock.london_instant(MONDAY, time(9))})


def _parts(reply: TestResponse) -> dict[str, Any]:
    assert isinstance(reply.json, dict)
    return reply.json


def test_ready_when_every_part_works(client: FlaskClient) -> None:
    all_parts_work()
    with clock.frozen(NOON):
        reply = client.get("/readyz")
    assert reply.status_code == 200, _parts(reply)
    assert {name for name, part in _parts(reply).items() if part is not True} == {
        "database",
        "broker",
        "disk",
        "messages",
        "migrations",
        "worker",
        "scheduler",
        "morning_run",
    }
    assert _parts(reply)["migrations"]["at"] == _parts(reply)["migrations"]["head"]


@pytest.mark.parametrize("part", ["worker", "scheduler"])
def test_not_ready_when_a_heartbeat_is_old(client: FlaskClient, part: str) -> None:
    all_parts_work()
    with clock.frozen(NOON - timedelta(minutes=3)):
        heartbeats.record_heartbeat(part)
    with clock.frozen(NOON):
        reply = client.get("/readyz")
    assert (reply.status_code, _parts(reply)[part]["ok"]) == (503, False)


def test_live_and_lost_processes_are_counted(client: FlaskClient) -> None:
    all_parts_work()
    with clock.frozen(NOON - timedelta(minutes=3)):
        heartbeats.record_process_heartbeat("worker", "host:1")
    with clock.frozen(NOON):
        heartbeats.record_process_heartbeat("worker", "host:2")
        heartbeats.record_process_heartbeat("worker", "host:3")
        heartbeats.record_process_stop("worker", "host:3")
        worker = _parts(client.get("/readyz"))["worker"]
    assert (worker["live"], worker["lost"]) == (1, 1)
    with clock.frozen(NOON + timedelta(hours=2)):
        heartbeats.record_process_heartbeat("worker", "host:2")
        worker = _parts(client.get("/readyz"))["worker"]
    assert (worker["live"], worker["lost"]) == (1, 0)


def test_one_scheduler_leads_until_it_is_silent(session: Session) -> None:
    lease = timedelta(seconds=90)
    with clock.frozen(NOON):
        assert heartbeats.try_to_lead("scheduler", "host:1", lease)
        assert not heartbeats.try_to_lead("scheduler", "host:2", lease)
    with clock.frozen(NOON + timedelta(seconds=89)):
        assert not heartbeats.try_to_lead("scheduler", "host:2", lease)
        assert heartbeats.try_to_lead("scheduler", "host:1", lease)
    with clock.frozen(NOON + timedelta(seconds=180)):
        assert heartbeats.try_to_lead("scheduler", "host:2", lease)
        assert not heartbeats.try_to_lead("scheduler", "host:1", lease)
        heartbeats.record_process_stop("scheduler", "host:2")
        assert heartbeats.try_to_lead("scheduler", "host:1", lease)


def test_a_scheduler_takes_over_after_the_clock_was_set_back(session: Session) -> None:
    """The leader was killed while the clock was ahead, so its heartbeat looks fresh for hours."""
    lease = timedelta(seconds=90)
    with clock.frozen(NOON + timedelta(hours=5)):
        heartbeats.record_process_heartbeat("scheduler", "host:1")
        assert heartbeats.try_to_lead("scheduler", "host:1", lease)
    with clock.frozen(NOON):
        assert heartbeats.count_processes("scheduler").live == 0
        assert heartbeats.try_to_lead("scheduler", "host:2", lease)
        heartbeats.record_process_heartbeat("scheduler", "host:2")
        assert heartbeats.count_processes("scheduler") == heartbeats.ProcessCount(live=1, lost=0)


def test_not_ready_without_a_broker(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_parts_work()
    monkeypatch.setitem(app.config, "REDIS_URL", "redis://127.0.0.1:1/0")
    with clock.frozen(NOON):
        reply = client.get("/readyz")
    assert (reply.status_code, _parts(reply)["broker"]["ok"]) == (503, False)


def test_not_ready_when_migrations_are_missing(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_parts_work()
    monkeypatch.setattr(health, "_latest_migration", lambda: "9999")
    with clock.frozen(NOON):
        reply = client.get("/readyz")
    assert (reply.status_code, _parts(reply)["migrations"]["ok"]) == (503, False)


def test_the_morning_run_must_have_finished_within_26_hours(client: FlaskClient) -> None:
    for ago, ok in ((timedelta(hours=25), True), (timedelta(hours=27), False)):
        all_parts_work()
        with clock.frozen(NOON - ago):
            heartbeats.record_heartbeat("morning run")
        with clock.frozen(NOON):
            assert _parts(client.get("/readyz"))["morning_run"]["ok"] is ok


@pytest.mark.parametrize(
    ("began", "now", "ok"),
    [
        # Loaded after 8am, so the first run is on the next day.
        (time(9), clock.london_instant(MONDAY, time(23)), True),
        (time(9), clock.london_instant(MONDAY + timedelta(days=1), time(7, 59)), True),
        (time(9), clock.london_instant(MONDAY + timedelta(days=1), time(10, 1)), False),
        # The first run may still be in progress.
        (time(6), clock.london_instant(MONDAY, time(8, 30)), True),
        (time(6), clock.london_instant(MONDAY, time(10, 1)), False),
    ],
)
def test_ready_before_the_first_morning_run(
    client: FlaskClient, began: time, now: datetime, ok: bool
) -> None:
    all_parts_work(now)
    db.session.query(Programme).update({"loaded_at": clock.london_instant(MONDAY, began)})
    with clock.frozen(now):
        assert _parts(client.get("/readyz"))["morning_run"]["ok"] is ok


def test_not_ready_without_a_database(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def gone() -> dict[str, object]:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(health, "_check_database", gone)
    parts = health.run_health_checks()
    assert parts["database"] == {"ok": False, "error": "OperationalError"}
    assert parts["worker"] == {"ok": False}


def test_a_nearly_full_disk_is_reported(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_parts_work()
    settings = replace(app.config["SETTINGS"], least_free_mb=10**9)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    with clock.frozen(NOON):
        reply = client.get("/readyz")
        metrics = client.get("/metrics").text
    assert reply.status_code == 503
    assert [name for name, part in _parts(reply).items() if name != "ok" and not part["ok"]] == [
        "disk"
    ]
    assert 'champion_part_ok{part="disk"} 0.0' in metrics
    assert "champion_disk_free_megabytes" in metrics


def test_every_check_answers_when_no_database_can_be_reached(app: Flask) -> None:
    """A process that started without a database says which parts do not work."""
    nowhere = replace(
        app.config["SETTINGS"], database_url="postgresql+psycopg://a@127.0.0.1:1/nowhere"
    )
    reply = create_app(nowhere).test_client().get("/readyz")
    parts = _parts(reply)
    assert reply.status_code == 503
    assert (parts["database"]["ok"], parts["messages"]["ok"]) == (False, False)
    assert parts["disk"]["ok"]
