"""Our forms and their fields, in GOV.UK markup.

Each field has its own sentence for a missing value (`required="Enter your full name"`) and keeps
what was typed if there is an error. Templates draw it with `{{ form.name(heading=true) }}`.
`form.typed()` returns what a draft stores, and `NameForm(typed=...)` shows it again.

All fields take `label, *, required, optional, hint, validators, default`. Text fields also take
`max_length, width, autocomplete`. Nothing is marked `required` for the browser.
"""

from __future__ import annotations

from app.web.fields.changing import ChangeForm
from app.web.fields.choices import (
    CheckboxesField,
    Choice,
    ConfirmField,
    RadiosField,
    SelectField,
)
from app.web.fields.dates import (
    DateField,
    DateOrMonthField,
    MonthOrYearField,
    MonthYearField,
    TimeField,
    YearField,
)
from app.web.fields.form import FilterForm, PageForm
from app.web.fields.text import (
    EmailField,
    FileField,
    FullNameField,
    HiddenField,
    LinkField,
    NumberField,
    PasswordField,
    PhoneField,
    PostcodeField,
    SearchField,
    SecretField,
    TextAreaField,
    TextField,
)

__all__ = [
    "ChangeForm",
    "CheckboxesField",
    "Choice",
    "ConfirmField",
    "DateField",
    "DateOrMonthField",
    "EmailField",
    "FileField",
    "FilterForm",
    "FullNameField",
    "HiddenField",
    "LinkField",
    "MonthOrYearField",
    "MonthYearField",
    "NumberField",
    "PageForm",
    "PasswordField",
    "PhoneField",
    "PostcodeField",
    "RadiosField",
    "SearchField",
    "SecretField",
    "SelectField",
    "TextAreaField",
    "TextField",
    "TimeField",
    "YearField",
]
