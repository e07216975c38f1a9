"""Wording about what an attendee has from a run."""

from __future__ import annotations

from flask_babel import gettext as _

from app.attendance.types import Outcome


def outcome_in_words(outcome: Outcome) -> str:
    """Return what the attendee has from the run, for coordinators."""
    texts: dict[Outcome, str] = {
        Outcome.COMING: _("Not signed off yet"),
        Outcome.NOT_ALL: _("Did not attend every session"),
        Outcome.ATTENDANCE: _("Record of attendance"),
        Outcome.CERTIFICATE: _("Certificate"),
    }
    return texts[outcome]
