"""Decides which people can sign in with an email address, and creates their users.

A person can sign in with an address if the address is vouched for and its mailbox is verified. An
address is vouched for if the person's record has contained it from the start.
`app.changes.vouching` describes the other cases. A mailbox is verified when somebody opens a link
that was sent there and presses the button. Approving, adding or importing a person therefore does
not create a user.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from app.accounts import queries as users
from app.accounts import service as accounts
from app.core import audit, clock
from app.core.actor import PUBLIC
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.in_force import is_over
from app.core.permissions import STAFF_ROLES, Role
from app.core.registry import SignInCandidate, SignInState
from app.identity.queries import find_person_by_user, people_at_address
from app.people import contact, names
from app.people.models import Person, PersonContact
from app.people.queries.locking import lock_people
from app.people.types import ContactKind, Source
from app.signin import addresses

CONFIRM = "confirm-registration"
CONFIRM_LIFETIME = timedelta(days=7)
CHOICE = "choice"  # in the subject of a link with which the person selects a registration
_RANK = (
    SignInState.IN,
    SignInState.WAITING,
    SignInState.UNCONFIRMED,
    SignInState.DECLINED,
    SignInState.LEFT,
)


def link_subject(person_id: int, contact_id: int) -> str:
    """Return the subject of a sign-in link (app.core.links) for a person without a user."""
    return f"person:{person_id}:{contact_id}"


def confirm_subject(person_id: int, contact_id: int) -> str:
    """Return the subject of a link that confirms a registration and this email address of it."""
    return f"{person_id}:{contact_id}"


def choice_subject(contact_id: int) -> str:
    """Return the subject of a link that confirms one of the registrations with an email address.

    `contact_id` is the ID of one of their contact details with this address.
    """
    return f"{CHOICE}:{contact_id}"


def sign_in_candidates(address: str, user_id: int) -> Sequence[SignInCandidate]:
    """Return the people who could sign in with an address or as this user, most likely first.

    ``user_id`` is 0 if there is no user. Runs the same statement even if there is no such person.
    """
    rows = people_at_address(address, user_id, clock.today())
    found = [_make_candidate(row) for row in rows]
    return sorted(found, key=lambda each: (_RANK.index(each.state), each.person_id))


def _make_candidate(row: Any) -> SignInCandidate:
    return SignInCandidate(
        person_id=row.id,
        name=row.full_name,
        user_id=row.user_id,
        state=_person_state(row),
        subject=link_subject(row.id, row.contact_id or 0),
        address=row.value or "",
        confirm_purpose=CONFIRM,
        confirm_subject=confirm_subject(row.id, row.contact_id or 0),
        choice_subject=choice_subject(row.contact_id or 0),
        confirm_lifetime=CONFIRM_LIFETIME,
    )


def _person_state(row: Any) -> SignInState:
    if row.left_on is not None and row.left_on <= clock.today():
        return SignInState.LEFT
    if row.declined_at is not None:
        return SignInState.DECLINED
    if row.approved_at is not None:
        return SignInState.IN
    if row.source is Source.SELF and row.confirmed_at is None:
        return SignInState.UNCONFIRMED
    return SignInState.WAITING


def find_or_create_user(subject: str) -> int | None:
    """Return the ID of the user to sign in, for the subject of a sign-in link.

    Creates a user if none has the address. Returns None if another person signs in with the
    address, or if the person is no longer allowed to sign in.
    """
    _prefix, person_id, contact_id = subject.split(":")
    found = lock_people([int(person_id)])
    row = db.session.get(PersonContact, int(contact_id), populate_existing=True)
    if (
        not found
        or row is None
        or row.person_id != found[0].id
        or not _may_person_sign_in(found[0], row)
    ):
        return None
    user_id = connect_user(found[0], row)
    if user_id is not None:
        with audit.acting(PUBLIC, AuditVerb.PERSON_CONFIRM):
            row.confirmed_at = row.confirmed_at or clock.now()
        contact.resend_undelivered(found[0].id, clock.today())
        audit.record(PUBLIC, AuditVerb.USER_FIRST_SIGN_IN, "users", user_id)
    return user_id


def _may_person_sign_in(person: Person, row: PersonContact) -> bool:
    over = is_over(row, clock.today())
    return (
        not over
        and row.vouched_at is not None
        and _person_state(person) in (SignInState.IN, SignInState.WAITING)
    )


def connect_user(person: Person, row: PersonContact) -> int | None:
    """Connect a person to the user with a vouched and verified email address.

    The person must be locked. Returns the user's ID, or None if another person signs in with the
    address.
    """
    user = users.user_by_email(row.point.value)
    if person.user_id is not None:
        if user is None and addresses.change_address(PUBLIC, person.user_id, row.point.value):
            return person.user_id
        return person.user_id if user is not None and user.id == person.user_id else None
    if user is not None and (user.deactivated_at is not None or not _make_user_available(user.id)):
        return None
    if user is None:
        user = accounts.create_user(PUBLIC, row.point.value, person.full_name)
    accounts.grant_role(PUBLIC, user, Role.CHAMPION, clock.today())
    with audit.acting(PUBLIC, AuditVerb.PERSON_SIGN_IN):
        person.user_id = user.id
        db.session.flush()
    names.update_account_name(PUBLIC, person)
    return user.id


def _make_user_available(user_id: int) -> bool:
    """Disconnect the user from a person who has left or was declined.

    Returns whether the user is now free, because no person in the network signs in as this user.
    """
    previous = find_person_by_user(user_id)
    if previous is None:
        return True
    (person,) = lock_people([previous.id])
    if _person_state(person) in (SignInState.IN, SignInState.WAITING):
        return False
    person.user_id = None
    db.session.flush()
    return True


def can_sign_in(person: Person) -> bool:
    """Return whether the person can sign in, or could after requesting a link."""
    if person.user_id is not None:
        return True
    on = clock.today()
    rows = [
        each
        for each in person.contacts
        if each.vouched_at is not None
        and each.point.kind is ContactKind.EMAIL
        and not is_over(each, on)
    ]
    for row in rows:
        user = users.user_by_email(row.point.value)
        holder = find_person_by_user(user.id) if user else None
        if (
            user is None
            or holder is None
            or _person_state(holder) not in (SignInState.IN, SignInState.WAITING)
        ):
            return True
    return False


def move_user(person: Person, target: Person | None) -> None:
    """Move a merged record's user to `target`, or end the user's role if `target` is None."""
    if person.user_id is None:
        return
    user_id, person.user_id = person.user_id, None
    db.session.flush()
    if target is not None:
        target.user_id = user_id
        db.session.flush()
        names.update_account_name(PUBLIC, target)
        return
    accounts.end_role(PUBLIC, user_id, Role.CHAMPION, clock.today())
    if not users.roles_held(user_id, clock.today()) & STAFF_ROLES:
        addresses.remove_address(PUBLIC, user_id)
