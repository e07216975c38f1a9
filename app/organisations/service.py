"""Organisations, where they operate, who acts for them.

Nothing that counted is removed: an organisation closes, a site ends.
"""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import gettext as _

from app.accounts import offers, powers
from app.accounts import queries as users
from app.accounts import service as accounts
from app.areas import queries as areas
from app.areas import service as places
from app.areas.types import AreaKind
from app.core import audit, clock
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import constraint_as_sentence, db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.in_force import is_over
from app.core.permissions import Role
from app.organisations.models import Organisation, PartnerCoordinator, Site
from app.organisations.queries import organisations as queries
from app.organisations.queries import secrecy
from app.organisations.types import OrganisationCommand, SiteCommand


def _taken() -> Conflict:
    return Conflict(_("There is already an organisation with this name"), "name")


def add(actor: Actor, command: OrganisationCommand) -> int:
    """A new organisation, from today; returns its id. Raises Conflict when the name is taken."""
    actor.require("organisations:change")
    made = Organisation(
        name=command.name,
        kind=command.kind,
        confidential_location=command.confidential_location,
        from_on=clock.today(),
        until_on=command.until_on,
    )
    with (
        audit.acting(actor, AuditVerb.ORGANISATION_CREATE),
        constraint_as_sentence({"uq_organisations_name": _taken}),
    ):
        db.session.add(made)
    return made.id


def change(actor: Actor, organisation_id: int, command: OrganisationCommand) -> None:
    """Change what is known of it. Once its location is confidential, no place of it is kept.

    Raises NotFound, InvalidInput, Conflict (the name is taken).
    """
    actor.require("organisations:change")
    row = _find(actor, organisation_id)
    if command.until_on is not None and command.until_on < row.from_on:
        raise InvalidInput(_("The last day must be after the first day"), "until")
    with (
        audit.acting(actor, AuditVerb.ORGANISATION_CHANGE),
        constraint_as_sentence({"uq_organisations_name": _taken}),
    ):
        row.name = command.name
        row.kind = command.kind
        row.confidential_location = command.confidential_location
        row.until_on = command.until_on
        if command.confidential_location:
            for site, _ward in queries.sites(row.id):
                site.postcode = site.ward_id = site.lsoa_id = None


def _find(actor: Actor, organisation_id: int) -> Organisation:
    """The organisation, if the actor may change it: a change by somebody who may not know of its
    network could make its people known. Raises NotFound.
    """
    secrecy.check_organisation(Scope.of(actor), organisation_id)
    return db.session.get_one(Organisation, organisation_id)


# --- sites ---


def add_site(actor: Actor, organisation_id: int, command: SiteCommand) -> int:
    """It operates here, from today; returns the site's id. Raises InvalidInput.

    Where its location is confidential, neither postcode nor ward is kept.
    """
    actor.require("organisations:change")
    row = _find(actor, organisation_id)
    site = Site(organisation_id=row.id, name=command.name, from_on=clock.today())
    if not row.confidential_location:
        _place(site, command)
    with audit.acting(actor, AuditVerb.SITE_CREATE):
        db.session.add(site)
    return site.id


def _place(site: Site, command: SiteCommand) -> None:
    if not (command.postcode or command.ward):
        raise InvalidInput(_("Enter a postcode, or select a ward"), "postcode")
    if command.postcode:
        where = places.locate(command.postcode)
        site.postcode, site.ward_id, site.lsoa_id = command.postcode, where.ward_id, where.lsoa_id
    if site.ward_id is None and command.ward:
        ward = areas.area_by_code(command.ward)
        if ward is None or ward.kind is not AreaKind.WARD:
            raise InvalidInput(_("Select a ward from the list"), "ward")
        site.ward_id = ward.id


def end_site(actor: Actor, organisation_id: int, site_id: int) -> None:
    """It no longer operates there from today. Twice is once. Raises NotFound."""
    actor.require("organisations:change")
    _find(actor, organisation_id)
    site = db.session.get(Site, site_id)
    if site is None or site.organisation_id != organisation_id:
        raise NotFound()
    with audit.acting(actor, AuditVerb.SITE_END):
        _end(site, clock.today())


def _end(row: Site | PartnerCoordinator, on: date) -> None:
    """It no longer counts from `on`; what began that day never counted."""
    if is_over(row, on):
        return
    if row.from_on >= on:
        db.session.delete(row)
    else:
        row.until_on = on - timedelta(days=1)


def confirm_site_wards(actor: Actor, now: bool) -> int:
    """Settle the sites whose postcode the directory now knows. They are no people: always 0."""
    if not now:
        return 0
    open_sites = queries.sites_with_ward_unknown()
    found = places.locate_all({site.postcode for site in open_sites if site.postcode})
    with audit.acting(actor, AuditVerb.SITE_CONFIRM_WARD):
        for site in open_sites:
            where = found[site.postcode or ""]
            if where.ward_id is not None and site.ward_id in (None, where.ward_id):
                site.ward_id, site.lsoa_id = where.ward_id, where.lsoa_id
    return 0


# --- who acts for it ---


def add_coordinator(actor: Actor, organisation_id: int, email: str, name: str) -> None:
    """Invite somebody to act for the organisation. They do once they accept in their mailbox."""
    actor.require("organisations:change")
    row = _find(actor, organisation_id)
    offers.make(
        actor,
        email,
        name,
        frozenset({Role.PARTNER}),
        organisation_id=row.id,
        on_behalf_of=row.name,
    )


def coordinator_accepted(actor: Actor, organisation_id: int, user_id: int) -> None:
    """Whoever was invited acts for the organisation, from today. Twice is once."""
    on = clock.today()
    if not queries.acts_for(user_id, on, organisation_id):
        with audit.acting(actor, AuditVerb.PARTNER_COORDINATOR_CREATE):
            db.session.add(
                PartnerCoordinator(user_id=user_id, organisation_id=organisation_id, from_on=on)
            )


def withdraw_invitation(actor: Actor, organisation_id: int, offer_id: int) -> None:
    """Somebody invited is not to act for it after all. Raises NotFound, Conflict."""
    actor.require("organisations:change")
    offers.withdraw(actor, offer_id, _find(actor, organisation_id).id)


def end_coordinator(actor: Actor, organisation_id: int, coordinator_id: int) -> None:
    """End that somebody acts for an organisation, today. Raises NotFound."""
    actor.require("organisations:change")
    _find(actor, organisation_id)
    row = db.session.get(PartnerCoordinator, coordinator_id)
    if row is None or row.organisation_id != organisation_id:
        raise NotFound()
    on = clock.today()
    user_id = row.user_id
    with audit.acting(actor, AuditVerb.PARTNER_COORDINATOR_END):
        _end(row, on)
    if not queries.acts_for(user_id, on):
        accounts.end_role(actor, user_id, Role.PARTNER, on)
        user = users.user(user_id)
        if user is not None:
            powers.notify_lost(actor, user, frozenset({Role.PARTNER}), on)
