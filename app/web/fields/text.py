"""Fields for text, numbers and files."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import flask_wtf.file
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileAllowed
from markupsafe import Markup
from wtforms.form import BaseForm
from wtforms.utils import unset_value
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import HiddenInput

from app.core import email_domains, reading
from app.core.limits import LONGEST_EMAIL, LONGEST_LINE, LONGEST_SEARCH, LONGEST_TEXT
from app.core.reading import clean_text
from app.core.words import join_list
from app.web.fields.base import GovField, Words
from app.web.fields.widgets import GovWidget, Look, Params

Meaning = TypeVar("Meaning")
KEEP = Markup(
    '<div class="govuk-form-group"><div class="govuk-checkboxes govuk-checkboxes--small">'
    '<div class="govuk-checkboxes__item">'
    '<input class="govuk-checkboxes__input" id="{name}" name="{name}" type="checkbox"'
    ' value="{value}"{checked}>'
    '<label class="govuk-label govuk-checkboxes__label" for="{name}">{label}</label>'
    "</div></div></div>"
)
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,11}")


class TextField(GovField):
    """One line of text. `data` is a str without unneeded spaces, and "" if the field is empty."""

    longest = LONGEST_LINE

    def __init__(
        self,
        label: Words = "",
        *,
        max_length: int | None = None,
        width: int | None = None,
        autocomplete: str | None = None,
        **more: Any,
    ) -> None:
        base = type(self).look
        settings = {
            **vars(base),
            "width": width or base.width,
            "autocomplete": autocomplete or base.autocomplete,
        }
        more.setdefault("look", Look(**settings))
        super().__init__(label, **more)
        self.max_length = max_length or self.longest

    def process_data(self, value: Any) -> None:
        """Set the value from Python, not from a submitted form."""
        self.data = "" if value is None else str(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take a value from the browser."""
        if valuelist:
            self.data = clean_text(valuelist[0])

    def pre_validate(self, form: BaseForm) -> None:
        """Raise StopValidation if the text is too long or cannot be read."""
        if not self.data:
            return
        if len(self.data) > self.max_length:
            raise StopValidation(
                _(
                    "%(label)s must be %(number)s characters or less",
                    label=self.label.text,
                    number=self.max_length,
                )
            )
        try:
            self.read(self.data)
        except reading.UnreadableInput as error:
            raise StopValidation(error.message) from None

    def read(self, text: str) -> object:
        """Return the parsed value (for plain text, the text itself). Raises UnreadableInput."""
        return text

    def _meaning(self, read: Callable[[str], Meaning]) -> Meaning | None:
        """Return the parsed value, or None if the text is empty or unreadable."""
        try:
            return read(self.data) if self.data else None
        except reading.UnreadableInput:
            return None


class FullNameField(TextField):
    """A person's name in one field. Names of one word and long names are valid."""

    look = Look(autocomplete="name", spellcheck=False, width=30)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take a name from the browser, without stray punctuation at its edges."""
        super().process_formdata(valuelist)
        if self.data:
            self.data = self._meaning(self.read) or self.data

    def read(self, text: str) -> str:
        """Return the name as it is stored."""
        return reading.read_name(text)


class LinkField(TextField):
    """The URL of a web page. `data` includes its scheme, or is the text as typed if it is wrong."""

    look = Look(autocapitalize="none", spellcheck=False, width=30)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read a URL from the browser, with `https://` added if no scheme was typed."""
        super().process_formdata(valuelist)
        if self.data:
            self.data = self._meaning(self.read) or self.data

    def read(self, text: str) -> str:
        """Return the URL with its scheme."""
        return reading.read_link(text)


class SearchField(TextField):
    """Text to search for."""

    longest = LONGEST_SEARCH
    look = Look(kind="search", spellcheck=False, width=20)


