"""Our forms and their fields, in GOV.UK markup.

A field says in its own words what is missing (`required="Enter your full name"`), keeps what was
typed when something is wrong, and draws itself: `{{ form.name(heading=true) }}`. `form.typed()` is
what a draft keeps; `NameForm(typed=...)` shows it again.

All take `label, *, required, optional, hint, validators, default`; text fields also `max_length,
width, autocomplete`. Nothing is marked `required` for the browser.
"""

from __future__ import annotations

from app.core.fields.changing import ChangeForm
from app.core.fields.choices import (
    CheckboxesField,
    Choice,
    ConfirmField,
    RadiosField,
    SelectField,
)
from app.core.fields.dates import DateField, MonthYearField, TimeField
from app.core.fields.form import FilterForm, PageForm
from app.core.fields.text import (
    EmailField,
    FileField,
    FullNameField,
    HiddenField,
    NumberField,
    PasswordField,
    PhoneField,
    PostcodeField,
    SearchField,
    TextAreaField,
    TextField,
)

__all__ = [
    "ChangeForm",
    "CheckboxesField",
    "Choice",
    "ConfirmField",
    "DateField",
    "EmailField",
    "FileField",
    "FilterForm",
    "FullNameField",
    "HiddenField",
    "MonthYearField",
    "NumberField",
    "PageForm",
    "PasswordField",
    "PhoneField",
    "PostcodeField",
    "RadiosField",
    "SearchField",
    "SelectField",
    "TextAreaField",
    "TextField",
    "TimeField",
]
