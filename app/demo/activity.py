"""Plan people's registrations, confirmations, approvals, pauses and departures."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from functools import partial

from dateutil.relativedelta import relativedelta

from app.applications import approval, memberships
from app.applications import queries as queue
from app.certificates import claims
from app.certificates import queries as kinds
from app.certificates.types import DatePrecision, ExternalTraining
from app.changes import blocks, calls, organisations
from app.changes import service as changes
from app.core import audit, clock, links
from app.core.actor import PUBLIC, SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.permissions import Role
from app.demo import queries
from app.demo.outlines import APPROVED, Outcome
from app.demo.people import SEED, FictionalPerson
from app.demo.replay import Replay
from app.identity import service as identity
from app.organisations.queries import organisation_by_name, sensitive_slugs
from app.people.models import NoticeGiven, Person
from app.people.queries.contacts import find_email
from app.people.queries.joining import find_open_applications
from app.people.types import BlockTarget, CallOutcome, Claim, Registration, Source
from app.registration import confirming
from app.registration import service as registration

STILL_HERE_INTERVAL = 330  # days
UNANSWERED_CALL_DAYS = (-40, -33)  # days of calls to people who have not been in touch
DECLINE_REASONS = ("Lives too far away to take part.", "Wants paid work.")
LEAVING_REASONS = ("I have moved away.", "I no longer have the time.", "I have changed jobs.")
BLOCKERS = 4
APPLICATIONS = 3
SAFE_NUMBER_RATIO = 2  # one in two people with a phone number says that we can call it safely
GENERAL_RATIO = 3  # one in three people in only sensitive networks is a general champion
NOTICE_VERSION = 1


def plan(replay: Replay, partner_network: str | None) -> None:
    """Plan the activity of every person.

    ``partner_network`` is the slug of a network whose people are approved by a partner, or None.
    """
    rng = random.Random(SEED + 2)
    sensitive = sensitive_slugs()
    for member in replay.population.people:
        registered = _random_time(rng, replay, member.registered)
        replay.plan_at(registered, partial(_register, replay, member))
        if member.outcome is Outcome.UNCONFIRMED:
            continue
        _plan_confirmation(replay, member, registered)
        if member.outcome is Outcome.WAITING:
            continue
        decided = _random_time(rng, replay, member.decided, office_hours=True)
        decline_reason = DECLINE_REASONS[member.number % 2]
        replay.plan_at(decided, partial(_decide, replay, member, sensitive, decline_reason))
        if member.outcome in APPROVED:
            _plan_membership(rng, replay, member)
    _plan_blocks(replay)
    if partner_network is not None:
        _plan_applications(replay, partner_network)


def _random_time(
    rng: random.Random, replay: Replay, days: int, *, office_hours: bool = False
) -> datetime:
    hour = rng.randint(9, 16) if office_hours else rng.randint(7, 21)
    return clock.london_instant(replay.day(days), time(hour, rng.randint(0, 59)))


def _register(replay: Replay, member: FictionalPerson) -> None:
    is_by_staff = member.source is not Source.SELF
    replay.person_ids[member.number] = registration.register(
        replay.actor_with_roles(Role.COORDINATOR) if is_by_staff else PUBLIC,
        Registration(
            submission=f"demo-{member.number}",
            full_name=member.name,
            interest=member.interest,
            over_18=True,
            networks=member.networks,
            general=member.number % GENERAL_RATIO == 0,
            organisation=member.organisation,
            email=member.contact_details.email,
            phone=member.contact_details.phone,
            post=member.contact_details.post,
            preferred=member.contact_details.preferred,
            safe_to_call=member.contact_details.phone is not None
            and member.number % SAFE_NUMBER_RATIO == 0,
            places=member.places,
            protected=member.protected,
            claim=_training_claim(replay, member),
            notice_version=NOTICE_VERSION,
            source=member.source,
        ),
    )
    person = db.session.get_one(Person, replay.person_id(member))
    if person.reach_km != member.travel_km:
        with audit.acting(PUBLIC, AuditVerb.PERSON_CHANGE):
            person.reach_km = member.travel_km
    if is_by_staff:
        db.session.add(
            NoticeGiven(
                person_id=person.id,
                version=NOTICE_VERSION,
                given_at=clock.now(),
                how="letter" if member.source is Source.IMPORT else "read out",
            )
        )
        db.session.flush()


def _award_day(replay: Replay, member: FictionalPerson) -> date | None:
    """Return the award date of a certificate that expires on the planned day, or None."""
    if member.prior_training is None or member.prior_training.expiry_day is None:
        return None
    kind = kinds.kind_by_slug(member.prior_training.kind)
    months = kind.rules[-1].validity_months if kind and kind.rules else None
    day = replay.day(member.prior_training.expiry_day) - relativedelta(months=months or 36)
    return day.replace(day=1) if member.prior_training.month_only else day


def _training_claim(replay: Replay, member: FictionalPerson) -> Claim | None:
    """Return the person's claim to earlier training, or None if staff record the certificate."""
    awarded = _award_day(replay, member)
    if member.prior_training is None or awarded is None or member.source is not Source.SELF:
        return None
    training = member.prior_training
    return Claim(training.course, training.provider, awarded.month, awarded.year, training.number)


