"""Issue certificates to the attendees of a run that has been signed off.

If a course has a prerequisite, the attendee must have met it on the first day. This cannot be
checked for attendees without a record. They get a certificate only when they are linked to the
record of a person who met the prerequisite, or when a coordinator has seen their earlier
certificate. Until then they have a record of attendance
(docs/decisions/0041-attendance-without-a-record.md). A record of attendance is not stored: it means
full attendance without a certificate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from app.certificates import refreshers
from app.certificates import service as awards
from app.certificates.queries import IssuedCertificate, issued_certificates, renewal_keys
from app.core import programme
from app.core.actor import Actor
from app.courses import suitability
from app.courses.models import Attendee, AttendeeLink, CourseRun
from app.courses.queries import holders
from app.courses.types import Mark, RunFacts

_WITHDRAWN = ("linked", "unlinked", "merged")  # reasons to withdraw a certificate


def attended_every_session(attendee: Attendee, run: CourseRun) -> bool:
    """Return whether an attendee has been marked present at every session."""
    marks = {row.session_id: row.mark for row in attendee.marks}
    return all(marks.get(each.id) is Mark.ATTENDED for each in run.sessions)


def is_certificate_due(facts: RunFacts, attendee: Attendee, person_id: int | None) -> bool:
    """Return whether an attendee with full attendance should have a certificate.

    `person_id` is None if the attendee has no record.
    """
    if facts.type.awards_id is None:
        return False
    if facts.type.prerequisite_id is None or attendee.earlier_seen_at is not None:
        return True
    if person_id is None:
        return False
    return suitability.has_prerequisite(person_id, facts.type, facts.first_day)


def award_certificate(actor: Actor, run: CourseRun, facts: RunFacts, attendee: Attendee) -> bool:
    """Make sure that an attendee has the certificate they should have.

    Return whether they have one. A certificate issued to a name is moved to the person's record.
    Nobody gets two certificates for the same run. Certificates revoked by staff are not issued
    again.
    """
    link = holders.current_link(attendee.id)
    person_id = attendee.person_id or (link.person_id if link else None)
    if not is_certificate_due(facts, attendee, person_id):
        return False
    if person_id is not None and _has_one_for_another_place(run, attendee, person_id):
        return True
    key = _key(attendee, run.completions)
    existing = issued_certificates([key]).get(key)
    if existing is None:
        _issue_certificate(actor, run, facts, attendee, person_id, key)
    elif existing.revoked:
        return False
    elif existing.person_id is None and link is not None:
        _give_to_person(actor, run, facts, attendee, link, existing)
    return True


def _give_to_person(
    actor: Actor,
    run: CourseRun,
    facts: RunFacts,
    attendee: Attendee,
    link: AttendeeLink,
    named: IssuedCertificate,
) -> None:
    """Move a certificate issued to a name to the person's record.

    If the course is a refresher and the person holds other kinds of certificate in the family, the
    certificate is withdrawn and those kinds are renewed instead.
    """
    key = _key(attendee, run.completions)
    renewed = _renewed_kinds(facts, link.person_id)
    if renewed and named.kind_id not in renewed:
        awards.revoke_and_free_key(
            actor,
            named.certificate_id,
            _("The course renews the kind of certificate that the holder has on record."),
            new_key=withdrawn_key(key, link, "linked"),
        )
        _issue_certificate(actor, run, facts, attendee, link.person_id, key)
        return
    awards.link_to_person(actor, named.certificate_id, link.person_id)
    others = [kind_id for kind_id in renewed if kind_id != named.kind_id]
    award = _award_details(run, facts, attendee, link.person_id)
    for kind_id, other_key in zip(others, renewal_keys([key], others), strict=True):
        awards.issue_certificate(actor, **(award | {"kind_id": kind_id, "key": other_key}))


def _renewed_kinds(facts: RunFacts, person_id: int) -> tuple[int, ...]:
    """Return the IDs of the kinds of certificate that a refresher renews for a person."""
    if not facts.type.is_refresher or facts.type.awards_id is None:
        return ()
    found = refreshers.renewable_kinds([person_id], facts.type.awards_id, facts.first_day)
    return found.get(person_id, ())


def _issue_certificate(
    actor: Actor,
    run: CourseRun,
    facts: RunFacts,
    attendee: Attendee,
    person_id: int | None,
    key: str,
) -> None:
    award = _award_details(run, facts, attendee, person_id) | {"key": key}
    if facts.type.is_refresher:
        awards.issue_refresher_certificates(actor, first_day=facts.first_day, **award)
    else:
        awards.issue_certificate(actor, **award)


def _award_details(
    run: CourseRun, facts: RunFacts, attendee: Attendee, person_id: int | None
) -> dict[str, Any]:
    """Return the arguments of `awards.issue_certificate`, except for the key."""
    current_programme = programme.current()
    return {
        "kind_id": facts.type.awards_id,
        "awarded_on": facts.last_day,
        "person_id": person_id,
        "holder_name": attendee.name,
        "provider": current_programme.organisation if current_programme else None,
        "course_reference": run.reference,
    }


def _has_one_for_another_place(run: CourseRun, attendee: Attendee, person_id: int) -> bool:
    """Return whether the person has a valid certificate from another place on this run."""
    others = holders.other_places(attendee, person_id)
    found = issued_certificates(keys_of(others, run.completions))
    return any(each.person_id == person_id and not each.revoked for each in found.values())


def keys_of(attendees: Sequence[Attendee], completion: int) -> list[str]:
    """Return all possible keys of certificates for these attendees, including withdrawn ones."""
    links = holders.links_of([each.id for each in attendees])
    return [key for each in attendees for key in _keys_of(each, completion, links)]


def _keys_of(attendee: Attendee, completion: int, links: Iterable[AttendeeLink]) -> list[str]:
    key = _key(attendee, completion)
    theirs = [each for each in links if each.attendee_id == attendee.id]
    return [key, *(withdrawn_key(key, link, why) for link in theirs for why in _WITHDRAWN)]


def _key(attendee: Attendee, completion: int) -> str:
    return f"attendee:{attendee.id}:{completion}"


def withdrawn_key(key: str, link: AttendeeLink, why: str) -> str:
    """Return the key to give to a withdrawn certificate of a linked attendee.

    Its old key can then be used again. `why` is one of `_WITHDRAWN`. The key still ends with the ID
    of the kind (see `renewal_keys`).
    """
    place, slash, kind = key.partition("/")
    return f"{place}:{link.id}:{why}{slash}{kind}"


def attendees_with_certificate(
    attendees: Iterable[Attendee], completion: int, *, revoked: bool = False
) -> set[int]:
    """Return the IDs of the attendees who have a certificate from this sign-off of their run.

    With `revoked`, revoked certificates are included.
    """
    wanted = list(attendees)
    return _with_certificate({each: completion for each in wanted}, revoked=revoked)


def attendees_with_current_certificate(attendees: Iterable[Attendee]) -> set[int]:
    """Return the IDs of the attendees who have a certificate from the latest sign-off of their run.

    The attendees can be on several runs. The number of queries does not depend on their number.
    """
    return _with_certificate({each: each.run.completions for each in attendees}, revoked=False)


def _with_certificate(completions: Mapping[Attendee, int], *, revoked: bool) -> set[int]:
    links = holders.links_of([each.id for each in completions])
    places = {
        key: attendee.id
        for attendee, completion in completions.items()
        for key in _keys_of(attendee, completion, links)
    }
    return {
        places[key.partition("/")[0]]
        for key, each in issued_certificates(list(places)).items()
        if revoked or not each.revoked
    }


def undo_award(
    actor: Actor, run: CourseRun, facts: RunFacts, attendee: Attendee, undone: AttendeeLink
) -> None:
    """Take back the certificates that a person got because of a link.

    A certificate that the attendee should have without the link is moved back to their name, or
    issued to it. All others are withdrawn.
    """
    due, own_key = is_certificate_due(facts, attendee, None), _key(attendee, run.completions)
    for key, held in issued_certificates(keys_of([attendee], run.completions)).items():
        if held.person_id is None or held.revoked:
            continue
        if due and key == own_key and held.kind_id == facts.type.awards_id:
            awards.unlink_from_person(actor, held.certificate_id, attendee.name or "")
        else:
            awards.revoke_and_free_key(
                actor,
                held.certificate_id,
                _("The attendee turned out to be somebody else."),
                new_key=withdrawn_key(key, undone, "unlinked"),
            )
    if due and attended_every_session(attendee, run):
        award_certificate(actor, run, facts, attendee)
