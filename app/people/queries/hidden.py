"""What of a person's record only some of its readers may see: organisations and places that would
give a sensitive network away."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, not_, or_, true

from app.core import registry
from app.core.actor import Scope
from app.organisations.queries import secrecy
from app.people.models import Affiliation, Membership, Person, TrainingClaim


def affiliation_known_to(scope: Scope, row: type[Affiliation] = Affiliation) -> ColumnElement[bool]:
    """A condition on Affiliation (or an alias of it): the reader may know of it.

    A name that nobody has matched to an organisation may mean any: what somebody of a network that
    is hidden from the reader typed is hidden with the network. The person themself is no exception:
    see `Scope.of_oneself`.
    """
    if secrecy.knows_all(scope):
        return true()
    return and_(
        secrecy.organisation_known_to(scope, row.organisation_id),
        or_(row.named.is_(None), not_(_of_hidden_network(scope, row.person_id))),
        secrecy.name_known_to(scope, row.named),
    )


def _of_hidden_network(scope: Scope, person_id: Any) -> ColumnElement[bool]:
    """The person belongs, or belonged once, to a network that the reader may not know of."""
    return exists().where(
        Membership.person_id == person_id,
        Membership.network_id.in_(secrecy.hidden_networks(scope)),
    )


def claim_known_to(scope: Scope) -> ColumnElement[bool]:
    """A condition on TrainingClaim: neither the course nor who gave it resembles a hidden
    organisation or network. Readers with the permission settle the others. The person themself
    is no exception: see `Scope.of_oneself`.
    """
    return and_(
        secrecy.name_known_to(scope, TrainingClaim.provider),
        secrecy.name_known_to(scope, TrainingClaim.course),
    )


def place_known_to(scope: Scope, on: date) -> ColumnElement[bool]:
    """A condition on Presence: the reader may know of the place on a day. Higher rooms say which
    places follow from something that the reader may not see. The person themself is no exception:
    see `Scope.of_oneself`.
    """
    return and_(*(not_(unseen(scope, on)) for unseen in registry.unseen_places))


def protection_known_to(scope: Scope, person: Person) -> bool:
    """Whether the person is protected, for readers who may know. To all others everybody's home
    reads alike: a ward, with no word of why it is one.
    """
    own = scope.person_id == person.id
    may = scope.unrestricted or scope.sensitive or own
    return may and person.protected_at is not None
