"""Types of the standing room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.core.paging import Page
from app.matching.types import AssignmentRow, Obstacle


@dataclass(frozen=True)
class StandingRow:
    """A current assignment whose person no longer meets the rules.

    ``noted_on`` is the day from which the time until the place is freed counts. ``kept_until`` is
    set if a coordinator keeps the place. ``free_on`` is the day on which it is freed.
    """

    assignment: AssignmentRow
    obstacle: Obstacle
    noted_on: date
    kept_until: date | None
    free_on: date

    def is_kept(self, on: date) -> bool:
        """Return whether a coordinator decided to keep the place, for the present reason.

        If there is another reason now, the coordinator is asked again. Until then, the place is
        still kept for as long as they decided.
        """
        is_same = self.assignment.obstacle is self.obstacle
        return is_same and self.kept_until is not None and self.kept_until >= on


@dataclass(frozen=True)
class StandingPage:
    """The current assignments: to decide on, kept by a coordinator, and a page of all of them.

    ``obstacles`` says what no longer holds, by assignment ID.
    """

    to_decide: list[StandingRow]
    kept: list[StandingRow]
    everyone: Page[AssignmentRow]
    obstacles: dict[int, Obstacle]
