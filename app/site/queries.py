"""Queries for the home page and help lines. Queries about people use ``visible_to``."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from app.certificates.models import Certificate, CertificateKind
from app.certificates.queries import in_effect_on
from app.core import clock
from app.core.actor import Scope
from app.core.db import db
from app.courses.models import Attendee, CourseRun, CourseType
from app.people.models import Person, TrainingClaim
from app.people.queries import active_on, claim_known_to, in_states, visible_to
from app.people.types import PersonState
from app.site.models import CrisisLine
from app.site.types import ExpiringCertificate, OpenClaim


def crisis_lines() -> list[CrisisLine]:
    """Return all help lines, in the order of the programme file."""
    return list(db.session.scalars(select(CrisisLine).order_by(CrisisLine.position)))


def expiring(scope: Scope, on: date, days: int, limit: int) -> list[ExpiringCertificate]:
    """Return unrenewed certificates of active people that expire within ``days``, soonest first."""
    rows = db.session.execute(
        select(
            Person.id,
            Person.full_name,
            CertificateKind.name,
            Certificate.expires_on,
            _has_booked_renewal(),
        )
        .join(Certificate, Certificate.person_id == Person.id)
        .join(CertificateKind, CertificateKind.id == Certificate.kind_id)
        .where(
            visible_to(scope, on),
            active_on(on),
            in_effect_on(on),
            Certificate.expires_on.between(on, on + timedelta(days=days)),
            ~_is_renewed(on),
        )
        .order_by(Certificate.expires_on, Person.full_name, Certificate.id)
        .limit(limit)
    )
    return [
        ExpiringCertificate(person_id, name, kind, expires_on, booked)
        for person_id, name, kind, expires_on, booked in rows
        if expires_on is not None
    ]


def _is_renewed(on: date) -> ColumnElement[bool]:
    """Match certificates with a newer one of the same kind."""
    newer = aliased(Certificate)
    return (
        select(newer.id)
        .where(
            newer.person_id == Certificate.person_id,
            newer.kind_id == Certificate.kind_id,
            newer.id != Certificate.id,
            newer.confirmed_at < clock.end_of(on),
            newer.revoked_at.is_(None),
            newer.expires_on > Certificate.expires_on,
        )
        .exists()
    )


def _has_booked_renewal() -> ColumnElement[bool]:
    """Match people who have booked a run that awards the same kind."""
    return (
        select(Attendee.id)
        .join(CourseRun, CourseRun.id == Attendee.run_id)
        .join(CourseType, CourseType.id == CourseRun.course_type_id)
        .where(
            Attendee.person_id == Person.id,
            Attendee.cancelled_at.is_(None),
            CourseRun.cancelled_at.is_(None),
            CourseRun.completed_at.is_(None),
            CourseType.awards_id == Certificate.kind_id,
        )
        .exists()
    )


def open_claims(scope: Scope, on: date, limit: int) -> list[OpenClaim]:
    """Return the unchecked claims of people in the network, oldest first.

    Claims of applicants are shown with their application instead.
    """
    in_network = in_states([PersonState.ACTIVE, PersonState.QUIET, PersonState.AWAY], on)
    rows = db.session.execute(
        select(Person.id, Person.full_name, TrainingClaim.course, TrainingClaim.claimed_at)
        .join(TrainingClaim, TrainingClaim.person_id == Person.id)
        .where(
            visible_to(scope, on),
            in_network,
            TrainingClaim.settled_at.is_(None),
            claim_known_to(scope),
        )
        .order_by(TrainingClaim.claimed_at, TrainingClaim.id)
        .limit(limit)
    )
    return [
        OpenClaim(person_id, name, course, clock.london_day(claimed_at))
        for person_id, name, course, claimed_at in rows
    ]
