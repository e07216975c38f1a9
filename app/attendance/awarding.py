"""Which attendees of a signed-off run get a certificate, and which only a record of attendance.

A course with a prerequisite gives a certificate only to an attendee who met it on the first day.
Somebody without a record cannot be judged. They attended, but nothing counts for them until they
are linked to a record that met the prerequisite, or a coordinator has seen their earlier
certificate (docs/decisions/0041-attendance-without-a-record.md). A record of attendance has no row
of its own: it is full attendance without a certificate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext as _

from app.certificates import service as awards
from app.certificates.queries import issued_by_key
from app.core import programme
from app.core.actor import Actor
from app.courses import suitability
from app.courses.models import Attendee, CourseRun
from app.courses.queries import holders
from app.courses.types import Mark, RunFacts


def attended_every_session(attendee: Attendee, run: CourseRun) -> bool:
    """Return whether the attendee was marked as attending every session."""
    marks = {row.session_id: row.mark for row in attendee.marks}
    return all(marks.get(each.id) is Mark.ATTENDED for each in run.sessions)


def is_certificate_due(facts: RunFacts, attendee: Attendee, person_id: int | None) -> bool:
    """Return whether full attendance gives this attendee a certificate.

    `person_id` is the person who takes the place, if they have a record.
    """
    if facts.type.awards_id is None:
        return False
    if facts.type.prerequisite_id is None or attendee.earlier_seen_at is not None:
        return True
    if person_id is None:
        return False
    return suitability.has_prerequisite(person_id, facts.type, facts.first_day)


def award_certificate(actor: Actor, run: CourseRun, facts: RunFacts, attendee: Attendee) -> bool:
    """Issue the certificate that full attendance gives, or link an existing one to the record.

    Idempotent. Returns whether the attendee has a certificate now. Nobody gets a second one for
    another place on the same run. A certificate that staff revoked stays revoked.
    """
    link = holders.current_link(attendee.id)
    person_id = attendee.person_id or (link.person_id if link else None)
    if not is_certificate_due(facts, attendee, person_id):
        return False
    if person_id is not None and _has_one_for_another_place(run, attendee, person_id):
        return True
    key = _key(attendee, run.completions)
    existing = issued_by_key([key]).get(key)
    if existing is not None and existing.revoked and link is not None and _was_unlinked(attendee):
        key = f"{key}:{link.id}"
        existing = issued_by_key([key]).get(key)
    if existing is None:
        _issue_certificate(actor, run, facts, attendee, person_id, key)
    elif existing.revoked:
        return False
    elif existing.person_id is None and person_id is not None:
        awards.link_to_person(actor, existing.certificate_id, person_id)
    return True


def _issue_certificate(
    actor: Actor,
    run: CourseRun,
    facts: RunFacts,
    attendee: Attendee,
    person_id: int | None,
    key: str,
) -> None:
    current_programme = programme.current()
    if facts.type.awards_id is None:
        return
    award: dict[str, Any] = {
        "kind_id": facts.type.awards_id,
        "awarded_on": facts.last_day,
        "key": key,
        "person_id": person_id,
        "holder_name": attendee.name,
        "provider": current_programme.organisation if current_programme else None,
        "course_reference": run.reference,
    }
    if facts.type.is_refresher:
        awards.issue_for_refresher(actor, first_day=facts.first_day, **award)
    else:
        awards.issue(actor, **award)


def _has_one_for_another_place(run: CourseRun, attendee: Attendee, person_id: int) -> bool:
    """Return whether the person has a valid certificate for another place on the run."""
    others = holders.other_places(attendee, person_id)
    found = issued_by_key(keys_of(others, run.completions))
    return any(each.person_id == person_id and not each.revoked for each in found.values())


def _was_unlinked(attendee: Attendee) -> bool:
    return any(each.undone_at is not None for each in holders.links_of([attendee.id]))


def keys_of(attendees: Sequence[Attendee], completion: int) -> list[str]:
    """Return every key that a certificate for these attendees' places can have."""
    found = holders.links_of([each.id for each in attendees])
    return [
        key
        for each in attendees
        for key in (
            _key(each, completion),
            *(
                f"{_key(each, completion)}:{link.id}"
                for link in found
                if link.attendee_id == each.id
            ),
        )
    ]


def _key(attendee: Attendee, completion: int) -> str:
    return f"attendee:{attendee.id}:{completion}"


def attendees_with_certificate(
    attendees: Iterable[Attendee], completion: int, *, revoked: bool = False
) -> set[int]:
    """Return the IDs of those attendees who have a certificate for a completion of their run.

    With `revoked`, certificates that were revoked since count too.
    """
    found = set()
    for attendee in attendees:
        held = issued_by_key(keys_of([attendee], completion)).values()
        if any(revoked or not each.revoked for each in held):
            found.add(attendee.id)
    return found


def undo_award(actor: Actor, run: CourseRun, facts: RunFacts, attendee: Attendee) -> None:
    """Undo what linking the attendee to a record gave the person.

    A certificate that the attendee would have without the record goes back to their name. Any
    other one is revoked.
    """
    for held in issued_by_key(keys_of([attendee], run.completions)).values():
        if held.person_id is None or held.revoked:
            continue
        if is_certificate_due(facts, attendee, None):
            awards.unlink_from_person(actor, held.certificate_id, attendee.name or "")
        else:
            awards.revoke(
                actor,
                held.certificate_id,
                _("The attendee turned out to be somebody else."),
            )
