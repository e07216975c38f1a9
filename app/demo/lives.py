"""What people did: register, confirm, be taken on, be heard from, go away, leave."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from functools import partial

from app.applications import approval
from app.applications import queries as queue
from app.certificates import claims
from app.certificates import queries as kinds
from app.certificates.expiry import add_months
from app.certificates.types import DateKnown, External
from app.changes import service as changes
from app.core import audit, clock, links
from app.core.actor import PUBLIC, SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.permissions import Role
from app.demo import queries
from app.demo.cast import SEED, MadeUp
from app.demo.roles import APPROVED, Fate
from app.demo.story import Story
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


def live(story: Story, sensitive: str | None) -> None:
    """Put everybody's life into the story."""
    rng = random.Random(SEED + 2)
    for who in story.cast.people:
        registered = _moment(rng, story, who.registered)
        story.on(registered, partial(_register, story, who))
        if who.fate is Fate.UNCONFIRMED:
            continue
        _confirm(story, who, registered)
        if who.fate is Fate.WAITING:
            continue
        decided = _moment(rng, story, who.decided, office=True)
        turned_down = TURNED_DOWN[who.number % 2]
        story.on(decided, partial(_decide, story, who, sensitive, turned_down))
        if who.fate in APPROVED:
            _afterwards(rng, story, who)
    _blocks(story)


def _moment(rng: random.Random, story: Story, days: int, *, office: bool = False) -> datetime:
    hour = rng.randint(9, 16) if office else rng.randint(7, 21)
    return clock.london(story.day(days), time(hour, rng.randint(0, 59)))


def _register(story: Story, who: MadeUp) -> None:
    staff = who.source is not Source.SELF
    story.people[who.number] = registration.register(
        story.with_role(Role.COORDINATOR) if staff else PUBLIC,
        Registration(
            submission=f"demo-{who.number}",
            full_name=who.name,
            interest=who.interest,
            over_18=True,
            networks=who.networks,
            general=who.number % GENERAL_TOO == 0,
            organisation=who.organisation,
            email=who.reach.email,
            phone=who.reach.phone,
            post=who.reach.post,
            preferred=who.reach.preferred,
            safe_to_call=who.reach.phone is not None and who.number % SAFE_NUMBER == 0,
            places=who.places,
            protected=who.protected,
            claim=_claim(story, who),
            notice_version=NOTICE,
            source=who.source,
        ),
    )
    person = db.session.get_one(Person, story.person_id(who))
    if person.reach_km != who.reach_km:
        with audit.acting(PUBLIC, AuditVerb.PERSON_CHANGE):
            person.reach_km = who.reach_km
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


def _award_day(story: Story, who: MadeUp) -> date | None:
    """The day from which the kind's months lead to the day the certificate lapses on."""
    if who.held is None or who.held.lapses is None:
        return None
    kind = kinds.kind_by_slug(who.held.kind)
    months = kind.rules[-1].validity_months if kind and kind.rules else None
    day = add_months(story.day(who.held.lapses), -(months or 36))
    return day.replace(day=1) if who.held.by_month else day


def _claim(story: Story, who: MadeUp) -> Claim | None:
    """What they say themselves; staff and partners bring the papers instead."""
    awarded = _award_day(story, who)
    if who.held is None or awarded is None or who.source is not Source.SELF:
        return None
    held = who.held
    return Claim(held.course, held.provider, awarded.month, awarded.year, held.number)


def _confirm(story: Story, who: MadeUp, registered: datetime) -> None:
    if who.source is not Source.SELF:
        return
    if who.reach.email is not None:
        later = registered + timedelta(minutes=7 + who.number % 50)
        story.on(later, lambda: _press_the_button(story.person_id(who)))
    elif who.fate is not Fate.WAITING:
        rung = clock.london(clock.london_day(registered) + timedelta(days=1), time(9, 30))
        story.on(
            rung,
            lambda: approval.mark_confirmed(
                story.with_role(Role.COORDINATOR, Role.SENSITIVE), story.person_id(who)
            ),
        )


