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

from app.core import email_domains, parsing
from app.core.limits import LONGEST_EMAIL, LONGEST_LINE, LONGEST_SEARCH, LONGEST_TEXT
from app.core.parsing import clean_text
from app.core.words import join_list
from app.web.fields.base import GovField, LazyText
from app.web.fields.widgets import GovWidget, Look, Params

Parsed = TypeVar("Parsed")
KEEP_CHECKBOX = Markup(
    '<div class="govuk-form-group"><div class="govuk-checkboxes govuk-checkboxes--small">'
    '<div class="govuk-checkboxes__item">'
    '<input class="govuk-checkboxes__input" id="{name}" name="{name}" type="checkbox"'
    ' value="{value}"{checked}>'
    '<label class="govuk-label govuk-checkboxes__label" for="{name}">{label}</label>'
    "</div></div></div>"
)
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,11}")


class TextField(GovField):
    """A line of text. `data` is a str without unnecessary spaces."""

    default_max_length = LONGEST_LINE

    def __init__(
        self,
        label: LazyText = "",
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
        self.max_length = max_length or self.default_max_length

    def process_data(self, value: Any) -> None:
        """Set the value from Python code."""
        self.data = "" if value is None else str(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Set the value from the submitted form."""
        if valuelist:
            self.data = clean_text(valuelist[0])

    def pre_validate(self, form: BaseForm) -> None:
        """Raise StopValidation if the text is too long or cannot be parsed."""
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
            self.parse(self.data)
        except parsing.ParseError as error:
            raise StopValidation(error.message) from None

    def parse(self, text: str) -> object:
        """Parse the text. Raises ParseError. A plain text field returns the text itself."""
        return text

    def _parse_or_none(self, parse: Callable[[str], Parsed]) -> Parsed | None:
        """Return the parsed value, or None if the text is empty or cannot be parsed."""
        try:
            return parse(self.data) if self.data else None
        except parsing.ParseError:
            return None


class FullNameField(TextField):
    """A person's name in one field. The name can be one word, and it can be long."""

    look = Look(autocomplete="name", spellcheck=False, width=30)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Set the value to the submitted name, without punctuation around it."""
        super().process_formdata(valuelist)
        if self.data:
            self.data = self._parse_or_none(self.parse) or self.data

    def parse(self, text: str) -> str:
        """Return the name in the form that we store."""
        return parsing.parse_name(text)


class LinkField(TextField):
    """The URL of a web page. `data` includes the scheme if the URL is valid."""

    look = Look(autocapitalize="none", spellcheck=False, width=30)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Set the value to the submitted URL, with `https://` added if it has no scheme."""
        super().process_formdata(valuelist)
        if self.data:
            self.data = self._parse_or_none(self.parse) or self.data

    def parse(self, text: str) -> str:
        """Return the URL with its scheme."""
        return parsing.parse_link(text)


class SearchField(TextField):
    """A field for a search term."""

    default_max_length = LONGEST_SEARCH
    look = Look(kind="search", spellcheck=False, width=20)


class EmailField(TextField):
    """An email address. `data` is the submitted text, and `address` the stored form or None.

    With `check_domain`, a domain that looks misspelt is an error, and a checkbox appears. The
    user must correct the address, or select the checkbox to keep the address.
    """

    default_max_length = LONGEST_EMAIL
    look = Look(kind="email", autocomplete="email", spellcheck=False, width=30)

    def __init__(self, label: LazyText = "", *, check_domain: bool = False, **more: Any) -> None:
        super().__init__(label, **more)
        self.check_domain = check_domain
        self.kept = ""

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Set the values of the input and the checkbox."""
        super().process(formdata, data, extra_filters)
        self.kept = clean_text(formdata.get(self._keep, "")) if formdata is not None else ""

    @property
    def _keep(self) -> str:
        """Return the name of the checkbox."""
        return f"{self.name}-keep"

    @property
    def suggestion(self) -> str | None:
        """Return the corrected address if the domain looks misspelt, otherwise None."""
        if not self.check_domain or not self.address or self.kept == self.data:
            return None
        return email_domains.suggest_address(self.address)

    def pre_validate(self, form: BaseForm) -> None:
        """Raise StopValidation if the address is not valid or its domain looks misspelt."""
        super().pre_validate(form)
        suggestion = self.suggestion
        if suggestion is not None:
            raise StopValidation(
                _(
                    "Did you mean %(address)s? Correct it, or keep it as you typed it",
                    address=suggestion,
                )
            )

    def submitted_values(self) -> dict[str, list[str]]:
        """Return the submitted values of the input and the checkbox, by input name."""
        return super().submitted_values() | ({self._keep: [self.kept]} if self.kept else {})

    def __call__(self, **more: object) -> Markup:
        """Return the HTML of the field, with the checkbox if the domain looks misspelt."""
        html: Markup = super().__call__(**more)
        if not (self.errors and self.suggestion) and not self.kept:
            return html
        return html + KEEP_CHECKBOX.format(
            name=self._keep,
            value=self.data,
            checked=Markup(" checked") if self.kept == self.data else "",
            label=_("Keep %(address)s as typed", address=self.data),
        )

    def parse(self, text: str) -> str:
        """Return the address in the form that we store."""
        return parsing.parse_email(text)

    @property
    def address(self) -> str | None:
        """Return the address in the form that we store, or None if it is not valid."""
        return self._parse_or_none(self.parse)


class PhoneField(TextField):
    """A telephone number. `data` is the submitted text, and `e164` the stored form or None."""

    default_max_length = 40
    look = Look(kind="tel", autocomplete="tel", width=20)

    def parse(self, text: str) -> str:
        """Return the number in E.164 format."""
        return parsing.parse_phone(text)

    @property
    def e164(self) -> str | None:
        """Return the number in E.164 format, or None if it is not valid."""
        return self._parse_or_none(self.parse)


class PostcodeField(TextField):
    """A postcode. `data` is the submitted text, and `postcode` the stored form or None."""

    default_max_length = 20
    look = Look(autocomplete="postal-code", autocapitalize="characters", width=10)

    def parse(self, text: str) -> str:
        """Return the postcode with a single space, such as `IP24 1JD`."""
        return parsing.parse_postcode(text)

    @property
    def postcode(self) -> str | None:
        """Return the postcode with a single space, or None if it is not valid."""
        return self._parse_or_none(self.parse)


class SecretField(TextField):
    """A code or memorable word. It is not shown again after an error."""

    def input_text(self) -> str:
        """Return "", so that the page does not contain the secret."""
        return ""

    def submitted_values(self) -> dict[str, list[str]]:
        """Return an empty dict, so that the secret is not stored with the submitted values."""
        return {}


class PasswordField(SecretField):
    """A password. Spaces and invisible characters are kept."""

    look = Look(kind="password", autocomplete="current-password", spellcheck=False, width=20)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Set the value to the submitted text, unchanged."""
        if valuelist:
            self.data = str(valuelist[0])


class TextAreaField(TextField):
    """Several lines of text. With `max_length`, the page shows a character count."""

    template = "textarea"
    default_max_length = LONGEST_TEXT

    def __init__(self, label: LazyText = "", *, rows: int = 5, **more: Any) -> None:
        self.counted = more.get("max_length")
        super().__init__(label, **more)
        self.rows = rows
        if self.counted:
            self.widget = GovWidget("charactercount")

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Set the value to the submitted text, including line breaks."""
        if valuelist:
            self.data = clean_text(valuelist[0], lines=True)

    def component_params(self) -> Params:
        """Return the component's parameters."""
        params = {**super().component_params(), "rows": str(self.rows)}
        params.pop("type")
        return params | (_character_count_params(self.counted) if self.counted else {})


def _character_count_params(max_length: int) -> Params:
    """Return the parameters of the character count, in the reader's language."""
    return {
        "maxlength": max_length,
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
    """A whole number, or None.

    `prefix` and `suffix` are shown next to the input, for example "£" or "people".
    """

    def __init__(
        self,
        label: LazyText = "",
        *,
        minimum: int = 0,
        maximum: int = 1_000_000,
        width: int = 5,
        prefix: LazyText | None = None,
        suffix: LazyText | None = None,
        **more: Any,
    ) -> None:
        look = Look(width=width, inputmode="numeric", prefix=prefix, suffix=suffix)
        super().__init__(label, look=look, **more)
        self.minimum, self.maximum = minimum, maximum

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Parse a whole number. Thousands can be separated by commas or spaces."""
        text = clean_text(valuelist[0]).replace(",", "").replace(" ", "") if valuelist else ""
        self.data = None
        if not text:
            return
        if not _WHOLE_NUMBER.fullmatch(text):
            raise ValueError(_("%(label)s must be a whole number", label=self.label.text))
        self.data = int(text)

    def pre_validate(self, form: BaseForm) -> None:
        """Raise ValidationError if the number is less than the minimum or more than the maximum."""
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
        """Return the value for the WTForms widget."""
        return str(self.data or "")

    def submitted_values(self) -> dict[str, list[str]]:
        """Return the value shown on the page, which can differ from the submitted value."""
        return {self.name: [self._value()]} if self.data else {}


class FileField(GovField, flask_wtf.file.FileField):
    """An uploaded file, or None. `accept` lists the allowed file extensions, such as (".csv",)."""

    template = "file-upload"

    def __init__(self, label: LazyText = "", *, accept: tuple[str, ...] = (), **more: Any) -> None:
        endings = [ending.removeprefix(".") for ending in accept]
        words = _l(
            "The selected file must be a %(endings)s file", endings=join_list(accept, style="or")
        )
        allowed = [FileAllowed(endings, words)] if accept else []
        more["validators"] = [*allowed, *more.get("validators", ())]
        super().__init__(label, look=Look(accept=accept), **more)

    def component_params(self) -> Params:
        """Return the component's parameters."""
        accept = ",".join(self.look.accept)
        return {"attributes": {"accept": accept} if accept else {}}

    def submitted_values(self) -> dict[str, list[str]]:
        """Return an empty dict, because a file input cannot be filled in again."""
        return {}
