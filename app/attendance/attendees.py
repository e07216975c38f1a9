"""The contents of coordinators' pages about attendees added by name and their certificates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from app.attendance import awarding, linking, queries
from app.attendance.types import AttendeeRow, AttendeesPage, LikelyPerson, Outcome
from app.certificates import queries as certificates
from app.core import clock
from app.core.actor import Actor, Scope
from app.courses import queries as courses
from app.courses.models import Attendee
from app.courses.types import RunFacts, RunState
from app.people.queries import get_visible, visible_names
from app.people.queries.contacts import find_contacts
from app.people.types import MatchReason

MAX_LIKELY = 3


def unlinked_attendees(actor: Actor, on: date, cursor: str | None) -> AttendeesPage:
    """Return a page of attendees who are not linked to a record, newest first."""
    actor.require("attendees:link")
    page = queries.attendees_added_by_name(actor, on, cursor)
    return AttendeesPage(_rows(actor, page.rows, on), page.next, page.first)


def attendee(actor: Actor, run_id: int, attendee_id: int, on: date) -> AttendeeRow:
    """Return an attendee of a run. Raises NotFound if the actor is not allowed to see them."""
    _run, found = linking.find_attendee(actor, run_id, attendee_id)
    return _rows(actor, [found], on)[0]


def possible_attendees(actor: Actor, person_id: int, on: date) -> list[AttendeeRow]:
    """Return attendees without a record who might be this person, newest first."""
    person = get_visible(Scope.for_actor(actor), person_id)
    if not actor.may("attendees:link") or person.approved_at is None or person.left_on is not None:
        return []
    contacts = [str(each.point.value) for each in find_contacts(person_id, on)]
    found = queries.similar_attendees(actor, person.full_name, contacts)
    return [
        row
        for row in _rows(actor, found, on)
        if person_id in {each.person_id for each in row.likely_people}
    ]


def get_outcomes(
    actor: Actor, run_id: int, attendee_ids: Sequence[int], on: date
) -> dict[int, Outcome]:
    """Return the outcomes of these attendees, by attendee ID.

    The result is empty if the actor is not allowed to see outcomes.
    """
    facts = courses.run_facts(run_id, on)
    if facts is None or facts.state is not RunState.COMPLETED or not actor.may("attendees:link"):
        return {}
    found = [each for each in queries.attendees_with_marks(run_id) if each.id in attendee_ids]
    return _find_outcomes(actor, found, {run_id: facts})


def _rows(actor: Actor, attendees: Sequence[Attendee], on: date) -> list[AttendeeRow]:
    runs = courses.runs_by_id({each.run_id for each in attendees}, on)
    linked = linking.visible_links(actor, attendees)
    results = _find_outcomes(actor, attendees, runs)
    named = [each for each in attendees if each.name is not None and each.id not in linked]
    likely = linking.find_likely_people(actor, named)
    people = {each.id: each.person_id or linked.get(each.id) for each in attendees}
    person_ids = {each for each in people.values() if each is not None}
    names = visible_names(Scope.for_actor(actor), person_ids, on)
    with_other_place = queries.attendees_with_other_place(linked)
    kinds = {kind.id: kind for kind in certificates.kinds()}
    seen = {each.id: kinds.get(each.earlier_kind_id or 0) for each in attendees}
    return [
        AttendeeRow(
            attendee_id=each.id,
            name=each.name or names.get(people[each.id] or 0, ""),
            email=each.email,
            phone=each.phone,
            run=runs[each.run_id],
            added_on=clock.london_day(each.added_at),
            outcome=results[each.id],
            person_id=people[each.id],
            person_name=names.get(people[each.id] or 0),
            is_linked=each.id in linked,
            has_other_place=each.id in with_other_place,
            earlier_seen_on=(
                clock.london_day(each.earlier_seen_at) if each.earlier_seen_at else None
            ),
            earlier_kind=kind.name if (kind := seen[each.id]) else None,
            earlier_kind_slug=kind.slug if kind else None,
            earlier_awarded_on=each.earlier_awarded_on,
            likely_people=tuple(
                LikelyPerson(one.id, one.name, one.same_name and one.reason is MatchReason.CONTACT)
                for one in likely.get(each.id, [])[:MAX_LIKELY]
            ),
        )
        for each in attendees
    ]


def _find_outcomes(
    actor: Actor, attendees: Sequence[Attendee], runs: Mapping[int, RunFacts]
) -> dict[int, Outcome]:
    """Return the outcomes of these attendees, by attendee ID.

    Links to people hidden from the reader are ignored.
    """
    hidden = linking.hidden_links(actor, attendees)
    certified = awarding.attendees_with_current_certificate(attendees)
    certified = {each for each in certified if each not in hidden} | {
        each.id
        for each in attendees
        if each.id in hidden and awarding.is_certificate_due(runs[each.run_id], each, None)
    }
    return {each.id: _outcome(each, runs[each.run_id], certified) for each in attendees}


def _outcome(attendee: Attendee, facts: RunFacts, certified: Collection[int]) -> Outcome:
    if facts.state is not RunState.COMPLETED:
        return Outcome.PENDING
    if not awarding.attended_every_session(attendee, attendee.run):
        return Outcome.INCOMPLETE
    return Outcome.CERTIFICATE if attendee.id in certified else Outcome.ATTENDANCE
