"""Change a person's name, and the copies of the name in their account and unsent messages."""

from __future__ import annotations

from app.accounts import queries as users
from app.accounts import service as accounts
from app.core import audit
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.messages import service as outbox
from app.people.models import Person


def rename(actor: Actor, person: Person, name: str) -> None:
    """Change a person's name everywhere."""
    before = person.full_name
    with audit.acting(actor, AuditVerb.PERSON_RENAME):
        person.full_name = name
    outbox.rename_recipient(person.id, before, name)
    update_account_name(actor, person)


def update_account_name(actor: Actor, person: Person) -> None:
    """Copy the person's name to their account.

    If the account has ever had a staff role, its name does not change unless the person makes the
    change. Colleagues know a member of staff by the name on the account.
    """
    user_id = person.user_id
    if user_id is None:
        return
    if actor.user_id == user_id or not users.has_ever_been_staff(user_id):
        accounts.rename_user(actor, user_id, person.full_name)
