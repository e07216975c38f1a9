"""Remove duplicate certificates when the records of a person are merged."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from app.attendance import awarding, queries
from app.certificates import service as awards
from app.certificates.queries import IssuedCertificate, issued_certificates
from app.core.actor import Actor
from app.courses.models import Attendee, CourseRun
from app.courses.queries import holders, rows


def revoke_duplicate_certificates(actor: Actor, from_id: int, to_id: int) -> None:
    """Revoke duplicate certificates from runs that both records of a person were on.

    One certificate of each kind is kept for each run, if possible the one for the place booked for
    `to_id`. Call it before the certificates are moved to `to_id`.
    """
    runs: dict[int, list[Attendee]] = {}
    for place in queries.signed_off_places([from_id, to_id]):
        runs.setdefault(place.run_id, []).append(place)
    for run_id, places in runs.items():
        run = rows.get_run(run_id, lock=True) if len(places) > 1 else None
        if run is not None:
            _revoke_duplicates(actor, run, sorted(places, key=lambda each: _sort_key(each, to_id)))


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


def _revoke(actor: Actor, place: Attendee, key: str, held: IssuedCertificate) -> None:
    reason = _("There is another certificate for the same person and course.")
    link = holders.current_link(place.id)
    if link is None:
        awards.revoke_certificate(actor, held.certificate_id, reason)
    else:  # if the link is undone, another certificate can be issued
        new_key = awarding.make_withdrawn_key(key, link, "merged")
        awards.revoke_and_free_key(actor, held.certificate_id, reason, new_key=new_key)
