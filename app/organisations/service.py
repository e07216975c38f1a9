"""Add and change organisations, their sites and their partner coordinators.

Rows that have been in force are never deleted. Organisations and sites are closed instead.
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
from app.core.db import db, explain_violations
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.in_force import is_over
from app.core.permissions import Role
from app.organisations import closures, former_kinds
from app.organisations.models import Organisation, PartnerCoordinator, Site
from app.organisations.queries import organisations as queries
from app.organisations.queries import secrecy
from app.organisations.types import OrganisationCommand, SiteCommand


def _name_taken_error() -> Conflict:
    return Conflict(_("There is already an organisation with this name"), "name")


def add_organisation(actor: Actor, command: OrganisationCommand) -> int:
    """Add an organisation from today, and return its ID. Raises Conflict if the name is taken."""
    actor.require("organisations:change")
    organisation = Organisation(
        name=command.name,
        kind=command.kind,
        confidential_location=command.confidential_location,
        from_on=clock.today(),
        until_on=command.until_on,
    )
    with (
        audit.acting(actor, AuditVerb.ORGANISATION_CREATE),
        explain_violations({"uq_organisations_name": _name_taken_error}),
    ):
        db.session.add(organisation)
        closures.record_closure(organisation, clock.today())
    return organisation.id


def change_organisation(actor: Actor, organisation_id: int, command: OrganisationCommand) -> None:
    """Change an organisation, and delete the locations of its sites if they are now confidential.

    Raises NotFound if the actor is not allowed to see it, InvalidInput if the last day is wrong,
    and Conflict if the name is taken.
    """
    actor.require("organisations:change")
    row = _find_organisation(actor, organisation_id)
    if command.until_on is not None and command.until_on < row.from_on:
        raise InvalidInput(_("The last day must be the same as or after the first day"), "until")
    with (
        audit.acting(actor, AuditVerb.ORGANISATION_CHANGE),
        explain_violations({"uq_organisations_name": _name_taken_error}),
    ):
        row.name = command.name
        former_kinds.record_former_kind(row, command.kind, clock.today())
        row.kind = command.kind
        row.confidential_location = command.confidential_location
        row.until_on = command.until_on
        closures.record_closure(row, clock.today())
        if command.confidential_location:
            for site, _ward in queries.sites(row.id):
                site.postcode = site.district = site.ward_id = site.lsoa_id = None


def _find_organisation(actor: Actor, organisation_id: int) -> Organisation:
    """Return an organisation that the actor is allowed to change.

    Raises NotFound if the organisation is hidden from the actor.
    """
    secrecy.check_organisation(Scope.for_actor(actor), organisation_id)
    return db.session.get_one(Organisation, organisation_id)


# --- sites ---


def add_site(actor: Actor, organisation_id: int, command: SiteCommand) -> int:
    """Add a site from today, and return its ID.

    If the organisation's location is confidential, the postcode and the ward are not stored. Raises
    NotFound if the actor is not allowed to see the organisation, and InvalidInput if the location
    is missing or wrong.
    """
    actor.require("organisations:change")
    row = _find_organisation(actor, organisation_id)
    site = Site(organisation_id=row.id, name=command.name, from_on=clock.today())
    if not row.confidential_location:
        _set_location(site, command)
    with audit.acting(actor, AuditVerb.SITE_CREATE):
        db.session.add(site)
    return site.id


def _set_location(site: Site, command: SiteCommand) -> None:
    if not (command.postcode or command.ward):
        raise InvalidInput(_("Enter a postcode, or select a ward"), "postcode")
    if command.postcode:
        where = places.locate(command.postcode)
        site.postcode, site.district = command.postcode, where.district
        site.ward_id, site.lsoa_id = where.ward_id, where.lsoa_id
    if site.ward_id is None and command.ward:
        ward = areas.area_by_code(command.ward)
        if ward is None or ward.kind is not AreaKind.WARD:
            raise InvalidInput(_("Select a ward from the list"), "ward")
        site.ward_id = ward.id


def close_site(actor: Actor, organisation_id: int, site_id: int) -> None:
    """Close a site from today. Does nothing if it is already closed.

    Raises NotFound if there is no such site or the actor is not allowed to see the organisation.
    """
    actor.require("organisations:change")
    _find_organisation(actor, organisation_id)
    site = db.session.get(Site, site_id)
    if site is None or site.organisation_id != organisation_id:
        raise NotFound()
    with audit.acting(actor, AuditVerb.SITE_END):
        _end_row(site, clock.today())


def _end_row(row: Site | PartnerCoordinator, on: date) -> None:
    """End a row with effect from `on`, or delete it if it starts on that day or later."""
    if is_over(row, on):
        return
    if row.from_on >= on:
        db.session.delete(row)
    else:
        row.until_on = on - timedelta(days=1)


def confirm_site_wards(actor: Actor, save: bool) -> int:
    """Confirm the wards of sites whose postcode has been added to the directory, from today.

    A site that started earlier gets a new row, so that figures for past days do not change. Does
    nothing if ``save`` is False. Always returns 0, because the caller counts only people.
    """
    if not save:
        return 0
    today = clock.today()
    open_sites = queries.sites_with_unknown_ward(today)
    found = places.locate_all({site.postcode for site in open_sites if site.postcode})
    with audit.acting(actor, AuditVerb.SITE_CONFIRM_WARD):
        for site in open_sites:
            where = found[site.postcode or ""]
            has_ward = where.ward_id is not None and site.ward_id in (None, where.ward_id)
            if has_ward or (where.district is not None and site.district is None):
                located = _replace_site(site, today)
                located.district = where.district
                located.ward_id = where.ward_id or site.ward_id
                located.lsoa_id = where.lsoa_id or site.lsoa_id
    return 0


def _replace_site(site: Site, today: date) -> Site:
    """Return a row for the site that starts today, and close the earlier row if there is one."""
    if site.from_on >= today:
        return site
    new_site = Site(
        organisation_id=site.organisation_id,
        name=site.name,
        postcode=site.postcode,
        from_on=today,
        until_on=site.until_on,
    )
    site.until_on = today - timedelta(days=1)
    db.session.add(new_site)
    return new_site


# --- partner coordinators ---


def add_coordinator(actor: Actor, organisation_id: int, email: str, name: str) -> None:
    """Invite a person by email to act for an organisation.

    Raises NotFound if the actor is not allowed to see the organisation.
    """
    actor.require("organisations:change")
    row = _find_organisation(actor, organisation_id)
    offers.make_offer(
        actor,
        email,
        name,
        frozenset({Role.PARTNER}),
        organisation_id=row.id,
        on_behalf_of=row.name,
    )


def add_accepted_coordinator(actor: Actor, organisation_id: int, user_id: int) -> None:
    """Make a user who accepted an invitation a partner coordinator from today.

    Does nothing if they already act for the organisation.
    """
    on = clock.today()
    if not queries.acts_for_organisation(user_id, on, organisation_id):
        with audit.acting(actor, AuditVerb.PARTNER_COORDINATOR_CREATE):
            db.session.add(
                PartnerCoordinator(user_id=user_id, organisation_id=organisation_id, from_on=on)
            )


def withdraw_invitation(actor: Actor, organisation_id: int, offer_id: int) -> None:
    """Withdraw an invitation.

    Raises NotFound if there is no such invitation, or Conflict if it can no longer be withdrawn.
    """
    actor.require("organisations:change")
    offers.withdraw_offer(actor, offer_id, _find_organisation(actor, organisation_id).id)


def end_coordinator(actor: Actor, organisation_id: int, coordinator_id: int) -> None:
    """End a partner coordinator's period with the organisation from today. Idempotent.

    If they act for no other organisation, they also lose the role. Raises NotFound if there is no
    such coordinator or the actor is not allowed to see the organisation.
    """
    actor.require("organisations:change")
    _find_organisation(actor, organisation_id)
    row = db.session.get(PartnerCoordinator, coordinator_id)
    if row is None or row.organisation_id != organisation_id:
        raise NotFound()
    on = clock.today()
    if is_over(row, on):
        return
    user_id = row.user_id
    with audit.acting(actor, AuditVerb.PARTNER_COORDINATOR_END):
        _end_row(row, on)
    if not queries.acts_for_organisation(user_id, on):
        accounts.end_role(actor, user_id, Role.PARTNER, on)
        user = users.user(user_id)
        if user is not None:
            powers.notify_roles_lost(actor, user, frozenset({Role.PARTNER}), on)
