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

_WITHDRAWAL_REASONS = ("linked", "unlinked", "merged")


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
    """Issue the certificates that an attendee should have. Return whether they have any.

    A certificate issued to a name is moved to the person's record. If the person already has a
    certificate for this place, the kind that a coordinator has seen since is issued too. Nobody
    gets two certificates of one kind for the same run. Certificates revoked by staff are not issued
    again.
    """
    link = holders.current_link(attendee.id)
    person_id = attendee.person_id or (link.person_id if link else None)
    if not is_certificate_due(facts, attendee, person_id):
        return False
    kinds = _kinds_due(run, facts, attendee, person_id)
    if not kinds:
        return True
    key = _key(attendee, run.completions)
    issued = issued_certificates([key])
    existing = issued.get(key)
    if existing is None:
        _issue_certificates(actor, _award_details(run, facts, attendee, person_id), kinds, key)
    elif existing.revoked:
        return False
    elif existing.person_id is not None:
        issued_kinds = {each.kind_id for each in issued.values()}
        added = [
            each
            for each in _seen_kind(facts, attendee)
            if each in kinds and each not in issued_kinds
        ]
        award = _award_details(run, facts, attendee, existing.person_id)
        _issue_further_certificates(actor, award, added, key)
    elif link is not None:
        _move_to_person(actor, run, facts, attendee, link, existing, kinds)
    return True


def _kinds_due(
    run: CourseRun, facts: RunFacts, attendee: Attendee, person_id: int | None
) -> tuple[int, ...]:
    """Return the IDs of the kinds of certificate that the attendee should get for this place.

    A refresher renews the kind that a coordinator has seen and the kinds that the person holds. If
    there are none, the attendee gets the kind that the course awards. Kinds that the person has
    from another place on the run are left out.
    """
    if person_id is None:
        return (_kind_without_record(facts, attendee),)
    seen = _seen_kind(facts, attendee)
    renewed = [*seen, *(each for each in _renewed_kinds(facts, person_id) if each not in seen)]
    others = _kinds_from_other_places(run, attendee, person_id)
    if not renewed and not others:
        return (_kind_without_record(facts, attendee),)
    return tuple(each for each in renewed if each not in others)


def _kind_without_record(facts: RunFacts, attendee: Attendee) -> int:
    """Return the ID of the kind of certificate for an attendee without a record.

    Raises ValueError if the course does not award a certificate.
    """
    if facts.type.awards_id is None:
        raise ValueError("The course does not award a certificate")
    return next(iter(_seen_kind(facts, attendee)), facts.type.awards_id)


def _seen_kind(facts: RunFacts, attendee: Attendee) -> tuple[int, ...]:
    """Return the ID of the kind that a coordinator has seen, in a tuple.

    The tuple is empty if no kind was recorded, or if the course does not renew it.
    """
    kind_id = attendee.earlier_kind_id
    return (kind_id,) if kind_id is not None and kind_id in facts.type.renews_ids else ()


def _move_to_person(
    actor: Actor,
    run: CourseRun,
    facts: RunFacts,
    attendee: Attendee,
    link: AttendeeLink,
    named: IssuedCertificate,
    kinds: Sequence[int],
) -> None:
    """Move a certificate issued to a name to the person's record, and issue the other kinds.

    The certificate is withdrawn if the person should have other kinds only.
    """
    key = _key(attendee, run.completions)
    award = _award_details(run, facts, attendee, link.person_id)
    if named.kind_id not in kinds:
        awards.revoke_and_free_key(
            actor,
            named.certificate_id,
            _("The course renews a certificate that the holder already has."),
            new_key=make_withdrawn_key(key, link, "linked"),
        )
        _issue_certificates(actor, award, kinds, key)
        return
    awards.link_to_person(actor, named.certificate_id, link.person_id)
    _issue_further_certificates(
        actor, award, [each for each in kinds if each != named.kind_id], key
    )


def _renewed_kinds(facts: RunFacts, person_id: int) -> tuple[int, ...]:
    """Return the IDs of the kinds of certificate that a refresher renews for a person."""
    if not facts.type.is_refresher or facts.type.awards_id is None:
        return ()
    found = refreshers.renewable_kinds([person_id], facts.type.awards_id, facts.first_day)
    return found.get(person_id, ())


def _issue_certificates(
    actor: Actor, award: Mapping[str, Any], kinds: Sequence[int], key: str
) -> None:
    """Issue a certificate of each kind. The first one has the given key."""
    awards.issue_certificate(actor, **award, kind_id=kinds[0], key=key)
    _issue_further_certificates(actor, award, kinds[1:], key)


