"""The part of staff's forms that asks who told them about a change, how and when."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.changes.told import AtTheirWord, Means, Teller, Told
from app.core import clock
from app.web.fields import Choice, DateField, PageForm, RadiosField

TELLERS = [
    Choice(Teller.PERSON.value, _l("They told me themselves")),
    Choice(Teller.RELATIVE.value, _l("A relative or friend told me")),
    Choice(Teller.CARER.value, _l("A carer or support worker told me")),
    Choice(Teller.ORGANISATION.value, _l("Somebody at their organisation told me")),
    Choice(Teller.NOBODY.value, _l("Nobody told me. I am correcting our own mistake")),
]
MEANS = [
    Choice(Means.PHONE.value, _l("By phone")),
    Choice(Means.IN_PERSON.value, _l("In person")),
    Choice(Means.EMAIL.value, _l("By email")),
    Choice(Means.TEXT.value, _l("By text message")),
    Choice(Means.LETTER.value, _l("By letter")),
]
FIELDS = ("told_by", "told_how", "told_on")


class ToldForm(PageForm):
    """The fields for who told staff about a change, how and when. They come last on the page."""

    told_by = RadiosField(
        _l("Who told you?"),
        required=_l("Select who told you"),
        hint=_l("We show this in their history."),
        choices=TELLERS,
        small=True,
    )
    told_how = RadiosField(
        _l("How did they tell you?"),
        hint=_l("Leave this out if nobody told you."),
        choices=MEANS,
        small=True,
    )
    told_on = DateField(
        _l("When did they tell you?"),
        required=_l("Enter the day on which they told you"),
        default=clock.today,
        latest=clock.today,
        error_name=_l("The date"),
    )

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        for name in FIELDS:
            self._fields[name] = self._fields.pop(name)

    def validate(self, extra_validators: Any = None) -> bool:
        """Require how they told staff, unless nobody told them."""
        valid = bool(super().validate(extra_validators))
        if self.told_by.data and self.told_by.data != Teller.NOBODY and not self.told_how.data:
            self.told_how.errors = [_("Select how they told you")]
            return False
        return valid

    def whose(self, person_id: int) -> AtTheirWord:
        """Return the person whose record changes, with who told staff about the change."""
        by = Teller(self.told_by.data)
        how = None if by is Teller.NOBODY else Means(self.told_how.data)
        return AtTheirWord(person_id, Told(by, how, self.told_on.data))
