"""A person's name, and the copies of it that must change with it.

The account of the person has a copy, and so has every message that is not sent yet. Attendees and
certificates have a name of their own only until they are linked to a person.
"""

from __future__ import annotations

from app.accounts import queries as users
from app.accounts import service as accounts
from app.core import audit
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.messages import service as outbox
from app.people.models import Person


def rename(actor: Actor, person: Person, name: str) -> None:
    """Change a person's name everywhere it is used."""
    before = person.full_name
    with audit.acting(actor, AuditVerb.PERSON_RENAME):
        person.full_name = name
    outbox.rename_recipient(person.id, before, name)
    name_account(actor, person)


def name_account(actor: Actor, person: Person) -> None:
    """Give the person's account the name of the person.

    The account of somebody who ever had a staff role keeps its name, unless they change it
    themselves, because their colleagues know their work by it.
    """
    user_id = person.user_id
    if user_id is None:
        return
    if actor.user_id == user_id or not users.is_ever_staff(user_id):
        accounts.rename_user(actor, user_id, person.full_name)
