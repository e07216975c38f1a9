"""Pages of the reminders room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import Conflict
from app.core.paging import Page
from app.reminders import morning, overview
from app.reminders.forms import OutcomeForm
from app.reminders.types import Contact
from app.web import http
from app.web.form_page import submit
from app.web.http import requires

blueprint = Blueprint("reminders", __name__)


def _paged(endpoint: str, page: Page[Any]) -> dict[str, Any]:
    """What the four lists have in common."""
    return {
        "rows": page.rows,
        "older_url": url_for(endpoint, after=page.next) if page.next else None,
        "newer_url": None if page.first else url_for(endpoint),
        "standing": morning.standing(clock.now()),
        "today": http.today(),
    }


@blueprint.get("/reminders", endpoint="overview")
@requires("reminders:read")
def overview_page() -> str:
    """Whom to ring or write to; for those who don't, what is coming."""
    if not http.actor().may("contacts:work"):
        return due_page()
    page = overview.contacts(http.actor(), http.today(), request.args.get("after"))
    return render_template(
        "reminders/contacts.html",
        how=overview.how_to_reach(page.rows, http.today()),
        **_paged("reminders.overview", page),
    )


@blueprint.get("/reminders/due", endpoint="due")
@requires("reminders:read")
def due_page() -> str:
    """What falls due in the next 60 days."""
    page = overview.upcoming(http.actor(), http.today(), request.args.get("after"))
    return render_template("reminders/due.html", **_paged("reminders.due", page))


@blueprint.get("/reminders/sent", endpoint="sent")
@requires("reminders:read")
def sent_page() -> str:
    """What was sent."""
    page = overview.sent(http.actor(), http.today(), request.args.get("after"))
    return render_template("reminders/sent.html", **_paged("reminders.sent", page))


@blueprint.get("/reminders/skipped", endpoint="skipped")
@requires("reminders:read")
def skipped_page() -> str:
    """What was not sent, and why."""
    page = overview.skipped(http.actor(), http.today(), request.args.get("after"))
    held_back = overview.held_back(http.actor(), http.today()) if page.first else []
    return render_template(
        "reminders/skipped.html", held_back=held_back, **_paged("reminders.skipped", page)
    )


@blueprint.route("/reminders/contacts/<id(messages):message_id>", methods=["GET", "POST"])
@requires("contacts:work")
def contact(message_id: int) -> str | tuple[str, int] | Response:
    """One person to ring or write to: what to say, and what came of it."""
    form = OutcomeForm()
    actor, on = http.actor(), http.today()
    done = submit(
        form, lambda: overview.done(actor, on, message_id, form.to_command()), target=_noted
    )
    if done:
        return done
    found = overview.contact(actor, on, message_id)
    page = render_template(
        "reminders/contact.html",
        contact=found,
        how=overview.how_to_reach([found], on)[found.message_id],
        also=overview.also_waiting(actor, on, found),
        words=overview.to_say(actor, message_id),
        form=form,
    )
    return page, form.status


@blueprint.errorhandler(Conflict)
def _off_the_list(error: Conflict) -> Response:
    flash(error.message, "info")
    return redirect(url_for("reminders.overview"))


def _noted(left: Sequence[Contact]) -> str:
    """On to what else there is to tell the same person, or back to the list."""
    if not left:
        flash(_("Saved. They have been removed from the list."), "success")
        return url_for("reminders.overview")
    flash(_("Saved. There is more to tell them."), "success")
    return url_for("reminders.contact", message_id=left[0].message_id)
