"""The context that templates need for lists whose filters are in the query string."""

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
    """Return the page, its form, its filters, and the URLs of the next and previous pages."""
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
    """Return the text of each filter in use, and the URL without it.

    `words` gives the text of some filters, by name. The others are shown as the chosen or typed
    value.
    """
    values, words = _values(form), words or {}
    found = []
    for name, value in values.items():
        rest = {other: kept for other, kept in values.items() if other != name}
        found.append((words.get(name) or _value_text(form[name], value), url_for(endpoint, **rest)))
    return found


def _values(form: FilterForm) -> dict[str, Any]:
    """Return the filters' values as they appear in the query string."""
    return {name: "y" if value is True else value for name, value in form.values().items()}


def _value_text(field: Field, value: object) -> str:
    """Return the label of a chosen value, or the typed value itself."""
    labels = {str(choice.value): str(choice.label) for choice in getattr(field, "choices", ())}
    return labels.get(str(value), str(value))
