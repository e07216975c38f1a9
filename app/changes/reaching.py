"""How people change the ways they can be reached. A new email address counts once it is proved.

Proving it for signing in is in `vouching`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _

from app.changes import asking, noticing, vouching
from app.changes.subject import subject
from app.changes.ways import CONFIRM, end_all, follow, is_questionable
from app.core import audit, clock, links
from app.core.actor import PUBLIC, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from app.messages import mailbox_limits
from app.messages import service as messages
from app.messages.types import Channel, NewMessage, Recipient
from app.people import contact
from app.people.models import Person, PersonContact
from app.people.queries.locking import lock
from app.people.queries.ways import contacts_of
from app.people.safety import wishes
from app.people.safety.types import Waits
from app.people.types import ContactKind
from app.signin import addresses

LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class Confirmed:
    """A new address was proved. signs_in: whether it is the one they sign in with now; waits: that
    takes another proof.
    """

    person_id: int
    signs_in: bool
    waits: bool


def add(actor: Actor, kind: ContactKind, value: str) -> Waits | None:
    """Another way to reach me. It replaces the one of its kind.

    An email address does once it is proved there, and at the address they sign in with. For
    somebody protected a new way waits (app.changes.asking).
    """
    person, on = subject(actor, None), clock.today()
    known = {(each.point.kind, each.point.value.casefold()) for each in contacts_of(person.id, on)}
    if (kind, value.casefold()) not in known:
        waits = asking.add_contact(actor, person, kind, value)
        if waits is not None:
            return waits
    put(actor, person, kind, value)
    return None


def put(
    actor: Actor,
    person: Person,
    kind: ContactKind,
    value: str,
    *,
    safe: bool = False,
    vouched: bool = False,
) -> None:
    """They can be reached there from today, by whoever may decide that.

    vouched: it is known that it is they who want to sign in with it.
    """
    on = clock.today()
    known = [each for each in contacts_of(person.id, on) if each.point.kind is kind]
    if any(each.point.value.casefold() == value.casefold() and _counts(each) for each in known):
        return
    safe = safe or wishes.cover(person.id, kind, on)
    if kind is ContactKind.EMAIL:
        write_to_both(actor, person, value, on, safe=safe, vouched=vouched)
        return
    before = noticing.ways_of(person.id)
    with audit.acting(actor, AuditVerb.PERSON_CONTACT):
        left = end_all(known, on)
        contact.add_contact(actor, person, kind, value, on, confirmed=True, safe=safe)
        follow(person, left, on)
    noticing.changed(person, before, left)


def _counts(row: PersonContact) -> bool:
    """Whether it is used without anything more to prove."""
    email = row.point.kind is ContactKind.EMAIL
    return row.confirmed_at is not None and (not email or row.vouched_at is not None)


def write_to_both(
    actor: Actor,
    person: Person,
    value: str,
    on: date,
    *,
    safe: bool = False,
    vouched: bool = False,
) -> None:
    """A new email address: links to prove it go there, and to the address they sign in with.

    It takes the place of another that was never proved. The same for an address that somebody else
    signs in with: whoever reads its mailbox decides. vouched: nobody need be asked at the old one.
    """
    safe = safe or wishes.cover(person.id, ContactKind.EMAIL, on)
    with audit.acting(actor, AuditVerb.PERSON_CONTACT):
        pending = [each for each in contacts_of(person.id, on) if is_questionable(each)]
        follow(person, end_all(pending, on), on)
        made = contact.add_contact(
            actor, person, ContactKind.EMAIL, value, on, safe=safe, vouched=vouched
        )
    send_link(made, value)
    if not vouched:
        vouching.ask(person, made)


def send_link(made: PersonContact, email: str) -> None:
    if not mailbox_limits.allows(mailbox_limits.CHANGE, email):
        return
    link_id = links.create(CONFIRM, made.id, LIFETIME)
    messages.post(
        NewMessage(
            letter="contact-confirm",
            recipient=Recipient(Channel.EMAIL, email, "", made.person_id),
            key=f"contact-confirm:{link_id}",
            context={
                "link": {
                    "endpoint": "profile.confirm_contact",
                    "purpose": CONFIRM,
                    "link_id": str(link_id),
                }
            },
        )
    )


def remove(actor: Actor, contact_id: int) -> bool:
    """One way less, at once; returns whether it is the address they still sign in with.

    Signing in is not changed by it: that takes a proof (`vouching`). Raises InvalidInput for the
    last proved way, NotFound for another's.
    """
    person, on = subject(actor, None), clock.today()
    mine = contacts_of(person.id, on)
    row = next((each for each in mine if each.id == contact_id), None)
    if row is None:
        raise NotFound()
    others = [each for each in mine if each.id != contact_id and _is_proved(each)]
    if not others:
        raise InvalidInput(_("Add another way to contact you first"))
    before, value = noticing.ways_of(person.id), row.point.value
    with audit.acting(actor, AuditVerb.PERSON_CONTACT):
        if person.preferred is row.point.kind and person.protected_at is None:
            person.preferred = None  # for somebody protected no other way takes its place
        left = end_all([row], on)
        follow(person, left, on)
    noticing.changed(person, before, left)
    return value.casefold() == (addresses.of(person.user_id) or "").casefold()


def _is_proved(row: PersonContact) -> bool:
    return row.confirmed_at is not None or row.point.kind is not ContactKind.EMAIL


def prefer(actor: Actor, kind: ContactKind) -> Waits | None:
    """Use this way first. For somebody protected a way that is not safe yet waits.

    Raises InvalidInput when they gave none of its kind.
    """
    person, on = subject(actor, None), clock.today()
    if kind not in {each.point.kind for each in contacts_of(person.id, on)}:
        raise InvalidInput(_("Add it first."), "preferred")
    return use_first(actor, person, kind)


def use_first(actor: Actor, person: Person, kind: ContactKind) -> Waits | None:
    """The person, locked, is reached in this way first: at once, or when what waits counts."""
    waits = asking.prefer(actor, person, kind)
    if waits is None:
        with audit.acting(actor, AuditVerb.PERSON_CONTACT):
            person.preferred = kind
    return waits


def is_good(token: str) -> bool:
    """Whether the link can still be used. Uses nothing up."""
    return links.peek(CONFIRM, token) is not None


def confirm(token: str) -> Confirmed | None:
    """The mailbox of a new address is proved. Once it is vouched for too, it takes the place of the
    one before, for signing in too.

    None: the link is used or has run out.
    """
    subject = links.peek(CONFIRM, token)
    row = db.session.get(PersonContact, int(subject)) if subject else None
    if row is None:
        return None
    on, person = clock.today(), lock(row.person_id)  # before the link, as who changes them does
    if links.spend(CONFIRM, token) is None or row.until_on is not None:
        return None
    with audit.acting(PUBLIC, AuditVerb.PERSON_CONTACT):
        row.confirmed_at = clock.now()
    return Confirmed(
        person.id,
        signs_in=vouching.switch(person, row, on),
        waits=row.vouched_at is None,
    )
