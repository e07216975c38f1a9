"""Forms to confirm a change or the cancellation of a run."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l

from app.courses.forms.running import ReasonForm
from app.courses.suitability import UnsuitableReason
from app.rescheduling.effects import Choice as KeepOrRemove
from app.rescheduling.effects import UnsuitableGroup
from app.web.fields import Choice, HiddenField, PageForm, RadiosField

QUESTIONS = {
    UnsuitableReason.PREREQUISITE: "prerequisite",
    UnsuitableReason.OTHER_COURSE: "other_course",
}
MAX_FINGERPRINT_LENGTH = 10_000  # a fingerprint has 13 characters for each person on the run


class CancelRunForm(ReasonForm):
    """A form to confirm the cancellation of a run.

    `seen` is the fingerprint of the page.
    """

    seen = HiddenField(max_length=MAX_FINGERPRINT_LENGTH)


class ConfirmChangeForm(PageForm):
    """A form to confirm a change to a run.

    `seen` is the fingerprint of the page.
    """

    seen = HiddenField(max_length=MAX_FINGERPRINT_LENGTH)
    prerequisite = RadiosField(
        _l("What should happen to people without the certificate?"),
        required=_l("Choose what happens to people without the certificate"),
        choices=[
            Choice(
                "remove", _l("They lose their place"), _l("We will tell them about other courses")
            ),
            Choice(
                "keep",
                _l("They keep their place for now"),
                _l(
                    "We will tell them that they need the certificate by the first day "
                    "of the course"
                ),
            ),
        ],
    )
    other_course = RadiosField(
        _l("What should happen to people with another course at that time?"),
        required=_l("Choose what happens to people with another course at that time"),
        choices=[
            Choice(
                "remove", _l("They lose their place"), _l("We will tell them about other courses")
            ),
            Choice(
                "keep",
                _l("They keep their place for now"),
                _l("We will tell them that they have two courses at the same time"),
            ),
        ],
    )

    def limit_to_groups(self, groups: Iterable[UnsuitableGroup]) -> ConfirmChangeForm:
        """Remove the questions about other groups and return the form."""
        present = {group.reason for group in groups}
        for reason, name in QUESTIONS.items():
            if reason not in present:
                delattr(self, name)
        return self

    def choices(self) -> dict[UnsuitableReason, KeepOrRemove]:
        """Return the choice for each group."""
        return {
            reason: KeepOrRemove(self[name].data)
            for reason, name in QUESTIONS.items()
            if name in self
        }
