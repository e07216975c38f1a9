"""Link attendees who were added by name to their records.

Users who add an attendee must not learn whether that person has a record. An attendee who certainly
matches a person (the same email address or phone number, and a compatible name) is therefore linked
later, by the worker. A coordinator decides about all other matches. A link does not change the
run's pages, counts or letters, and it can be undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from app.attendance import awarding, letters, queries
from app.core import audit, clock, folding
from app.core.actor import SYSTEM, Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.courses import queries as courses
from app.courses.models import Attendee, AttendeeLink, CourseRun
from app.courses.queries import holders, rows
from app.courses.running import get_current_run
from app.people.queries import get_visible, locking, visible_ids
from app.people.same_person import PersonDetails, PossibleMatch, find_possible_matches_for_each

if TYPE_CHECKING:
    from app.people.models import Person


def describe_attendee(attendee: Attendee) -> PersonDetails:
    """Return the name and contact details that were entered for an attendee."""
    return PersonDetails(
        attendee.name or "",
        emails=[attendee.email] if attendee.email else [],
        phones=[attendee.phone] if attendee.phone else [],
    )


def link_certain_matches() -> int:
    """Link attendees to people who match them with certainty, and return the number of new links.

    The phone number is compared only if no email address was entered. Otherwise a user could enter
    a person's phone number with their own email address, and learn from the next letter whether the
    person has a record. Links that have been undone are not made again.
    """
    candidates: dict[int, set[int]] = {}
    matches = queries.find_contact_matches(clock.today())
    folded = folding.fold_names(attendee.name or "" for attendee, _person_id, _name in matches)
    for attendee, person_id, name in matches:
        if folding.are_similar_names(folded[attendee.name or ""], name):
            candidates.setdefault(attendee.id, set()).add(person_id)
    pairs = {
        attendee_id: people.pop() for attendee_id, people in candidates.items() if len(people) == 1
    }
    undone = {(each.attendee_id, each.person_id) for each in queries.undone_links(pairs)}
    new_links = {
        attendee_id: person_id
        for attendee_id, person_id in pairs.items()
        if (attendee_id, person_id) not in undone
    }
    if not new_links:
        return 0
    locked = locking.lock_people(new_links.values())  # always lock people before runs
    in_network = {each.id for each in locked if _is_in_network(each)}
    new_links = {attendee: person for attendee, person in new_links.items() if person in in_network}
    attendees = queries.lock_attendees_with_runs(new_links)
    return sum(
        _link_to_person(SYSTEM, each, new_links[each.id], replace_existing=False)
        for each in attendees
    )


def find_likely_people(
    actor: Actor, attendees: Iterable[Attendee]
) -> dict[int, list[PossibleMatch]]:
    """Return the people who might be the same person as each attendee, by attendee ID.

    Only people visible to the actor are included.
    """
    attendee_list = list(attendees)
    ids = [each.id for each in attendee_list]
    undone = {(each.attendee_id, each.person_id) for each in queries.undone_links(ids)}
    found = find_possible_matches_for_each(
        Scope.for_actor(actor), [describe_attendee(each) for each in attendee_list], clock.today()
    )
    return {
        each.id: [person for person in likely if (each.id, person.id) not in undone]
        for each, likely in zip(attendee_list, found, strict=True)
    }


def find_attendee(actor: Actor, run_id: int, attendee_id: int) -> tuple[CourseRun, Attendee]:
    """Return a run and an attendee on it.

    Raises NotFound if the actor is not allowed to see them.
    """
    actor.require("attendees:link")
    run = rows.get_run(run_id)
    attendee = (
        courses.listed_attendee(actor, run, attendee_id, clock.today()) if run is not None else None
    )
    if run is None or attendee is None:
        raise NotFound()
    return run, attendee


def visible_links(actor: Actor, attendees: Iterable[Attendee]) -> dict[int, int]:
    """Return the linked people who are visible to the actor, by attendee ID."""
    links = [
        each
        for each in holders.list_links([each.id for each in attendees])
        if each.undone_at is None
    ]
    visible = visible_ids(Scope.for_actor(actor), {each.person_id for each in links}, clock.today())
    return {each.attendee_id: each.person_id for each in links if each.person_id in visible}


def hidden_links(actor: Actor, attendees: Sequence[Attendee]) -> set[int]:
    """Return the IDs of attendees linked to people who are hidden from the actor."""
    links = holders.list_links([each.id for each in attendees])
    linked = {each.attendee_id for each in links if each.undone_at is None}
    return linked - visible_links(actor, attendees).keys()


def link_attendee(actor: Actor, run_id: int, attendee_id: int, person_id: int) -> None:
    """Link an attendee to a person's record, and issue any certificate that is due.

    Raises Conflict if the attendee is visibly linked to somebody else, or if the person is not in
    the network.
    """
    _run, attendee = find_attendee(actor, run_id, attendee_id)
    _check_can_link(actor, attendee, person_id)
    existing = holders.current_link(attendee_id)
    replaced = [existing.person_id] if existing is not None else []
    locking.lock_people([person_id, *replaced])
    for locked in queries.lock_attendees_with_runs([attendee.id]):
        _check_can_link(actor, locked, person_id)  # something may have changed while we waited
        _link_to_person(actor, locked, person_id, replace_existing=True)


def _check_can_link(actor: Actor, attendee: Attendee, person_id: int) -> None:
    """Raise NotFound or Conflict if the actor cannot link an attendee to a person."""
    person = get_visible(Scope.for_actor(actor), person_id)
    if attendee.name is None:
        raise Conflict(
            _("This place was booked for somebody who has a record, so you cannot link it.")
        )
    if not _is_in_network(person):
        raise Conflict(_("This person is not in the network, so you cannot link them."))
    other = visible_links(actor, [attendee]).get(attendee.id)
    if other is not None and other != person_id:
        raise Conflict(_("This attendee is linked to somebody else. Undo that link first."))


def _is_in_network(person: Person) -> bool:
    return person.approved_at is not None and person.left_on is None


def _link_to_person(
    actor: Actor, attendee: Attendee, person_id: int, *, replace_existing: bool
) -> bool:
    """Link an attendee to a person, and return whether anything changed.

    The caller must lock the person and the run. If the attendee is linked to somebody else, that
    link is replaced only if `replace_existing` is true.
    """
    run = attendee.run
    existing = holders.current_link(attendee.id)
    if attendee.cancelled_at is not None or attendee.person_id is not None:
        return False
    if existing is not None and (existing.person_id == person_id or not replace_existing):
        return False
    if existing is not None:
        _undo_link(actor, run, attendee, existing)
    with audit.acting(actor, AuditVerb.ATTENDEE_LINK):
        db.session.add(
            AttendeeLink(
                attendee_id=attendee.id,
                person_id=person_id,
                made_at=clock.now(),
                made_by_user_id=actor.user_id,
            )
        )
        db.session.flush()
    give_certificate(actor, run, attendee)
    return True


def unlink_attendee(actor: Actor, run_id: int, attendee_id: int) -> None:
    """Undo the link from an attendee to a record, and take back the person's certificates.

    If the person has another place on the run, they get the certificate for that place.
    """
    _run, attendee = find_attendee(actor, run_id, attendee_id)
    person_id = visible_links(actor, [attendee]).get(attendee.id)
    if person_id is None:
        return
    locking.lock_person(person_id)
    run = rows.get_run(run_id, lock=True)
    existing = holders.current_link(attendee.id)
    if run is not None and existing is not None and existing.person_id == person_id:
        _undo_link(actor, run, attendee, existing)


def _undo_link(actor: Actor, run: CourseRun, attendee: Attendee, existing: AttendeeLink) -> None:
    with audit.acting(actor, AuditVerb.ATTENDEE_UNLINK):
        existing.undone_at = clock.now()
        existing.undone_by_user_id = actor.user_id
        db.session.flush()
    if run.completed_at is not None:
        db.session.refresh(attendee, ["marks"])
        awarding.undo_award(actor, run, get_current_run(run.id), attendee, existing)
    for other in holders.other_places(attendee, existing.person_id):
        give_certificate(actor, run, other)
    if run.completed_at is not None:
        completion = run.completions
        certified = awarding.attendees_with_certificate([attendee], completion)
        letters.correct_results(get_current_run(run.id), [attendee], completion, certified)


def give_certificate(actor: Actor, run: CourseRun, attendee: Attendee) -> None:
    """Issue any certificate that is due to an attendee, and tell the attendee."""
    if run.completed_at is None:
        return
    db.session.refresh(attendee, ["marks"])
    if not awarding.attended_every_session(attendee, run):
        return
    had_one = awarding.attendees_with_certificate([attendee], run.completions)
    facts = get_current_run(run.id)
    if awarding.award_certificate(actor, run, facts, attendee) and not had_one:
        letters.notify_of_late_certificate(facts, attendee, run.completions)