def _plan_confirmation(replay: Replay, member: FictionalPerson, registered: datetime) -> None:
    if member.source is not Source.SELF:
        return
    if member.contact_details.email is not None:
        opened_at = registered + timedelta(minutes=7 + member.number % 50)
        replay.plan_at(opened_at, lambda: _open_confirmation_link(replay.person_id(member)))
    elif member.outcome is not Outcome.WAITING:
        called_at = clock.london_instant(
            clock.london_day(registered) + timedelta(days=1), time(9, 30)
        )
        replay.plan_at(
            called_at,
            lambda: approval.mark_confirmed(
                replay.actor_with_roles(Role.COORDINATOR, Role.SENSITIVE), replay.person_id(member)
            ),
        )


def _open_confirmation_link(person_id: int) -> None:
    """Confirm the person's email address through the link in the email."""
    email = find_email(person_id, clock.today())
    subject = identity.confirm_subject(person_id, email.id if email is not None else 0)
    link_id = queries.link_id(identity.CONFIRM, subject)
    if link_id is not None:
        confirming.confirm_registration(links.token(identity.CONFIRM, link_id))


def _decide(
    replay: Replay, member: FictionalPerson, sensitive: frozenset[str], decline_reason: str
) -> None:
    person_id = replay.person_id(member)
    actor = _actor_for_decision(replay, member, person_id, sensitive)
    if member.prior_training is not None and not member.prior_training.unchecked:
        _record_training(replay, actor, member, person_id)
    if member.outcome is Outcome.DECLINED:
        approval.decline(actor, person_id, decline_reason)
    else:
        approval.approve(actor, person_id)
        # Their other networks can have approvers.
        for application in find_open_applications(person_id):
            memberships.accept(SYSTEM, application.id)


def _actor_for_decision(
    replay: Replay, member: FictionalPerson, person_id: int, sensitive: frozenset[str]
) -> Actor:
    """Return a user who may decide on this person, or SYSTEM if the person was imported.

    ``sensitive`` holds the slugs of the sensitive networks.
    """
    if member.source is Source.IMPORT:
        return SYSTEM
    approvers = queue.approvers_by_person([person_id], clock.today())[person_id]
    if approvers:
        approver = max(approvers, key=lambda each: each.sensitive)
        partners = [each.email for each in replay.definition.staff if Role.PARTNER in each.roles]
        actors = (replay.staff_actor(email) for email in partners)
        return next(each for each in actors if each.user_id in approver.coordinator_ids)
    if member.number % 4 or not sensitive.isdisjoint(member.networks):
        return replay.actor_with_roles(Role.COORDINATOR, Role.SENSITIVE)
    emails = [each.email for each in replay.definition.staff if Role.COORDINATOR in each.roles]
    return replay.staff_actor(emails[-1])


def _record_training(replay: Replay, actor: Actor, member: FictionalPerson, person_id: int) -> None:
    training = member.prior_training
    if training is None:
        return
    external = ExternalTraining(
        kind=training.kind,
        awarded_on=_award_day(replay, member),
        precision=DatePrecision.MONTH if training.month_only else DatePrecision.DAY,
        provider=training.provider,
        number=training.number,
    )
    claim_id = queries.claim_id(person_id)
    if claim_id is not None:
        claims.confirm_claim(actor, claim_id, external)
    else:
        claims.record_training(actor, person_id, external)


