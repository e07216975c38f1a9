"""SQL conditions for what a reader is allowed to see.

Current and future blocks always apply, even in queries about a past day. Readers without the
permission for sensitive networks see only people who were general champions on the given day and
still are today.

Partners see only people who belong to their organisation or networks, both on the given day and
today. Both days must be on or after the first day of the partner's agreement.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, select, true

from app.core import clock, registry
from app.core.actor import Scope
from app.core.db import db
from app.core.errors import NotFound
from app.core.in_force import in_force, is_current_or_future
from app.organisations.models import Network, PartnerCoordinator
from app.organisations.queries import secrecy
from app.people.membership_models import MembershipApplication
from app.people.models import Affiliation, Block, GeneralAnswer, Membership, Person, TrainingClaim


def is_network_member(network_ids: Iterable[int], on: date) -> ColumnElement[bool]:
    """Return the SQL condition for members of these networks on a given day."""
    wanted = sorted(set(network_ids))
    if not wanted:
        return false()
    return (
        select(Membership.id)
        .where(
            Membership.person_id == Person.id,
            Membership.network_id.in_(wanted),
            in_force(Membership, on),
        )
        .exists()
    )


def _is_affiliated_with(organisation_ids: frozenset[int], on: date) -> ColumnElement[bool]:
    if not organisation_ids:
        return false()
    return (
        select(Affiliation.id)
        .where(
            Affiliation.person_id == Person.id,
            Affiliation.organisation_id.in_(sorted(organisation_ids)),
            in_force(Affiliation, on),
        )
        .exists()
    )


def is_general_champion_on(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people who are general champions on a given day."""
    return (
        select(GeneralAnswer.id)
        .where(
            GeneralAnswer.person_id == Person.id,
            GeneralAnswer.general.is_(True),
            in_force(GeneralAnswer, on),
        )
        .exists()
    )


