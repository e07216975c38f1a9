"""One's own page, and what people change about themselves."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.changes import contacts, new_email, vouching
from app.changes import service as changes
from app.changes.forms import (
    ContactForm,
    GeneralForm,
    LeaveForm,
    NameForm,
    NetworkChoiceForm,
    PauseForm,
    PlaceForm,
    ProtectionForm,
    TravelForm,
)
from app.core.errors import NotFound
from app.core.fields import PageForm
from app.people import choices
from app.people.safety.types import Waits
from app.people.types import Follows, PersonState
from app.profile import pages as own
from app.profile.forms.own import HideForm
from app.profile.views import blueprint
from app.profile.views.safety import next_page, say_it_waits
from app.registration import wards
from app.signin import sessions
from app.web import http
from app.web.form_page import press, submit
from app.web.http import public, requires
from app.web.once import once

# What a change of networks leads on to.
_ASKED = {Follows.PROTECTION: "profile.my_protection", Follows.GENERAL: "profile.my_general"}
Page = str | tuple[str, int] | Response
NOT_TAKEN_ON = (PersonState.UNCONFIRMED, PersonState.WAITING, PersonState.DECLINED)


def _home() -> Response:
    return redirect(url_for("profile.me"))


def _page(template: str, form: PageForm, **more: object) -> Page:
    page = render_template(
        f"profile/{template}.html", form=form, back_url=url_for("profile.me"), **more
    )
    return page, form.status


@blueprint.get("/me")
@requires("own:read")
def me() -> str:
    """Who I am, how far I am, who can see me."""
    found = own.mine(http.actor(), http.today())
    if found.state is PersonState.LEFT:
        return render_template("profile/left.html")
    if found.state in NOT_TAKEN_ON:
        return render_template("profile/application.html", me=found)
    return render_template("profile/me.html", me=found)


@blueprint.route("/me/name", methods=["GET", "POST"])
@requires("own:change")
def my_name() -> Page:
    """Another name."""
    found = own.mine(http.actor(), http.today())
    form = NameForm(data={"name": found.name})
    done = submit(
        form,
        lambda: changes.rename(http.actor(), None, form.name.data),
        said=_("Name changed."),
        target=url_for("profile.me"),
    )
    return done or _page("name", form)


@blueprint.route("/me/contact", methods=["GET", "POST"])
@requires("own:change")
def my_contact() -> Page:
    """How we may reach them."""
    actor = http.actor()
    found = own.mine(actor, http.today())
    form = ContactForm(data={"preferred": found.preferred})

    said = _(
        "Saved. We have sent two emails: one to the new address, and one to the address you sign in"
        " with now. Press the button in both of them to use the new address."
    )
    done = submit(
        form,
        lambda: contacts.change(
            actor, None, form.wanted_contacts(), form.preferred_kind or found.preferred
        ),
        target=next_page("profile.my_contact", said if form.email.data else _("Saved.")),
    )
    return done or _page("contact", form, me=found)


@blueprint.post("/me/contact/<id(person_contacts):contact_id>/remove")
@requires("own:change")
def remove_contact(contact_id: int) -> Response:
    """One way less."""

    def remove() -> None:
        if contacts.remove(http.actor(), contact_id):
            flash(
                _(
                    "Removed. We will not write to you there. You still sign in with this"
                    " address. To change that, add a new one or call us."
                )
            )
        else:
            flash(_("Removed."), "success")

    return press(remove, target=url_for("profile.my_contact"))


@blueprint.route("/confirm/contact/<token>", methods=["GET", "POST"])
@public
def confirm_contact(token: str) -> Page:
    """A new address is proved by pressing the button, not by opening the link."""
    template, actor = "profile/confirm_contact.html", http.actor()
    if request.method == "GET":
        good = new_email.is_good(token)
        page = render_template(template, good=good, done=None)
        return page, 200 if good else 410
    done = new_email.confirm(token)
    if done is not None and done.person_id == actor.person_id:
        sessions.keep_current()
    return render_template(template, good=False, done=done), 200 if done else 410


@blueprint.route("/confirm/change/<token>", methods=["GET", "POST"])
@public
def confirm_change(token: str) -> Page:
    """Whoever reads the old mailbox says whether it was they who gave us a new address."""
    template, actor = "profile/confirm_change.html", http.actor()
    if request.method == "GET":
        good = vouching.is_good(token)
        return render_template(template, good=good, done=""), 200 if good else 410
    yes = request.form.get("answer") == "yes"
    person_id = vouching.answer(token, yes=yes)
    if person_id is None:
        return render_template(template, good=False, done=""), 410
    if yes and person_id == actor.person_id:
        sessions.keep_current()
    return render_template(template, good=False, done="yes" if yes else "no")


@blueprint.route("/me/places", methods=["GET", "POST"])
@requires("own:change")
def my_places() -> Page:
    """Where they live, work, could help."""
    actor = http.actor()
    found = own.mine(actor, http.today())
    form = PlaceForm(wards=wards.all_wards())
    done = submit(
        form,
        lambda: changes.add_place(actor, None, form.to_command()),
        said=_("Place saved."),
        target=url_for("profile.my_places"),
    )
    return done or _page("places", form, me=found)


@blueprint.post("/me/places/<id(presences):presence_id>/remove")
@requires("own:change")
def remove_place(presence_id: int) -> Response:
    """One place less."""
    changes.remove_place(http.actor(), presence_id)
    flash(_("Place removed."), "success")
    return redirect(url_for("profile.my_places"))


@blueprint.route("/me/reach", methods=["GET", "POST"])
@requires("own:change")
def my_reach() -> Page:
    """How far, and where never."""
    actor, on = http.actor(), http.today()
    found = own.mine(actor, on)
    now = own.chosen(actor, on)
    form = TravelForm(
        wards=wards.all_wards(), data={"reach": found.travel_km, "excluded": now.excluded}
    )
    done = submit(
        form,
        lambda: changes.set_travel_distance(actor, None, form.reach.data, form.excluded_wards),
        said=_("Saved."),
        target=url_for("profile.me"),
    )
    return done or _page("reach", form)


@blueprint.route("/me/networks", methods=["GET", "POST"])
@requires("own:change")
def my_networks() -> Page:
    """Which networks; one of them leads on to the page about protection."""
    actor, on = http.actor(), http.today()
    form = NetworkChoiceForm(
        networks=choices.networks(on), data={"networks": own.chosen(actor, on).networks}
    )
    done = submit(
        form,
        lambda: changes.choose_networks(actor, None, form.networks.data),
        said=_("Saved."),
        target=lambda asks: url_for(_ASKED[asks[0]] if asks else "profile.me"),
    )
    return done or _page("networks", form)


@blueprint.route("/me/seen", methods=["GET", "POST"])
@requires("own:change")
def my_general() -> Page:
    """Whether the team may see and count them as a general champion; only of whom it is asked."""
    actor = http.actor()
    now = own.general_answer(actor, http.today())
    form = GeneralForm(data={"general": "yes" if now else "no"})
    done = submit(
        form,
        lambda: changes.set_general(actor, None, form.answer),
        said=_("Saved."),
        target=url_for("profile.me"),
    )
    return done or _page("general", form)


@blueprint.route("/me/protection", methods=["GET", "POST"])
@requires("own:change")
def my_protection() -> Page:
    """Whether we may keep the postcode."""
    actor, on = http.actor(), http.today()
    found = own.mine(actor, on)
    form = ProtectionForm(
        wards=wards.all_wards(),
        data={
            "protected": "yes" if found.protected else "no",
            "ward": own.home_ward(actor, on),
        },
    )

    def change() -> Waits | None:
        if form.protects:
            changes.protect(actor, None, form.ward.data)
            return None
        return changes.unprotect(actor, None)

    done = submit(form, change, target=next_page("profile.me", _("Saved.")))
    return done or _page("protection", form)


@blueprint.route("/me/pause", methods=["GET", "POST"])
@requires("own:change")
def pause() -> Page:
    """Away for a while. Not for somebody whose registration is not decided."""
    if http.actor().waiting:
        raise NotFound()
    form = PauseForm()
    done = submit(
        form,
        lambda: changes.pause(http.actor(), None, form.until.data),
        said=_("You are on pause. We will not ask you for anything until you are back."),
        target=url_for("profile.me"),
    )
    return done or _page("pause", form)


@blueprint.post("/me/back")
@requires("own:change")
def come_back() -> Response:
    """Here again."""
    changes.come_back(http.actor(), None)
    flash(_("Welcome back."), "success")
    return _home()


@blueprint.post("/me/here")
@requires("own:change")
def still_here() -> Response:
    """Still here."""
    changes.still_here(http.actor(), None)
    flash(_("Thank you. We have recorded that you still want to be in the network."), "success")
    return _home()


@blueprint.route("/me/hidden", methods=["GET", "POST"])
@requires("own:change")
def my_hidden() -> Page:
    """Who must never see them."""
    actor, on = http.actor(), http.today()
    form = HideForm(whom=choices.to_avoid(actor, on))
    done = submit(
        form,
        lambda: changes.never_show_to(actor, form.to_command()),
        said=_("Saved. They can no longer see you."),
        target=url_for("profile.my_hidden"),
    )
    return done or _page("hidden", form, me=own.mine(actor, on))


@blueprint.post("/me/hidden/<id(blocks):block_id>/remove")
@requires("own:change")
def show_again(block_id: int) -> Response:
    """They may see me again."""
    changes.show_again(http.actor(), block_id)
    say_it_waits()
    return redirect(url_for("profile.my_hidden"))


@blueprint.post("/me/organisations/<id(affiliations):affiliation_id>/remove")
@requires("own:change")
def leave_organisation(affiliation_id: int) -> Response:
    """I no longer belong there."""
    changes.leave_organisation(http.actor(), affiliation_id)
    flash(_("Saved."), "success")
    return _home()


@blueprint.route("/me/leave", methods=["GET", "POST"])
@requires("own:change")
@once
def leave() -> Page:
    """Leave the network."""
    waiting = http.actor().waiting
    form = LeaveForm()
    done = submit(
        form,
        lambda: changes.leave(http.actor(), None, form.reason.data),
        target=url_for("profile.withdrawn" if waiting else "profile.left"),
    )
    return done or _page("withdraw" if waiting else "leave", form)


@blueprint.get("/left")
@public
def left() -> str:
    """What somebody reads who has just left the network, and is signed out."""
    return render_template("profile/left.html")


@blueprint.get("/withdrawn")
@public
def withdrawn() -> str:
    """The same for somebody who withdrew their registration."""
    return render_template("profile/withdrawn.html")