class EmailField(TextField):
    """An email address. `data` is the text as typed, and `address` the stored form or None.

    With `questions_domain`, a domain that is probably misspelt is an error until it is corrected or
    a checkbox below the input is selected, which keeps this address as it was typed.
    """

    longest = LONGEST_EMAIL
    look = Look(kind="email", autocomplete="email", spellcheck=False, width=30)

    def __init__(self, label: Words = "", *, questions_domain: bool = False, **more: Any) -> None:
        super().__init__(label, **more)
        self.questions_domain = questions_domain
        self.kept = ""

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read the input and its checkbox."""
        super().process(formdata, data, extra_filters)
        self.kept = clean_text(formdata.get(self._keep, "")) if formdata is not None else ""

    @property
    def _keep(self) -> str:
        """Return the name of the checkbox."""
        return f"{self.name}-keep"

    @property
    def suggestion(self) -> str | None:
        """Return the address that was probably meant, or None if there is no question."""
        if not self.questions_domain or not self.address or self.kept == self.data:
            return None
        return email_domains.suggestion(self.address)

    def pre_validate(self, form: BaseForm) -> None:
        """Raise StopValidation if the address cannot be read or is probably misspelt."""
        super().pre_validate(form)
        meant = self.suggestion
        if meant is not None:
            raise StopValidation(
                _("Did you mean %(address)s? Correct it, or keep it as typed", address=meant)
            )

    def typed(self) -> dict[str, list[str]]:
        """Return what was typed, and whether it is kept, by input name."""
        return super().typed() | ({self._keep: [self.kept]} if self.kept else {})

    def __call__(self, **more: object) -> Markup:
        """Return the field's HTML, with the checkbox if the address is questioned."""
        drawn: Markup = super().__call__(**more)
        if not (self.errors and self.suggestion) and not self.kept:
            return drawn
        return drawn + KEEP.format(
            name=self._keep,
            value=self.data,
            checked=Markup(" checked") if self.kept == self.data else "",
            label=_("Keep %(address)s as typed", address=self.data),
        )

    def read(self, text: str) -> str:
        """Return the address in its stored form."""
        return reading.read_email(text)

    @property
    def address(self) -> str | None:
        """Return the address in its stored form, or None."""
        return self._meaning(self.read)


class PhoneField(TextField):
    """A telephone number. `data` is the text as typed, and `e164` the stored form or None."""

    longest = 40
    look = Look(kind="tel", autocomplete="tel", width=20)

    def read(self, text: str) -> str:
        """Return the number in E.164."""
        return reading.read_phone(text)

    @property
    def e164(self) -> str | None:
        """Return the number in E.164, or None."""
        return self._meaning(self.read)


class PostcodeField(TextField):
    """A postcode. `data` is the text as typed, and `postcode` the stored form or None."""

    longest = 20
    look = Look(autocomplete="postal-code", autocapitalize="characters", width=10)

    def read(self, text: str) -> str:
        """Return the postcode with one space."""
        return reading.read_postcode(text)

    @property
    def postcode(self) -> str | None:
        """Return the postcode like `IP24 1JD`, or None."""
        return self._meaning(self.read)


class SecretField(TextField):
    """A code or a memorable word. After an error, the page does not show it again."""

    def shown(self) -> str:
        """Return nothing, so that no secret is sent to the browser."""
        return ""

    def typed(self) -> dict[str, list[str]]:
        """Return an empty dict, so that no secret is stored with the form's other values."""
        return {}


