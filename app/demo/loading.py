"""Loading the demonstration: three years replayed in order, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time, timedelta

from flask import current_app
from sqlalchemy import func, select, text

from app.core import audit, clock, locks, ratelimit
from app.core.actor import SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
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
from app.site.models import DemoLoad


@dataclass(frozen=True)
class Loaded:
    """What a load did. already: it had been loaded, for this anchor, and nothing was done."""

    anchor: date
    people: int
    already: bool


def load(actor: Actor, anchor: date) -> Loaded:
    """Make up people and their last three years before `anchor`; a second load changes nothing.

    Flushes, never commits. Raises Conflict in production and where real people are registered;
    InvalidInput without a password for the sign-ins.
    """
    settings = current_app.config["SETTINGS"]
    if settings.is_production:
        raise Conflict("Made-up people are never loaded in production.")
    if not settings.demo_password:
        raise InvalidInput("DEMO_PASSWORD is not set, so nobody could sign in.")
    locks.acquire(Lock.DEMONSTRATION)
    earlier = db.session.scalar(select(DemoLoad).limit(1))
    if earlier is not None:
        return Loaded(earlier.anchor, _people(), already=True)
    if _people():
        raise Conflict("People are registered here already, so no made-up ones are added.")
    # Plans made while the tables are still empty would read them whole for ever after.
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    db.session.execute(text("SET LOCAL jit = off"))
    password_hash = passwords.hashed(settings.demo_password)
    with _without_sending():
        _run_steps(_planned(anchor, password_hash), password_hash)
    db.session.add(DemoLoad(anchor=anchor, finished=True))
    db.session.flush()
    audit.record(actor, AuditVerb.DEMO_LOAD, "demo_loads", anchor=anchor, people=_people())
    return Loaded(anchor, _people(), already=False)


def _people() -> int:
    return db.session.scalar(select(func.count(Person.id))) or 0


@contextmanager
def _without_sending() -> Iterator[None]:
    """Notify no worker, and count no attempts."""
    before = current_app.config["NOTIFY_WORKER"]
    current_app.config["NOTIFY_WORKER"] = False
    try:
        with ratelimit.disabled():
            yield
    finally:
        current_app.config["NOTIFY_WORKER"] = before


def _planned(anchor: date, password_hash: str) -> Replay:
    """The whole replay; none of its steps has run yet."""
    definition = load_definition()
    world = find_places()
    sensitive = db.session.scalar(
        select(Network.slug).where(Network.sensitive).order_by(Network.position).limit(1)
    )
    by_partner = db.session.scalar(
        select(Network.slug)
        .where(Network.approver_id.is_not(None), Network.sensitive.is_(False))
        .order_by(Network.position)
        .limit(1)
    )
    made_up = make_people(definition, world, sensitive, by_partner)
    replay = Replay(anchor, definition, world, made_up)
    towns = sorted({ward.town for ward in world.wards} - {""})
    setup.plan(replay, password_hash)
    activity.plan(replay, sensitive)
    contact_wishes.plan(replay)
    routine.plan(replay)
    placements.plan(replay)
    training.plan(replay, make_timetable(definition, made_up, towns))
    reports.plan(replay)
    return replay


def _run_steps(replay: Replay, password_hash: str) -> None:
    """Run each step with the clock set to its moment; letters go each night."""
    today: date | None = None
    for step in replay.in_order():
        with clock.frozen(step.at):
            if clock.today() != today:
                today = clock.today()
                _send_overnight(replay, today)
            step.do()
            db.session.flush()
    with clock.frozen(clock.london(replay.anchor - timedelta(days=1), time(23, 30))):
        setup.let_sign_in(replay.definition.champion.email, password_hash)
        past_messages.mark_electronic_sent()
        past_messages.store_texts()
    audit.acts_as(SYSTEM)


def _send_overnight(replay: Replay, today: date) -> None:
    past_messages.mark_electronic_sent()
    if replay.day(setup.OPENING) < today <= replay.anchor - past_messages.LEFT_TO_DO:
        past_messages.mark_calls_and_post_done(replay.with_role(Role.COORDINATOR, Role.SENSITIVE))
