"""The wording of course results."""

from __future__ import annotations

from flask_babel import gettext as _

from app.attendance.types import AttendeeRow, Outcome
from app.core import words


def describe_outcome(outcome: Outcome) -> str:
    """Describe the result of a course to coordinators."""
    texts: dict[Outcome, str] = {
        Outcome.PENDING: _("Not signed off yet"),
        Outcome.INCOMPLETE: _("Did not attend every session"),
        Outcome.ATTENDANCE: _("Record of attendance"),
        Outcome.CERTIFICATE: _("Certificate"),
    }
    return texts[outcome]


def describe_earlier_certificate(row: AttendeeRow) -> str:
    """Describe the earlier certificate that a coordinator has seen, or return ""."""
    if row.earlier_seen_on is None:
        return ""
    seen = words.long_date(row.earlier_seen_on)
    if row.earlier_kind is None:
        return _("Seen on %(day)s", day=seen)
    if row.earlier_awarded_on is None:
        return _("%(kind)s, seen on %(day)s", kind=row.earlier_kind, day=seen)
    return _(
        "%(kind)s dated %(date)s, seen on %(day)s",
        kind=row.earlier_kind,
        date=words.long_date(row.earlier_awarded_on),
        day=seen,
    )
