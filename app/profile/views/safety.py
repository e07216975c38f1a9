"""Pages for the person's contact wishes and pending changes."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.changes import delayed_changes
from app.changes import service as changes
from app.people.forms import SafeContactForm
from app.people.safety.types import PendingChange
from app.profile import pages
from app.profile.views import blueprint
from app.web import http
from app.web.form_page import press, submit
from app.web.http import public, requires

Page = str | tuple[str, int] | Response


def flash_pending_change() -> None:
    """Flash a message that says that the change is pending, and why."""
    flash(
        _(
            "To keep you safe, we have not made this change yet. We will call you on a number that"
            " you told us is safe. If we do not have one, two of us need to meet you. We will "
            "make the change 24 hours after that. You can stop the change on “My page”."
        ),
        "info",
    )


def next_page(endpoint: str, message: str) -> Callable[[PendingChange | None], str]:
    """Return a function that maps a pending change to the URL of the next page.

    It flashes `message`, or the reason why the change is delayed.
    """

    def page_after(pending: PendingChange | None) -> str:
        if pending is not None:
            flash_pending_change()
        else:
            flash(message, "success")
        return url_for(endpoint)

    return page_after


@blueprint.route("/me/contact/safe", methods=["GET", "POST"])
@requires("own:change")
def edit_own_safe_contact() -> Page:
    """Change how we can contact the person."""
    actor = http.actor()
    found = pages.own_page(actor, http.today())
    form = SafeContactForm(given={each.kind for each in found.contacts}, current=found.wishes)
    done = submit(
        form,
        lambda: changes.set_contact_wishes(actor, None, form.to_command()),
        target=next_page("profile.me", _("Saved.")),
    )
    return done or (
        render_template("profile/safe.html", form=form, back_url=url_for("profile.me")),
        form.status,
    )


@blueprint.post("/me/changes/<id(loosenings):change_id>/stop")
@requires("own:change")
def cancel_own_change(change_id: int) -> Response:
    """Cancel one of the person's pending changes."""
    return press(
        lambda: changes.cancel_change(http.actor(), change_id),
        message=_("Stopped. Nothing will change."),
        target=url_for("profile.me"),
    )


@blueprint.route("/stop/<token>", methods=["GET", "POST"])
@public
def stop_change(token: str) -> Page:
    """Cancel a change when the button is pressed. Opening the link does not cancel the change."""
    if request.method != "POST":
        is_valid = delayed_changes.is_link_valid(token)
        page = render_template("profile/stop.html", is_valid=is_valid, done=False)
        return page, 200 if is_valid else 410
    done = delayed_changes.cancel_change_by_link(token)
    page = render_template("profile/stop.html", is_valid=False, done=done)
    return page, 200 if done else 410
