"""Organisations as staff read them: the list, and one with its sites, agreements, coordinators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from app.accounts import offers, powers
from app.accounts.offers import OfferLine
from app.core.actor import Actor, Scope
from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import PAGE_SIZE, Order, Page
from app.organisations import agreements
from app.organisations.models import Agreement, Organisation
from app.organisations.queries import organisations as queries
from app.organisations.queries import secrecy
from app.organisations.types import OrganisationKind, When

_BY_NAME = Order("organisations", (str, int))


@dataclass(frozen=True)
class Row:
    """An organisation in the list. agreements: how many of its agreements are in force."""

    id: int
    name: str
    kind: OrganisationKind
    agreements: int
    sites: int
    closed_on: date | None


@dataclass(frozen=True)
class SiteLine:
    """Where it operates: a ward, never a postcode. ended_on: None while it does."""

    id: int
    name: str
    ward: str
    from_on: date
    ended_on: date | None


@dataclass(frozen=True)
class AgreementLine:
    """A data-sharing agreement. network: "" for its own people only. counts_at: when it counts if
    nobody refuses it, None where it was confirmed; own: the reader recorded it; objection: why the
    reader can't confirm it.
    """

    id: int
    network: str
    purpose: str
    signed_on: date
    from_on: date
    until_on: date
    when: When
    counts_at: datetime | None = None
    own: bool = False
    objection: str | None = None


@dataclass(frozen=True)
class CoordinatorLine:
    """Somebody who acts for it."""

    id: int
    name: str
    email: str
    from_on: date
    ended_on: date | None


@dataclass(frozen=True)
class Details:
    """One organisation. from_programme: the programme file names it, and its name stands there.

    in_full: the reader may see and change its places, agreements and coordinators. Otherwise there
    are none here.
    """

    id: int
    name: str
    kind: OrganisationKind
    confidential_location: bool
    from_on: date
    until_on: date | None
    from_programme: bool
    in_full: bool
    sites: Sequence[SiteLine]
    agreements: Sequence[AgreementLine]
    coordinators: Sequence[CoordinatorLine]
    invited: Sequence[OfferLine]


def page(
    actor: Actor, on: date, *, text: str = "", closed: bool = False, cursor: str | None
) -> Page[Row]:
    """A page of organisations by name; closed ones only when asked for. Agreements and places are
    counted as far as the actor may know of them.
    """
    scope = Scope.of(actor)
    rows = queries.by_name(
        scope, on, text=text, closed=closed, after=_BY_NAME.decode(cursor), limit=PAGE_SIZE + 1
    )
    shown = _BY_NAME.page(rows, lambda row: (row.name, row.id), cursor)
    found = [
        Row(
            row.id,
            row.name,
            row.kind,
            row.agreements,
            row.sites,
            _over(row.until_on, on),
        )
        for row in shown.rows
    ]
    return Page(found, shown.next, shown.first)


def one(actor: Actor, organisation_id: int, on: date) -> Details:
    """An organisation with all that belongs to it and the actor may know of, what is over last.

    Raises NotFound.
    """
    scope = Scope.of(actor)
    row = db.session.get(Organisation, organisation_id)
    if row is None:
        raise NotFound()
    in_full = secrecy.knows_organisation(scope, row.id)
    return Details(
        id=row.id,
        name=row.name,
        kind=row.kind,
        confidential_location=row.confidential_location,
        from_on=row.from_on,
        until_on=row.until_on,
        from_programme=row.slug is not None,
        in_full=in_full,
        sites=_sites(row.id, on) if in_full else [],
        agreements=_agreements(actor, row.id, on) if in_full else [],
        coordinators=_coordinators(row.id, on) if in_full else [],
        invited=offers.open_offers(row.id) if in_full else [],
    )


def one_to_change(actor: Actor, organisation_id: int, on: date) -> Details:
    """An organisation that the actor may see in full and change. Raises NotFound for others."""
    found = one(actor, organisation_id, on)
    if not found.in_full:
        raise NotFound()
    return found


def _over(until_on: date | None, on: date) -> date | None:
    return until_on if until_on is not None and until_on < on else None


def _sites(organisation_id: int, on: date) -> list[SiteLine]:
    return [
        SiteLine(site.id, site.name, ward or "", site.from_on, _over(site.until_on, on))
        for site, ward in queries.sites(organisation_id)
    ]


def _agreements(actor: Actor, organisation_id: int, on: date) -> list[AgreementLine]:
    rows = queries.agreements(Scope.of(actor), organisation_id)
    return [_agreement(actor, row, network or "", on) for row, network in rows]


def _agreement(actor: Actor, row: Agreement, network: str, on: date) -> AgreementLine:
    line = AgreementLine(
        row.id,
        network,
        row.purpose,
        row.signed_on,
        row.from_on,
        row.until_on,
        When.of(row.from_on, row.until_on, on),
    )
    if row.confirmed_at is not None:
        return line
    return replace(
        line,
        counts_at=row.recorded_at + powers.WAIT,
        own=actor.user_id is not None and actor.user_id == row.recorded_by_user_id,
        objection=agreements.objection(actor, row),
    )


def to_confirm(actor: Actor) -> tuple[int, int]:
    """How many agreements wait for this actor to confirm them, and the organisation of the first
    (0 where none waits).
    """
    rows = queries.unconfirmed(Scope.of(actor))
    found = [row.organisation_id for row in rows if agreements.objection(actor, row) is None]
    return len(found), found[0] if found else 0


def _coordinators(organisation_id: int, on: date) -> list[CoordinatorLine]:
    return [
        CoordinatorLine(row.id, name, email, row.from_on, _over(row.until_on, on))
        for row, name, email in queries.coordinators(organisation_id)
    ]
