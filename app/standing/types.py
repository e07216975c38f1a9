"""Types for checking assignments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.core.paging import Page
from app.matching.types import AssignmentRow, Obstacle


@dataclass(frozen=True)
class FailingAssignment:
    """A current assignment of a person who no longer meets the rules.

    ``failing_since`` is the day on which the person stopped meeting the rules. ``kept_until`` is
    the last day of the extension, if there is one. ``ends_on`` is the day on which the assignment
    ends.
    """

    assignment: AssignmentRow
    obstacle: Obstacle
    failing_since: date
    kept_until: date | None
    ends_on: date

    def is_extended(self, on: date) -> bool:
        """Return whether a coordinator has extended the assignment for the current reason.

        If the reason has changed, the coordinator must decide again, but the extension still
        applies.
        """
        is_same = self.assignment.obstacle is self.obstacle
        return is_same and self.kept_until is not None and self.kept_until >= on


@dataclass(frozen=True)
class CurrentAssignmentsPage:
    """Current assignments to decide about, those that were extended, and a page of all of them.

    ``obstacles`` contains the rules that people no longer meet, by assignment ID.
    """

    to_decide: list[FailingAssignment]
    kept: list[FailingAssignment]
    everyone: Page[AssignmentRow]
    obstacles: dict[int, Obstacle]
