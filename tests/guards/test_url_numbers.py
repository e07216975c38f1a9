"""No URL contains a row's number, because consecutive numbers and gaps reveal information."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter, Map, Rule, UUIDConverter

from app.core import public_ids

# The position of an attachment in its message, which is not a row's number.
POSITIONS = {("messages.dev_file", "number")}


def _numbers(map: Map) -> set[tuple[str, str]]:
    """Return (endpoint, argument) for arguments that are plain numbers or row numbers."""
    plain = (IntegerConverter, UUIDConverter)
    found = set()
    for rule in map.iter_rules():
        for name, converter in rule._converters.items():
            row = name.endswith("_id") and not isinstance(converter, public_ids.IdConverter)
            if row or isinstance(converter, plain):
                found.add((rule.endpoint, name))
    return found


def test_no_url_contains_a_row_number(app: Flask) -> None:
    assert _numbers(app.url_map) == POSITIONS


def test_a_planted_number_is_found(app: Flask) -> None:
    planted = Map(
        [
            Rule("/people/<int:person_id>", endpoint="one"),
            Rule("/needs/<need_id>", endpoint="two"),
            Rule("/runs/<uuid:run>", endpoint="three"),
            Rule("/users/<id(users):user_id>", endpoint="four"),
        ],
        converters=app.url_map.converters,
    )
    assert _numbers(planted) == {("one", "person_id"), ("two", "need_id"), ("three", "run")}
