"""Add tasks and panels about attendance to the pages of other packages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.attendance import attendees, earlier, letters, merging, needs, service, signing_off
from app.core import clock, registry, words
from app.core.actor import Actor
from app.core.registry import Panel, ToDo
from app.courses.types import RunFacts


def _todos(actor: Actor, on: date) -> Sequence[ToDo]:
    """Return the tasks to record attendance and sign off runs."""
    if not actor.may("courses:manage"):
        return []
    todos = []
    finished = service.runs_to_sign_off(actor, on)
    if finished:
        url = (
            url_for("attendance.attendance", run_id=finished[0].id)
            if len(finished) == 1
            else url_for("courses.manage_runs")
        )
        text = ngettext("Sign off %(num)s course", "Sign off %(num)s courses", len(finished))
        todos.append(ToDo(text, len(finished), url, order=30, urgent=True))
    return todos + _runs_to_mark(service.runs_to_mark(actor, finished, on))


def _runs_to_mark(runs: Sequence[RunFacts]) -> list[ToDo]:
    """Return the tasks to record the attendance of people hidden from the trainer."""
    return [
        ToDo(
            _(
                "Mark attendance for %(course)s on %(day)s, because the trainer cannot do it for"
                " everyone",
                course=run.type.name,
                day=words.long_date(run.first_day),
            ),
            1,
            url_for("attendance.attendance", run_id=run.id),
            order=29,
            urgent=True,
        )
        for run in runs
    ]


def _person_panels(actor: Actor, person_id: int) -> Sequence[Panel]:
    """Return a panel with the attendees without a record who might be this person."""
    if not actor.may("attendees:link"):
        return []
    rows = attendees.possible_attendees(actor, person_id, clock.today())
    context = {"rows": rows, "person_id": person_id}
    return [Panel("attendance/_possible.html", context, order=31)] if rows else []


def _nightly(on: date) -> int:
    """Delete old access needs and return the number of people."""
    return needs.delete_old_access_needs(on)


def install() -> None:
    """Register this package's hooks with app.core.registry, and register the letters."""
    letters.install()
    registry.on_merged.register(merging.revoke_duplicate_certificates)
    registry.on_merged.register(merging.issue_certificates_for_kept_places)
    registry.on_merge_undone.register(merging.correct_after_undo)
    registry.on_attendee_removed.register(earlier.copy_to_booked_place)
    registry.on_run_cancelled.register(signing_off.notify_of_withdrawn_training)
    registry.told_if_cancelled.register(signing_off.find_people_told_of_training)
    registry.person_panels.register(_person_panels)
    registry.todos.register(_todos)
    registry.nightly.register(_nightly)
