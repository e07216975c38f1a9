"""How somebody wants to be contacted: on their own page, and as they told staff."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import http
from app.core.errors import DomainError
from app.core.http import public, requires
from app.people import changing, own, record, staff
from app.people.forms.safety import CalledForm, SafeForm, SeenForm, SeenTooForm, StaffSafeForm
from app.people.safety import loosening, shown, wording
from app.people.safety.shown import ToCheck
from app.people.safety.types import Stage, Waits
from app.people.views import blueprint

Page = str | tuple[str, int] | Response


def say_it_waits() -> None:
    """Tell somebody on their own page that a change does not count yet."""
    flash(
        _(
            "To keep you safe, this change does not count yet. We will call you on a number that"
            " you told us is safe. If we have none, you need to meet two of us. After that it takes"
            " 24 hours. You can stop it on “My page”."
        ),
        "info",
    )


def to_check(person_id: int, waits: Waits) -> Response:
    """On to the page where staff note how they checked a change."""
    return redirect(url_for("people.check_change", person_id=person_id, change_id=waits.id))


@blueprint.route("/me/contact/safe", methods=["GET", "POST"])
@requires("own:change")
def my_safe_contact() -> Page:
    """How we may contact me."""
    actor = http.actor()
    found = own.mine(actor, http.today())
    form = SafeForm(given={each.kind for each in found.contacts}, now=found.wishes)
    if form.validate_on_submit():
        try:
            waits = changing.contact_safely(actor, form.to_command())
        except DomainError as error:
            form.absorb(error)
        else:
            if waits is not None:
                say_it_waits()
            else:
                flash(_("Saved."), "success")
            return redirect(url_for("people.me"))
    page = render_template("people/me/safe.html", form=form, back_url=url_for("people.me"))
    return page, form.status


@blueprint.route("/people/<id(people):person_id>/safe-contact", methods=["GET", "POST"])
@requires("people:change")
def person_safe_contact(person_id: int) -> Page:
    """How they told us to contact them."""
    actor, on = http.actor(), http.today()
    name, ways = record.name_of(actor, person_id, on), record.ways(actor, person_id, on)
    form = StaffSafeForm(given=ways.kinds, now=ways.wishes)
    back = url_for("people.person", person_id=person_id)
    if form.validate_on_submit():
        try:
            waits = staff.contact_safely(actor, person_id, form.to_command())
        except DomainError as error:
            if error.status == 404:
                raise
            form.absorb(error)
        else:
            if waits is not None:
                return to_check(person_id, waits)
            flash(_("Saved."), "success")
            return redirect(back)
    page = render_template("people/staff_safe.html", form=form, name=name, back_url=back)
    return page, form.status


@blueprint.post("/me/changes/<id(loosenings):change_id>/stop")
@requires("own:change")
def stop_my_change(change_id: int) -> Response:
    """I do not want it after all, or never asked for it."""
    try:
        changing.stop_change(http.actor(), change_id)
    except DomainError as error:
        if error.status == 404:
            raise
        flash(error.message, "problem")
    else:
        flash(_("Stopped. Nothing changes."), "success")
    return redirect(url_for("people.me"))


@blueprint.route("/stop/<token>", methods=["GET", "POST"])
@public
def stop_change(token: str) -> Page:
    """A change is stopped by pressing the button, not by opening the link."""
    if request.method == "GET":
        good = loosening.is_good(token)
        page = render_template("people/confirm/stop.html", good=good, done=False)
        return page, 200 if good else 410
    done = loosening.stop_by_link(token)
    page = render_template("people/confirm/stop.html", good=False, done=done)
    return page, 200 if done else 410


CheckForm = CalledForm | SeenForm | SeenTooForm


def _form_for(found: ToCheck) -> CheckForm | None:
    """How this change can be checked now; None: by nobody, or not by this reader."""
    if found.change.stage is Stage.SEEN_ONCE:
        return None if found.change.seen_by_me else SeenTooForm()
    if found.change.stage is not Stage.ASKED:
        return None
    return CalledForm(numbers=found.numbers) if found.numbers else SeenForm()


@blueprint.route(
    "/people/<id(people):person_id>/changes/<id(loosenings):change_id>", methods=["GET", "POST"]
)
@requires("people:change")
def check_change(person_id: int, change_id: int) -> Page:
    """Note the call, or the meeting, by which a change was checked."""
    actor = http.actor()
    found = shown.to_check(actor, person_id, change_id)
    form = _form_for(found)
    here = url_for("people.check_change", person_id=person_id, change_id=change_id)
    if form is not None and form.validate_on_submit():
        try:
            _check(person_id, change_id, form)
        except DomainError as error:
            if error.status == 404:
                raise
            form.absorb(error)
        else:
            flash(_("Noted."), "success")
            return redirect(here)
    page = render_template(
        "people/staff_change.html",
        found=found,
        person_id=person_id,
        form=form,
        kind=str(wording.CHANGES[found.change.kind]),
        stage=wording.stage(found.change),
        back_url=url_for("people.person", person_id=person_id),
    )
    return page, form.status if form is not None else 200


def _check(person_id: int, change_id: int, form: CheckForm) -> None:
    actor = http.actor()
    if isinstance(form, CalledForm) and form.time.time is not None:
        shown.called(actor, person_id, change_id, form.number.data, form.time.time)
    elif isinstance(form, SeenForm):
        shown.seen(actor, person_id, change_id, form.why.data)
    else:
        shown.seen(actor, person_id, change_id, "")


@blueprint.post("/people/<id(people):person_id>/changes/<id(loosenings):change_id>/stop")
@requires("people:change")
def stop_their_change(person_id: int, change_id: int) -> Response:
    """They told us that they do not want it."""
    try:
        shown.stop(http.actor(), person_id, change_id)
    except DomainError as error:
        if error.status == 404:
            raise
        flash(error.message, "problem")
    else:
        flash(_("Stopped. Nothing changes."), "success")
    return redirect(url_for("people.person", person_id=person_id))
