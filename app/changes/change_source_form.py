"""Form fields for who told staff about a change, how and when."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.changes.change_source import ChangeSource, Informant, ReportMethod, StaffChange
from app.core import clock
from app.web.fields import Choice, DateField, PageForm, RadiosField

INFORMANTS = [
    Choice(Informant.PERSON.value, _l("They told me themselves")),
    Choice(Informant.RELATIVE.value, _l("A relative or friend told me")),
    Choice(Informant.CARER.value, _l("A carer or support worker told me")),
    Choice(Informant.ORGANISATION.value, _l("Somebody at their organisation told me")),
    Choice(Informant.NOBODY.value, _l("Nobody told me. I am correcting our own mistake")),
]
REPORT_METHODS = [
    Choice(ReportMethod.PHONE.value, _l("By phone")),
    Choice(ReportMethod.IN_PERSON.value, _l("In person")),
    Choice(ReportMethod.EMAIL.value, _l("By email")),
    Choice(ReportMethod.TEXT.value, _l("By text message")),
    Choice(ReportMethod.LETTER.value, _l("By letter")),
]
FIELDS = ("told_by", "told_how", "told_on")


class ChangeSourceForm(PageForm):
    """A base form that asks staff who told them about a change, how and when.

    These fields come last on the page.
    """

    told_by = RadiosField(
        _l("Who told you?"),
        required=_l("Select who told you"),
        hint=_l("We show this in their history."),
        choices=INFORMANTS,
        small=True,
    )
    told_how = RadiosField(
        _l("How did they tell you?"),
        hint=_l("Leave this out if nobody told you."),
        choices=REPORT_METHODS,
        small=True,
    )
    told_on = DateField(
        _l("When did they tell you?"),
        required=_l("Enter the date they told you"),
        default=clock.today,
        latest=clock.today,
        error_name=_l("The date"),
    )

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        for name in FIELDS:
            self._fields[name] = self._fields.pop(name)

    def validate(self, extra_validators: Any = None) -> bool:
        """Require how staff were told, unless nobody told them."""
        valid = bool(super().validate(extra_validators))
        if self.told_by.data and self.told_by.data != Informant.NOBODY and not self.told_how.data:
            self.told_how.errors = [_("Select how they told you")]
            return False
        return valid

    def to_subject(self, person_id: int) -> StaffChange:
        """Return the person with this ID and the source of the change."""
        by = Informant(self.told_by.data)
        how = None if by is Informant.NOBODY else ReportMethod(self.told_how.data)
        return StaffChange(person_id, ChangeSource(by, how, self.told_on.data))
