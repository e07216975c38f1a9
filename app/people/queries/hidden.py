"""What of a person's record only some of its readers may see: organisations and places that would
give a sensitive network away."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, not_

from app.core import registry
from app.core.actor import Scope
from app.organisations import secrecy
from app.people.models import Affiliation, Person, TrainingClaim


def affiliation_known_to(scope: Scope) -> ColumnElement[bool]:
    """A condition on Affiliation: the reader may know of it.

    The person themself is no exception: see `Scope.of_oneself`.
    """
    return and_(
        secrecy.organisation_known_to(scope, Affiliation.organisation_id),
        secrecy.name_known_to(scope, Affiliation.named),
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
