"""Pages to list, create, change and close needs."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.matching import needs as need_service
from app.matching import overview, service
from app.matching.forms import END, ChangeNeedForm, CloseNeedForm, NeedForm
from app.matching.views.blueprint import blueprint
from app.web import http
from app.web.form_page import submit
from app.web.http import requires
from app.web.once import once, serialise_posts

Page = str | tuple[str, int] | Response
CLOSED = "closed"


@blueprint.get("/needs")
@requires("needs:read")
def needs() -> str:
    """List open and suggested needs, or closed needs."""
    actor, on = http.actor(), http.today()
    closed = request.args.get("show") == CLOSED
    return render_template(
        "matching/needs.html",
        closed=closed,
        needs=overview.closed_needs(actor, on) if closed else service.open_needs(actor, on),
        suggestions=[] if closed else need_service.find_suggested_gaps(actor, on),
        last_run_id=overview.last_run_id(),
    )


@blueprint.route("/needs/new", methods=["GET", "POST"])
@requires("needs:change")
@once
def add_need() -> Page:
    """Create a need. The ``source`` of a gap in the query fills in the form."""
    actor, on = http.actor(), http.today()
    source = request.args.get("source", "")
    existing = need_service.find_need_for_gap(actor, source)
    if existing is not None:
        flash(_("This has already been added as a need."))
        return redirect(url_for("matching.need", need_id=existing))
    gap = need_service.find_gap(actor, source, on) if source else None
    defaults: dict[str, object] = {"contact": need_service.default_contact()}
    if gap:
        defaults |= need_service.initial_form_data(gap)
    form = NeedForm(choices=need_service.need_choices(actor, on), data=defaults)

    def save() -> int:
        command = form.to_command()
        if gap:
            return need_service.create_need_from_gap(actor, gap.source, command, on)
        return need_service.create_need(actor, command, on)

    done = submit(
        form,
        save,
        message=_("The need has been added. Run matching to find people you could ask."),
        target=lambda need_id: url_for("matching.need", need_id=need_id),
    )
    return done or (
        render_template("matching/need_form.html", form=form, need=None, gap=gap),
        form.status,
    )


@blueprint.get("/needs/<id(needs):need_id>")
@requires("needs:read")
def need(need_id: int) -> str:
    """Show a need with its assignments, requests and proposals."""
    return render_template(
        "matching/need.html", page=overview.need_page(http.actor(), need_id, http.today())
    )


@blueprint.route("/needs/<id(needs):need_id>/edit", methods=["GET", "POST"])
@requires("needs:change")
@serialise_posts
def edit_need(need_id: int) -> Page:
    """Change an open need."""
    actor, on = http.actor(), http.today()
    found = overview.get_need(actor, need_id, on)
    form = ChangeNeedForm.from_need(found)

    def save() -> None:
        form.check_unchanged()
        need_service.change_need(actor, need_id, form.to_changes(), on)

    done = submit(form, save, message=_("Saved."), target=url_for("matching.need", need_id=need_id))
    return done or (
        render_template("matching/need_form.html", form=form, need=found, gap=None),
        form.status,
    )


@blueprint.route("/needs/<id(needs):need_id>/close", methods=["GET", "POST"])
@requires("needs:change")
def close_need(need_id: int) -> Page:
    """Close a need."""
    actor, on = http.actor(), http.today()
    found = overview.get_need(actor, need_id, on)
    form = CloseNeedForm()
    done = submit(
        form,
        lambda: need_service.close_need(actor, need_id, on, end_serving=form.serving.data == END),
        message=_("The need has been closed. We will stop asking people to help with it."),
        target=url_for("matching.needs"),
    )
    return done or (render_template("matching/close.html", form=form, need=found), form.status)
