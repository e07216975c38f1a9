"""Loading the demonstration: three years lived through in order, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time, timedelta

from flask import current_app
from sqlalchemy import func, select, text

from app.accounts import passwords
from app.core import audit, clock, locks, ratelimit
from app.core.actor import SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput
from app.core.locks import Lock
from app.core.permissions import Role
from app.demo import careful, habits, history, lives, placing, stage, training, worries
from app.demo.cast import make_cast
from app.demo.places import look_around
from app.demo.script import script
from app.demo.story import Story
from app.demo.timetable import make_timetable
from app.organisations.models import Network
from app.people.models import Person
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
    locks.hold(Lock.DEMONSTRATION)
    known = db.session.scalar(select(DemoLoad).limit(1))
    if known is not None:
        return Loaded(known.anchor, _people(), already=True)
    if _people():
        raise Conflict("People are registered here already, so no made-up ones are added.")
    # Plans made while the tables are still empty would read them whole for ever after.
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    db.session.execute(text("SET LOCAL jit = off"))
    password_hash = passwords.hashed(settings.demo_password)
    with _nothing_goes_out():
        _live_through(_write(anchor, password_hash), password_hash)
    db.session.add(DemoLoad(anchor=anchor, finished=True))
    db.session.flush()
    audit.record(actor, AuditVerb.DEMO_LOAD, "demo_loads", anchor=anchor, people=_people())
    return Loaded(anchor, _people(), already=False)


def _people() -> int:
    return db.session.scalar(select(func.count(Person.id))) or 0


@contextmanager
def _nothing_goes_out() -> Iterator[None]:
    """No nudge to the worker, and nobody's tries are counted."""
    nudges = current_app.config["NUDGES"]
    current_app.config["NUDGES"] = False
    try:
        with ratelimit.not_counted():
            yield
    finally:
        current_app.config["NUDGES"] = nudges


def _write(anchor: date, password_hash: str) -> Story:
    """The whole story, in acts that have not happened yet."""
    parts = script()
    world = look_around()
    sensitive = db.session.scalar(
        select(Network.slug).where(Network.sensitive).order_by(Network.position).limit(1)
    )
    by_partner = db.session.scalar(
        select(Network.slug)
        .where(Network.approver_id.is_not(None), Network.sensitive.is_(False))
        .order_by(Network.position)
        .limit(1)
    )
    cast = make_cast(parts, world, sensitive, by_partner)
    story = Story(anchor, parts, world, cast)
    towns = sorted({ward.town for ward in world.wards} - {""})
    stage.set_up(story, password_hash)
    lives.live(story, sensitive)
    careful.live(story)
    habits.keep(story)
    placing.place(story)
    training.teach(story, make_timetable(parts, cast, towns))
    worries.write(story)
    return story


def _live_through(story: Story, password_hash: str) -> None:
    """Everything as it happened, with the clock held at each moment; letters go each night."""
    today: date | None = None
    for act in story.in_order():
        with clock.frozen(act.at):
            if clock.today() != today:
                today = clock.today()
                _overnight(story, today)
            act.do()
            db.session.flush()
    with clock.frozen(clock.london(story.anchor - timedelta(days=1), time(23, 30))):
        stage.let_sign_in(story.script.champion.email, password_hash)
        history.send_so_far()
        history.keep_texts()
    audit.acts_as(SYSTEM)


def _overnight(story: Story, today: date) -> None:
    history.send_so_far()
    if story.day(stage.OPENING) < today <= story.anchor - history.STILL_TO_DO:
        history.do_by_hand(story.with_role(Role.COORDINATOR, Role.SENSITIVE))
