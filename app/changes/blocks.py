"""Block organisations and users from seeing a person.

A block takes effect immediately. Removing a block requires a call to the person, and takes effect
after a delay.
"""

from __future__ import annotations

from datetime import date

from app.accounts import queries as accounts
from app.changes import delayed_changes, delays, queries
from app.changes.change_source import Subject, record_source, subject_id
from app.changes.subject import find_subject
from app.core import audit, clock, programme
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import NotFound
from app.core.permissions import STAFF_ROLES
from app.organisations.queries import secrecy
from app.people import choices
from app.people.models import Block, Person
from app.people.queries import details
from app.people.queries.details import BlockRow
from app.people.safety.types import DelayedChangeKind, PendingChange
from app.people.types import BlockTarget


def blockable_targets(on: date, own_user_id: int | None) -> list[tuple[BlockTarget, str]]:
    """Return the organisations and staff that a person can block, with their names.

    Organisations come first. The programme's own organisation and the user with ``own_user_id`` are
    left out.
    """
    loaded = programme.current()
    own = loaded.organisation.casefold() if loaded else ""
    others = [each for each in choices.existing_organisations(on) if each.name.casefold() != own]
    staff = accounts.users_with_any_role(STAFF_ROLES, on)
    return [
        *((BlockTarget(organisation_id=each.id), each.name) for each in others),
        *((BlockTarget(user_id=user.id), user.name) for user in staff if user.id != own_user_id),
    ]


@record_source(AuditVerb.PERSON_BLOCK)
def add_block(actor: Actor, subject: Subject, target: BlockTarget) -> None:
    """Block an organisation or a user from seeing the person. Idempotent."""
    person, on = find_subject(actor, subject_id(subject)), clock.today()
    known = queries.find_open_block(person.id, target.organisation_id, target.user_id)
    if known is not None:
        delayed_changes.cancel_changes(
            actor, person.id, DelayedChangeKind.END_BLOCK, {"block_id": known}
        )
        return
    with audit.acting(actor, AuditVerb.PERSON_BLOCK):
        db.session.add(
            Block(
                person_id=person.id,
                organisation_id=target.organisation_id,
                user_id=target.user_id,
                from_on=on,
            )
        )


def request_unblock(actor: Actor, person_id: int | None, block_id: int) -> PendingChange:
    """Request the removal of a block. Staff must call the person before it takes effect.

    Raises NotFound if the person does not have this block, or if the actor is not allowed to see
    it.
    """
    if person_id is not None and not actor.may("networks:sensitive"):
        raise NotFound()
    person = find_subject(actor, person_id)
    scope = Scope.for_own_record(actor) if person_id is None else Scope.for_actor(actor)
    found = db.session.get(Block, block_id)
    known = secrecy.visible_organisation_ids(scope)
    if found is None or found.person_id != person.id:
        raise NotFound()
    if found.organisation_id is not None and found.organisation_id not in known:
        raise NotFound()
    return delays.request_end_of_block(actor, person, found)


def blocks_for_staff(actor: Actor, person: Person, on: date) -> list[BlockRow]:
    """Return the person's blocks, for staff with the permission for sensitive networks.

    For other staff, return an empty list, because a block can reveal that a person chose a
    sensitive network.
    """
    return details.blocks(person.id, on) if actor.may("networks:sensitive") else []