def _issue_further_certificates(
    actor: Actor, award: Mapping[str, Any], kinds: Sequence[int], key: str
) -> None:
    for kind_id, other_key in zip(kinds, renewal_keys([key], kinds), strict=True):
        awards.issue_certificate(actor, **award, kind_id=kind_id, key=other_key)


def _award_details(
    run: CourseRun, facts: RunFacts, attendee: Attendee, person_id: int | None
) -> dict[str, Any]:
    """Return the arguments for `awards.issue_certificate`, without the kind and the key."""
    current_programme = programme.current()
    return {
        "awarded_on": facts.last_day,
        "person_id": person_id,
        "holder_name": attendee.name,
        "provider": current_programme.organisation if current_programme else None,
        "course_reference": run.reference,
    }


def _kinds_from_other_places(run: CourseRun, attendee: Attendee, person_id: int) -> set[int]:
    """Return the IDs of the kinds of valid certificate that the person has from other places.

    Only places on the same run are considered.
    """
    others = holders.other_places(attendee, person_id)
    found = issued_certificates(list_certificate_keys(others, run.completions))
    return {
        each.kind_id for each in found.values() if each.person_id == person_id and not each.revoked
    }


def list_certificate_keys(attendees: Sequence[Attendee], completion: int) -> list[str]:
    """Return all possible keys of certificates for these attendees, including withdrawn ones."""
    links = holders.list_links([each.id for each in attendees])
    return [key for each in attendees for key in _certificate_keys(each, completion, links)]


def _certificate_keys(
    attendee: Attendee, completion: int, links: Iterable[AttendeeLink]
) -> list[str]:
    key = _key(attendee, completion)
    withdrawn = [
        make_withdrawn_key(key, link, reason)
        for link in links
        if link.attendee_id == attendee.id
        for reason in _WITHDRAWAL_REASONS
    ]
    return [key, *withdrawn]


def _key(attendee: Attendee, completion: int) -> str:
    return f"attendee:{attendee.id}:{completion}"


def make_withdrawn_key(key: str, link: AttendeeLink, reason: str) -> str:
    """Return the key to give to a withdrawn certificate of a linked attendee.

    Its old key can then be used again. `reason` is one of `_WITHDRAWAL_REASONS`. The key still ends
    with the ID of the kind (see `renewal_keys`).
    """
    place, slash, kind = key.partition("/")
    return f"{place}:{link.id}:{reason}{slash}{kind}"


def make_undone_key(key: str, certificate_id: int) -> str:
    """Return the key to give to a certificate that was issued while records were merged.

    Its old key can then be used again.
    """
    place, slash, kind = key.partition("/")
    return f"{place}:{certificate_id}:undone{slash}{kind}"


def attendees_with_certificate(attendees: Iterable[Attendee], completion: int) -> set[int]:
    """Return the IDs of the attendees who have a certificate from the given sign-off of their run.

    Revoked certificates do not count.
    """
    return _find_with_certificate(dict.fromkeys(attendees, completion))


def attendees_with_current_certificate(attendees: Iterable[Attendee]) -> set[int]:
    """Return the IDs of the attendees who have a certificate from the latest sign-off of their run.

    The attendees can be on several runs. The number of queries does not depend on their number.
    """
    return _find_with_certificate({each: each.run.completions for each in attendees})


def _find_with_certificate(completions: Mapping[Attendee, int]) -> set[int]:
    links = holders.list_links([each.id for each in completions])
    places = {
        key: attendee.id
        for attendee, completion in completions.items()
        for key in _certificate_keys(attendee, completion, links)
    }
    return {
        places[key.partition("/")[0]]
        for key, each in issued_certificates(list(places)).items()
        if not each.revoked
    }


def undo_award(
    actor: Actor, run: CourseRun, facts: RunFacts, attendee: Attendee, undone_link: AttendeeLink
) -> None:
    """Take back the certificates that a person got because of a link.

    A certificate that the attendee should have without the link is moved back to their name, or
    issued in that name. All others are withdrawn.
    """
    due, own_key = is_certificate_due(facts, attendee, None), _key(attendee, run.completions)
    for key, certificate in issued_certificates(
        list_certificate_keys([attendee], run.completions)
    ).items():
        if certificate.person_id is None or certificate.revoked:
            continue
        if due and key == own_key and certificate.kind_id == _kind_without_record(facts, attendee):
            awards.unlink_from_person(actor, certificate.certificate_id, attendee.name or "")
        else:
            awards.revoke_and_free_key(
                actor,
                certificate.certificate_id,
                _("The attendee turned out to be somebody else."),
                new_key=make_withdrawn_key(key, undone_link, "unlinked"),
            )
    if due and attended_every_session(attendee, run):
        award_certificate(actor, run, facts, attendee)
