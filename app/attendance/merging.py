"""Certificates and letters for runs on which both records of a person have a place.

When the records are merged, duplicate certificates are revoked. The attendance and the earlier
certificate that was seen for the freed place are copied to the place that is kept, and further
certificates may then be due.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from app.attendance import awarding, letters, linking, queries
from app.certificates import service as awards
from app.certificates.queries import IssuedCertificate, issued_certificates
from app.core.actor import Actor
from app.core.db import db
from app.courses.models import Attendee, CourseRun
from app.courses.queries import holders, rows
from app.courses.running import get_current_run


def revoke_duplicate_certificates(actor: Actor, from_id: int, to_id: int) -> None:
    """Revoke duplicate certificates from runs on which both records of a person have a place.

    One certificate of each kind is kept for each run, if possible the one for the place booked for
    `to_id`. Call it before the certificates are moved to `to_id`.
    """
    for run_id, places in _signed_off_places_by_run(from_id, to_id).items():
        run = rows.get_run(run_id, lock=True) if len(places) > 1 else None
        if run is not None:
            _revoke_duplicates(actor, run, sorted(places, key=lambda each: _sort_key(each, to_id)))


def _signed_off_places_by_run(*person_ids: int) -> dict[int, list[Attendee]]:
    runs: dict[int, list[Attendee]] = {}
    for place in queries.signed_off_places(person_ids):
        runs.setdefault(place.run_id, []).append(place)
    return runs


def issue_certificates_for_kept_places(actor: Actor, from_id: int, to_id: int) -> None:
    """Issue certificates for places of `to_id` to which a merge copied details.

    They may be due because of the copied attendance or the copied seen certificate. Only runs that
    have been signed off are considered. If the freed place already had certificates, even revoked
    ones, nothing is issued: they are moved to `to_id`.
    Call it after the places of `from_id` on the same runs have been freed.
    """
    for run_id, places in _signed_off_places_by_run(from_id, to_id).items():
        run = rows.get_run(run_id, lock=True) if len(places) > 1 else None
        if run is None:
            continue
        freed = [
            each for each in places if each.person_id == from_id and each.cancelled_at is not None
        ]
        if not freed or any(_has_had_certificate(run, each) for each in freed):
            continue
        for place in places:
            if place.person_id == to_id and place.cancelled_at is None:
                linking.give_certificate(actor, run, place)


def _has_had_certificate(run: CourseRun, place: Attendee) -> bool:
    """Return whether a place got a certificate at the latest sign-off, even if it was revoked."""
    return bool(issued_certificates(awarding.list_certificate_keys([place], run.completions)))


def correct_after_undo(actor: Actor, from_id: int, to_id: int) -> None:
    """Correct certificates and letters after a merge has been undone.

    By then, the certificates that the merge issued no longer exist, and both places have their
    former attendance and seen certificates. If the run was signed off while the records were
    merged, certificates that are no longer due are revoked, and those that are due now are issued.
    Certificates that staff revoked are left alone.
    """
    for run_id, places in _signed_off_places_by_run(from_id, to_id).items():
        run = rows.get_run(run_id, lock=True) if len(places) > 1 else None
        if run is None:
            continue
        booked = [each for each in places if each.person_id in (from_id, to_id)]
        for place in booked:
            _revoke_if_not_due(actor, run, place)
        for place in places:
            if place.cancelled_at is None:
                linking.give_certificate(actor, run, place)
        letters.correct_results(
            get_current_run(run_id),
            [each for each in booked if not _has_had_certificate(run, each)],
            run.completions,
        )


def _revoke_if_not_due(actor: Actor, run: CourseRun, place: Attendee) -> None:
    """Revoke the valid certificates for a place if no certificate is due.

    They get new keys, so that a certificate can still be issued if the records are merged again.
    """
    db.session.refresh(place, ["marks"])
    facts = get_current_run(run.id)
    if awarding.attended_every_session(place, run) and awarding.is_certificate_due(
        facts, place, place.person_id
    ):
        return
    reason = _("The certificate was issued while two records were merged by mistake.")
    keys = awarding.list_certificate_keys([place], run.completions)
    for key, each in issued_certificates(keys).items():
        if not each.revoked:
            new_key = awarding.make_undone_key(key, each.certificate_id)
            awards.revoke_and_free_key(actor, each.certificate_id, reason, new_key=new_key)


def _sort_key(place: Attendee, to_id: int) -> tuple[bool, bool, bool, int]:
    was_booked = place.person_id is not None
    return place.cancelled_at is not None, not was_booked, place.person_id != to_id, place.id


def _revoke_duplicates(actor: Actor, run: CourseRun, places: Sequence[Attendee]) -> None:
    kept: set[int] = set()  # kinds of certificate that the person keeps
    for place in places:
        issued = issued_certificates(awarding.list_certificate_keys([place], run.completions))
        valid = {key: each for key, each in issued.items() if each.person_id and not each.revoked}
        for key, each in valid.items():
            if each.kind_id in kept:
                _revoke(actor, place, key, each)
        kept |= {each.kind_id for each in valid.values()}


def _revoke(actor: Actor, place: Attendee, key: str, certificate: IssuedCertificate) -> None:
    reason = _("There is another certificate for the same person and course.")
    link = holders.current_link(place.id)
    if link is None:
        awards.revoke_certificate(actor, certificate.certificate_id, reason)
    else:  # if the link is undone, another certificate can be issued
        new_key = awarding.make_withdrawn_key(key, link, "merged")
        awards.revoke_and_free_key(actor, certificate.certificate_id, reason, new_key=new_key)
