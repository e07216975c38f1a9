"""Postal addresses are split into the lines that GOV.UK Notify accepts."""

from __future__ import annotations

import pytest

from app.messages.carriers import UndeliverableMessage
from app.messages.notify import postal_lines


def test_name_and_address_become_lines() -> None:
    lines = postal_lines("Ann Smith", "1 High Street\n\nDereham \nNR19 2AB")
    assert lines == {
        "address_line_1": "Ann Smith",
        "address_line_2": "1 High Street",
        "address_line_3": "Dereham",
        "address_line_4": "NR19 2AB",
    }


def test_eight_lines_become_seven_with_the_postcode_last() -> None:
    lines = postal_lines("Ann Smith", "\n".join([*"abcdefgh", "NR19 2AB"]))
    assert len(lines) == 7
    assert lines["address_line_6"] == "e, f, g, h"
    assert lines["address_line_7"] == "NR19 2AB"


@pytest.mark.parametrize("address", ["", "NR19 2AB", "  \n "])
def test_a_short_address_is_refused(address: str) -> None:
    with pytest.raises(UndeliverableMessage):
        postal_lines("Ann Smith", address)
