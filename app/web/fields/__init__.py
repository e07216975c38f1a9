"""Forms and fields with GOV.UK markup.

Each required field has its own error message, such as `required="Enter your full name"`. If a field
has an error, the submitted value is shown again. Templates render a field with `{{
form.name(heading=true) }}`. `form.submitted_values()` returns the values to store in a draft, and
`NameForm(saved=...)` shows them again.

All fields take `label, *, required, optional, hint, validators, default`. Text fields also take
`max_length, width, autocomplete`. The HTML attribute `required` is not used.
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
