"""A person's own page, and pages for changing their record."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.changes import blocks, contacts, new_email, organisations, vouching
from app.changes import service as changes
from app.changes.forms import (
    BlockForm,
    ContactForm,
    GeneralChampionForm,
    LeaveForm,
    NameForm,
    NetworkChoiceForm,
    PauseForm,
    PlaceForm,
    ProtectionForm,
    TravelForm,
)
from app.core.errors import NotFound
from app.organisations.forms import OrganisationNameForm
from app.people import choices
from app.people.safety.types import PendingChange
from app.people.types import FollowUpQuestion, PersonState
from app.profile import pages
from app.profile.views import blueprint
from app.profile.views.safety import flash_pending_change, next_page
from app.registration import wards
from app.signin import sessions
from app.web import http
from app.web.fields import PageForm
from app.web.form_page import press, submit
from app.web.http import public, requires
from app.web.once import once

# The page for each follow-up question.
_FOLLOW_UP_ENDPOINTS = {
    FollowUpQuestion.PROTECTION: "profile.edit_own_protection",
    FollowUpQuestion.GENERAL: "profile.edit_own_general_answer",
}
Page = str | tuple[str, int] | Response
NOT_APPROVED = (PersonState.UNCONFIRMED, PersonState.WAITING, PersonState.DECLINED)


def _redirect_to_own_page() -> Response:
    return redirect(url_for("profile.me"))


def _render_form_page(template: str, form: PageForm, **kwargs: object) -> Page:
    page = render_template(
        f"profile/{template}.html", form=form, back_url=url_for("profile.me"), **kwargs
    )
    return page, form.status


@blueprint.get("/me")
@requires("own:read")
def me() -> str:
    """Show the person's own page."""
    found = pages.own_page(http.actor(), http.today())
    if found.state is PersonState.LEFT:
        return render_template("profile/left.html")
    if found.state in NOT_APPROVED:
        return render_template("profile/application.html", me=found)
    return render_template("profile/me.html", me=found)


@blueprint.route("/me/name", methods=["GET", "POST"])
@requires("own:change")
def edit_own_name() -> Page:
    """Change the person's name."""
    found = pages.own_page(http.actor(), http.today())
    form = NameForm(data={"name": found.name})
    done = submit(
        form,
        lambda: changes.rename(http.actor(), None, form.name.data),
        message=_("Name changed."),
        target=url_for("profile.me"),
    )
    return done or _render_form_page("name", form)


@blueprint.route("/me/contact", methods=["GET", "POST"])
@requires("own:change")
def edit_own_contact() -> Page:
    """Change the person's contact details."""
    actor = http.actor()
    found = pages.own_page(actor, http.today())
    form = ContactForm(data={"preferred": found.preferred})

    saved_message = _(
        "Saved. We have sent two emails: one to the new address, and one to the "
        "address you sign in with now. To use the new address, select the button in "
        "both emails."
    )
    done = submit(
        form,
        lambda: contacts.change_contacts(
            actor, None, form.new_contacts(), form.preferred_kind or found.preferred
        ),
        target=next_page(
            "profile.edit_own_contact", saved_message if form.email.data else _("Saved.")
        ),
    )
    return done or _render_form_page("contact", form, me=found)


@blueprint.post("/me/contact/<id(person_contacts):contact_id>/remove")
@requires("own:change")
def remove_contact(contact_id: int) -> Response:
    """Remove one of the person's contact details."""

    def remove() -> None:
        if contacts.remove_contact(http.actor(), contact_id):
            flash(
                _(
                    "Removed. We will not write to you at this address, but you still sign in with "
                    "it. To change that, add a new address or call us."
                )
            )
        else:
            flash(_("Removed."), "success")

    return press(remove, target=url_for("profile.edit_own_contact"))


@blueprint.route("/confirm/contact/<token>", methods=["GET", "POST"])
@public
def confirm_contact(token: str) -> Page:
    """Confirm a new email address when the button is pressed.

    Opening the link does not confirm the address.
    """
    template, actor = "profile/confirm_contact.html", http.actor()
    if request.method != "POST":
        is_valid = new_email.is_link_valid(token)
        page = render_template(template, is_valid=is_valid, done=None)
        return page, 200 if is_valid else 410
    done = new_email.confirm_email(token)
    if done is not None and done.person_id == actor.person_id:
        sessions.keep_current_session()
    return render_template(template, is_valid=False, done=done), 200 if done else 410


