"""URLs with public identifiers, made from the row numbers that tests use."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from functools import cache
from urllib.parse import urlsplit

from flask import Flask, current_app
from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter, IntegerConverter, Map, Rule

from app.core import public_ids

_map_lock = threading.Lock()  # several threads of a test may call this first


class _RowNumberConverter(IntegerConverter):
    """A converter that reads `<id(people):person_id>` as a number."""

    def __init__(self, map: Map, table: str) -> None:
        super().__init__(map)


@cache
def _map_with_row_numbers(app: Flask) -> Map:
    """Return the application's URL map with row numbers in place of identifiers."""
    converters: dict[str, type[BaseConverter]] = {
        **app.url_map.converters,
        "id": _RowNumberConverter,
    }
    rules = [
        Rule(rule.rule, endpoint=rule.endpoint, methods=["GET"])
        for rule in app.url_map.iter_rules()
        if "<id(" in rule.rule
    ]
    return Map(rules, converters=converters)


def at(url: str, app: Flask | None = None) -> str:
    """Return the URL with public identifiers for `url`, such as `/people/12/name`.

    `url` has row numbers. Raises LookupError if no URL with a row number matches it. Pass `app`
    outside an application context.
    """
    site: Flask = app or current_app._get_current_object()
    parts = urlsplit(url)
    try:
        with _map_lock:
            row_number_map = _map_with_row_numbers(site)
        endpoint, values = row_number_map.bind("").match(parts.path)
    except NotFound:
        raise LookupError(f"no URL with a row number: {url}") from None
    with site.app_context() if app else nullcontext():
        path = site.url_map.bind("").build(endpoint, values)
    return f"{path}?{parts.query}" if parts.query else str(path)


def number_of(table: str, identifier: str) -> int:
    """Return the row number for a public identifier. The table must be the right one."""
    number = public_ids.decode(table, identifier)
    assert number is not None, f"no identifier of {table}: {identifier}"
    return number


def public_id(table: str, number: int, app: Flask | None = None) -> str:
    """Return the public identifier of a row. Pass `app` outside an application context."""
    with app.app_context() if app else nullcontext():
        return public_ids.encode(table, number)
