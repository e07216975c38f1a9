"""The wording of course results."""

from __future__ import annotations

from flask_babel import gettext as _

from app.attendance.types import Outcome


def outcome_in_words(outcome: Outcome) -> str:
    """Describe the result of a course to coordinators."""
    texts: dict[Outcome, str] = {
        Outcome.COMING: _("Not signed off yet"),
        Outcome.NOT_ALL: _("Did not attend every session"),
        Outcome.ATTENDANCE: _("Record of attendance"),
        Outcome.CERTIFICATE: _("Certificate"),
    }
    return texts[outcome]
