"""Pages to change or cancel a run.

The values entered in the form are kept in the session until the change is confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.core import public_ids
from app.courses import running
from app.courses import service as courses
from app.courses.forms.running import RunForm, run_form
from app.courses.types import ManagedRun
from app.rescheduling import fingerprints, letters, service, wording
from app.rescheduling.forms import CancelRunForm, ConfirmChangeForm
from app.web import http
from app.web.form_page import submit
from app.web.http import requires
from app.web.once import serialise_posts

blueprint = Blueprint("rescheduling", __name__)
blueprint.add_app_template_global(wording.notification_preview, "notification_preview")

Page = str | Response | tuple[str, int]
DRAFT = "run_change"  # the session key for the run's public ID and the values entered


@blueprint.route("/training/<id(course_runs):run_id>/change", methods=["GET", "POST"])
@requires("courses:manage")
@serialise_posts
def change_run(run_id: int) -> Page:
    """Change the details of a run. Redirects to `check_change` if people are affected."""
    actor = http.actor()
    page = courses.managed_run(actor, run_id, http.today())
    entered_values = _read_draft(run_id) if "draft" in request.args else None
    form = _form(page, entered_values)

    def save() -> str:
        form.check_unchanged()
        new = form.to_command()
        if service.needs_confirmation(actor, run_id, new):
            session[DRAFT] = [public_ids.encode("course_runs", run_id), form.submitted_values()]
            return url_for("rescheduling.check_change", run_id=run_id)
        service.change_run(actor, run_id, new)
        flash(_("Saved."), "success")
        return url_for("courses.manage_run", run_id=run_id)

    done = submit(
        form,
        save,
        more_errors=lambda: running.find_change_errors(
            actor, run_id, form.to_draft(), http.today()
        ),
        target=str,
    )
    return done or (
        render_template("courses/run_form.html", form=form, kind=page.run.type, run=page.run),
        form.status,
    )


@blueprint.route("/training/<id(course_runs):run_id>/change/check", methods=["GET", "POST"])
@requires("courses:manage")
@serialise_posts
def check_change(run_id: int) -> Page:
    """Show the people affected by a change and ask for confirmation."""
    actor = http.actor()
    page = courses.managed_run(actor, run_id, http.today())
    entered_values = _read_draft(run_id)
    if entered_values is None:
        return redirect(url_for("rescheduling.change_run", run_id=run_id))
    change_form = _form(page, None, formdata=MultiDict(_input_pairs(entered_values)))
    if not change_form.validate():
        return redirect(url_for("rescheduling.change_run", run_id=run_id, draft="yes"))
    new = change_form.to_command()
    after, affected = service.preview_change(actor, run_id, new)
    form = ConfirmChangeForm().limit_to_groups(affected.unsuitable_groups)

    def save() -> str:
        seen = form.seen.data or ""
        notified = service.change_run(actor, run_id, new, form.choices(), expected_fingerprint=seen)
        session.pop(DRAFT, None)
        people = letters.add_change_letters(run_id, affected.people_for_summary) if notified else []
        return f"{_('Saved.')} {wording.notification_summary(people)}".strip()

    if request.method == "POST" and not service.needs_confirmation(actor, run_id, new):
        session.pop(DRAFT, None)  # the button was pressed twice
        flash(_("Saved."), "success")
        return redirect(url_for("courses.manage_run", run_id=run_id))
    done = submit(
        form,
        save,
        more_errors=lambda: running.find_change_errors(
            actor, run_id, change_form.to_draft(), http.today()
        ),
        message=str,
        target=url_for("courses.manage_run", run_id=run_id),
    )
    if done:
        return done
    courses.record_viewing(actor, page)
    form.seen.data = str(fingerprints.make_fingerprint(after, affected))
    return (
        render_template(
            "rescheduling/check_change.html",
            form=form,
            page=page,
            run=page.run,
            after=after,
            affected=affected,
        ),
        form.status,
    )


@blueprint.route("/training/<id(course_runs):run_id>/cancel", methods=["GET", "POST"])
@requires("courses:manage")
def cancel_run(run_id: int) -> Page:
    """Show the people affected by cancelling a run, and ask for a reason."""
    page = courses.managed_run(http.actor(), run_id, http.today())
    form = CancelRunForm()

    def cancelled() -> str:
        seen = form.seen.data or None
        _run, affected = service.preview_cancellation(http.actor(), run_id)
        if not service.cancel_run(
            http.actor(), run_id, form.reason.data, expected_fingerprint=seen
        ):
            return _("The course has been cancelled.")  # the button was pressed twice
        summary = wording.notification_summary(
            letters.add_cancellation_letters(run_id, affected.people_for_summary)
        )
        return f"{_('The course has been cancelled.')} {summary}".strip()

    done = submit(form, cancelled, message=str, target=url_for("courses.manage_run", run_id=run_id))
    if done:
        return done
    facts, affected = service.preview_cancellation(http.actor(), run_id)
    form.seen.data = str(fingerprints.make_fingerprint(facts, affected))
    return (
        render_template(
            "rescheduling/cancel.html", form=form, page=page, run=facts, affected=affected
        ),
        form.status,
    )


def _form(
    page: ManagedRun,
    entered_values: Mapping[str, Sequence[str]] | None,
    formdata: MultiDict[str, str] | None = None,
) -> RunForm:
    trainers = courses.trainers(http.actor(), http.today())
    return run_form(
        page.run.type, trainers, page.run, entered_values=entered_values, formdata=formdata
    )


def _read_draft(run_id: int) -> dict[str, list[str]] | None:
    """Return the values entered to change this run, or None."""
    draft = session.get(DRAFT)
    if not draft or draft[0] != public_ids.encode("course_runs", run_id):
        return None
    entered_values: dict[str, list[str]] = draft[1]
    return entered_values


def _input_pairs(entered_values: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    return [(name, text) for name, texts in entered_values.items() for text in texts]