@blueprint.route("/confirm/change/<token>", methods=["GET", "POST"])
@public
def confirm_change(token: str) -> Page:
    """Record whether the person asked for a new email address. The link is in the old mailbox."""
    template, actor = "profile/confirm_change.html", http.actor()
    if request.method != "POST":
        is_valid = vouching.is_link_valid(token)
        return render_template(template, is_valid=is_valid, done=""), 200 if is_valid else 410
    yes = request.form.get("answer") == "yes"
    person_id = vouching.record_answer(token, is_yes=yes)
    if person_id is None:
        return render_template(template, is_valid=False, done=""), 410
    if yes and person_id == actor.person_id:
        sessions.keep_current_session()
    return render_template(template, is_valid=False, done="yes" if yes else "no")


@blueprint.route("/me/places", methods=["GET", "POST"])
@requires("own:change")
@once
def add_own_place() -> Page:
    """Add a place where the person lives, works or could help."""
    actor = http.actor()
    found = pages.own_page(actor, http.today())
    form = PlaceForm(wards=wards.all_wards())
    done = submit(
        form,
        lambda: changes.add_place(actor, None, form.to_command()),
        message=_("Place saved."),
        target=url_for("profile.add_own_place"),
    )
    return done or _render_form_page("places", form, me=found)


@blueprint.post("/me/places/<id(presences):presence_id>/remove")
@requires("own:change")
def remove_place(presence_id: int) -> Response:
    """Remove one of the person's places."""
    changes.remove_place(http.actor(), None, presence_id)
    flash(_("Place removed."), "success")
    return redirect(url_for("profile.add_own_place"))


@blueprint.route("/me/reach", methods=["GET", "POST"])
@requires("own:change")
def edit_own_travel_distance() -> Page:
    """Change how far the person would travel, and where they do not want to help."""
    actor, on = http.actor(), http.today()
    found = pages.own_page(actor, on)
    current = pages.current_choices(actor, on)
    form = TravelForm(
        wards=wards.all_wards(), data={"reach": found.travel_km, "excluded": current.excluded}
    )
    done = submit(
        form,
        lambda: changes.set_travel_distance(actor, None, form.reach.data, form.excluded_wards),
        message=_("Saved."),
        target=url_for("profile.me"),
    )
    return done or _render_form_page("reach", form)


@blueprint.route("/me/networks", methods=["GET", "POST"])
@requires("own:change")
def edit_own_networks() -> Page:
    """Change the person's networks."""
    actor, on = http.actor(), http.today()
    form = NetworkChoiceForm(
        networks=choices.joinable_networks(on),
        data={"networks": pages.current_choices(actor, on).networks},
    )
    done = submit(
        form,
        lambda: changes.choose_networks(actor, None, form.networks.data),
        message=lambda _questions: (
            f"{_('Saved.')} {pages.applications_sentence(actor, on)}".strip()
        ),
        target=lambda questions: url_for(
            _FOLLOW_UP_ENDPOINTS[questions[0]] if questions else "profile.me"
        ),
    )
    return done or _render_form_page("networks", form)


@blueprint.route("/me/seen", methods=["GET", "POST"])
@requires("own:change")
def edit_own_general_answer() -> Page:
    """Change whether the person is a general champion."""
    actor = http.actor()
    is_general = pages.general_answer(actor, http.today())
    form = GeneralChampionForm(data={"general": "yes" if is_general else "no"})
    done = submit(
        form,
        lambda: changes.set_general_champion(actor, None, form.answer),
        message=_("Saved."),
        target=url_for("profile.me"),
    )
    return done or _render_form_page("general", form)


