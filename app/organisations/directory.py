"""Data for the pages about organisations, which are only for staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from app.accounts import offers, powers
from app.accounts.offers import OfferRow
from app.core.actor import Actor, Scope
from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import PAGE_SIZE, Order, Page
from app.organisations import agreements
from app.organisations.models import Agreement, Organisation
from app.organisations.queries import organisations as queries
from app.organisations.queries import secrecy
from app.organisations.types import AgreementStatus, OrganisationKind

_BY_NAME = Order("organisations", (str, int))


@dataclass(frozen=True)
class OrganisationRow:
    """An organisation in the list, with the number of its current agreements and sites."""

    id: int
    name: str
    kind: OrganisationKind
    agreements: int
    sites: int
    closed_on: date | None


@dataclass(frozen=True)
class SiteRow:
    """A site of an organisation, with its ward but not its postcode."""

    id: int
    name: str
    ward: str
    from_on: date
    ended_on: date | None


@dataclass(frozen=True)
class AgreementRow:
    """A data-sharing agreement. ``network`` is empty if it covers only the organisation's people.

    ``takes_effect_at`` is the time when it will take effect if nobody refuses it, or None if it is
    confirmed. ``is_own`` is True if the reader added it. ``objection`` is the reason why the reader
    cannot confirm it.
    """

    id: int
    network: str
    purpose: str
    signed_on: date
    from_on: date
    until_on: date
    status: AgreementStatus
    takes_effect_at: datetime | None = None
    is_own: bool = False
    objection: str | None = None


@dataclass(frozen=True)
class CoordinatorRow:
    """A current or former coordinator of an organisation."""

    id: int
    name: str
    email: str
    from_on: date
    ended_on: date | None


@dataclass(frozen=True)
class OrganisationPage:
    """The data for an organisation's page.

    ``from_programme`` is True if the programme file defines the organisation. ``is_editable`` is
    True if the reader is allowed to see and change its sites, agreements and coordinators.
    Otherwise these are empty.
    """

    id: int
    name: str
    kind: OrganisationKind
    confidential_location: bool
    from_on: date
    until_on: date | None
    from_programme: bool
    is_editable: bool
    sites: Sequence[SiteRow]
    agreements: Sequence[AgreementRow]
    coordinators: Sequence[CoordinatorRow]
    invitations: Sequence[OfferRow]


def page_of_organisations(
    actor: Actor, on: date, *, text: str = "", closed: bool = False, cursor: str | None
) -> Page[OrganisationRow]:
    """Return a page of organisations, sorted by name.

    If ``closed`` is True, closed organisations are included. Agreements and sites that are hidden
    from the actor are not counted.
    """
    scope = Scope.for_actor(actor)
    rows = queries.organisations_by_name(
        scope, on, text=text, closed=closed, after=_BY_NAME.decode(cursor), limit=PAGE_SIZE + 1
    )
    shown = _BY_NAME.page(rows, lambda row: (row.folded_name, row.id), cursor)
    found = [
        OrganisationRow(
            row.id,
            row.name,
            row.kind,
            row.agreements,
            row.sites,
            _end_date(row.until_on, on),
        )
        for row in shown.rows
    ]
    return Page(found, shown.next, shown.first)


def organisation_page(actor: Actor, organisation_id: int, on: date) -> OrganisationPage:
    """Return the data for an organisation's page, with ended items last.

    Details hidden from the actor are left out. Raises NotFound if there is no such organisation.
    """
    scope = Scope.for_actor(actor)
    row = db.session.get(Organisation, organisation_id)
    if row is None:
        raise NotFound()
    is_editable = secrecy.can_edit_organisation(scope, row.id)
    return OrganisationPage(
        id=row.id,
        name=row.name,
        kind=row.kind,
        confidential_location=row.confidential_location,
        from_on=row.from_on,
        until_on=row.until_on,
        from_programme=row.slug is not None,
        is_editable=is_editable,
        sites=_sites(row.id, on) if is_editable else [],
        agreements=_agreements(actor, row.id, on) if is_editable else [],
        coordinators=_coordinators(row.id, on) if is_editable else [],
        invitations=offers.open_offers(row.id) if is_editable else [],
    )


def editable_organisation(actor: Actor, organisation_id: int, on: date) -> OrganisationPage:
    """Return the data for an organisation that the actor is allowed to change.

    Raises NotFound if there is no such organisation or the actor is not allowed to change it.
    """
    found = organisation_page(actor, organisation_id, on)
    if not found.is_editable:
        raise NotFound()
    return found


def _end_date(until_on: date | None, on: date) -> date | None:
    return until_on if until_on is not None and until_on < on else None


def _sites(organisation_id: int, on: date) -> list[SiteRow]:
    return [
        SiteRow(site.id, site.name, ward or "", site.from_on, _end_date(site.until_on, on))
        for site, ward in queries.sites(organisation_id)
    ]


def _agreements(actor: Actor, organisation_id: int, on: date) -> list[AgreementRow]:
    rows = queries.agreements(Scope.for_actor(actor), organisation_id)
    return [_agreement(actor, row, network or "", on) for row, network in rows]


def _agreement(actor: Actor, row: Agreement, network: str, on: date) -> AgreementRow:
    agreement = AgreementRow(
        row.id,
        network,
        row.purpose,
        row.signed_on,
        row.from_on,
        row.until_on,
        AgreementStatus.derive(row.from_on, row.until_on, on),
    )
    if row.confirmed_at is not None:
        return agreement
    return replace(
        agreement,
        takes_effect_at=row.recorded_at + powers.WAIT,
        is_own=actor.user_id is not None and actor.user_id == row.recorded_by_user_id,
        objection=agreements.confirmation_objection(actor, row),
    )


def pending_confirmations(actor: Actor) -> tuple[int, int]:
    """Return how many agreements the actor can confirm, and the organisation ID of the first.

    Both are 0 if there are none.
    """
    rows = queries.unconfirmed_agreements(Scope.for_actor(actor))
    found = [
        row.organisation_id for row in rows if agreements.confirmation_objection(actor, row) is None
    ]
    return len(found), found[0] if found else 0


def _coordinators(organisation_id: int, on: date) -> list[CoordinatorRow]:
    return [
        CoordinatorRow(row.id, name, email, row.from_on, _end_date(row.until_on, on))
        for row, name, email in queries.coordinators(organisation_id)
    ]
