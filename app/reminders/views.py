"""Pages of the reminders room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.certificates.wording import last_day_in_words
from app.core import clock
from app.core.errors import Conflict
from app.core.paging import Page
from app.reminders import morning, overview
from app.reminders.forms import OutcomeForm
from app.reminders.types import ContactTask
from app.reminders.wording import reason_in_words
from app.web import http
from app.web.form_page import submit
from app.web.http import requires

blueprint = Blueprint("reminders", __name__)


def _list_context(endpoint: str, page: Page[Any]) -> dict[str, Any]:
    """Return the template context that the four lists share."""
    return {
        "rows": page.rows,
        "older_url": url_for(endpoint, after=page.next) if page.next else None,
        "newer_url": None if page.first else url_for(endpoint),
        "morning_run": morning.status(clock.now()),
        "today": http.today(),
        "last_day_in_words": last_day_in_words,
    }


@blueprint.get("/reminders", endpoint="overview")
@requires("reminders:read")
def overview_page() -> str:
    """List the people to call or write to. Show the due reminders to users who may not do that."""
    if not http.actor().may("contacts:work"):
        return due_page()
    page = overview.contact_tasks(http.actor(), http.today(), request.args.get("after"))
    return render_template(
        "reminders/contacts.html",
        how=overview.contact_instructions(page.rows, http.today()),
        **_list_context("reminders.overview", page),
    )


@blueprint.get("/reminders/due", endpoint="due")
@requires("reminders:read")
def due_page() -> str:
    """List the reminders that are due in the next 60 days."""
    page = overview.upcoming_reminders(http.actor(), http.today(), request.args.get("after"))
    return render_template(
        "reminders/due.html",
        booked=overview.booked_renewals(page.rows, http.today()),
        **_list_context("reminders.due", page),
    )


@blueprint.get("/reminders/sent", endpoint="sent")
@requires("reminders:read")
def sent_page() -> str:
    """List the reminders that were sent."""
    page = overview.sent_and_waiting_reminders(
        http.actor(), http.today(), request.args.get("after")
    )
    return render_template("reminders/sent.html", **_list_context("reminders.sent", page))


@blueprint.get("/reminders/skipped", endpoint="skipped")
@requires("reminders:read")
def skipped_page() -> str:
    """List the reminders that were not sent, with the reason."""
    page = overview.skipped_reminders(http.actor(), http.today(), request.args.get("after"))
    held_back = overview.held_back_reminders(http.actor(), http.today()) if page.first else []
    return render_template(
        "reminders/skipped.html",
        held_back=held_back,
        reason_in_words=reason_in_words,
        **_list_context("reminders.skipped", page),
    )


@blueprint.route("/reminders/contacts/<id(messages):message_id>", methods=["GET", "POST"])
@requires("contacts:work")
def contact(message_id: int) -> str | tuple[str, int] | Response:
    """Show what to tell one person, and record the outcome."""
    form = OutcomeForm()
    actor, on = http.actor(), http.today()
    done = submit(
        form,
        lambda: overview.record_outcome(actor, on, message_id, form.to_command()),
        target=_next_page,
    )
    if done:
        return done
    found = overview.open_contact_task(actor, on, message_id)
    page = render_template(
        "reminders/contact.html",
        contact=found,
        how=overview.contact_instructions([found], on)[found.message_id],
        also=overview.other_tasks(actor, on, found),
        words=overview.letter_text(actor, message_id),
        form=form,
    )
    return page, form.status


@blueprint.errorhandler(Conflict)
def _no_longer_listed(error: Conflict) -> Response:
    flash(error.message, "info")
    return redirect(url_for("reminders.overview"))


def _next_page(remaining: Sequence[ContactTask]) -> str:
    """Return the URL of the person's next message, or of the list if there is none."""
    if not remaining:
        flash(_("Saved. They have been removed from the list."), "success")
        return url_for("reminders.overview")
    flash(_("Saved. There is more to tell them."), "success")
    return url_for("reminders.contact", message_id=remaining[0].message_id)
