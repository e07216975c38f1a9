"""The template context for lists with filters in the query string."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for
from wtforms import Field

from app.core.paging import Page
from app.web.fields import FilterForm


def list_context(
    endpoint: str, form: FilterForm, page: Page[Any], words: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the page, the form, the selected filters, and the URLs of the other pages."""
    values = _values(form)
    return {
        "page": page,
        "filter_form": form,
        "applied": applied_filters(endpoint, form, words),
        "older_url": url_for(endpoint, **values, after=page.next) if page.next else None,
        "newer_url": None if page.first else url_for(endpoint, **values),
    }


def applied_filters(
    endpoint: str, form: FilterForm, words: Mapping[str, str] | None = None
) -> list[tuple[str, str]]:
    """Return pairs of text and URL, one for each selected filter. The URL removes the filter.

    `words` maps the names of some filters to their text. Other filters are shown as the label or
    value that the user chose.
    """
    values, words = _values(form), words or {}
    found = []
    for name, value in values.items():
        others = {other: kept for other, kept in values.items() if other != name}
        found.append(
            (words.get(name) or _value_text(form[name], value), url_for(endpoint, **others))
        )
    return found


def _values(form: FilterForm) -> dict[str, Any]:
    """Return the filter values in the form used in the query string."""
    return {name: "y" if value is True else value for name, value in form.values().items()}


def _value_text(field: Field, value: object) -> str:
    """Return the label of the selected choice, or the submitted value."""
    labels = {str(choice.value): str(choice.label) for choice in getattr(field, "choices", ())}
    return labels.get(str(value), str(value))
