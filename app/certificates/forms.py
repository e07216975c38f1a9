"""Forms for the certificates room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.certificates.expiry import earliest_award_date
from app.certificates.types import MAX_ADJUSTMENT_DAYS, ClaimFacts, DatePrecision, ExternalTraining
from app.core.limits import LONGEST_REASON
from app.people.types import LONGEST_REFERENCE, LONGEST_TRAINING
from app.web.fields import (
    Choice,
    DateField,
    DateOrMonthField,
    FilterForm,
    MonthYearField,
    NumberField,
    PageForm,
    RadiosField,
    SelectField,
    TextAreaField,
    TextField,
    YearField,
)
from app.web.http import today

RIGHT, NOT_SURE = "right", "unsure"


class ExternalTrainingForm(PageForm):
    """A form for training from another provider, with a date that may be incomplete."""

    kind = SelectField(
        _l("What is the certificate for?"),
        blank=_l("Choose"),
        required=_l("Choose what the certificate is for"),
    )
    provider = TextField(_l("Who trained them?"), optional=True, max_length=LONGEST_TRAINING)
    number = TextField(
        _l("Certificate number"), optional=True, max_length=LONGEST_REFERENCE, width=20
    )
    known = RadiosField(
        _l("When did the training end?"),
        choices=[
            Choice(DatePrecision.DAY, _l("We know the exact date")),
            Choice(DatePrecision.MONTH, _l("We know the month and year")),
            Choice(DatePrecision.YEAR, _l("We only know the year")),
            Choice(DatePrecision.UNKNOWN, _l("We do not know the date")),
        ],
        coerce=DatePrecision,
        required=_l("Select how much you know about the date"),
    )
    day = DateField(_l("Date"), error_name=_l("The date"), latest=today)
    month = MonthYearField(_l("Month and year"), error_name=_l("The month"), latest=today)
    year = YearField(_l("Year"))
    expiry = RadiosField(
        _l("What expiry date does the certificate show?"),
        choices=[
            Choice("printed", _l("It shows an expiry date")),
            Choice(
                "none",
                _l("It shows no expiry date"),
                hint=_l("We will use our policy to set the date, and the record will say this"),
            ),
        ],
        required=_l("Select whether the certificate shows an expiry date"),
    )
    printed_expiry = DateOrMonthField(
        _l("Expiry date on the certificate"), error_name=_l("The expiry date")
    )
    late = RadiosField(
        _l("Is this expiry date right?"),
        choices=[
            Choice(RIGHT, _l("Yes, I have checked it and can give a reason")),
            Choice(
                NOT_SURE,
                _l("I am not sure"),
                hint=_l("We will add the training to the list of earlier training to check"),
            ),
        ],
    )
    late_reason = TextAreaField(
        _l("Why does the certificate expire later than our rule allows?"),
        rows=3,
        max_length=LONGEST_REASON,
    )

    def validate(self, extra_validators: object = None) -> bool:
        """Check the required fields, and ignore errors in hidden fields."""
        super().validate(extra_validators)
        requirements = {
            "day": (self.known.data is DatePrecision.DAY, _("Enter the date")),
            "month": (self.known.data is DatePrecision.MONTH, _("Enter the month and year")),
            "year": (self.known.data is DatePrecision.YEAR, _("Enter the year")),
            "printed_expiry": (
                self.expiry.data == "printed",
                _("Enter the expiry date on the certificate"),
            ),
            "late_reason": (
                self._needs_explanation,
                _("Enter the reason why this expiry date is right"),
            ),
        }
        for name, (required, message) in requirements.items():
            field = self[name]
            if not required:
                field.errors = []
            elif field.data in (None, "") and not field.errors:
                field.errors = [message]
        return not self.errors

    @property
    def needs_late_reason(self) -> bool:
        """Return whether to ask why the printed date is later than the rule allows."""
        return bool(self.late.errors or self.late.data)

    @property
    def _needs_explanation(self) -> bool:
        return bool(self.expiry.data == "printed" and self.late.data == RIGHT)

    def award_date(self) -> tuple[date | None, DatePrecision]:
        """Return the award date and its precision."""
        precision = self.known.data
        if precision is DatePrecision.DAY:
            return self.day.data, precision
        if precision is DatePrecision.MONTH:
            return earliest_award_date(self.month.data.year, self.month.data.month)
        return earliest_award_date(
            self.year.year if precision is DatePrecision.YEAR else None, None
        )

    def to_command(self) -> ExternalTraining:
        """Return the submitted data as external training."""
        awarded_on, precision = self.award_date()
        printed = self.expiry.data == "printed"
        return ExternalTraining(
            kind=self.kind.data,
            awarded_on=awarded_on,
            precision=precision,
            provider=self.provider.data,
            number=self.number.data or None,
            printed_expiry=self.printed_expiry.data if printed else None,
            printed_known=DatePrecision.DAY
            if self.printed_expiry.day_known
            else DatePrecision.MONTH,
            late_reason=self.late_reason.data.strip() if self._needs_explanation else None,
            check_later=printed and self.late.data == NOT_SURE,
        )


def external_training_form(
    kinds: Sequence[tuple[str, str]],
    claim: ClaimFacts | None = None,
    likely_kind: str | None = None,
) -> ExternalTrainingForm:
    """Return the form, prefilled from the claim if there is one."""
    values: dict[str, object] = {}
    if claim is not None:
        awarded_on, precision = earliest_award_date(claim.year, claim.month)
        values = {
            "provider": claim.provider,
            "number": claim.certificate_number or "",
            "known": precision,
            "month": awarded_on if precision is DatePrecision.MONTH else None,
            "year": claim.year if precision is DatePrecision.YEAR else None,
            "kind": likely_kind,
            "expiry": "printed" if claim.printed_expiry else None,
            "printed_expiry": claim.printed_expiry,
        }
    form = ExternalTrainingForm(data=values)
    form.kind.choices = kinds
    return form


class ReasonForm(PageForm):
    """A form for the reason for rejecting training or revoking a certificate."""

    reason = TextAreaField(_l("Reason"), required=_l("Enter the reason"), max_length=LONGEST_REASON)


class NumbersForm(PageForm):
    """A form for the awarding body's certificate number and course ID."""

    number = TextField(
        _l("Certificate number"), optional=True, max_length=LONGEST_REFERENCE, width=20
    )
    course_reference = TextField(
        _l("Course ID"), optional=True, max_length=LONGEST_REFERENCE, width=20
    )


class AdjustForm(PageForm):
    """A form for changing a certificate's expiry date."""

    days = NumberField(
        _l("How many days do you want to extend it by?"),
        hint=_l("Use a minus sign to shorten it, for example -30"),
        required=_l("Enter how many days"),
        minimum=-MAX_ADJUSTMENT_DAYS,
        maximum=MAX_ADJUSTMENT_DAYS,
    )
    reason = TextAreaField(_l("Reason"), required=_l("Enter the reason"), max_length=LONGEST_REASON)


class CheckForm(FilterForm):
    """A form for the check code printed on a document."""

    code = TextField(
        _l("Code on the document"),
        hint=_l("28 letters and numbers. You do not need to enter the spaces or dashes."),
        max_length=60,
        width=30,
    )
