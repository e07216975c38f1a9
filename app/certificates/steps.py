"""The training and certificate steps of a champion's progress list."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for
from flask_babel import gettext as _

from app.certificates import access, claims
from app.certificates.types import CertificateState
from app.certificates.wording import last_day_in_words
from app.core import clock
from app.core.actor import Actor
from app.core.registry import ProgressStep

IN_DATE_STATES = (CertificateState.IN_DATE, CertificateState.LAPSES_SOON)


def training_steps(actor: Actor, person_id: int) -> Sequence[ProgressStep]:
    """Return the two steps: get trained, and get a certificate that is in date."""
    rows = [
        row
        for row in access.person_certificates(actor, person_id, clock.today())
        if not row.revoked_on
    ]
    waiting = any(claim.decided_on is None for claim in claims.claims_of_person(actor, person_id))
    trained = "completed" if rows else "in_progress" if waiting else "incomplete"
    training = ProgressStep(
        _("Get trained"),
        trained,
        None if rows else url_for("courses.catalogue"),
        _("We are checking the training you told us about.") if waiting and not rows else None,
        order=20,
    )
    in_date = [row for row in rows if row.state in IN_DATE_STATES]
    if in_date:
        last = max(
            ((row.expires_on, row.expiry_known) for row in in_date if row.expires_on),
            default=None,
        )
        hint = _("In date until %(day)s.", day=last_day_in_words(*last)) if last else None
        return [
            training,
            ProgressStep(_("Get your certificate"), "completed", None, hint, order=30),
        ]
    if any(row.state is CertificateState.LAPSED for row in rows):
        lapsed = ProgressStep(
            _("Get your certificate"),
            "problem",
            url_for("courses.catalogue"),
            _("Your certificate has expired. Find a course to renew it."),
            order=30,
        )
        return [training, lapsed]
    return [training, ProgressStep(_("Get your certificate"), "cannot_start", order=30)]
