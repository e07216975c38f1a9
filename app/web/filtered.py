"""A list with filters that live in its address: what its template needs around the rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for
from wtforms import Field

from app.core.fields import FilterForm
from app.core.paging import Page


def around(
    endpoint: str, form: FilterForm, page: Page[Any], words: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The page, its filters, those in use, and the addresses of its neighbours."""
    values = _values(form)
    return {
        "page": page,
        "filter_form": form,
        "applied": applied(endpoint, form, words),
        "older_url": url_for(endpoint, **values, after=page.next) if page.next else None,
        "newer_url": None if page.first else url_for(endpoint, **values),
    }


def applied(
    endpoint: str, form: FilterForm, words: Mapping[str, str] | None = None
) -> list[tuple[str, str]]:
    """What each filter in use says, and the address without it.

    words: what a filter says, by its name; the others say what was picked or typed.
    """
    values, words = _values(form), words or {}
    found = []
    for name, value in values.items():
        rest = {other: kept for other, kept in values.items() if other != name}
        found.append((words.get(name) or _picked(form[name], value), url_for(endpoint, **rest)))
    return found


def _values(form: FilterForm) -> dict[str, Any]:
    """As they stand in the address."""
    return {name: "y" if value is True else value for name, value in form.values().items()}


def _picked(field: Field, value: object) -> str:
    """The label of what was picked; what was typed stands for itself."""
    labels = {str(choice.value): str(choice.label) for choice in getattr(field, "choices", ())}
    return labels.get(str(value), str(value))
