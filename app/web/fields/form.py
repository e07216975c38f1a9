"""Forms that keep the submitted values and show an error summary with links to the inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms.csrf.core import CSRFTokenField

from app.core.errors import Busy, DomainError, TooManyAttempts
from app.web import rejected_forms
from app.web.fields.base import GovField
from app.web.rejected_forms import RejectedForm


class PageForm(FlaskForm):
    """A form on a page.

    `saved` holds values from a draft. They are ignored if the form is submitted.
    """

    form_errors: list[str]
    is_busy: bool = False  # the site is too busy
    retry_after: int | None = None  # seconds to wait before the form can be sent again

    def __init__(self, *, saved: Mapping[str, Sequence[str]] | None = None, **more: Any) -> None:
        name = type(self).__qualname__
        rejected = None if self.is_submitted() else rejected_forms.find_rejected_form(name)
        if rejected is not None:
            more["formdata"] = _multidict(rejected.submitted)
        elif saved and not self.is_submitted():
            more.setdefault("formdata", _multidict(saved))
        super().__init__(**more)
        if rejected is not None:
            self._show_errors(rejected)
        elif self.is_submitted():
            rejected_forms.record_submitted_form(self)

    @property
    def status(self) -> int:
        """Return the HTTP status of the page with this form: 422 if the form has errors.

        It is 503 if the form is valid but the site is too busy.
        """
        if self.is_busy:
            return Busy.status
        return 422 if self.errors else 200

    def submitted_values(self) -> dict[str, list[str]]:
        """Return the submitted values by input name, as plain JSON.

        CSRF tokens, files and passwords are not included.
        """
        values: dict[str, list[str]] = {}
        for field in self:
            if isinstance(field, GovField):
                values |= field.submitted_values()
        return values

    def to_rejected_form(self) -> RejectedForm:
        """Return the submitted values and the errors, to show them after a redirect."""
        named = [(name, field) for name, field in self._fields.items() if field.errors]
        return RejectedForm(
            form=type(self).__qualname__,
            submitted=self.submitted_values(),
            errors={name: [str(each) for each in field.errors] for name, field in named},
            form_errors=[str(each) for each in self.form_errors],
            wrong_parts={
                name: list(field.wrong_parts)
                for name, field in named
                if hasattr(field, "wrong_parts")
            },
            retry_after=self.retry_after,
        )

    def _show_errors(self, rejected: RejectedForm) -> None:
        """Show the errors of a form that was rejected before the redirect."""
        self.form_errors = list(rejected.form_errors)
        self.retry_after = rejected.retry_after
        for name, messages in rejected.errors.items():
            if name in self:
                self[name].errors = list(messages)
        for name, parts in rejected.wrong_parts.items():
            if name in self:
                self[name].wrong_parts = tuple(parts)

    def add_error(self, error: DomainError) -> None:
        """Add an error to the field that it names, or to the form if it names no field."""
        self.is_busy = isinstance(error, Busy)
        if isinstance(error, TooManyAttempts):
            self.retry_after = error.retry_after
        if error.field and error.field in self:
            field = self[error.field]
            field.errors = [*field.errors, error.message]
        else:
            self.form_errors = [*self.form_errors, error.message]

    def summary(self) -> Iterator[dict[str, str]]:
        """Yield the entries of the error summary in page order.

        Each has `text` and, if it links to an input, `href`.
        """
        for message in self.form_errors:
            yield {"text": str(message)}
        for field in self:
            if not field.errors:
                continue
            if isinstance(field, CSRFTokenField):
                yield {"text": _("You had this page open for too long. Send the form again.")}
            elif isinstance(field, GovField) and field.visible:
                yield {"text": str(field.errors[0]), "href": f"#{field.target}"}
            else:
                yield {"text": str(field.errors[0])}


def _multidict(values: Mapping[str, Sequence[str]]) -> MultiDict[str, str]:
    return MultiDict([(name, item) for name, items in values.items() for item in items])


class FilterForm(PageForm):
    """A form whose values are in the query string (GET).

    It has no CSRF token, because it changes no data. `values()` returns the valid values.
    """

    class Meta:
        csrf = False

    def __init__(self, **more: Any) -> None:
        more.setdefault("formdata", request.args or None)
        super().__init__(**more)
        self.validate()

    def values(self) -> dict[str, Any]:
        """Return the values of valid fields that are not empty, by field name."""
        return {
            name: field.data
            for name, field in self._fields.items()
            if not field.errors and field.data not in (None, "", [], False)
        }
