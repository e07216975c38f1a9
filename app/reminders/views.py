"""Pages for reminders and people to contact."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.certificates.wording import last_day_in_words
from app.core import clock
from app.core.errors import Conflict
from app.core.paging import Page
from app.reminders import morning, overview, yearly
from app.reminders.forms import OutcomeForm, StillHereForm
from app.reminders.types import ContactEntry, ContactResult
from app.reminders.wording import reason_in_words
from app.reminders.yearly import Answer
from app.web import http
from app.web.form_page import submit
from app.web.http import public, requires

blueprint = Blueprint("reminders", __name__)
CONFIRMATIONS = {
    Answer.HERE: _l("Thank you. We have recorded that you are still taking part."),
    Answer.PAUSE: _l("Thank you. We will not ask you for anything during your break."),
    Answer.CALL: _l("Thank you. We will call you."),
    Answer.STOP: _l("You are no longer taking part."),
    Answer.BACK: _l("Welcome back. You are taking part again."),
}


def _list_context(endpoint: str, page: Page[Any]) -> dict[str, Any]:
    """Return the template context shared by the four lists."""
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
    """List the people to contact, or the due reminders if the user cannot contact people."""
    if not http.actor().may("contacts:work"):
        return due_page()
    return _contacts_page("reminders.overview")


@blueprint.get("/reminders/contacts")
@requires("contacts:work")
def contacts() -> str:
    """List the people to call or write to, for users who are not allowed to see reminders."""
    return _contacts_page("reminders.contacts")


def _contacts_page(endpoint: str) -> str:
    page = overview.contact_entries(http.actor(), http.today(), request.args.get("after"))
    return render_template(
        "reminders/contacts.html",
        how=overview.contact_instructions(page.rows, http.today()),
        **_list_context(endpoint, page),
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
    """List the reminders that have been sent."""
    page = overview.sent_and_waiting_reminders(
        http.actor(), http.today(), request.args.get("after")
    )
    return render_template("reminders/sent.html", **_list_context("reminders.sent", page))


@blueprint.get("/reminders/skipped", endpoint="skipped")
@requires("reminders:read")
def skipped_page() -> str:
    """List the reminders that were not sent, with the reasons."""
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
def contact_person(message_id: int) -> str | tuple[str, int] | Response:
    """Show the messages to pass on to one person, and record the outcome."""
    actor, on = http.actor(), http.today()
    form = OutcomeForm(overview.find_contact_entry(actor, on, message_id))
    done = submit(
        form,
        lambda: overview.record_outcome(actor, on, message_id, form.to_command()),
        target=lambda remaining: _next_page(form.chosen_result, remaining),
    )
    if done:
        return done
    found = overview.open_contact_entry(actor, on, message_id)
    ids = [each.message_id for each in found.tasks]
    page = render_template(
        "reminders/contact.html",
        entry=found,
        how=overview.contact_instructions([found], on),
        words={each: overview.letter_text(actor, each) for each in ids},
        form=form,
        list_url=_list_url(),
    )
    return page, form.status


@blueprint.errorhandler(Conflict)
def _redirect_to_list(error: Conflict) -> Response:
    flash(error.message, "info")
    return redirect(_list_url())


def _list_url() -> str:
    """Return the URL of the signed-in user's list of people to contact."""
    can_read_reminders = http.actor().may("reminders:read")
    return url_for("reminders.overview" if can_read_reminders else "reminders.contacts")


def _next_page(result: ContactResult | None, remaining: ContactEntry | None) -> str:
    """Return the URL of the person's entry if messages remain, or else of the list."""
    if remaining is None:
        flash(_("Saved. The person has been removed from the list."), "success")
        return _list_url()
    if result is not ContactResult.DONE:
        flash(_("Saved. The person is still on the list."), "success")
        return _list_url()
    flash(_("Saved. There is something else to tell this person."), "success")
    return url_for("reminders.contact_person", message_id=remaining.message_id)


@blueprint.route("/still-here/<token>", methods=["GET", "POST"])
@public
def still_here(token: str) -> str | tuple[str, int] | Response:
    """Ask a person who followed a link if they are still taking part, and record the answer."""
    question = yearly.find_question(token)
    if question is None:
        return render_template("reminders/still_here_expired.html"), 410
    form = StillHereForm()
    if question.can_return:
        form.answer.choices = [(Answer.BACK, _("I want to take part again"))]

    def record() -> None:
        yearly.record_answer(question.actor, form.answer.data, form.until.data)
        flash(str(CONFIRMATIONS[form.answer.data]), "success")

    done = submit(form, record, target=url_for("reminders.still_here", token=token, done="yes"))
    if done:
        return done
    page = render_template(
        "reminders/still_here.html",
        form=form,
        can_return=question.can_return,
        done=request.args.get("done") == "yes",
    )
    return page, form.status
