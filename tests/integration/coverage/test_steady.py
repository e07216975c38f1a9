"""Months that follow one another: who compares them learns of no single person."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.core.disclosure import THRESHOLD, steady_number
from app.core.errors import InvalidInput
from app.coverage import measures, publishing, service
from app.coverage.types import AreaFigure, Figure
from tests.integration.coverage.scene import lives, person, trained, ward

MONTHS = [date(2026, month, 1) for month in range(6, 11)]
COUNTS = st.integers(0, 40)


def numbers(month: date) -> dict[str, int | None]:
    """Every number of a month's publication."""
    found = service.published(month)
    assert found is not None
    shown: dict[str, int | None] = {area.code: area.held for area in found.areas}
    for figure in found.figures:
        shown |= {one.slug: one.held for one in (figure, *figure.beside)}
        shown |= {f"{figure.slug} unsettled": figure.unsettled}
    return shown


def more(people: int) -> None:
    """People of YANA, in date, in Thetford."""
    for _ in range(people):
        one = person(networks=["yana"], joined=date(2026, 5, 1))
        lives(one, ward("Thetford Priory"))
        trained(one)


def test_a_number_changes_by_five_or_not_at_all(session: Session) -> None:
    shown = []
    for month, people in zip(MONTHS, (11, 1, 3, 1, 4), strict=True):
        more(people)
        assert service.freeze(month)
        shown.append(numbers(month)["yana-15"])
    assert shown == [11, 11, 11, 16, 16]  # of 11, 12, 15, 16 and 20
    for earlier, later in zip(MONTHS, MONTHS[1:], strict=False):
        before, after = numbers(earlier), numbers(later)
        for key, number in after.items():
            old = before[key]
            if number is not None and old is not None:
                assert number == old or abs(number - old) >= THRESHOLD, (key, later)


def test_a_number_that_was_hidden_is_held_against_what_was_shown_before(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = iter((20, 2, 22))
    monkeypatch.setattr(
        measures,
        "area_figures",
        lambda *_: (AreaFigure("E1", "Town", 5, next(held), "band"),),
    )
    shown = []
    for month in MONTHS[:3]:
        service.freeze(month)
        shown.append(numbers(month)["E1"])
    assert shown == [20, None, 20]


def test_a_month_before_a_published_one_is_not_published(session: Session) -> None:
    more(1)
    assert service.freeze(MONTHS[1])
    with pytest.raises(InvalidInput, match="A later month is published"):
        service.freeze(MONTHS[0])
    assert not service.freeze_if_due(MONTHS[0])
    assert not service.freeze(MONTHS[1])


@given(st.lists(COUNTS, min_size=2, max_size=12))
def test_whatever_is_counted_no_small_step_is_shown(counts: list[int]) -> None:
    last: int | None = None
    for count in counts:
        now = steady_number(count, last)
        if last is not None:
            assert now == last or abs(now - last) >= THRESHOLD
            assert abs(now - count) < THRESHOLD
        last = now


@given(st.tuples(COUNTS, COUNTS, COUNTS, COUNTS), st.tuples(COUNTS, COUNTS, COUNTS, COUNTS))
def test_steady_figures_can_be_made_safe(now: tuple[int, ...], before: tuple[int, ...]) -> None:
    def one(slug: str, count: int, unsettled: int = 0, beside: tuple[Figure, ...] = ()) -> Figure:
        return Figure(slug, slug, "", None, None, count, unsettled, beside=beside)

    in_date, held, unsettled, anywhere = now
    counted = one("all", held, unsettled, (one("in-date", in_date), one("anywhere", anywhere)))
    keys = [("held", "in-date"), ("held", "all"), ("unsettled", "all"), ("held", "anywhere")]
    steady = publishing.steady_figure(counted, dict(zip(keys, before, strict=True)))
    safe = publishing.safe_figure(steady)
    for figure, last in ((safe, before[1]), (safe.beside[0], before[0])):
        assert figure.held is None or figure.held == last or abs(figure.held - last) >= THRESHOLD
