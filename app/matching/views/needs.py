"""Needs: the list with what gaps suggest, one need, making, changing and closing it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.matching import needs as making
from app.matching import overview, service
from app.matching.forms import END, ChangeNeedForm, CloseForm, NeedForm
from app.matching.views.blueprint import blueprint
from app.web import http
from app.web.form_page import submit
from app.web.http import requires
from app.web.once import one_at_a_time

Page = str | tuple[str, int] | Response
CLOSED = "closed"


@blueprint.get("/needs")
@requires("needs:read")
def needs() -> str:
    """Open needs, and what targets and bands still lack; or the needs that are closed."""
    actor, on = http.actor(), http.today()
    closed = request.args.get("show") == CLOSED
    return render_template(
        "matching/needs.html",
        closed=closed,
        needs=overview.closed_needs(actor, on) if closed else service.open_needs(actor, on),
        suggestions=[] if closed else making.suggestions(actor, on),
        last_run_id=overview.last_run_id(),
    )


@blueprint.route("/needs/new", methods=["GET", "POST"])
@requires("needs:change")
def make() -> Page:
    """A need made by hand, or from a gap that the address names: checked before it is saved."""
    actor, on = http.actor(), http.today()
    source = request.args.get("source", "")
    made = making.made_of(actor, source)
    if made is not None:
        flash(_("This has already been added as a need."))
        return redirect(url_for("matching.need", need_id=made))
    gap = making.gap_called(actor, source, on) if source else None
    given = {"contact": making.usual_contact()} | (making.typed_from(gap) if gap else {})
    form = NeedForm(offered=making.choices(actor, on), data=given)

    def save() -> int:
        command = form.to_command()
        if gap:
            return making.make_from_gap(actor, gap.source, command, on)
        return making.make_need(actor, command, on)

    done = submit(
        form,
        save,
        said=_("The need has been added. Run matching to see who you could ask."),
        target=lambda need_id: url_for("matching.need", need_id=need_id),
    )
    return done or (
        render_template("matching/need_form.html", form=form, need=None, gap=gap),
        form.status,
    )


@blueprint.get("/needs/<id(needs):need_id>")
@requires("needs:read")
def need(need_id: int) -> str:
    """Who serves, who was asked, who could be asked, and why places stay empty."""
    return render_template(
        "matching/need.html", page=overview.need_page(http.actor(), need_id, http.today())
    )


@blueprint.route("/needs/<id(needs):need_id>/edit", methods=["GET", "POST"])
@requires("needs:change")
@one_at_a_time
def edit(need_id: int) -> Page:
    """Change what it says."""
    actor, on = http.actor(), http.today()
    found = overview.need(actor, need_id, on)
    form = ChangeNeedForm.of(found)

    def save() -> None:
        form.check_unchanged()
        making.change_need(actor, need_id, form.to_changes(), on)

    done = submit(form, save, said=_("Saved."), target=url_for("matching.need", need_id=need_id))
    return done or (
        render_template("matching/need_form.html", form=form, need=found, gap=None),
        form.status,
    )


@blueprint.route("/needs/<id(needs):need_id>/close", methods=["GET", "POST"])
@requires("needs:change")
def close(need_id: int) -> Page:
    """It is over."""
    actor, on = http.actor(), http.today()
    found = overview.need(actor, need_id, on)
    form = CloseForm()
    done = submit(
        form,
        lambda: making.close_need(actor, need_id, on, end_serving=form.serving.data == END),
        said=_("The need has been closed. We will stop asking people to fill it."),
        target=url_for("matching.needs"),
    )
    return done or (render_template("matching/close.html", form=form, need=found), form.status)
