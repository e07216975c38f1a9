"""Which areas lie in which: what it means to be "in" an area set, a town or the district.

A presence knows a ward, an LSOA or both; one of basis "serves" may name a town or a locality. So
the places of a rule are widened to every area that lies wholly inside them, and those that lie
there only in part are kept apart: people known to be in such an area may count, or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from app.areas import queries as areas
from app.areas.types import AreaKind
from app.coverage.types import Catchment, Rule


class Places:
    """The programme's areas and how they nest, read once per question (three small selects)."""

    def __init__(self) -> None:
        self._parts: dict[int, set[int]] = defaultdict(set)
        self._wholes: dict[int, set[int]] = defaultdict(set)
        for whole, part in areas.parts():
            self._parts[whole].add(part)
            self._wholes[part].add(whole)
        self._sets: dict[str, set[int]] = defaultdict(set)
        for slug, area_id in areas.members_of_sets():
            self._sets[slug].add(area_id)
        kinds = areas.programme_areas()
        self._all = {area_id for area_id, _, _ in kinds}
        self._lsoas = {area_id for area_id, kind, _ in kinds if kind is AreaKind.LSOA}
        self.districts = tuple(sorted(c for _, kind, c in kinds if kind is AreaKind.DISTRICT))

    def of(self, rule: Rule) -> Catchment | None:
        """The places a rule speaks of; None when it counts people wherever they are."""
        if rule.district:
            return Catchment(frozenset(self._all), whole_district=True)
        if rule.area_set is not None:
            return self.around(self._sets[rule.area_set])
        return None

    def around(self, area_ids: Iterable[int]) -> Catchment:
        """A town, a ward, the areas of a set: with all that lies inside, and what touches them."""
        named = set(area_ids)
        inside = set(named)
        self._add_parts(inside)
        self._add_wholes(inside)
        touching = set(inside)
        todo = list(inside)
        while todo:
            for whole in self._wholes[todo.pop()] - touching:
                touching.add(whole)
                todo.append(whole)
        by_lsoa = bool(named) and named <= self._lsoas
        return Catchment(frozenset(inside), frozenset(touching - inside), by_lsoa)

    def _add_parts(self, inside: set[int]) -> None:
        todo = list(inside)
        while todo:
            for part in self._parts[todo.pop()] - inside:
                inside.add(part)
                todo.append(part)

    def _add_wholes(self, inside: set[int]) -> None:
        """An area all of whose parts are inside is inside itself."""
        grew = True
        while grew:
            whole = {w for w, parts in self._parts.items() if parts and parts <= inside} - inside
            inside |= whole
            grew = bool(whole)
