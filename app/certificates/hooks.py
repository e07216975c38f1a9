"""What the certificates room registers with lower rooms."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for

from app.certificates import claims, documents, holding, imported, people_filter, service, steps
from app.certificates.expiry import from_what_is_known
from app.certificates.types import CertificateSource, ClaimFacts
from app.core import clock, registry
from app.core.actor import Actor
from app.core.registry import Panel, TimelineEntry
from app.web import once


def _person_panels(actor: Actor, person_id: int) -> Sequence[Panel]:
    """Certificates and claimed training, on a person's (or applicant's) page."""
    on = clock.today()
    may_confirm = actor.may("certificates:confirm")
    return [
        Panel(
            "certificates/_claims.html",
            {
                "person_id": person_id,
                "claims": claims.of_person(actor, person_id),
                "rows": holding.of_person(actor, person_id, on),
                "nameless": holding.nameless_like(actor, person_id, on) if may_confirm else [],
                "may_confirm": may_confirm,
                "claimed_when": claimed_when,
                "expiry_in_words": documents.expiry_in_words,
                "award_in_words": documents.award_in_words,
            },
            order=20,
        )
    ]


def claimed_when(claim: ClaimFacts) -> str:
    """March 2024, 2024, or that they don't know."""
    return documents.award_in_words(*from_what_is_known(claim.year, claim.month))


def _own_panels(actor: Actor, person_id: int) -> Sequence[Panel]:
    """A champion's own certificates, the newest first; older ones are history."""
    rows = holding.of_person(actor, person_id, clock.today())
    return [
        Panel(
            "certificates/_own.html",
            {
                "rows": [row for row in rows if not row.replaced and row.revoked_on is None],
                "older": [row for row in rows if row.replaced or row.revoked_on is not None],
                "waiting": [
                    claim
                    for claim in claims.of_person(actor, person_id)
                    if claim.settled_on is None
                ],
                "expiry_in_words": documents.expiry_in_words,
                "award_in_words": documents.award_in_words,
            },
            order=20,
        )
    ]


def _timeline(actor: Actor, person_id: int) -> Sequence[TimelineEntry]:
    """Awards and revocations."""
    entries = []
    for row in holding.of_person(actor, person_id, clock.today()):
        url = (
            url_for("certificates.certificate", certificate_id=row.id)
            if actor.may("certificates:confirm")
            else None
        )
        if row.awarded_on is not None:
            how = "awarded" if row.source is CertificateSource.COURSE else "from elsewhere"
            text = f"{row.kind_name} ({how})"
            entries.append(TimelineEntry(row.awarded_on, text, "certificate", url))
        if row.revoked_on is not None:
            why = f": {row.revoked_reason}" if row.revoked_reason else ""
            text = f"{row.kind_name} revoked{why}"
            entries.append(TimelineEntry(row.revoked_on, text, "certificate", url))
    return entries


def _on_merged(actor: Actor, from_id: int, to_id: int) -> None:
    """What staff confirmed of somebody's earlier training is theirs."""
    service.hand_over(actor, from_id, to_id)


def install() -> None:
    """Register with app.core.registry."""
    claims.install()
    registry.person_panels.register(_person_panels)
    registry.own_panels.register(_own_panels)
    registry.own_steps.register(steps.of_person)
    registry.timeline.register(_timeline)
    registry.on_merged.register(_on_merged)
    registry.people_filters.register(people_filter.filters)
    registry.training_kinds.register(imported.kind_of)
    registry.on_imported_training.register(imported.record)
    registry.nightly.register(once.forget)