def _plan_membership(rng: random.Random, replay: Replay, member: FictionalPerson) -> None:
    """Plan yearly confirmations until the person pauses, leaves or stops responding."""
    until = member.ended if member.ended is not None else -1
    for day in range(member.decided + STILL_HERE_INTERVAL, until, STILL_HERE_INTERVAL):
        replay.plan_at(_random_time(rng, replay, day), partial(_confirm_activity, replay, member))
    if member.ended is None or member.ended <= member.decided:
        return
    moment = _random_time(rng, replay, member.ended)
    if member.outcome is Outcome.QUIET:
        replay.plan_at(moment, partial(_confirm_activity, replay, member))
        if member.number % 3 == 0:
            for day in UNANSWERED_CALL_DAYS:
                replay.plan_on_day(day, time(11), partial(_record_unanswered_call, replay, member))
    elif member.outcome is Outcome.AWAY:
        replay.plan_at(moment, partial(_pause, replay, member))
    elif member.outcome is Outcome.LEFT:
        replay.plan_at(moment, partial(_leave_network, replay, member))


def _member_actor(replay: Replay, member: FictionalPerson) -> Actor:
    return replay.actor_for_person(replay.person_id(member))


def _confirm_activity(replay: Replay, member: FictionalPerson) -> None:
    changes.confirm_activity(_member_actor(replay, member), None)


def _record_unanswered_call(replay: Replay, member: FictionalPerson) -> None:
    coordinator = replay.actor_with_roles(Role.COORDINATOR)
    person_id = replay.person_id(member)
    calls.record_call(coordinator, person_id, CallOutcome.NOT_REACHED, clock.today())


def _pause(replay: Replay, member: FictionalPerson) -> None:
    changes.start_absence(
        _member_actor(replay, member),
        None,
        replay.day(member.pause_end) if member.pause_end is not None else None,
    )


def _leave_network(replay: Replay, member: FictionalPerson) -> None:
    changes.leave_network(
        _member_actor(replay, member), None, LEAVING_REASONS[member.number % len(LEAVING_REASONS)]
    )


def _plan_blocks(replay: Replay) -> None:
    """Plan for a few people to block an organisation or a user."""
    protected = replay.population.find_people(
        lambda each: each.protected and each.outcome is Outcome.ACTIVE
    )
    for number, member in enumerate(protected[:BLOCKERS]):
        replay.plan_on_day(-20, time(20, number), partial(_add_block, replay, member, number))


def _plan_applications(replay: Replay, network: str) -> None:
    """Plan applications by some champions to join a network. They are not decided yet."""
    others = replay.population.find_people(
        lambda each: (
            each.outcome is Outcome.ACTIVE
            and not each.protected
            and each.source is Source.SELF
            and each.decided < -30
            and network not in each.networks
        )
    )
    for number, member in enumerate(others[:APPLICATIONS]):
        replay.plan_on_day(
            -9 + 3 * number, time(19, number), partial(_apply_to_network, replay, member, network)
        )


def _apply_to_network(replay: Replay, member: FictionalPerson, network: str) -> None:
    actor, first = _member_actor(replay, member), replay.definition.organisations[0]
    changes.choose_networks(actor, None, [*member.networks, network])
    misspelt = first.name[:1] + first.name[2] + first.name[1] + first.name[3:]
    organisations.join_organisation(actor, None, misspelt)  # waits for a coordinator to link it


def _add_block(replay: Replay, member: FictionalPerson, number: int) -> None:
    actor = _member_actor(replay, member)
    organisation = organisation_by_name(replay.definition.organisations[0].name)
    if organisation is not None and number % 2:
        blocks.add_block(actor, None, BlockTarget(organisation_id=organisation.id))
        return
    blocked_email = [
        each.email for each in replay.definition.staff if Role.COORDINATOR in each.roles
    ][-1]
    blocks.add_block(actor, None, BlockTarget(user_id=replay.staff_actor(blocked_email).user_id))
