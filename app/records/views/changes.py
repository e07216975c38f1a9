"""Pages for contact wishes recorded by staff, and for checking pending changes."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.changes import service as changes
from app.people.safety import wording
from app.people.safety.types import Stage, WaitingChange
from app.records import record, waiting_changes
from app.records.forms.changes import CallForm, MeetingForm, SecondMeetingForm
from app.records.forms.told import ToldSafeForm
from app.records.views import blueprint
from app.records.waiting_changes import ChangeCheck
from app.web import http
from app.web.form_page import press, submit
from app.web.http import requires

Page = str | tuple[str, int] | Response


def next_page(person_id: int, message: str) -> Callable[[WaitingChange | None], str]:
    """Return a function that takes the pending change, if any, and returns the next page.

    A pending change leads to the page on which staff record how they checked it. Any other change
    leads to the record, with the message.
    """

    def page_after(pending: WaitingChange | None) -> str:
        if pending is not None:
            return _check_page_url(person_id, pending.id)
        flash(message, "success")
        return url_for("records.person", person_id=person_id)

    return page_after


def _check_page_url(person_id: int, change_id: int) -> str:
    return url_for("records.check_change", person_id=person_id, change_id=change_id)


@blueprint.route("/people/<id(people):person_id>/safe-contact", methods=["GET", "POST"])
@requires("people:change")
def person_safe_contact(person_id: int) -> Page:
    """Record how the person wants to be contacted."""
    actor, on = http.actor(), http.today()
    name = record.name_of(actor, person_id, on)
    current = record.current_contact(actor, person_id, on)
    form = ToldSafeForm(given=current.kinds, current=current.wishes)
    done = submit(
        form,
        lambda: changes.set_contact_wishes(actor, form.whose(person_id), form.to_command()),
        target=next_page(person_id, _("Saved.")),
    )
    back = url_for("records.person", person_id=person_id)
    return done or (
        render_template("records/safe.html", form=form, name=name, back_url=back),
        form.status,
    )


CheckForm = CallForm | MeetingForm | SecondMeetingForm


def _form_for(check: ChangeCheck) -> CheckForm | None:
    """Return the form for checking this change, or None if this reader cannot check it now."""
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
    """Record the call or meeting at which a change was checked."""
    actor = http.actor()
    check = waiting_changes.change_to_check(actor, person_id, change_id)
    form = _form_for(check)
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
        waiting_changes.record_call(actor, person_id, change_id, form.number.data, form.time.time)
    elif isinstance(form, MeetingForm):
        waiting_changes.record_meeting(actor, person_id, change_id, form.why.data)
    else:
        waiting_changes.record_meeting(actor, person_id, change_id, "")


@blueprint.post("/people/<id(people):person_id>/changes/<id(loosenings):change_id>/stop")
@requires("people:change")
def cancel_their_change(person_id: int, change_id: int) -> Response:
    """Stop a change that the person does not want."""
    return press(
        lambda: waiting_changes.cancel_change(http.actor(), person_id, change_id),
        message=_("Stopped. Nothing will change."),
        target=url_for("records.person", person_id=person_id),
    )
