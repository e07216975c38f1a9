"""Attack published ranges with linear programming, to show that they cannot be narrowed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import combinations, pairwise, permutations
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from app.coverage.alignment import AlignedCount, PublishableCount, choose_alignments
from app.coverage.disclosure import WIDTH, Span, alignment_offset, span
from app.coverage.nesting import Population, is_nested
from app.coverage.types import Rule
from app.targets.types import Verb

COUNTS = st.integers(0, 12) | st.integers(0, 200)
NEEDED = st.none() | st.integers(1, 60)
GROUPS = frozenset(range(5))  # groups of people. A count is about some of these groups


class PublishedRange(NamedTuple):
    """A published range of a count in a month, with the groups of people that it is about."""

    month: int
    groups: frozenset[int]
    held: Span


PeopleAndRanges = tuple[
    list[dict[int, int]], list[PublishedRange]
]  # people by group for each month, and the ranges


def population(groups: frozenset[int]) -> Population:
    return Population(Rule(Verb.IN_DATE, ("mhfa",), bases=("lives",)), groups)


def counts_of(needed: dict[frozenset[int], int | None]) -> list[PublishableCount]:
    return [
        PublishableCount(str(sorted(groups)), number, population(groups))
        for groups, number in needed.items()
    ]


@st.composite
def histories(draw: st.DrawFn) -> PeopleAndRanges:
    """Draw months of people and programmes, and publish them.

    Return the people in each group by month, and all published ranges. A programme keeps its counts
    for some months, and then changes the numbers needed or the counts.
    """
    people: list[dict[int, int]] = []
    ranges: list[PublishedRange] = []
    published: list[AlignedCount] = []
    subsets = st.frozensets(st.sampled_from(sorted(GROUPS)), min_size=1)
    programme = st.dictionaries(subsets, NEEDED, min_size=1, max_size=4)
    now = draw(programme)
    sizes = st.fixed_dictionaries({group: st.integers(0, 12) for group in GROUPS})
    for month in range(draw(st.integers(1, 3))):
        still = people and draw(st.booleans())
        people.append(people[-1] if still else draw(sizes))
        now = now if month and draw(st.booleans()) else draw(programme)
        counts = counts_of(now)
        starts = choose_alignments(counts, published)
        for one, groups in zip(counts, now, strict=True):
            start = starts[one.key]
            if start is None:
                continue
            held = span(sum(people[-1][group] for group in groups), start)
            ranges.append(PublishedRange(month, groups, held))
            published.append(AlignedCount(one.key, start, one.population))
    return people, ranges


def extremes(ranges: Sequence[PublishedRange], cost: dict[int, int]) -> list[int]:
    """Return the least and greatest value of a weighted sum of counts that the ranges allow.

    ``cost`` is the weight of each count by its position in ``told``. The reader knows which counts
    include which others, and that no count changed between the months in ``told``.
    """
    rows = []
    for inner, outer in permutations(range(len(ranges)), 2):
        if ranges[inner].groups <= ranges[outer].groups:
            row = np.zeros(len(ranges))
            row[inner], row[outer] = 1, -1
            rows.append(row)
    found = []
    for sign in (1, -1):
        answer = linprog(
            sign * np.array([float(cost.get(place, 0)) for place in range(len(ranges))]),
            A_ub=np.array(rows) if rows else None,
            b_ub=np.zeros(len(rows)) if rows else None,
            bounds=[(one.held.low, one.held.high) for one in ranges],
            method="highs",
        )
        assert answer.status == 0, "the published ranges contradict each other"
        found.append(round(sign * float(answer.fun)))
    return found


@given(histories())
def test_published_ranges_contain_the_true_counts(
    history: PeopleAndRanges,
) -> None:
    people, ranges = history
    for one in ranges:
        count = sum(people[one.month][group] for group in one.groups)
        assert one.held.low <= count <= one.held.high
        for needed in (5, 8, 10, 15, 60):
            assert one.held.meets(needed) in (None, count >= needed)


@settings(max_examples=40)
@given(histories())
def test_a_range_cannot_be_narrowed_within_a_month(
    history: PeopleAndRanges,
) -> None:
    people, ranges = history
    ranges = [one for one in ranges if one.month == len(people) - 1]
    for place, one in enumerate(ranges):
        assert extremes(ranges, {place: 1}) == [one.held.low, one.held.high]
    for low, high in combinations(range(len(ranges)), 2):
        least, greatest = extremes(ranges, {low: -1, high: 1})
        assert greatest - least >= WIDTH - 1  # the people in one count but not the other


@settings(max_examples=40)
@given(histories(), st.data())
def test_months_without_a_change_narrow_no_range(
    history: PeopleAndRanges, data: st.DataObject
) -> None:
    people, ranges = history
    first = data.draw(st.integers(0, len(people) - 1))
    still = [one for one in ranges if people[one.month] == people[first]]
    for place, one in enumerate(still):
        assert extremes(still, {place: 1}) == [one.held.low, one.held.high]


@given(st.dictionaries(st.frozensets(st.sampled_from([1, 2, 3]), min_size=1), NEEDED, min_size=1))
def test_alignments_do_not_depend_on_counts_and_the_first_number_is_kept(
    needed: dict[frozenset[int], int | None],
) -> None:
    counts = counts_of(needed)
    starts = choose_alignments(counts, [])
    first = min(counts, key=lambda one: one.needed is None)
    assert starts[first.key] == alignment_offset(first.needed)
    again = choose_alignments(counts, [AlignedCount(first.key, 4, first.population)])
    assert again[first.key] == 4  # a published alignment never changes


def test_a_count_related_to_two_alignments_is_hidden() -> None:
    both, one, other = frozenset({1, 2}), frozenset({1}), frozenset({2})
    starts = choose_alignments(counts_of({one: 10, other: 12, both: None}), [])
    assert list(starts.values()) == [0, 2, None]


def test_a_count_keeps_its_alignment_when_the_number_needed_changes() -> None:
    group = frozenset({1})
    earlier = [AlignedCount("[1]", 0, population(group)), AlignedCount("old", 0, population(group))]
    for known in earlier:  # also if the target has been replaced by another with the same rule
        [start] = choose_alignments(counts_of({group: 12}), [known]).values()
        assert start == 0
        assert span(13, start) == Span(10, 14)
        assert span(13, start).meets(12) is None
        assert span(15, start).meets(12) is True


@pytest.mark.parametrize(
    ("outer", "inner", "nested"),
    [
        (Rule(Verb.TRAINED_SINCE, ("a", "b")), Rule(Verb.IN_DATE, ("a",)), True),
        (Rule(Verb.IN_DATE, ("a",)), Rule(Verb.IN_DATE, ("a",), networks=("yana",)), True),
        (Rule(Verb.IN_DATE, ("a",), ("x", "y")), Rule(Verb.IN_DATE, ("a",), ("x",)), True),
        (Rule(Verb.IN_DATE, ("a",), ("x",)), Rule(Verb.IN_DATE, ("a",), ("y",)), False),
        (Rule(Verb.IN_DATE, ("a",)), Rule(Verb.IN_DATE, ("b",)), False),
        (
            Rule(Verb.TRAINED_SINCE, ("a",), since=date(2020, 1, 1)),
            Rule(Verb.TRAINED_SINCE, ("a",), since=date(2021, 1, 1)),
            True,
        ),
    ],
)
def test_which_rules_include_each_other(outer: Rule, inner: Rule, nested: bool) -> None:
    one, other = Population(outer, None), Population(inner, None)
    assert is_nested(one, other) is is_nested(other, one) is nested
    assert Population.from_json(one.to_json()) == one


def test_areas_include_each_other() -> None:
    rule = Rule(Verb.IN_DATE, ("a",), bases=("lives",))
    wide, narrow = Population(rule, frozenset({1, 2})), Population(rule, frozenset({1}))
    works = Population(Rule(Verb.IN_DATE, ("a",), bases=("lives", "works")), frozenset({1}))
    assert is_nested(wide, narrow)
    assert is_nested(Population(rule, None), wide)
    assert not is_nested(wide, Population(rule, frozenset({3})))
    assert not is_nested(wide, works)
    assert Population.from_json(wide.to_json()) == wide


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_the_number_of_people_with_unknown_area_narrows_no_range(
    inside_count: int, unknown_count: int, outside_count: int
) -> None:
    """A reader may know the ranges of people inside, of unknown area and anywhere."""
    inside, unknown, everywhere = (
        span(inside_count),
        span(unknown_count),
        span(inside_count + unknown_count + outside_count),
    )
    for low, high in ((inside.low, unknown.low), (inside.high, unknown.low)):
        assert low + high <= everywhere.high
    assert inside.low + unknown.high <= everywhere.high
    assert inside.low + unknown.low <= everywhere.low


@given(COUNTS, NEEDED)
def test_ranges_are_wide_and_show_whether_the_target_is_met(count: int, needed: int | None) -> None:
    found = span(count, alignment_offset(needed))
    assert found.high - found.low >= WIDTH - 1
    if needed is not None and needed >= WIDTH:
        assert found.meets(needed) is (count >= needed)
    elif needed is not None:
        assert found.meets(needed) in (None, count >= needed)


@given(NEEDED)
def test_ranges_have_no_gaps(needed: int | None) -> None:
    start = alignment_offset(needed)
    ranges = sorted({(span(n, start).low, span(n, start).high) for n in range(100)})
    assert ranges[0][0] == 0
    assert all(before[1] + 1 == after[0] for before, after in pairwise(ranges))


@pytest.mark.parametrize(
    ("count", "needed", "low", "high"),
    [
        (0, 10, 0, 4), (4, 10, 0, 4), (5, 10, 5, 9), (9, 10, 5, 9), (10, 10, 10, 14),
        (3, 8, 0, 7), (7, 8, 0, 7), (8, 8, 8, 12), (12, None, 10, 14), (2, 2, 0, 4),
    ],
)  # fmt: skip
def test_known_ranges(count: int, needed: int | None, low: int, high: int) -> None:
    assert span(count, alignment_offset(needed)) == Span(low, high)


def test_whether_a_small_target_is_met_is_hidden() -> None:
    assert alignment_offset(2) == 0
    assert span(3).meets(2) is None
    assert span(5).meets(2) is True