def _is_general_champion_for(scope: Scope, on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people who are general champions on the given day and today."""
    return and_(*(is_general_champion_on(day) for day in sorted({on, scope.on or clock.today()})))


def has_blocked_reader(scope: Scope, on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people who block the reader or the reader's organisation."""
    acts_for = select(PartnerCoordinator.organisation_id).where(
        PartnerCoordinator.user_id == scope.user_id,
        is_current_or_future(PartnerCoordinator, on),
    )
    conditions = [
        Block.user_id == scope.user_id,
        Block.organisation_id.in_(acts_for),
    ]
    if scope.organisation_ids:
        conditions.append(Block.organisation_id.in_(sorted(scope.organisation_ids)))
    return (
        select(Block.id)
        .where(
            Block.person_id == Person.id,
            is_current_or_future(Block, on),
            or_(*conditions),
        )
        .exists()
    )


def visible_network_ids(scope: Scope) -> frozenset[int]:
    """Return the IDs of the networks whose members a partner is allowed to see.

    Sensitive networks are included only if the partner has the permission for them.
    """
    if scope.sensitive or not scope.network_ids:
        return scope.network_ids
    sensitive = db.session.scalars(select(Network.id).where(Network.sensitive))
    return scope.network_ids - frozenset(sensitive)


def _is_visible_to_partner(scope: Scope, on: date) -> ColumnElement[bool]:
    days = sorted({on, scope.on or on})
    return and_(
        or_(Person.left_on.is_(None), Person.left_on > days[-1]),
        *(_belongs_to_partner(scope, day) for day in days),
    )


def _belongs_to_partner(scope: Scope, on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people who belong to the partner on a given day.

    These people are members of the partner's networks or affiliated with the organisation. The
    agreement must have started by the given day.
    """
    agreed = [each for each in scope.agreed_access if each.from_on <= on]
    networks = visible_network_ids(scope) & {each.network_id for each in agreed}
    organisations = scope.organisation_ids & {each.organisation_id for each in agreed}
    return or_(is_network_member(networks, on), _is_affiliated_with(organisations, on))


def visible_to(scope: Scope, on: date) -> ColumnElement[bool]:
    """Return the SQL condition for people that the reader is allowed to see on a given day.

    Coordinators see everybody. Partners see members of their networks and people affiliated with
    their organisations, until those people leave. Champions see only themselves. Nobody sees a
    person who blocks them. Readers without the permission for sensitive networks see only general
    champions.
    """
    if scope.unrestricted:
        return true()
    if scope.everyone:
        visible: ColumnElement[bool] = true()
    else:
        visible = _is_visible_to_partner(scope, on)
    if scope.general_only or not scope.sensitive:
        visible = and_(visible, _is_general_champion_for(scope, on))
    if scope.user_id is not None:
        visible = and_(visible, not_(has_blocked_reader(scope, on)))
    if scope.person_id is not None:
        visible = or_(Person.id == scope.person_id, visible)
    return visible


def get_visible(scope: Scope, person_id: int, on: date | None = None) -> Person:
    """Return a person. Raises NotFound if the reader is not allowed to see the person."""
    person = db.session.scalar(
        select(Person).where(Person.id == person_id, visible_to(scope, on or clock.today()))
    )
    if person is None:
        raise NotFound()
    return person


def visible_ids(scope: Scope, person_ids: Collection[int], on: date) -> set[int]:
    """Return the IDs of the people that the reader is allowed to see on a given day."""
    if not person_ids:
        return set()
    wanted = select(Person.id).where(Person.id.in_(person_ids), visible_to(scope, on))
    return set(db.session.scalars(wanted))


def visible_names(scope: Scope, person_ids: Collection[int], on: date) -> dict[int, str]:
    """Return the names of the people that the reader is allowed to see, by person ID."""
    rows = db.session.execute(
        select(Person.id, Person.full_name).where(Person.id.in_(person_ids), visible_to(scope, on))
    )
    return {person_id: name for person_id, name in rows}


def network_names(
    scope: Scope, person_ids: Iterable[int], on: date | None = None
) -> dict[int, tuple[str, ...]]:
    """Return the names of people's networks on a given day, by person ID.

    Names are in the order of the programme. Sensitive networks are included only for readers with
    the permission, and for the members themselves after they enter their memorable word
    (`Scope.for_own_record`). This function does not check access to the people, so use IDs that
    were selected with `visible_to`.
    """
    wanted = set(person_ids)
    day = on or clock.today()
    if not wanted:
        return {}
    rows = db.session.execute(
        select(Membership.person_id, Network.name)
        .join(Network, Network.id == Membership.network_id)
        .where(
            Membership.person_id.in_(wanted),
            in_force(Membership, day),
            secrecy.is_network_visible(scope),
        )
        .order_by(Network.position, Network.id)
    )
    names: dict[int, tuple[str, ...]] = {person_id: () for person_id in wanted}
    for person_id, name in rows:
        if name not in names[person_id]:
            names[person_id] += (name,)
    return names


def is_affiliation_visible(
    scope: Scope, row: type[Affiliation] = Affiliation
) -> ColumnElement[bool]:
    """Return the SQL condition for affiliations that the reader is allowed to see.

    If a person chose a network hidden from the reader, the names that this person entered are also
    hidden until they are linked. `row` is Affiliation or an alias of it.
    """
    if secrecy.can_see_all(scope):
        return true()
    return and_(
        secrecy.is_organisation_visible(scope, row.organisation_id),
        or_(row.named.is_(None), not_(_chose_hidden_network(scope, row.person_id))),
        secrecy.is_name_visible(scope, row.named),
    )


def _chose_hidden_network(scope: Scope, person_id: Any) -> ColumnElement[bool]:
    """Return the SQL condition for people who chose a network that is hidden from the reader.

    They have joined the network or applied to join it at any time.
    """
    hidden = secrecy.hidden_networks(scope)
    return or_(
        exists().where(Membership.person_id == person_id, Membership.network_id.in_(hidden)),
        exists().where(
            MembershipApplication.person_id == person_id,
            MembershipApplication.network_id.in_(hidden),
        ),
    )


def is_claim_visible(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for training claims that the reader is allowed to see.

    A claim is hidden if its course or provider resembles the name of a hidden organisation or
    network.
    """
    return and_(
        secrecy.is_name_visible(scope, TrainingClaim.provider),
        secrecy.is_name_visible(scope, TrainingClaim.course),
    )


def is_place_visible(scope: Scope, on: date) -> ColumnElement[bool]:
    """Return the SQL condition for places that the reader is allowed to see on a given day.

    Other packages register which places to hide.
    """
    return and_(*(not_(is_hidden(scope, on)) for is_hidden in registry.hidden_places))


def is_protection_visible(scope: Scope, person: Person) -> bool:
    """Return whether the person is protected and the reader is allowed to see that."""
    own = scope.person_id == person.id
    may_see = scope.unrestricted or scope.sensitive or own
    return may_see and person.protected_at is not None
