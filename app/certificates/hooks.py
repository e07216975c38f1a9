"""Functions that the certificates room registers for lower rooms to call."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for
from flask_babel import gettext as _

from app.certificates import access, claims, imported, people_filter, service, steps, wording
from app.certificates.expiry import earliest_award_date
from app.certificates.queries.obsolete_messages import is_obsolete_message
from app.certificates.types import CertificateSource, ClaimFacts, DatePrecision
from app.core import clock, registry
from app.core.actor import Actor
from app.core.registry import Panel, TimelineEntry
from app.web import once


def _person_panels(actor: Actor, person_id: int) -> Sequence[Panel]:
    """Return the panel with a person's certificates and claims, for staff."""
    on = clock.today()
    may_confirm = actor.may("certificates:confirm")
    return [
        Panel(
            "certificates/_claims.html",
            {
                "person_id": person_id,
                "claims": claims.claims_of_person(actor, person_id),
                "rows": access.person_certificates(actor, person_id, on),
                "may_confirm": may_confirm,
                "claim_date_in_words": claim_date_in_words,
                "expiry_in_words": wording.expiry_in_words,
                "award_in_words": wording.award_in_words,
            },
            order=20,
        )
    ]


def claim_date_in_words(claim: ClaimFacts) -> str:
    """Return the date of the claimed training in words, such as "March 2027"."""
    return wording.award_in_words(*earliest_award_date(claim.year, claim.month))


def _own_panels(actor: Actor, person_id: int) -> Sequence[Panel]:
    """Return the panel with the user's own certificates, newest first."""
    rows = access.person_certificates(actor, person_id, clock.today())
    return [
        Panel(
            "certificates/_own.html",
            {
                "rows": [row for row in rows if not row.replaced and row.revoked_on is None],
                "older": [row for row in rows if row.replaced or row.revoked_on is not None],
                "waiting": [
                    claim
                    for claim in claims.claims_of_person(actor, person_id)
                    if claim.decided_on is None
                ],
                "expiry_in_words": wording.expiry_in_words,
                "award_in_words": wording.award_in_words,
            },
            order=20,
        )
    ]


def _timeline(actor: Actor, person_id: int) -> Sequence[TimelineEntry]:
    """Return timeline entries for the award and revocation of certificates."""
    entries = []
    for row in access.person_certificates(actor, person_id, clock.today()):
        url = (
            url_for("certificates.certificate", certificate_id=row.id)
            if actor.may("certificates:confirm")
            else None
        )
        if row.awarded_on is not None:
            if row.source is CertificateSource.COURSE:
                text = _("%(kind)s (awarded)", kind=row.kind_name)
            else:
                text = _("%(kind)s (from another provider)", kind=row.kind_name)
            when = None
            if row.award_known is not DatePrecision.DAY:
                when = wording.award_in_words(row.awarded_on, row.award_known)
            entries.append(TimelineEntry(row.awarded_on, text, "certificate", url, when=when))
        if row.revoked_on is not None:
            text = _("%(kind)s revoked", kind=row.kind_name)
            if row.revoked_reason:
                text = _(
                    "%(kind)s revoked: %(reason)s", kind=row.kind_name, reason=row.revoked_reason
                )
            entries.append(TimelineEntry(row.revoked_on, text, "certificate", url))
    return entries


def _on_merge(actor: Actor, from_id: int, to_id: int) -> None:
    """Move the certificates to the remaining record after a merge."""
    service.move_certificates(actor, from_id, to_id)


def install() -> None:
    """Register this room's hooks with app.core.registry."""
    claims.install()
    registry.person_panels.register(_person_panels)
    registry.own_panels.register(_own_panels)
    registry.obsolete_messages.register(is_obsolete_message)
    registry.progress_steps.register(steps.training_steps)
    registry.timeline.register(_timeline)
    registry.on_merged.register(_on_merge)
    registry.people_filters.register(people_filter.certificate_filters)
    registry.training_kinds.register(imported.match_kind)
    registry.on_imported_training.register(imported.record_training)
    registry.nightly.register(once.delete_old_submissions)