def _press_the_button(person_id: int) -> None:
    """Open the letter's link and press its button."""
    link_id = queries.link_id(signing_in.CONFIRM, str(person_id))
    if link_id is not None:
        confirming.confirm(links.token(signing_in.CONFIRM, link_id))


def _decide(story: Story, who: MadeUp, sensitive: str | None, why: str) -> None:
    person_id = story.person_id(who)
    actor = _who_decides(story, who, person_id, sensitive)
    if who.held is not None and not who.held.open:
        _settle_training(story, actor, who, person_id)
    if who.fate is Fate.DECLINED:
        approval.decline(actor, person_id, why)
    else:
        approval.approve(actor, person_id)


def _who_decides(story: Story, who: MadeUp, person_id: int, sensitive: str | None) -> Actor:
    if who.source is Source.IMPORT:
        return SYSTEM
    if queue.waiting_for([person_id], clock.today())[person_id]:
        if sensitive in who.networks:
            return story.with_role(Role.PARTNER, Role.SENSITIVE)
        return story.with_role(Role.PARTNER)
    if sensitive in who.networks or who.number % 4:
        return story.with_role(Role.COORDINATOR, Role.SENSITIVE)
    emails = [each.email for each in story.script.staff if Role.COORDINATOR in each.roles]
    return story.staff(emails[-1])


def _settle_training(story: Story, actor: Actor, who: MadeUp, person_id: int) -> None:
    held = who.held
    if held is None:
        return
    external = External(
        kind=held.kind,
        awarded_on=_award_day(story, who),
        known=DateKnown.MONTH if held.by_month else DateKnown.DAY,
        provider=held.provider,
        number=held.number,
    )
    claim_id = queries.claim_id(person_id)
    if claim_id is not None:
        claims.confirm(actor, claim_id, external)
    else:
        claims.record(actor, person_id, external)


def _afterwards(rng: random.Random, story: Story, who: MadeUp) -> None:
    """Heard from every year until they are away, gone or quiet."""
    until = who.ended if who.ended is not None else -1
    for day in range(who.decided + STILL_HERE_EVERY, until, STILL_HERE_EVERY):
        story.on(_moment(rng, story, day), partial(_still_here, story, who))
    if who.ended is None or who.ended <= who.decided:
        return
    moment = _moment(rng, story, who.ended)
    if who.fate is Fate.QUIET:
        story.on(moment, partial(_still_here, story, who))
    elif who.fate is Fate.AWAY:
        story.on(moment, partial(_go_away, story, who))
    elif who.fate is Fate.LEFT:
        story.on(moment, partial(_leave, story, who))


def _own(story: Story, who: MadeUp) -> Actor:
    return story.as_themself(story.person_id(who))


def _still_here(story: Story, who: MadeUp) -> None:
    changes.still_here(_own(story, who), None)


def _go_away(story: Story, who: MadeUp) -> None:
    changes.pause(_own(story, who), story.day(who.back) if who.back is not None else None)


def _leave(story: Story, who: MadeUp) -> None:
    changes.leave(_own(story, who), None, LEAVING[who.number % len(LEAVING)])


def _blocks(story: Story) -> None:
    """Some never want to meet a certain organisation, or a certain user."""
    protected = story.cast.who(lambda each: each.protected and each.fate is Fate.ACTIVE)
    for number, who in enumerate(protected[:BLOCKERS]):
        story.then(-20, time(20, number), partial(_block, story, who, number))


def _block(story: Story, who: MadeUp, number: int) -> None:
    actor = _own(story, who)
    organisation = organisation_by_name(story.script.organisations[0].name)
    if organisation is not None and number % 2:
        changes.never_show_to(actor, Avoided(organisation_id=organisation.id))
        return
    second = [each.email for each in story.script.staff if Role.COORDINATOR in each.roles][-1]
    changes.never_show_to(actor, Avoided(user_id=story.staff(second).user_id))
