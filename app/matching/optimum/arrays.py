"""The solver's input as arrays, and the checks applied to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.matching.optimum.problem import MAX_PRIORITY, InvalidProblem, Problem

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MAX_METRES = 2_000_000
MAX_COUNT = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class NeedArrays:
    """Needs as arrays with one element per need, in any order.

    - ``area``: a number that is the same for all needs in an area
    - ``places``: the number of people needed, 1 or more
    - ``priority``: 1 to 100
    - ``held``: the number of places that stay filled. The next place is ``held`` + 1.
    - ``served``: whether the area already has a champion. The area counts as served if this is true
      for one of its needs, or if one of them has a filled place.

    ``served`` must be false if the only champion in the area is a candidate who could be moved.
    Otherwise the solver would not notice that moving them leaves the area empty.
    """

    id: Ints
    area: Ints
    places: Ints
    priority: Ints
    held: Ints
    served: Bools


@dataclass(frozen=True, slots=True, eq=False)
class CandidateArrays:
    """Pairs of a person and a need that the person can be asked about, in any order.

    - ``distance_m``: metres from the person to the need, or 0 if unknown
    - ``standing``: whether the person is already assigned to this need but could be moved
    - ``load``: the number of assignments that the person will keep. It must be the same in all
      pairs with this person.
    """

    person: Ints
    need: Ints
    distance_m: Ints
    standing: Bools
    load: Ints


def to_arrays(problem: Problem) -> tuple[NeedArrays, CandidateArrays]:
    """Return the needs and candidates of a problem as arrays."""
    needs, rows = problem.needs, problem.candidates
    return (
        NeedArrays(
            id=_to_int_array([need.id for need in needs]),
            area=_to_int_array([need.area for need in needs]),
            places=_to_int_array([need.places for need in needs]),
            priority=_to_int_array([need.priority for need in needs]),
            held=_to_int_array([need.held for need in needs]),
            served=np.array([need.served for need in needs], dtype=np.bool_),
        ),
        CandidateArrays(
            person=_to_int_array([row.person for row in rows]),
            need=_to_int_array([row.need for row in rows]),
            distance_m=_to_int_array([row.distance_m or 0 for row in rows]),
            standing=np.array([row.standing for row in rows], dtype=np.bool_),
            load=_to_int_array([row.load for row in rows]),
        ),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A validated problem, with people, needs and candidates sorted by ID.

    ``row_person`` and ``row_need`` are indexes into ``person_id`` and ``need_id``. ``area`` numbers
    the areas from 0. ``area_empty`` is true for each area without a champion.
    """

    person_id: Ints
    person_load: Ints
    need_id: Ints
    places: Ints
    priority: Ints
    held: Ints
    area: Ints
    area_empty: Bools
    row_person: Ints
    row_need: Ints
    row_distance: Ints
    row_standing: Bools


def build_model(needs: NeedArrays, candidates: CandidateArrays) -> Model:
    """Validate the input and sort it by ID.

    Raises InvalidProblem if a need or a pair is duplicated, a need is unknown, a number is out of
    range, or a person has two different loads.
    """
    _check_needs(needs)
    _check_rows(candidates)
    order = np.argsort(needs.id, kind="stable")
    need_id = needs.id[order]
    if (need_id[1:] == need_id[:-1]).any():
        raise InvalidProblem("A need is duplicated.")
    _, area = np.unique(needs.area[order], return_inverse=True)
    served = (needs.served | (needs.held > 0))[order]
    area_served = np.bincount(area, weights=served) > 0

    person_id, row_person = _index_people(candidates.person)
    row_need = _find_positions(need_id, candidates.need)
    rows = _sort_order(row_person, row_need, len(need_id))
    load = np.zeros(len(person_id), dtype=np.int64)
    load[row_person] = candidates.load
    if (load[row_person] != candidates.load).any():
        raise InvalidProblem("A person has two different loads.")
    return Model(
        person_id=person_id,
        person_load=load,
        need_id=need_id,
        places=needs.places[order],
        priority=needs.priority[order],
        held=needs.held[order],
        area=area.astype(np.int64),
        area_empty=~area_served,
        row_person=row_person[rows],
        row_need=row_need[rows],
        row_distance=candidates.distance_m[rows],
        row_standing=candidates.standing[rows],
    )


def _to_int_array(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)


def _check_needs(needs: NeedArrays) -> None:
    columns = (needs.area, needs.places, needs.priority, needs.held, needs.served)
    if any(len(column) != len(needs.id) for column in columns):
        raise InvalidProblem("The columns of the needs differ in length.")
    _check_bounds("A need's places", needs.places, 1, MAX_COUNT)
    _check_bounds("A need's priority", needs.priority, 1, MAX_PRIORITY)
    _check_bounds("A need's held places", needs.held, 0, MAX_COUNT)


def _check_rows(rows: CandidateArrays) -> None:
    columns = (rows.need, rows.distance_m, rows.standing, rows.load)
    if any(len(column) != len(rows.person) for column in columns):
        raise InvalidProblem("The columns of the candidates differ in length.")
    _check_bounds("A distance in metres", rows.distance_m, 0, MAX_METRES)
    _check_bounds("A person's load", rows.load, 0, MAX_COUNT)


def _check_bounds(label: str, values: Ints, low: int, high: int) -> None:
    if values.size and (values.min() < low or values.max() > high):
        raise InvalidProblem(f"{label} must be between {low:,} and {high:,}.")


def _index_people(person: Ints) -> tuple[Ints, Ints]:
    if (person[1:] < person[:-1]).any():
        ids, position = np.unique(person, return_inverse=True)
        return ids, position.astype(np.int64)
    starts = np.ones(len(person), dtype=np.bool_)
    starts[1:] = person[1:] != person[:-1]
    return person[starts], np.cumsum(starts, dtype=np.int64) - 1


def _find_positions(ids: Ints, wanted: Ints) -> Ints:
    if not wanted.size:
        return np.empty(0, dtype=np.int64)
    if not ids.size or wanted.min() < ids[0] or wanted.max() > ids[-1]:
        raise InvalidProblem("A candidate is given for a need that is not there.")
    span = int(ids[-1]) - int(ids[0]) + 1
    found: Ints
    if span <= 16 * len(ids) + 1_000_000:
        table = np.zeros(span, dtype=np.int64)
        table[ids - ids[0]] = np.arange(len(ids))
        found = table[wanted - ids[0]]
    else:
        found = np.searchsorted(ids, wanted)
    if (ids[found] != wanted).any():
        raise InvalidProblem("A candidate is given for a need that is not there.")
    return found


def _sort_order(row_person: Ints, row_need: Ints, needs: int) -> Ints:
    key = row_person * max(needs, 1) + row_need
    order = np.argsort(key, kind="stable")
    key = key[order]
    if (key[1:] == key[:-1]).any():
        raise InvalidProblem("A person is duplicated for a need.")
    return order
