"""Forms of the reminders room."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core import clock
from app.messages.types import LONGEST_OUTCOME
from app.reminders.types import ContactEntry, ContactOutcome, ContactResult
from app.reminders.yearly import Answer
from app.web.fields import CheckboxesField, Choice, DateField, PageForm, RadiosField, TextAreaField


def _today() -> date:
    return clock.today()


class OutcomeForm(PageForm):
    """A form for the outcome of a call or letter to a person.

    If staff enter what happened but select no result, the result is DONE.
    """

    result = RadiosField(
        _l("What happened?"),
        choices=[
            (ContactResult.DONE, _l("I spoke to them")),
            (ContactResult.LEFT_MESSAGE, _l("I left a message")),
            (ContactResult.NOT_REACHED, _l("I could not reach them")),
        ],
        coerce=ContactResult,
    )
    told = CheckboxesField(_l("What did you tell them?"), rows="messages")
    outcome = TextAreaField(
        _l("What did they say?"),
        hint=_l("For example: “Will book the course in May”."),
        max_length=LONGEST_OUTCOME,
        rows=3,
    )
    again = DateField(
        _l("When will you call again?"), earliest=_today, error_name=_l("The day to call again")
    )

    def __init__(self, entry: ContactEntry | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if entry is None:
            return
        self.told.choices = [(each.message_id, each.purpose) for each in entry.tasks]
        if self.told.raw_data is None:
            self.told.data = [each.message_id for each in entry.tasks]
        if all(each.channel == "post" for each in entry.tasks):
            self.result.choices = [Choice(ContactResult.DONE, _l("I wrote to them"))]
        elif entry.can_stop:
            stop = Choice(ContactResult.STOP, _l("Stop trying, because the calls have failed"))
            self.result.choices = [*self.result.choices, stop]

    @property
    def chosen_result(self) -> ContactResult | None:
        """Return the selected result, or None."""
        if self.result.data is None and (self.outcome.data or "").strip():
            return ContactResult.DONE
        result: ContactResult | None = self.result.data
        return result

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the result and the fields that it requires."""
        super().validate(extra_validators)
        if self.chosen_result is None and not self.result.errors:
            self.result.errors = [_("Select what happened")]
        if self.chosen_result is ContactResult.DONE and not (self.outcome.data or "").strip():
            self.outcome.errors = [_("Enter what happened")]
        if self.chosen_result is ContactResult.LEFT_MESSAGE and not (
            self.again.data or self.again.errors
        ):
            self.again.errors = [_("Enter the day when you will call again")]
        if self.chosen_result is not ContactResult.LEFT_MESSAGE:
            self.again.errors = []
        return not self.errors

    def to_command(self) -> ContactOutcome:
        """Return the submitted data as a contact outcome."""
        return ContactOutcome(
            self.chosen_result or ContactResult.DONE,
            str(self.outcome.data or ""),
            frozenset(self.told.data or ()),
            self.again.data if self.chosen_result is ContactResult.LEFT_MESSAGE else None,
        )


class StillHereForm(PageForm):
    """A form that asks people once a year whether they are still taking part."""

    answer = RadiosField(
        _l("Are you still taking part?"),
        choices=[
            (Answer.HERE, _l("Yes, I am still here")),
            (Answer.PAUSE, _l("I need a break")),
            (Answer.CALL, _l("Please call me")),
            (Answer.STOP, _l("I want to stop")),
        ],
        coerce=Answer,
    )
    until = DateField(
        _l("Until when?"), earliest=_today, error_name=_l("The last day of your break")
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Check that an answer is selected, and that a break has a last day."""
        super().validate(extra_validators)
        if self.answer.data is None and not self.answer.errors:
            self.answer.errors = [_("Select an answer")]
        if self.answer.data is not Answer.PAUSE:
            self.until.errors = []
        elif self.until.data is None and not self.until.errors:
            self.until.errors = [_("Enter the last day of your break")]
        return not self.errors
