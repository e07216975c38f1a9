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

_building = threading.Lock()  # several threads of a test may call this first


class _Numbered(IntegerConverter):
    """A converter that reads `<id(people):person_id>` as a number."""

    def __init__(self, map: Map, table: str) -> None:
        super().__init__(map)


@cache
def _numbered(app: Flask) -> Map:
    """Return the application's URL map with row numbers in place of identifiers."""
    known: dict[str, type[BaseConverter]] = {**app.url_map.converters, "id": _Numbered}
    rules = [
        Rule(rule.rule, endpoint=rule.endpoint, methods=["GET"])
        for rule in app.url_map.iter_rules()
        if "<id(" in rule.rule
    ]
    return Map(rules, converters=known)


def at(numbered: str, app: Flask | None = None) -> str:
    """Return the site's URL for one with a row number, such as `/people/12/name`.

    Fails for a URL without a row number. Pass `app` outside an application context.
    """
    site: Flask = app or current_app._get_current_object()
    parts = urlsplit(numbered)
    try:
        with _building:
            addresses = _numbered(site)
        endpoint, values = addresses.bind("").match(parts.path)
    except NotFound:
        raise LookupError(f"no address with a row's number: {numbered}") from None
    with site.app_context() if app else nullcontext():
        path = site.url_map.bind("").build(endpoint, values)
    return f"{path}?{parts.query}" if parts.query else str(path)


def number_of(table: str, identifier: str) -> int:
    """Return the row's number. Fails if the text is not an identifier of the table."""
    number = public_ids.decode(table, identifier)
    assert number is not None, f"no identifier of {table}: {identifier}"
    return number


def public_id(table: str, number: int, app: Flask | None = None) -> str:
    """Return the public identifier of a row. Pass `app` outside an application context."""
    with app.app_context() if app else nullcontext():
        return public_ids.encode(table, number)
