"""A form to decide about an assignment."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core import clock
from app.web.fields import Choice, DateField, PageForm, RadiosField

KEEP, END, CALL = "keep", "end", "call"


class PlaceDecisionForm(PageForm):
    """A form to decide whether a person who no longer meets the rules keeps their assignment."""

    decision = RadiosField(
        _l("What do you want to do?"),
        choices=[
            Choice(CALL, _l("Add this person to the list of people to call")),
            Choice(KEEP, _l("Keep their place until a day I choose")),
            Choice(
                END,
                _l("Free up the place today"),
                hint=_l("We will tell them, and matching can suggest somebody else."),
            ),
        ],
        required=_l("Choose what you want to do"),
    )
    until = DateField(
        _l("Last day to keep the place"),
        hint=_l(
            "If they still cannot help after that day, we will free up their place and tell them."
        ),
        error_name=_l("The last day"),
        earliest=clock.today,
    )
