"""Change a person's contact details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from flask_babel import gettext as _

from app.changes import change_notices, confirmation, contact_ends, delays, new_email, vouching
from app.changes.change_source import Subject, record_source, subject_id
from app.changes.contact_ends import ContactDetail
from app.changes.subject import find_subject
from app.changes.vouching import Call
from app.core import audit, clock
from app.core.actor import SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.people import contact
from app.people.models import Person, PersonContact
from app.people.queries.contacts import find_contacts, find_email_contact
from app.people.safety import contact_details, wishes
from app.people.safety.types import PendingChange
from app.people.types import ContactKind, PersonState
from app.signin import addresses


@record_source(AuditVerb.PERSON_CONTACT)
def change_contacts(
    actor: Actor,
    subject: Subject,
    changes: Mapping[ContactKind, str],
    preferred: ContactKind | None,
    call: Call | None = None,
    *,
    will_meet: bool = False,
) -> PendingChange | None:
    """Change a person's contact details. Some changes do not take effect immediately.

    `subject` is None to change the actor's own record. `changes` contains the new contact detail of
    each kind, or "" to remove it. Other kinds do not change. `preferred` is the kind to try first.

    A new email address does not replace the old one until it has been confirmed from both
    mailboxes. If staff called the person (`call`), the new address replaces the old one
    immediately, including for signing in. An applicant's unverified address is also replaced
    immediately, and a link is sent to the new address. `will_meet` is for a person who cannot read
    the old mailbox and has no number to call. The new address then takes effect after two
    coordinators have met the person. Only staff can set `call` and `will_meet`.

    Returns the pending change, or None. Raises NotFound if the actor is not allowed to change the
    person. Raises InvalidInput if no contact detail would be left or the called number cannot be
    used. Raises Conflict if `will_meet` is true but there is a number to call.
    """
    if subject is None and (call is not None or will_meet):
        raise NotFound()
    person = find_subject(actor, subject_id(subject))
    current = find_contacts(person.id, clock.today())
    given = _resulting_contacts(current, changes)
    _check_remaining_contacts(person, given, changes, preferred)
    if call is not None:
        vouching.check_call(actor, person, call)
    resend = changes.get(ContactKind.EMAIL, "") if subject is None else ""
    if not delays.is_change_delayed(actor, person):
        if will_meet:
            return _delay_until_meeting(actor, person, given, preferred)
        _replace_contacts(actor, person, given, preferred, call, resend=resend)
        return None
    immediate, delayed = delays.split_by_delay(given, current, call is not None)
    _replace_contacts(actor, person, immediate, person.preferred, call, resend=resend)
    called_on = call.contact_id if call is not None else None
    pending = delays.request_contacts(actor, person, delayed, called_on)
    if preferred is None or preferred is person.preferred:
        return pending
    first = _set_preferred_kind(actor, person, preferred)
    if first is not None:
        delays.record_call_for_change(actor, person, first, called_on)
    return first or pending


def correct_unverified_email(actor: Actor, person: Person, email: str, source: str) -> None:
    """Replace the email address of an unconfirmed registration, and send a new link.

    Does nothing if the address is the same. The caller must hold the lock on the person. `source`
    is the network address of the request.
    """
    on = clock.today()
    emails = [each for each in find_contacts(person.id, on) if each.point.kind is ContactKind.EMAIL]
    if any(each.point.value.casefold() == email.casefold() for each in emails):
        return
    safe = wishes.are_new_contacts_safe(person.id, ContactKind.EMAIL, on)
    with audit.acting(actor, AuditVerb.PERSON_CONTACT):
        left = contact_ends.end_contacts(emails, on)
        contact.add_contact(actor, person, ContactKind.EMAIL, email, on, safe=safe, vouched=True)
        contact_ends.redirect_messages(person, left, on)
    confirmation.send_confirmation(person.id, email, source)


def remove_contact(actor: Actor, contact_id: int) -> bool:
    """Remove one of the actor's contact details. Return whether the actor still signs in with it.

    Removing an email address does not change the sign-in address. Raises InvalidInput for the last
    verified contact detail, and NotFound if the contact detail does not belong to the actor.
    """
    person, on = find_subject(actor, None), clock.today()
    mine = find_contacts(person.id, on)
    row = next((each for each in mine if each.id == contact_id), None)
    if row is None:
        raise NotFound()
    others = [each for each in mine if each.id != contact_id and _is_verified(each)]
    if not others:
        raise InvalidInput(_("Add another email address, phone number or postal address first"))
    before, value = change_notices.current_contact_details(person.id), row.point.value
    with audit.acting(actor, AuditVerb.PERSON_CONTACT):
        if person.preferred is row.point.kind and person.protected_at is None:
            person.preferred = (
                None  # for a protected person, no other contact method takes its place
            )
        left = contact_ends.end_contacts([row], on)
        contact_ends.redirect_messages(person, left, on)
    change_notices.send_change_notice(person, before, left)
    return value.casefold() == (addresses.current_address(person.user_id) or "").casefold()


def add_checked_contact(person: Person, kind: ContactKind, value: str) -> None:
    """Add a contact detail that staff checked in a call or a meeting, and mark it as safe."""
    on = clock.today()
    known = [each for each in find_contacts(person.id, on) if each.point.kind is kind]
    if any(
        each.point.value.casefold() == value.casefold() and _is_usable_unverified(each)
        for each in known
    ):
        return
    if kind is ContactKind.EMAIL:
        new_email.add_new_email(SYSTEM, person, value, on, safe=True, vouched=True)
        return
    before = change_notices.current_contact_details(person.id)
    with audit.acting(SYSTEM, AuditVerb.PERSON_CONTACT):
        left = contact_ends.end_contacts(known, on)
        contact.add_contact(SYSTEM, person, kind, value, on, confirmed=True, safe=True)
        contact_ends.redirect_messages(person, left, on)
    change_notices.send_change_notice(person, before, left)


def _resulting_contacts(
    current: Sequence[PersonContact], changes: Mapping[ContactKind, str]
) -> list[ContactDetail]:
    """Return the contact details that the person will have after the change."""
    kept = [
        (each.point.kind, each.point.value) for each in current if each.point.kind not in changes
    ]
    return [*kept, *((kind, value) for kind, value in changes.items() if value)]


def _check_remaining_contacts(
    person: Person,
    given: Sequence[ContactDetail],
    changes: Mapping[ContactKind, str],
    preferred: ContactKind | None,
) -> None:
    """Raise InvalidInput if no contact detail, or none of the preferred kind, would be left."""
    if not given:
        raise InvalidInput(
            _("Enter an email address, a phone number or a postal address"), ContactKind.EMAIL.value
        )
    if preferred is None or preferred in {kind for kind, _value in given}:
        return
    # A protected person's preference stays even if its contact detail was removed earlier.
    if preferred is not person.preferred or preferred in changes:
        raise InvalidInput(
            _("Enter the address or number we should try first, or select a different one"),
            "preferred",
        )


def _is_verified(row: PersonContact) -> bool:
    return row.confirmed_at is not None or row.point.kind is not ContactKind.EMAIL


def _is_usable_unverified(row: PersonContact) -> bool:
    """Return whether the contact detail can be used without verification."""
    email = row.point.kind is ContactKind.EMAIL
    return row.confirmed_at is not None and (not email or row.vouched_at is not None)


def _set_preferred_kind(actor: Actor, person: Person, kind: ContactKind) -> PendingChange | None:
    """Make this kind of contact preferred, immediately or after a pending change takes effect."""
    pending = delays.request_preference(actor, person, kind)
    if pending is None:
        with audit.acting(actor, AuditVerb.PERSON_CONTACT):
            person.preferred = kind
            contact_details.apply_contact_choices(person.id, clock.today())
    return pending


def _delay_until_meeting(
    actor: Actor, person: Person, given: Sequence[ContactDetail], preferred: ContactKind | None
) -> PendingChange:
    """Delay a new email address until two coordinators have met the person.

    Other changes take effect immediately. Raises InvalidInput if there is no new address, and
    Conflict if staff can call the person.
    """
    current = find_contacts(person.id, clock.today())
    old = [(each.point.kind, each.point.value) for each in current]
    known = {value.casefold() for kind, value in old if kind is ContactKind.EMAIL}
    new = [
        detail
        for detail in given
        if detail[0] is ContactKind.EMAIL and detail[1].casefold() not in known
    ]
    if not new:
        raise InvalidInput(_("Enter the new email address"), ContactKind.EMAIL.value)
    if vouching.numbers_to_call(actor, person.id):
        raise Conflict(
            _("We have a phone number for this person. Call it to check the change instead."),
            "called",
        )
    emails = [detail for detail in old if detail[0] is ContactKind.EMAIL]
    at_once = [detail for detail in given if detail not in new] + emails
    kinds = {kind for kind, _value in at_once}
    first = preferred if preferred in kinds else person.preferred
    _replace_contacts(actor, person, at_once or old, first, None)
    return delays.request_delayed_contact(actor, person, *new[0])


def _replace_contacts(
    actor: Actor,
    person: Person,
    given: Sequence[ContactDetail],
    preferred: ContactKind | None,
    call: Call | None,
    *,
    resend: str = "",
) -> None:
    """Replace the person's contact details. The caller must hold the lock on the person.

    `resend` is an email address. Links for it are sent again if it is still unverified.
    """
    on = clock.today()
    emails = [value for kind, value in given if kind is ContactKind.EMAIL]
    email = emails[0] if emails else None
    rest = [detail for detail in given if detail[0] is not ContactKind.EMAIL]
    before = change_notices.current_contact_details(person.id)
    unconfirmed = person.state(on) is PersonState.UNCONFIRMED
    with audit.acting(actor, AuditVerb.PERSON_CONTACT):
        person.preferred = preferred
        if unconfirmed or call is not None or email is None:
            vouched = unconfirmed or call is not None
            left, added = _replace_rows(actor, person, given, on, vouched=vouched)
        else:
            left, added = _replace_rows(actor, person, rest, on, keep=ContactKind.EMAIL)
        contact_ends.redirect_messages(person, left, on)
    row = find_email_contact(person.id, email, on) if email is not None else None
    if call is not None:
        vouching.vouch_after_call(actor, person, row, call)
    elif email is not None and (
        row is None or (resend == email and not _is_usable_unverified(row))
    ):
        new_email.add_new_email(actor, person, email, on)
    _send_confirmation_link(person, row, before, unconfirmed=unconfirmed, called=call is not None)
    if not (call is not None and call.silence_reason) and (left or added or call is not None):
        change_notices.send_change_notice(
            person, before, left, has_sign_in_changed=call is not None
        )


def _send_confirmation_link(
    person: Person,
    row: PersonContact | None,
    before: Sequence[ContactDetail],
    *,
    unconfirmed: bool,
    called: bool,
) -> None:
    """Send a confirmation link to a new address that was added immediately."""
    known = {value.casefold() for kind, value in before if kind is ContactKind.EMAIL}
    if row is None or row.point.value.casefold() in known:
        return
    db.session.refresh(person, ["contacts"])
    if unconfirmed:
        confirmation.send_confirmation(person.id, row.point.value)
    elif called:
        new_email.send_link(row, row.point.value)


def _replace_rows(
    actor: Actor,
    person: Person,
    given: Sequence[ContactDetail],
    on: date,
    *,
    vouched: bool = False,
    keep: ContactKind | None = None,
) -> tuple[list[ContactDetail], list[ContactDetail]]:
    """Replace the person's contact details, except the kind in `keep`.

    Returns two lists: the contact details that ended, and those that were added.
    """
    wanted = {(kind, value.casefold()): value for kind, value in given}
    ended = [
        row
        for row in find_contacts(person.id, on)
        if row.point.kind is not keep
        and wanted.pop((row.point.kind, row.point.value.casefold()), None) is None
    ]
    left = contact_ends.end_contacts(ended, on)
    own = actor.person_id == person.id
    for (kind, _folded), value in wanted.items():
        safe = wishes.are_new_contacts_safe(person.id, kind, on)
        confirmed = own and kind is not ContactKind.EMAIL
        contact.add_contact(
            actor, person, kind, value, on, confirmed=confirmed, safe=safe, vouched=vouched
        )
    return left, [(kind, value) for (kind, _folded), value in wanted.items()]
