"""Find the areas that belonged to an area set, a town or the district on a given day.

A presence has a ward, an LSOA or both. A presence with the basis "serves" may have a town or a
locality instead. A rule therefore also counts people in every area that is wholly inside one of its
areas. Areas that are only partly inside are kept separately, because people there may or may not
count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from app.areas import queries as areas
from app.areas.types import AreaKind
from app.coverage.types import Catchment, Rule


class Places:
    """The programme's areas on a given day, and how they are nested.

    ``names`` maps each area's ID to its name on that day. Creating an instance runs three queries.
    """

    def __init__(self, on: date) -> None:
        self._parts: dict[int, set[int]] = defaultdict(set)
        self._wholes: dict[int, set[int]] = defaultdict(set)
        for whole, part in areas.parent_child_pairs(on):
            self._parts[whole].add(part)
            self._wholes[part].add(whole)
        self._sets: dict[str, set[int]] = defaultdict(set)
        for slug, area_id in areas.all_area_set_members(on):
            self._sets[slug].add(area_id)
        programme_areas = areas.programme_areas(on)
        self.names = {area_id: name for area_id, _, _, name in programme_areas}
        self._all = set(self.names)
        self._lsoas = {area_id for area_id, kind, _, _ in programme_areas if kind is AreaKind.LSOA}
        self.districts = tuple(
            sorted(c for _, kind, c, _ in programme_areas if kind is AreaKind.DISTRICT)
        )

    def catchment_for_rule(self, rule: Rule) -> Catchment | None:
        """Return the areas in which a rule counts people, or None for a rule without areas."""
        if rule.district:
            return Catchment(frozenset(self._all), whole_district=True)
        if rule.area_set is not None:
            return self.catchment_for_areas(self._sets[rule.area_set])
        return None

    def catchment_for_areas(self, area_ids: Iterable[int]) -> Catchment:
        """Return the catchment for these areas, with the areas that are wholly or partly inside."""
        requested = set(area_ids)
        inside = set(requested)
        self._add_parts(inside)
        self._add_complete_areas(inside)
        overlapping = set(inside)
        pending = list(inside)
        while pending:
            for whole in self._wholes[pending.pop()] - overlapping:
                overlapping.add(whole)
                pending.append(whole)
        by_lsoa = bool(requested) and requested <= self._lsoas
        return Catchment(frozenset(inside), frozenset(overlapping - inside), by_lsoa)

    def _add_parts(self, inside: set[int]) -> None:
        pending = list(inside)
        while pending:
            for part in self._parts[pending.pop()] - inside:
                inside.add(part)
                pending.append(part)

    def _add_complete_areas(self, inside: set[int]) -> None:
        """Add every area whose parts are all inside, until there are none left to add."""
        added = True
        while added:
            wholes = {w for w, parts in self._parts.items() if parts and parts <= inside} - inside
            inside |= wholes
            added = bool(wholes)
