"""Pages for contact wishes and pending changes."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.changes import service as changes
from app.people.safety import wording
from app.people.safety.types import PendingChange, Stage
from app.records import pending_changes, record
from app.records.forms.changes import CallForm, MeetingForm, SecondMeetingForm
from app.records.forms.with_source import SafeContactFormWithSource
from app.records.pending_changes import ChangeCheck
from app.records.views import blueprint
from app.web import http
from app.web.form_page import press, submit
from app.web.http import requires

Page = str | tuple[str, int] | Response


def next_page(person_id: int, message: str) -> Callable[[PendingChange | None], str]:
    """Return a function that maps a pending change to the URL of the next page.

    If there is a pending change, the next page is the one for checking it. If not, the function
    flashes the message and returns the URL of the record.
    """

    def page_after(pending: PendingChange | None) -> str:
        if pending is not None:
            return _check_page_url(person_id, pending.id)
        flash(message, "success")
        return url_for("records.person", person_id=person_id)

    return page_after


def _check_page_url(person_id: int, change_id: int) -> str:
    return url_for("records.check_change", person_id=person_id, change_id=change_id)


@blueprint.route("/people/<id(people):person_id>/safe-contact", methods=["GET", "POST"])
@requires("people:change")
def edit_person_safe_contact(person_id: int) -> Page:
    """Change how the person wants to be contacted."""
    actor, on = http.actor(), http.today()
    name = record.find_name(actor, person_id, on)
    current = record.current_contact(actor, person_id, on)
    form = SafeContactFormWithSource(given=current.kinds, current=current.wishes)
    done = submit(
        form,
        lambda: changes.set_contact_wishes(actor, form.to_subject(person_id), form.to_command()),
        target=next_page(person_id, _("Saved.")),
    )
    back = url_for("records.person", person_id=person_id)
    return done or (
        render_template("records/safe.html", form=form, name=name, back_url=back),
        form.status,
    )


CheckForm = CallForm | MeetingForm | SecondMeetingForm


def _check_form(check: ChangeCheck) -> CheckForm | None:
    """Return the form for checking this change, or None if the reader cannot check it now."""
    if check.change.stage is Stage.SEEN_ONCE:
        return None if check.change.seen_by_me else SecondMeetingForm()
    if check.change.stage is not Stage.ASKED:
        return None
    return CallForm(numbers=check.numbers) if check.numbers else MeetingForm()


@blueprint.route(
    "/people/<id(people):person_id>/changes/<id(loosenings):change_id>", methods=["GET", "POST"]
)
@requires("people:change")
def check_change(person_id: int, change_id: int) -> Page:
    """Record the call or meeting in which a pending change was checked."""
    actor = http.actor()
    check = pending_changes.find_change_to_check(actor, person_id, change_id)
    form = _check_form(check)
    if form is not None:
        checked = form
        done = submit(
            checked,
            lambda: _record_check(person_id, change_id, checked),
            message=_("Recorded."),
            target=_check_page_url(person_id, change_id),
        )
        if done:
            return done
    page = render_template(
        "records/change.html",
        check=check,
        person_id=person_id,
        form=form,
        kind=str(wording.CHANGES[check.change.kind]),
        stage=wording.describe_stage(check.change),
        back_url=url_for("records.person", person_id=person_id),
    )
    return page, form.status if form is not None else 200


def _record_check(person_id: int, change_id: int, form: CheckForm) -> None:
    actor = http.actor()
    if isinstance(form, CallForm) and form.time.time is not None:
        pending_changes.record_call(actor, person_id, change_id, form.number.data, form.time.time)
    elif isinstance(form, MeetingForm):
        pending_changes.record_meeting(actor, person_id, change_id, form.why.data)
    else:
        pending_changes.record_meeting(actor, person_id, change_id, "")


@blueprint.post("/people/<id(people):person_id>/changes/<id(loosenings):change_id>/stop")
@requires("people:change")
def cancel_person_change(person_id: int, change_id: int) -> Response:
    """Cancel a pending change that the person does not want."""
    return press(
        lambda: pending_changes.cancel_change(http.actor(), person_id, change_id),
        message=_("Stopped. Nothing will change."),
        target=url_for("records.person", person_id=person_id),
    )
