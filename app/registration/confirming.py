"""Confirm the email address of a registration. Opening the link does not confirm the address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _

from app.changes import confirmation, contact_ends
from app.core import audit, clock, links
from app.core.actor import PUBLIC, SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.errors import Conflict, NotFound
from app.core.in_force import is_over
from app.identity import service as identity
from app.people import contact
from app.people.models import Person, PersonContact
from app.people.queries.contacts import find_contact, find_contacts, find_email
from app.people.queries.locking import lock_people
from app.people.types import ContactKind
from app.registration import queries
from app.registration import service as registration
from app.registration.draft import RegistrationDraft


def find_registration_times(token: str) -> list[datetime] | None:
    """Return the times at which the registrations to choose from were sent.

    The list is empty if the link is for only one registration. Returns None if the link is not
    valid. This does not use up the link.
    """
    subject = links.peek(identity.CONFIRM, token)
    found = _find_addresses(subject)
    if not found:
        return None
    return [each.person.registered_at for each in found] if _is_choice(subject) else []


def find_requester_id(email: str, token: str, draft: RegistrationDraft | None) -> int | None:
    """Return the ID of the person who is asking for a new link to this address, or None if unknown.

    This is the person whose old link was opened (``token``), or the person who registered in this
    browser (``draft``).
    """
    opened = _find_address(links.find_subject(identity.CONFIRM, token), None) if token else None
    if opened is not None and opened.point.value.casefold() == email.casefold():
        return opened.person_id
    if draft is None or not draft.sent or (draft.address or "").casefold() != email.casefold():
        return None
    return registration.find_submission(draft.key)


def _find_addresses(subject: str | None) -> Sequence[PersonContact]:
    """Return the email addresses that the link with this subject can confirm.

    Each belongs to a different person. Addresses that have ended are left out.
    """
    person_id, _colon, contact_id = (subject or "").partition(":")
    if not contact_id:
        return []
    if _is_choice(subject):
        return queries.unconfirmed_at_address(int(contact_id), clock.today())
    row = find_contact(int(contact_id))
    if row is None or str(row.person_id) != person_id or is_over(row, clock.today()):
        return []
    return [row]


def _find_address(subject: str | None, sent_at: datetime | None) -> PersonContact | None:
    """Return the email address to confirm, or None if it has ended.

    ``sent_at`` is when the registration that the person selected was sent, or None.
    """
    found = _find_addresses(subject)
    if _is_choice(subject):
        found = [each for each in found if each.person.registered_at == sent_at]
    return found[0] if found else None


def _is_choice(subject: str | None) -> bool:
    """Return whether the page that the link opens asks the person to select a registration."""
    return (subject or "").partition(":")[0] == identity.CHOICE


def confirm_registration(token: str, sent_at: datetime | None = None) -> bool:
    """Confirm the registration and the address to which the link was sent.

    ``sent_at`` is when the registration that the person selected was sent, or None. Returns False
    if the link has been used or has expired, or if the address has since been removed.
    """
    subject = links.peek(identity.CONFIRM, token)
    address = _find_address(subject, sent_at)
    found = lock_people([address.person_id]) if address is not None else []
    # Always lock the person before the link.
    if links.spend(identity.CONFIRM, token) is None or not found:
        return False
    (person,) = found
    # The address may have been removed before the person was locked.
    address = _find_address(subject, sent_at)
    if person.left_on is not None or address is None:
        return False
    now = clock.now()
    with audit.acting(PUBLIC, AuditVerb.PERSON_CONFIRM):
        person.confirmed_at = person.confirmed_at or now
        address.confirmed_at = address.confirmed_at or now
    contact.resend_undelivered(person.id, clock.london_day(now))
    if address.vouched_at is not None:
        identity.connect_user(person, address)
    return True


def confirm_by_staff(actor: Actor, person: Person) -> None:
    """Confirm a registration without an email address, after staff contacted the person.

    Raises NotFound if the actor is not allowed to decide applications, and Conflict if the person
    has an email address.
    """
    if not actor.may("applications:decide"):
        raise NotFound()
    if find_email(person.id, clock.today()) is not None:
        raise Conflict(
            _("This person gave an email address, so only they can confirm the registration.")
        )
    if person.confirmed_at is None:
        with audit.acting(actor, AuditVerb.PERSON_CONFIRM):
            person.confirmed_at = clock.now()


def confirm_by_phone_or_visit(
    actor: Actor, person: Person, said_by: str, email: str | None, *, address_is_right: bool
) -> None:
    """Confirm a registration with an unverified email address, after staff contacted the person.

    ``said_by`` says who confirmed the registration, for the audit log. If the address is wrong, it
    is replaced by ``email``, or removed if ``email`` is None. The address must still be verified
    before the person can sign in with it. Raises NotFound if the actor is not allowed to decide
    applications, and Conflict if there is no other way to contact the person.
    """
    if not actor.may("applications:decide"):
        raise NotFound()
    if not queries.person_has_phone_or_post(person.id):
        raise Conflict(_("We have no phone number or postal address for this person."))
    on = clock.today()
    unverified = [
        each
        for each in find_contacts(person.id, on)
        if each.point.kind is ContactKind.EMAIL and each.confirmed_at is None
    ]
    with audit.acting(actor, AuditVerb.PERSON_CONFIRM, said_by):
        person.confirmed_at = person.confirmed_at or clock.now()
        if not address_is_right:
            if person.preferred is ContactKind.EMAIL:
                person.preferred = None
            contact_ends.redirect_messages(person, contact_ends.end_contacts(unverified, on), on)
            if email is not None:
                contact.add_contact(actor, person, ContactKind.EMAIL, email, on, vouched=True)
                contact.resend_undelivered(person.id, on)
    kept = email if not address_is_right else unverified[0].point.value if unverified else None
    if kept is not None:
        confirmation.send_confirmation(person.id, kept)


def delete_unconfirmed_registrations(now: datetime) -> int:
    """Delete registrations that were not confirmed within 30 days. Return how many were deleted.

    People with a phone number or postal address are kept until calls on two days have failed, for
    up to 90 days.
    """
    expired = queries.find_unconfirmed_registrations(
        now - registration.UNCONFIRMED_LIFETIME, now - registration.MAX_UNCONFIRMED_LIFETIME
    )
    if expired:
        queries.delete_people(expired)
        audit.record(SYSTEM, AuditVerb.PERSON_FORGET, "people", people=list(expired))
    return len(expired)
