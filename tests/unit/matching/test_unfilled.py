"""Each empty place says why, in one plain sentence."""

from __future__ import annotations

import pytest

from app.matching.optimum.answer import Unfilled
from app.matching.optimum.unfilled import Reason, explain_unfilled


def unfilled(
    here: int = 0, elsewhere: int = 0, too_dear: int = 0, too_dear_again: int = 0
) -> Unfilled:
    total = here + elsewhere + too_dear + too_dear_again
    return Unfilled(1, 1, total, here, elsewhere, too_dear, too_dear_again)


@pytest.mark.parametrize(
    ("row", "excluded", "reason"),
    [
        (
            unfilled(),
            {"certificate": 0},
            Reason("nobody", "Nobody in the network matches what this need asks for."),
        ),
        (
            unfilled(),
            {"reach": 1, "certificate": 1_200},
            Reason(
                "all_excluded",
                "Nobody can be asked: 1,200 have no in-date certificate and 1 lives too far away "
                "for what they offered.",
            ),
        ),
        (
            unfilled(here=1),
            {},
            Reason(
                "too_few", "The only person who can be asked is proposed for this need already."
            ),
        ),
        (
            unfilled(here=4),
            {"inactive": 2, "reach": 3, "unavailable": 1, "answered": 1, "busy": 2},
            Reason(
                "too_few",
                "All 4 people who can be asked are proposed for this need already. Of the others, "
                "2 have not confirmed within the year, or are away, 3 live too far away for what "
                "they offered, 1 serves here, was asked already, or said no, 2 already help in as "
                "many places as one person may and 1 has ruled this area out, or named no place "
                "we know.",
            ),
        ),
        (
            unfilled(elsewhere=1),
            {},
            Reason(
                "elsewhere",
                "The only person who can be asked serves already, or is proposed, where they are "
                "needed more.",
            ),
        ),
        (
            unfilled(here=1, elsewhere=3, too_dear=1),
            {},
            Reason(
                "elsewhere",
                "Of 5 people, 3 serve already, or are proposed, where they are needed more.",
            ),
        ),
        (
            unfilled(here=2, too_dear=1),
            {},
            Reason("too_dear", "Of 3 people, 1 is free, but the journey outweighs this place."),
        ),
        (
            unfilled(too_dear_again=2),
            {},
            Reason(
                "too_dear_again",
                "Of 2 people, 2 have an assignment already, and a further one outweighs this "
                "place.",
            ),
        ),
    ],
)
def test_reasons(row: Unfilled, excluded: dict[str, int], reason: Reason) -> None:
    assert explain_unfilled(row, excluded) == reason


def test_a_wrong_count_is_refused() -> None:
    with pytest.raises(KeyError, match="weather"):
        explain_unfilled(unfilled(), {"weather": 1})
    with pytest.raises(ValueError, match="negative"):
        explain_unfilled(unfilled(), {"reach": -1})