class PasswordField(SecretField):
    """A password. It is taken exactly as typed."""

    look = Look(kind="password", autocomplete="current-password", spellcheck=False, width=20)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take exactly what was typed."""
        if valuelist:
            self.data = str(valuelist[0])


class TextAreaField(TextField):
    """Several lines of text. With `max_length`, the page counts characters as they are typed."""

    template = "textarea"
    longest = LONGEST_TEXT

    def __init__(self, label: Words = "", *, rows: int = 5, **more: Any) -> None:
        self.counted = more.get("max_length")
        super().__init__(label, **more)
        self.rows = rows
        if self.counted:
            self.widget = GovWidget("charactercount")

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take a value from the browser, with its lines."""
        if valuelist:
            self.data = clean_text(valuelist[0], lines=True)

    def govuk(self) -> Params:
        """Return the parameters of a text area."""
        params = {**super().govuk(), "rows": str(self.rows)}
        params.pop("type")
        return params | (_counting(self.counted) if self.counted else {})


def _counting(longest: int) -> Params:
    """Return the limit, and the wording for GOV.UK's script, in the reader's language."""
    return {
        "maxlength": longest,
        "textareaDescriptionText": _("You can enter up to %{count} characters"),
        "charactersUnderLimitText": {
            "one": _("You have %{count} character remaining"),
            "other": _("You have %{count} characters remaining"),
        },
        "charactersAtLimitText": _("You have 0 characters remaining"),
        "charactersOverLimitText": {
            "one": _("You have %{count} character too many"),
            "other": _("You have %{count} characters too many"),
        },
    }


class NumberField(GovField):
    """A whole number, or None. `prefix` and `suffix` are beside the input ("£", "people")."""

    def __init__(
        self,
        label: Words = "",
        *,
        minimum: int = 0,
        maximum: int = 1_000_000,
        width: int = 5,
        prefix: Words | None = None,
        suffix: Words | None = None,
        **more: Any,
    ) -> None:
        look = Look(width=width, inputmode="numeric", prefix=prefix, suffix=suffix)
        super().__init__(label, look=look, **more)
        self.minimum, self.maximum = minimum, maximum

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Parse a whole number. Commas and spaces may separate thousands."""
        text = clean_text(valuelist[0]).replace(",", "").replace(" ", "") if valuelist else ""
        self.data = None
        if not text:
            return
        if not _WHOLE_NUMBER.fullmatch(text):
            raise ValueError(_("%(label)s must be a whole number", label=self.label.text))
        self.data = int(text)

    def pre_validate(self, form: BaseForm) -> None:
        """Raise ValidationError for a number outside the bounds."""
        if self.data is None:
            return
        words = {"label": self.label.text, "least": self.minimum, "most": self.maximum}
        if self.data < self.minimum:
            raise ValidationError(_("%(label)s must be %(least)s or more", **words))
        if self.data > self.maximum:
            raise ValidationError(_("%(label)s must be %(most)s or less", **words))


class HiddenField(TextField):
    """A hidden input."""

    captioned = False
    visible = False

    def __init__(self, **more: Any) -> None:
        super().__init__("", **more)
        self.widget = HiddenInput()

    def _value(self) -> str:
        """Return the value for WTForms' widget."""
        return str(self.data or "")

    def typed(self) -> dict[str, list[str]]:
        """Return the value shown on the page, which may differ from the one submitted."""
        return {self.name: [self._value()]} if self.data else {}


class FileField(GovField, flask_wtf.file.FileField):
    """One uploaded file, or None. `accept` has the allowed file extensions, such as (".csv",)."""

    template = "file-upload"

    def __init__(self, label: Words = "", *, accept: tuple[str, ...] = (), **more: Any) -> None:
        endings = [ending.removeprefix(".") for ending in accept]
        words = _l(
            "The selected file must be a %(endings)s file", endings=join_list(accept, style="or")
        )
        allowed = [FileAllowed(endings, words)] if accept else []
        more["validators"] = [*allowed, *more.get("validators", ())]
        super().__init__(label, look=Look(accept=accept), **more)

    def govuk(self) -> Params:
        """Return the parameters of a file input."""
        accept = ",".join(self.look.accept)
        return {"attributes": {"accept": accept} if accept else {}}

    def typed(self) -> dict[str, list[str]]:
        """Return an empty dict, because a page cannot fill in a file field."""
        return {}
