"""What people did: they registered, confirmed, were approved, answered, paused and left."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from functools import partial

from dateutil.relativedelta import relativedelta

from app.applications import approval
from app.applications import queries as queue
from app.certificates import claims
from app.certificates import queries as kinds
from app.certificates.types import DateKnown, ExternalTraining
from app.changes import service as changes
from app.core import audit, clock, links
from app.core.actor import PUBLIC, SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.permissions import Role
from app.demo import queries
from app.demo.outlines import APPROVED, Outcome
from app.demo.people import SEED, MadeUpPerson
from app.demo.replay import Replay
from app.organisations.queries import organisation_by_name
from app.people import signing_in
from app.people.models import NoticeGiven, Person
from app.people.types import Avoided, Claim, Registration, Source
from app.registration import confirming
from app.registration import service as registration

STILL_HERE_EVERY = 330  # days
TURNED_DOWN = ("Lives too far away to take part.", "Looks for paid work, not for this.")
LEAVING = ("I have moved away.", "I no longer have the time.", "My work has changed.")
BLOCKERS = 4
SAFE_NUMBER = 2  # of those with a phone number one in two says that it is safe to call
GENERAL_TOO = 3  # of those who choose only sensitive networks one in three is seen by the team
NOTICE = 1  # version of the privacy notice


def plan(replay: Replay, sensitive: str | None) -> None:
    """Plan what everybody did."""
    rng = random.Random(SEED + 2)
    for who in replay.made_up.people:
        registered = _moment(rng, replay, who.registered)
        replay.plan_at(registered, partial(_register, replay, who))
        if who.outcome is Outcome.UNCONFIRMED:
            continue
        _confirm(replay, who, registered)
        if who.outcome is Outcome.WAITING:
            continue
        decided = _moment(rng, replay, who.decided, office=True)
        turned_down = TURNED_DOWN[who.number % 2]
        replay.plan_at(decided, partial(_decide, replay, who, sensitive, turned_down))
        if who.outcome in APPROVED:
            _afterwards(rng, replay, who)
    _blocks(replay)


def _moment(rng: random.Random, replay: Replay, days: int, *, office: bool = False) -> datetime:
    hour = rng.randint(9, 16) if office else rng.randint(7, 21)
    return clock.london(replay.day(days), time(hour, rng.randint(0, 59)))


def _register(replay: Replay, who: MadeUpPerson) -> None:
    staff = who.source is not Source.SELF
    replay.person_ids[who.number] = registration.register(
        replay.with_role(Role.COORDINATOR) if staff else PUBLIC,
        Registration(
            submission=f"demo-{who.number}",
            full_name=who.name,
            interest=who.interest,
            over_18=True,
            networks=who.networks,
            general=who.number % GENERAL_TOO == 0,
            organisation=who.organisation,
            email=who.contact_details.email,
            phone=who.contact_details.phone,
            post=who.contact_details.post,
            preferred=who.contact_details.preferred,
            safe_to_call=who.contact_details.phone is not None and who.number % SAFE_NUMBER == 0,
            places=who.places,
            protected=who.protected,
            claim=_claim(replay, who),
            notice_version=NOTICE,
            source=who.source,
        ),
    )
    person = db.session.get_one(Person, replay.person_id(who))
    if person.reach_km != who.travel_km:
        with audit.acting(PUBLIC, AuditVerb.PERSON_CHANGE):
            person.reach_km = who.travel_km
    if staff:
        db.session.add(
            NoticeGiven(
                person_id=person.id,
                version=NOTICE,
                given_at=clock.now(),
                how="letter" if who.source is Source.IMPORT else "read out",
            )
        )
        db.session.flush()


def _award_day(replay: Replay, who: MadeUpPerson) -> date | None:
    """The day from which the kind's months lead to the day the certificate lapses on."""
    if who.prior_training is None or who.prior_training.lapses is None:
        return None
    kind = kinds.kind_by_slug(who.prior_training.kind)
    months = kind.rules[-1].validity_months if kind and kind.rules else None
    day = replay.day(who.prior_training.lapses) - relativedelta(months=months or 36)
    return day.replace(day=1) if who.prior_training.by_month else day


def _claim(replay: Replay, who: MadeUpPerson) -> Claim | None:
    """What they say themselves; staff and partners bring the papers instead."""
    awarded = _award_day(replay, who)
    if who.prior_training is None or awarded is None or who.source is not Source.SELF:
        return None
    training = who.prior_training
    return Claim(training.course, training.provider, awarded.month, awarded.year, training.number)


