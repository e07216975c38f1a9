"""How somebody wants to be contacted: on their own page, and as they told staff."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import http
from app.core.errors import DomainError
from app.core.http import requires
from app.people import changing, own, record, staff
from app.people.forms.safety import SafeForm, StaffSafeForm
from app.people.views import blueprint

Page = str | tuple[str, int] | Response


@blueprint.route("/me/contact/safe", methods=["GET", "POST"])
@requires("own:change")
def my_safe_contact() -> Page:
    """How we may contact me."""
    actor = http.actor()
    found = own.mine(actor, http.today())
    form = SafeForm(given={each.kind for each in found.contacts}, now=found.wishes)
    if form.validate_on_submit():
        try:
            changing.contact_safely(actor, form.to_command())
        except DomainError as error:
            form.absorb(error)
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
            staff.contact_safely(actor, person_id, form.to_command())
        except DomainError as error:
            if error.status == 404:
                raise
            form.absorb(error)
        else:
            flash(_("Saved."), "success")
            return redirect(back)
    page = render_template("people/staff_safe.html", form=form, name=name, back_url=back)
    return page, form.status
