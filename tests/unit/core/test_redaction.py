"""What logs may contain of values and exceptions."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from app.core import redaction
from app.core.errors import InvalidInput


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("to mary.otter+x@mail.example.org, twice", "to (email address), twice"),
        ("Key (email)=(mary@example.org) exists", "Key (email)=((email address)) exists"),
        ("<mary@example.org>: refused", "<(email address)>: refused"),
        ("rang 07700 900123 at ten", "rang (phone number) at ten"),
        ("+44 7700 900 123", "(phone number)"),
        ("(01362) 656870", "(phone number)"),
        ("lives at IP24 1JD", "lives at (postcode)"),
        ("ip241jd", "(postcode)"),
        ("waited 0.25 s, 12 of 340 rows", "waited 0.25 s, 12 of 340 rows"),
        ("2026-11-26T18:22:42.123456Z", "2026-11-26T18:22:42.123456Z"),
    ],
)
def test_email_addresses_phone_numbers_and_postcodes_are_removed(typed: str, written: str) -> None:
    assert redaction.redact_text(typed) == written


def test_containers_are_redacted_item_by_item() -> None:
    logged = {"who": ["mary@example.org", {"phone": "07700 900123"}], "many": 3, "none": None}
    assert redaction.redact_value(logged) == {
        "who": ["(email address)", {"phone": "(phone number)"}],
        "many": 3,
        "none": None,
    }


def test_an_exception_as_a_value_is_described() -> None:
    assert redaction.redact_value(ValueError("Mary Otter")) == "ValueError"


@pytest.mark.parametrize(
    ("error", "written"),
    [
        (ValueError("invalid literal: 'Mary Otter'"), "ValueError"),
        (KeyError("Mary Otter"), "KeyError"),
        (InvalidInput("“Mary Otter” is no date."), "app.core.errors.InvalidInput"),
        (FileNotFoundError(2, "No such file", "mary.csv"), "FileNotFoundError: No such file"),
        (
            AttributeError("'None' has no attribute 'x'"),
            "AttributeError: 'None' has no attribute 'x'",
        ),
        (
            errors.UniqueViolation("Key (name)=(Mary Otter)"),
            "psycopg.errors.UniqueViolation: SQLSTATE 23505",
        ),
        (psycopg.DataError("Mary Otter"), "psycopg.DataError"),
    ],
)
def test_the_text_of_an_exception_is_written_only_if_it_quotes_nothing(
    error: Exception, written: str
) -> None:
    assert redaction.describe_error(error) == written


def test_a_chain_is_formatted_without_texts_or_local_values() -> None:
    def fails(name: str) -> None:
        try:
            raise KeyError(name)
        except KeyError as error:
            raise RuntimeError(f"no {name}") from error

    with pytest.raises(RuntimeError) as caught:
        fails("Mary" + " Otter")
    formatted = redaction.format_exception(caught.value)
    assert "Mary Otter" not in formatted
    assert (
        formatted.index("KeyError")
        < formatted.index("which led to")
        < formatted.index("RuntimeError")
    )
    assert "in fails" in formatted


def test_a_group_of_exceptions_is_formatted_without_texts() -> None:
    formatted = redaction.format_exception(
        ExceptionGroup("Mary Otter", [ValueError("Mary Otter"), KeyError("x")])
    )
    assert "Mary Otter" not in formatted
    assert "ValueError" in formatted
    assert "KeyError" in formatted
