"""The reasons why places stay empty."""

from __future__ import annotations

import pytest

from app.matching.optimum.answer import UnfilledNeed
from app.matching.unfilled import Reason, explain_unfilled


def unfilled(
    here: int = 0, elsewhere: int = 0, too_costly: int = 0, too_costly_again: int = 0
) -> UnfilledNeed:
    total = here + elsewhere + too_costly + too_costly_again
    return UnfilledNeed(1, 1, total, here, elsewhere, too_costly, too_costly_again)


@pytest.mark.parametrize(
    ("row", "excluded", "reason"),
    [
        (
            unfilled(),
            {"certificate": 0},
            Reason("nobody", "Nobody in the network meets the requirements of this need."),
        ),
        (
            unfilled(),
            {"reach": 1, "certificate": 1_200},
            Reason(
                "all_excluded",
                "Nobody can be asked: 1,200 people do not have an in-date certificate and 1 person "
                "lives further away than they are willing to travel.",
            ),
        ),
        (
            unfilled(here=1),
            {},
            Reason(
                "too_few",
                "The only person who can be asked has already been suggested for this need.",
            ),
        ),
        (
            unfilled(here=4),
            {"inactive": 2, "reach": 3, "unavailable": 1, "answered": 1, "busy": 2},
            Reason(
                "too_few",
                "All 4 people who can be asked have already been suggested for this need. Of the "
                "others, 2 people have not been in touch in the last year, or are away, 3 people "
                "live further away than they are willing to travel, 1 person already helps here, "
                "or has already been asked, 2 people already help in the maximum number of places "
                "and 1 person does not want to help in this area, or we do not know where they "
                "are.",
            ),
        ),
        (
            unfilled(elsewhere=1),
            {},
            Reason(
                "elsewhere",
                "The only person who can be asked already helps, or has been suggested, somewhere "
                "they are needed more.",
            ),
        ),
        (
            unfilled(here=1, elsewhere=3, too_costly=1),
            {},
            Reason(
                "elsewhere",
                "Of 5 people, 3 already help, or have been suggested, somewhere they are needed "
                "more.",
            ),
        ),
        (
            unfilled(here=2, too_costly=1),
            {},
            Reason("too_costly", "Of 3 people, 1 is available but too far away."),
        ),
        (
            unfilled(too_costly_again=2),
            {},
            Reason(
                "too_costly_again",
                "Of 2 people, 2 already help somewhere else, so we have not suggested them.",
            ),
        ),
    ],
)
def test_the_reason_for_empty_places_is_explained(
    row: UnfilledNeed, excluded: dict[str, int], reason: Reason
) -> None:
    assert explain_unfilled(row, excluded) == reason


def test_an_invalid_count_is_rejected() -> None:
    with pytest.raises(KeyError, match="weather"):
        explain_unfilled(unfilled(), {"weather": 1})
    with pytest.raises(ValueError, match="negative"):
        explain_unfilled(unfilled(), {"reach": -1})
