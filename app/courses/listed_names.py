"""Check whether somebody with the same name is already on a run."""

from __future__ import annotations

from flask_babel import gettext as _

from app.core import clock, folding
from app.core.actor import Actor
from app.core.errors import Conflict
from app.courses import queries
from app.courses.models import CourseRun


def check_name_not_listed(actor: Actor, run: CourseRun, name: str) -> None:
    """Raise Conflict if somebody with this name is listed for the actor."""
    other = _similar_name(
        name, [each.name for each in queries.list_visible_attendees(actor, run, clock.today())]
    )
    if other is not None:
        message = _(
            "%(name)s is already on this course. If you mean somebody else, tick the box.",
            name=other,
        )
        raise Conflict(message, "is_somebody_else")


def check_name_not_added(actor: Actor, run: CourseRun, name: str) -> None:
    """Raise Conflict if the run has an attendee without a record who has this name."""
    roll = queries.list_visible_attendees(actor, run, clock.today())
    other = _similar_name(name, [each.name for each in roll if each.person_id is None])
    if other is not None:
        message = _(
            "%(name)s is already on this course. If you mean somebody else, ask the team.",
            name=other,
        )
        raise Conflict(message, "person")


def _similar_name(name: str, others: list[str]) -> str | None:
    folded = folding.fold_names([name, *others])
    return next(
        (each for each in others if folding.are_similar_names(folded[name], folded[each])), None
    )