def _confirm(replay: Replay, who: MadeUpPerson, registered: datetime) -> None:
    if who.source is not Source.SELF:
        return
    if who.contact_details.email is not None:
        later = registered + timedelta(minutes=7 + who.number % 50)
        replay.plan_at(later, lambda: _open_confirmation_link(replay.person_id(who)))
    elif who.outcome is not Outcome.WAITING:
        rung = clock.london(clock.london_day(registered) + timedelta(days=1), time(9, 30))
        replay.plan_at(
            rung,
            lambda: approval.mark_confirmed(
                replay.with_role(Role.COORDINATOR, Role.SENSITIVE), replay.person_id(who)
            ),
        )


def _open_confirmation_link(person_id: int) -> None:
    """Confirm the address through the link in the letter."""
    link_id = queries.link_id(signing_in.CONFIRM, str(person_id))
    if link_id is not None:
        confirming.confirm(links.token(signing_in.CONFIRM, link_id))


def _decide(replay: Replay, who: MadeUpPerson, sensitive: str | None, why: str) -> None:
    person_id = replay.person_id(who)
    actor = _who_decides(replay, who, person_id, sensitive)
    if who.prior_training is not None and not who.prior_training.open:
        _record_training(replay, actor, who, person_id)
    if who.outcome is Outcome.DECLINED:
        approval.decline(actor, person_id, why)
    else:
        approval.approve(actor, person_id)


def _who_decides(replay: Replay, who: MadeUpPerson, person_id: int, sensitive: str | None) -> Actor:
    if who.source is Source.IMPORT:
        return SYSTEM
    if queue.approvers_of([person_id], clock.today())[person_id]:
        if sensitive in who.networks:
            return replay.with_role(Role.PARTNER, Role.SENSITIVE)
        return replay.with_role(Role.PARTNER)
    if sensitive in who.networks or who.number % 4:
        return replay.with_role(Role.COORDINATOR, Role.SENSITIVE)
    emails = [each.email for each in replay.definition.staff if Role.COORDINATOR in each.roles]
    return replay.staff(emails[-1])


def _record_training(replay: Replay, actor: Actor, who: MadeUpPerson, person_id: int) -> None:
    training = who.prior_training
    if training is None:
        return
    external = ExternalTraining(
        kind=training.kind,
        awarded_on=_award_day(replay, who),
        known=DateKnown.MONTH if training.by_month else DateKnown.DAY,
        provider=training.provider,
        number=training.number,
    )
    claim_id = queries.claim_id(person_id)
    if claim_id is not None:
        claims.confirm_claim(actor, claim_id, external)
    else:
        claims.record_training(actor, person_id, external)


def _afterwards(rng: random.Random, replay: Replay, who: MadeUpPerson) -> None:
    """They say every year that they still take part, until they pause, leave or go quiet."""
    until = who.ended if who.ended is not None else -1
    for day in range(who.decided + STILL_HERE_EVERY, until, STILL_HERE_EVERY):
        replay.plan_at(_moment(rng, replay, day), partial(_still_here, replay, who))
    if who.ended is None or who.ended <= who.decided:
        return
    moment = _moment(rng, replay, who.ended)
    if who.outcome is Outcome.QUIET:
        replay.plan_at(moment, partial(_still_here, replay, who))
    elif who.outcome is Outcome.AWAY:
        replay.plan_at(moment, partial(_go_away, replay, who))
    elif who.outcome is Outcome.LEFT:
        replay.plan_at(moment, partial(_leave, replay, who))


def _own(replay: Replay, who: MadeUpPerson) -> Actor:
    return replay.as_themself(replay.person_id(who))


def _still_here(replay: Replay, who: MadeUpPerson) -> None:
    changes.still_here(_own(replay, who), None)


def _go_away(replay: Replay, who: MadeUpPerson) -> None:
    changes.pause(_own(replay, who), replay.day(who.back) if who.back is not None else None)


def _leave(replay: Replay, who: MadeUpPerson) -> None:
    changes.leave(_own(replay, who), None, LEAVING[who.number % len(LEAVING)])


def _blocks(replay: Replay) -> None:
    """Some never want to meet a certain organisation, or a certain user."""
    protected = replay.made_up.where(lambda each: each.protected and each.outcome is Outcome.ACTIVE)
    for number, who in enumerate(protected[:BLOCKERS]):
        replay.plan(-20, time(20, number), partial(_block, replay, who, number))


def _block(replay: Replay, who: MadeUpPerson, number: int) -> None:
    actor = _own(replay, who)
    organisation = organisation_by_name(replay.definition.organisations[0].name)
    if organisation is not None and number % 2:
        changes.never_show_to(actor, Avoided(organisation_id=organisation.id))
        return
    second = [each.email for each in replay.definition.staff if Role.COORDINATOR in each.roles][-1]
    changes.never_show_to(actor, Avoided(user_id=replay.staff(second).user_id))
