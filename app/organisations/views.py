"""Pages for organisations, their sites, agreements and partner coordinators."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import registry
from app.core.errors import NotFound
from app.core.words import LazyTexts
from app.organisations import agreements, choices, directory, service
from app.organisations.forms import (
    KINDS,
    AgreementForm,
    CoordinatorForm,
    EndForm,
    OrganisationFilter,
    OrganisationForm,
    SiteForm,
)
from app.web import http
from app.web.filters import list_context
from app.web.form_page import press, submit
from app.web.http import requires
from app.web.once import once, serialise_posts

blueprint = Blueprint("organisations", __name__)
Page = str | tuple[str, int] | Response


@blueprint.context_processor
def _template_texts() -> dict[str, Any]:
    return {"kinds": LazyTexts(KINDS)}


def _page_url(organisation_id: int) -> str:
    return url_for("organisations.organisation", organisation_id=organisation_id)


@blueprint.get("/organisations")
@requires("organisations:read")
def organisations() -> str:
    """List the organisations, sorted by name."""
    form = OrganisationFilter()
    values = form.values()
    page = directory.page_of_organisations(
        http.actor(),
        http.today(),
        text=values.get("q", ""),
        closed=bool(values.get("closed")),
        cursor=request.args.get("after"),
    )
    words = {"closed": _("Closed organisations included")}
    return render_template(
        "organisations/list.html", **list_context("organisations.organisations", form, page, words)
    )


@blueprint.get("/organisations/<id(organisations):organisation_id>")
@requires("organisations:read")
def organisation(organisation_id: int) -> str:
    """Show an organisation with its sites, agreements and coordinators."""
    found = directory.organisation_page(http.actor(), organisation_id, http.today())
    return render_template(
        "organisations/one.html",
        organisation=found,
        panels=[
            panel
            for find in registry.organisation_panels
            for panel in find(http.actor(), found.name, http.today())
        ]
        if found.is_editable
        else [],
        back_url=url_for("organisations.organisations"),
    )


def _page_context(organisation_id: int) -> dict[str, Any]:
    """Return the template context shared by all pages that change an organisation."""
    return {
        "organisation": directory.editable_organisation(
            http.actor(), organisation_id, http.today()
        ),
        "back_url": _page_url(organisation_id),
    }


@blueprint.route("/organisations/new", methods=["GET", "POST"])
@requires("organisations:change")
@once
def add_organisation() -> Page:
    """Add an organisation."""
    form = OrganisationForm()
    done = submit(
        form,
        lambda: service.add_organisation(http.actor(), form.to_command()),
        message=_("Organisation added."),
        target=_page_url,
    )
    return done or (
        render_template(
            "organisations/form.html",
            form=form,
            title=_("Add an organisation"),
            back_url=url_for("organisations.organisations"),
        ),
        form.status,
    )


@blueprint.route("/organisations/<id(organisations):organisation_id>/edit", methods=["GET", "POST"])
@requires("organisations:change")
@serialise_posts
def edit_organisation(organisation_id: int) -> Page:
    """Change an organisation."""
    context = _page_context(organisation_id)
    found = context["organisation"]
    form = OrganisationForm(
        data={
            "name": found.name,
            "kind": found.kind.value,
            "confidential": found.confidential_location,
            "until": found.until_on,
        }
    )

    def change() -> None:
        form.check_unchanged()
        service.change_organisation(http.actor(), organisation_id, form.to_command())

    done = submit(form, change, message=_("Saved."), target=_page_url(organisation_id))
    return done or (
        render_template(
            "organisations/form.html", form=form, title=_("Change this organisation"), **context
        ),
        form.status,
    )


@blueprint.route(
    "/organisations/<id(organisations):organisation_id>/sites/new", methods=["GET", "POST"]
)
@requires("organisations:change")
@once
def add_site(organisation_id: int) -> Page:
    """Add a site."""
    context = _page_context(organisation_id)
    form = SiteForm(wards=choices.wards())
    done = submit(
        form,
        lambda: service.add_site(http.actor(), organisation_id, form.to_command()),
        message=_("Place added."),
        target=_page_url(organisation_id),
    )
    return done or (render_template("organisations/site.html", form=form, **context), form.status)


@blueprint.post("/organisations/<id(organisations):organisation_id>/sites/<id(sites):site_id>/end")
@requires("organisations:change")
def end_site(organisation_id: int, site_id: int) -> Response:
    """Close a site."""
    service.close_site(http.actor(), organisation_id, site_id)
    flash(_("Saved. Figures for earlier dates will not change."), "success")
    return redirect(_page_url(organisation_id))


@blueprint.route(
    "/organisations/<id(organisations):organisation_id>/agreements/new", methods=["GET", "POST"]
)
@requires("organisations:change")
@once
def add_agreement(organisation_id: int) -> Page:
    """Add a data-sharing agreement."""
    context = _page_context(organisation_id)
    form = AgreementForm(networks=choices.networks(http.actor(), http.today()))
    done = submit(
        form,
        lambda: agreements.add_agreement(http.actor(), organisation_id, form.to_command()),
        message=_(
            "Agreement added. It will take effect when a second person confirms it, or after 24"
            " hours unless somebody refuses it. We have told everybody who can confirm it."
        ),
        target=_page_url(organisation_id),
    )
    return done or (
        render_template("organisations/agreement.html", form=form, **context),
        form.status,
    )


@blueprint.post(
    "/organisations/<id(organisations):organisation_id>/agreements/<id(agreements):agreement_id>/confirm"
)
@requires("organisations:change")
@once
def confirm_agreement(organisation_id: int, agreement_id: int) -> Response:
    """Confirm an agreement that another user added."""
    return press(
        lambda: agreements.confirm_agreement(http.actor(), organisation_id, agreement_id),
        message=_(
            "Confirmed. The organisation can see these people now, or from the agreement’s first"
            " day."
        ),
        target=_page_url(organisation_id),
    )


@blueprint.post(
    "/organisations/<id(organisations):organisation_id>/agreements/<id(agreements):agreement_id>/refuse"
)
@requires("organisations:change")
@once
def refuse_agreement(organisation_id: int, agreement_id: int) -> Response:
    """Refuse an agreement as the second person, or withdraw it as its author."""
    return press(
        lambda: agreements.refuse_agreement(http.actor(), organisation_id, agreement_id),
        message=_("The agreement has been refused and removed."),
        target=_page_url(organisation_id),
    )


@blueprint.route(
    "/organisations/<id(organisations):organisation_id>/agreements/<id(agreements):agreement_id>/end",
    methods=["GET", "POST"],
)
@requires("organisations:change")
def end_agreement(organisation_id: int, agreement_id: int) -> Page:
    """End an agreement early."""
    context = _page_context(organisation_id)
    if agreement_id not in {each.id for each in context["organisation"].agreements}:
        raise NotFound()
    form = EndForm()
    done = submit(
        form,
        lambda: agreements.end_agreement(
            http.actor(), organisation_id, agreement_id, form.reason.data
        ),
        message=_(
            "The agreement has ended. It no longer gives the organisation access to anybody’s"
            " details."
        ),
        target=_page_url(organisation_id),
    )
    return done or (
        render_template("organisations/end_agreement.html", form=form, **context),
        form.status,
    )


@blueprint.route(
    "/organisations/<id(organisations):organisation_id>/coordinators/new", methods=["GET", "POST"]
)
@requires("organisations:change")
@once
def add_coordinator(organisation_id: int) -> Page:
    """Invite a partner coordinator."""
    context = _page_context(organisation_id)
    form = CoordinatorForm()
    done = submit(
        form,
        lambda: service.add_coordinator(
            http.actor(), organisation_id, form.email.address or "", form.name.data
        ),
        message=_("We have emailed the invitation, with a link to accept it."),
        target=_page_url(organisation_id),
    )
    return done or (
        render_template("organisations/coordinator.html", form=form, **context),
        form.status,
    )


@blueprint.post(
    "/organisations/<id(organisations):organisation_id>/offers/<id(offers):offer_id>/withdraw"
)
@requires("organisations:change")
def withdraw_invitation(organisation_id: int, offer_id: int) -> Response:
    """Withdraw an invitation."""
    return press(
        lambda: service.withdraw_invitation(http.actor(), organisation_id, offer_id),
        message=_("Invitation withdrawn."),
        target=_page_url(organisation_id),
    )


@blueprint.post(
    "/organisations/<id(organisations):organisation_id>/coordinators/<id(partner_coordinators):coordinator_id>/end"
)
@requires("organisations:change")
@once
def end_coordinator(organisation_id: int, coordinator_id: int) -> Response:
    """Remove a partner coordinator."""
    service.end_coordinator(http.actor(), organisation_id, coordinator_id)
    flash(
        _(
            "The coordinator has been removed. They can no longer see anybody’s details for this"
            " organisation."
        ),
        "success",
    )
    return redirect(_page_url(organisation_id))
