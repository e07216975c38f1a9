"""Forms for the safeguarding room."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core.limits import LONGEST_REASON
from app.safeguarding.types import LONGEST_MESSAGE, NewReport, ParticipationPage
from app.web.fields import (
    CheckboxesField,
    Choice,
    ConfirmField,
    DateField,
    PageForm,
    TextAreaField,
)


class ConcernForm(PageForm):
    """A form for a message to the safeguarding lead."""

    what = TextAreaField(
        _l("What are you worried about?"),
        required=_l("Enter what you are worried about"),
        hint=_l("Say what you saw or heard, and when. You do not need to be sure."),
        max_length=LONGEST_MESSAGE,
        rows=8,
    )
    about = TextAreaField(
        _l("Who is it about?"),
        optional=True,
        hint=_l("A name, or anything else that helps us to know who you mean"),
        max_length=LONGEST_REASON,
        rows=2,
    )
    reach = TextAreaField(
        _l("How can we contact you?"),
        optional=True,
        hint=_l(
            "You do not have to say who you are. If you want us to call or write, tell us how, and "
            "when it is safe."
        ),
        max_length=LONGEST_REASON,
        rows=2,
    )

    def to_command(self) -> NewReport:
        """Return the submitted data as a new report."""
        return NewReport(self.what.data, self.about.data or None, self.reach.data or None)


def _decision_field(hint: object) -> TextAreaField:
    return TextAreaField(
        _l("What did you decide, and why?"),
        required=_l("Enter what you decided and why"),
        hint=hint,
        max_length=LONGEST_MESSAGE,
        rows=5,
    )


class DecisionForm(PageForm):
    """A form for a lead's decision about a message."""

    words = _decision_field(_l("Only safeguarding leads can read this"))
    close = ConfirmField(_l("Close this message, because nothing more needs to be done"))


class PauseForm(PageForm):
    """A form for suspending a person from the network."""

    from_on = DateField(_l("First day"), required=_l("Enter the first day"))
    until_on = DateField(
        _l("Last day"),
        optional=True,
        hint=_l("Leave this empty if you do not know when the pause will end"),
    )
    words = _decision_field(
        _l("Only safeguarding leads can read this. The person sees “Paused by us”.")
    )
    cancel = CheckboxesField(
        _l("Cancel these course places"),
        hint=_l("We will tell them only that they no longer have the place."),
        rows="attendees",
    )
    requests = CheckboxesField(
        _l("Withdraw the requests for help that the person has not answered"), rows="proposals"
    )

    def __init__(self, *, page: ParticipationPage, on: date, **options: Any) -> None:
        selected = {
            "cancel": [attendee_id for attendee_id, _label in page.places],
            "requests": [proposal_id for proposal_id, _label in page.requests],
        }
        super().__init__(data={"from_on": on} | selected, **options)
        self.cancel.choices = [Choice(*place) for place in page.places]
        self.requests.choices = [Choice(*request) for request in page.requests]


class ResumeForm(PageForm):
    """A form for ending a suspension."""

    words = _decision_field(_l("Only safeguarding leads can read this"))
