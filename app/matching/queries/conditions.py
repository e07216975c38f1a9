"""SQL conditions shared by several queries."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.actor import Scope
from app.core.audit import AuditEntry
from app.core.in_force import in_force
from app.matching.models import Assignment, Need, Proposal
from app.messages import queries as messages
from app.organisations.queries import secrecy
from app.people.models import Presence
from app.people.types import Basis

LETTER = "request-to-serve"
PLACE_FREED = "place-freed"
PLACE_CALL = "place-call"
RUN = "matching"  # the job kind of a matching run

WAITING = and_(
    Proposal.withdrawn_at.is_(None), Proposal.accepted_at.is_(None), Proposal.declined_at.is_(None)
)


def is_open_on(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for needs that are open on a given day."""
    return and_(Need.opened_on <= on, or_(Need.closed_on.is_(None), Need.closed_on > on))


def is_current_on(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for assignments that are in force on a given day."""
    return in_force(Assignment, on)


def is_need_visible_to(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for needs whose network is visible to the reader.

    Use it wherever any part of a need is shown: its text, area, network or people.
    """
    if secrecy.can_see_all(scope):
        return true()
    return or_(Need.network_id.is_(None), Need.network_id.not_in(secrecy.hidden_networks(scope)))


def is_hidden_place(scope: Scope, on: date) -> ColumnElement[bool]:
    """Return the SQL condition for presences known only through needs hidden from the reader."""
    if secrecy.can_see_all(scope):
        return false()

    def serves(condition: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(
            Assignment.person_id == Presence.person_id,
            Assignment.need_id == Need.id,
            Need.area_id.in_([Presence.ward_id, Presence.lsoa_id]),
            is_current_on(on),
            condition,
        )

    return and_(
        Presence.basis == Basis.SERVES,
        serves(not_(is_need_visible_to(scope))),
        not_(serves(is_need_visible_to(scope))),
    )


def is_hidden_message(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for messages about needs hidden from the reader."""
    if secrecy.can_see_all(scope):
        return false()
    asked = messages.id_in_context("proposal_id", LETTER)
    request = exists().where(
        Proposal.id == asked, Proposal.need_id == Need.id, not_(is_need_visible_to(scope))
    )
    about_place = [
        exists().where(
            Assignment.id == messages.id_in_context("assignment_id", letter),
            Assignment.need_id == Need.id,
            not_(is_need_visible_to(scope)),
        )
        for letter in (PLACE_FREED, PLACE_CALL)
    ]
    return or_(request, *about_place)


def is_obsolete_message(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for messages about needs that staff no longer have to pass on.

    These are requests that have been answered or withdrawn, letters about the end of an assignment
    that has been restored, and calls about people who meet the rules again or no longer have the
    assignment. A call is also obsolete if the person has since stopped meeting the rules a second
    time.
    """
    proposal_id = messages.id_in_context("proposal_id", LETTER)
    can_be_answered = exists().where(Proposal.id == proposal_id, WAITING).correlate_except(Proposal)
    ended = aliased(Assignment)
    was_restored = (
        exists()
        .where(
            ended.id == messages.id_in_context("assignment_id", PLACE_FREED),
            Assignment.id > ended.id,
            Assignment.need_id == ended.need_id,
            Assignment.person_id == ended.person_id,
            # The same assignment counts only if it has been restored.
            or_(Assignment.id != ended.id, Assignment.until_on.is_(None)),
            in_force(Assignment, on),
        )
        .correlate_except(ended, Assignment)
    )
    obstacle_date = cast(Assignment.obstacle_on, Text)
    needs_decision = (
        exists()
        .where(
            Assignment.id == messages.id_in_context("assignment_id", PLACE_CALL),
            Assignment.obstacle.is_not(None),
            obstacle_date == messages.part_of_key(3),
            in_force(Assignment, on),
        )
        .correlate_except(Assignment)
    )
    return or_(
        and_(messages.is_letter(LETTER), not_(can_be_answered)),
        was_restored,
        and_(messages.is_letter(PLACE_CALL), not_(needs_decision)),
    )


def is_hidden_entry(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for audit entries about needs hidden from the reader.

    These include entries about requests, assignments and presences.
    """
    if secrecy.can_see_all(scope):
        return false()
    hidden = not_(is_need_visible_to(scope))

    def about(table: type[Need | Proposal | Assignment | Presence]) -> ColumnElement[bool]:
        return AuditEntry.subject_type == table.__tablename__

    def is_hidden(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        found = select(true()).where(hidden, *conditions).limit(1).scalar_subquery()
        return func.coalesce(found, false())

    place = Presence.id == AuditEntry.subject_id
    serves = (
        Presence.basis == Basis.SERVES,
        Assignment.person_id == Presence.person_id,
        Assignment.need_id == Need.id,
        Need.area_id.in_([Presence.ward_id, Presence.lsoa_id]),
    )
    has_visible_need = exists().where(*serves, is_need_visible_to(scope)).correlate(Presence)
    return case(
        (about(Need), is_hidden(Need.id == AuditEntry.subject_id)),
        (
            about(Proposal),
            is_hidden(Proposal.id == AuditEntry.subject_id, Proposal.need_id == Need.id),
        ),
        (
            about(Assignment),
            is_hidden(Assignment.id == AuditEntry.subject_id, Assignment.need_id == Need.id),
        ),
        (about(Presence), is_hidden(place, *serves, not_(has_visible_need))),
        else_=false(),
    )


def london_day_or_none(instant: datetime | None) -> date | None:
    """Return the London date of a time, or None."""
    return clock.london_day(instant) if instant else None