@blueprint.route("/me/protection", methods=["GET", "POST"])
@requires("own:change")
def edit_own_protection() -> Page:
    """Change whether we can keep the person's postcode."""
    actor, on = http.actor(), http.today()
    found = pages.own_page(actor, on)
    form = ProtectionForm(
        wards=wards.all_wards(),
        data={
            "protected": "yes" if found.protected else "no",
            "ward": pages.home_ward(actor, on),
        },
    )

    def change() -> PendingChange | None:
        if form.wants_protection:
            changes.protect(actor, None, form.ward.data)
            return None
        return changes.unprotect(actor, None)

    done = submit(form, change, target=next_page("profile.me", _("Saved.")))
    return done or _render_form_page("protection", form)


@blueprint.route("/me/pause", methods=["GET", "POST"])
@requires("own:change")
def pause() -> Page:
    """Record that the person is away. Applicants cannot do this."""
    if http.actor().waiting:
        raise NotFound()
    form = PauseForm()
    done = submit(
        form,
        lambda: changes.start_absence(http.actor(), None, form.until.data),
        message=_("You are taking a break."),
        target=url_for("profile.me"),
    )
    return done or _render_form_page("pause", form)


@blueprint.post("/me/back")
@requires("own:change")
def end_absence() -> Response:
    """Record that the person is back."""
    changes.end_absence(http.actor(), None)
    flash(_("Welcome back."), "success")
    return _redirect_to_own_page()


@blueprint.post("/me/here")
@requires("own:change")
def confirm_activity() -> Response:
    """Record that the person still takes part."""
    changes.confirm_activity(http.actor(), None)
    flash(_("Thank you. We have recorded that you still want to be in the network."), "success")
    return _redirect_to_own_page()


@blueprint.route("/me/hidden", methods=["GET", "POST"])
@requires("own:change")
def edit_own_blocks() -> Page:
    """Block an organisation or a user."""
    actor, on = http.actor(), http.today()
    form = BlockForm(targets=blocks.blockable_targets(on, actor.user_id))
    done = submit(
        form,
        lambda: blocks.add_block(actor, None, form.to_command()),
        message=_("Saved. The organisation or person you chose can no longer see you."),
        target=url_for("profile.edit_own_blocks"),
    )
    return done or _render_form_page("blocks", form, me=pages.own_page(actor, on))


@blueprint.post("/me/hidden/<id(blocks):block_id>/remove")
@requires("own:change")
def end_block(block_id: int) -> Response:
    """Request the removal of a block."""
    blocks.request_unblock(http.actor(), None, block_id)
    flash_pending_change()
    return redirect(url_for("profile.edit_own_blocks"))


@blueprint.post("/me/organisations/<id(affiliations):affiliation_id>/remove")
@requires("own:change")
def leave_organisation(affiliation_id: int) -> Response:
    """End the person's affiliation with an organisation."""
    organisations.leave_organisation(http.actor(), None, affiliation_id)
    flash(_("Saved."), "success")
    return _redirect_to_own_page()


@blueprint.route("/me/organisations", methods=["GET", "POST"])
@requires("own:change")
def add_own_organisation() -> Page:
    """Add an organisation that the person belongs to."""
    form = OrganisationNameForm()
    done = submit(
        form,
        lambda: organisations.join_organisation(http.actor(), None, form.chosen_name),
        message=_("Organisation added."),
        target=url_for("profile.me"),
    )
    return done or _render_form_page("organisations", form)


@blueprint.route("/me/leave", methods=["GET", "POST"])
@requires("own:change")
@once
def leave() -> Page:
    """Leave the network, or withdraw a registration."""
    waiting = http.actor().waiting
    form = LeaveForm()
    done = submit(
        form,
        lambda: changes.leave_network(http.actor(), None, form.reason.data),
        target=url_for("profile.registration_withdrawn" if waiting else "profile.left_network"),
    )
    return done or _render_form_page("withdraw" if waiting else "leave", form)


@blueprint.get("/left")
@public
def left_network() -> str:
    """Confirm that the person has left the network and is signed out."""
    return render_template("profile/left.html")


@blueprint.get("/withdrawn")
@public
def registration_withdrawn() -> str:
    """Confirm that the person has withdrawn their registration."""
    return render_template("profile/withdrawn.html")
