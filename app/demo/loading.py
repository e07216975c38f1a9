"""Load the demonstration by running three years of steps in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time, timedelta

from flask import current_app
from sqlalchemy import func, select, text

from app.core import audit, clock, locks, ratelimit
from app.core.actor import SYSTEM, Actor
from app.core.db import db
from app.core.errors import Conflict, InvalidInput
from app.core.locks import Lock
from app.core.permissions import Role
from app.demo import (
    activity,
    contact_wishes,
    past_messages,
    placements,
    reports,
    routine,
    setup,
    training,
)
from app.demo.definition import load_definition
from app.demo.people import make_people
from app.demo.places import find_places
from app.demo.replay import Replay
from app.demo.timetable import make_timetable
from app.organisations.models import Network
from app.people.models import Person
from app.signin import passwords
from app.site.loading import record_demonstration
from app.site.queries import demonstration_anchor


@dataclass(frozen=True)
class LoadResult:
    """The result of a load. If ``already_loaded`` is true, nothing was changed."""

    anchor: date
    people: int
    already_loaded: bool


def load_demonstration(actor: Actor, anchor: date) -> LoadResult:
    """Add the fictional people and their history up to ``anchor``. Idempotent.

    Flushes but does not commit. Raises Conflict in production or if real people are registered, and
    InvalidInput if no password is set for the users of the demonstration.
    """
    settings = current_app.config["SETTINGS"]
    if settings.is_production:
        raise Conflict("The demonstration cannot be loaded in production.")
    if not settings.demo_password:
        raise InvalidInput("DEMO_PASSWORD is not set, so nobody could sign in.")
    locks.acquire(Lock.DEMONSTRATION)
    earlier = demonstration_anchor()
    if earlier is not None:
        return LoadResult(earlier, _count_people(), already_loaded=True)
    if _count_people():
        raise Conflict("People are already registered here, so the demonstration cannot be loaded.")
    # Query plans cached while the tables are empty would use sequential scans throughout.
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    db.session.execute(text("SET LOCAL jit = off"))
    password_hash = passwords.hash_password(settings.demo_password)
    with _disable_sending():
        _run_steps(_plan_replay(anchor, password_hash), password_hash)
    people = _count_people()
    record_demonstration(actor, anchor, people)
    return LoadResult(anchor, people, already_loaded=False)


def _count_people() -> int:
    return db.session.scalar(select(func.count(Person.id))) or 0


@contextmanager
def _disable_sending() -> Iterator[None]:
    """Do not notify the worker or limit attempts within this block."""
    before = current_app.config["NOTIFY_WORKER"]
    current_app.config["NOTIFY_WORKER"] = False
    try:
        with ratelimit.disable_limits():
            yield
    finally:
        current_app.config["NOTIFY_WORKER"] = before


def _plan_replay(anchor: date, password_hash: str) -> Replay:
    """Return the complete replay. No step has been run yet."""
    definition = load_definition()
    all_places = find_places(anchor)
    sensitive = db.session.scalar(
        select(Network.slug).where(Network.sensitive).order_by(Network.position).limit(1)
    )
    partner_network = db.session.scalar(
        select(Network.slug)
        .where(Network.approver_id.is_not(None), Network.sensitive.is_(False))
        .order_by(Network.position)
        .limit(1)
    )
    population = make_people(definition, all_places, sensitive, partner_network)
    replay = Replay(anchor, definition, all_places, population)
    towns = sorted({ward.town for ward in all_places.wards} - {""})
    setup.plan(replay, password_hash)
    activity.plan(replay, partner_network)
    contact_wishes.plan(replay)
    routine.plan(replay)
    placements.plan(replay)
    training.plan(replay, make_timetable(definition, population, towns))
    reports.plan(replay)
    return replay


def _run_steps(replay: Replay, password_hash: str) -> None:
    """Run each step with the clock set to its time, and mark messages as sent every night."""
    today: date | None = None
    for step in replay.sorted_steps():
        with clock.frozen(step.at):
            if clock.today() != today:
                today = clock.today()
                _send_overnight(replay, today)
            step.run()
            db.session.flush()
    with clock.frozen(clock.london_instant(replay.anchor - timedelta(days=1), time(23, 30))):
        setup.set_password(replay.definition.champion.email, password_hash)
        past_messages.mark_electronic_messages_sent()
        past_messages.store_texts()
    audit.set_actor(SYSTEM)


def _send_overnight(replay: Replay, today: date) -> None:
    past_messages.mark_electronic_messages_sent()
    if replay.day(setup.OPENING) < today <= replay.anchor - past_messages.KEEP_WAITING:
        past_messages.mark_calls_and_post_done(
            replay.actor_with_roles(Role.COORDINATOR, Role.SENSITIVE)
        )
