"""Change a person's contact details, for the person and for staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from flask_babel import gettext as _

from app.changes import change_notices, confirmation, contact_ends, new_email, vouching, waiting
from app.changes.contact_ends import ContactDetail
from app.changes.subject import find_subject
from app.changes.told import Whose, at_their_word, person_of
from app.changes.vouching import Call
from app.core import audit, clock
from app.core.actor import SYSTEM, Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.people import contact
from app.people.models import Person, PersonContact
from app.people.queries.contacts import contacts_on
from app.people.safety import wishes
from app.people.safety.types import WaitingChange
from app.people.types import ContactKind, PersonState
from app.signin import addresses


@at_their_word(AuditVerb.PERSON_CONTACT)
def change_contacts(
    actor: Actor,
    whose: Whose,
    wanted: Mapping[ContactKind, str],
    preferred: ContactKind | None,
    call: Call | None = None,
    *,
    will_meet: bool = False,
) -> WaitingChange | None:
    """Change a person's contact details. Some changes have to wait (`app.changes.waiting`).

    `whose` is None for the actor's own record. `wanted` holds the address or number to keep for
    each kind, or "" to remove it. Kinds that are left out do not change. `preferred` is the kind to
    use first.

    A new email address is kept alongside the old one until it is confirmed from both mailboxes.
    Until then, the person signs in as before. If staff called the person (`call`), the new address
    takes effect at once and nobody can sign in with the old one. An applicant's unverified address
    is replaced, and a link is sent to the new one. `will_meet` is for a person who cannot read the
    old mailbox and has no number to call. A new email address then takes effect only after two
    coordinators have met the person. `call` and `will_meet` are for staff.

    Returns the pending change, if any. Raises NotFound, InvalidInput if no contact detail would be
    left or the number called does not count, and Conflict if staff can call instead of meeting.
    """
    if whose is None and (call is not None or will_meet):
        raise NotFound()
    person = find_subject(actor, person_of(whose))
    have = contacts_on(person.id, clock.today())
    given = _resulting_contacts(have, wanted)
    _check_remaining_contacts(person, given, wanted, preferred)
    if call is not None:
        vouching.check_call(actor, person, call)
    resend = wanted.get(ContactKind.EMAIL, "") if whose is None else ""
    if not waiting.must_wait(actor, person):
        if will_meet:
            return _wait_for_meeting(actor, person, given, preferred)
        _replace_contacts(actor, person, given, preferred, call, resend=resend)
        return None
    now, later = waiting.split_by_waiting(given, have, call is not None)
    _replace_contacts(actor, person, now, person.preferred, call, resend=resend)
    called_on = call.contact_id if call is not None else None
    pending = waiting.request_contacts(actor, person, later, called_on)
    if preferred is None or preferred is person.preferred:
        return pending
    first = _prefer_kind(actor, person, preferred)
    if first is not None:
        waiting.record_call_for_pending(actor, person, first, called_on)
    return first or pending


def correct_unverified_email(actor: Actor, person: Person, email: str, source: str) -> None:
    """Replace the email address of an unconfirmed registration, and send a link to the new one.

    `source` is the network address of the request, for the limit on letters. Does nothing if the
    address is the same. The person must be locked.
    """
    on = clock.today()
    emails = [each for each in contacts_on(person.id, on) if each.point.kind is ContactKind.EMAIL]
    if any(each.point.value.casefold() == email.casefold() for each in emails):
        return
    safe = wishes.are_contacts_covered(person.id, ContactKind.EMAIL, on)
    with audit.acting(actor, AuditVerb.PERSON_CONTACT):
        left = contact_ends.end_contacts(emails, on)
        contact.add_contact(actor, person, ContactKind.EMAIL, email, on, safe=safe, vouched=True)
        contact_ends.redirect_messages(person, left, on)
    confirmation.send_confirmation(person.id, email, source)


def remove_contact(actor: Actor, contact_id: int) -> bool:
    """Remove one of the actor's contact details at once.

    The person can still sign in with a removed email address, because the sign-in address changes
    only after checks (`vouching`). Returns whether the actor still signs in with it. Raises
    InvalidInput for the last verified one, and NotFound if it is not the actor's.
    """
    person, on = find_subject(actor, None), clock.today()
    mine = contacts_on(person.id, on)
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
    """Add a contact detail once a call or a meeting has shown that the person wants it.

    It is recorded as safe, and an email address may be used to sign in once its mailbox is
    verified.
    """
    on = clock.today()
    known = [each for each in contacts_on(person.id, on) if each.point.kind is kind]
    if any(
        each.point.value.casefold() == value.casefold() and _needs_no_verification(each)
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
    have: Sequence[PersonContact], wanted: Mapping[ContactKind, str]
) -> list[ContactDetail]:
    """Return the contact details that the person would have after the change."""
    kept = [(each.point.kind, each.point.value) for each in have if each.point.kind not in wanted]
    return [*kept, *((kind, value) for kind, value in wanted.items() if value)]


def _check_remaining_contacts(
    person: Person,
    given: Sequence[ContactDetail],
    wanted: Mapping[ContactKind, str],
    preferred: ContactKind | None,
) -> None:
    """Raise InvalidInput unless a contact detail would be left, including a preferred one."""
    if not given:
        raise InvalidInput(
            _("Enter an email address, a phone number or a postal address"), ContactKind.EMAIL.value
        )
    if preferred is None or preferred in {kind for kind, _value in given}:
        return
    # A protected person's preference stays even if its contact detail was removed earlier.
    if preferred is not person.preferred or preferred in wanted:
        raise InvalidInput(
            _("Enter the address or number to use first, or select another one"), "preferred"
        )


def _is_verified(row: PersonContact) -> bool:
    return row.confirmed_at is not None or row.point.kind is not ContactKind.EMAIL


def _needs_no_verification(row: PersonContact) -> bool:
    """Return whether the contact detail can be used without further checks."""
    email = row.point.kind is ContactKind.EMAIL
    return row.confirmed_at is not None and (not email or row.vouched_at is not None)


def _prefer_kind(actor: Actor, person: Person, kind: ContactKind) -> WaitingChange | None:
    """Use this kind of contact first, now or once the pending change takes effect."""
    pending = waiting.request_preference(actor, person, kind)
    if pending is None:
        with audit.acting(actor, AuditVerb.PERSON_CONTACT):
            person.preferred = kind
    return pending


def _wait_for_meeting(
    actor: Actor, person: Person, given: Sequence[ContactDetail], preferred: ContactKind | None
) -> WaitingChange:
    """Hold back a new email address until two coordinators have met the person.

    Everything else takes effect at once. Raises InvalidInput if there is no new address, and
    Conflict if staff can call the person instead.
    """
    have = contacts_on(person.id, clock.today())
    old = [(each.point.kind, each.point.value) for each in have]
    known = {value.casefold() for kind, value in old if kind is ContactKind.EMAIL}
    new = [way for way in given if way[0] is ContactKind.EMAIL and way[1].casefold() not in known]
    if not new:
        raise InvalidInput(_("Enter the new email address"), ContactKind.EMAIL.value)
    if vouching.numbers_to_call(actor, person.id):
        raise Conflict(
            _("We have a phone number for this person. Call it to check the change instead."),
            "called",
        )
    emails = [way for way in old if way[0] is ContactKind.EMAIL]
    at_once = [way for way in given if way not in new] + emails
    kinds = {kind for kind, _value in at_once}
    first = preferred if preferred in kinds else person.preferred
    _replace_contacts(actor, person, at_once or old, first, None)
    return waiting.request_contact_after_meeting(actor, person, *new[0])


def _replace_contacts(
    actor: Actor,
    person: Person,
    given: Sequence[ContactDetail],
    preferred: ContactKind | None,
    call: Call | None,
    *,
    resend: str = "",
) -> None:
    """Replace the person's contact details with those given. The person must be locked.

    `resend` is an email address whose links are sent again if it is still unverified.
    """
    on = clock.today()
    emails = [value for kind, value in given if kind is ContactKind.EMAIL]
    email = emails[0] if emails else None
    rest = [way for way in given if way[0] is not ContactKind.EMAIL]
    before = change_notices.current_contact_details(person.id)
    unconfirmed = person.state(on) is PersonState.UNCONFIRMED
    with audit.acting(actor, AuditVerb.PERSON_CONTACT):
        person.preferred = preferred
        if unconfirmed or call is not None or email is None:
            left, added = _keep_only_given(actor, person, given, on, vouched=unconfirmed)
        else:
            left, added = _keep_only_given(actor, person, rest, on, keep=ContactKind.EMAIL)
        contact_ends.redirect_messages(person, left, on)
    row = _current_row(person, email, on)
    if call is not None:
        vouching.apply_call(actor, person, row, call)
    elif email is not None and (
        row is None or (resend == email and not _needs_no_verification(row))
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
    """Send a link to a new address that was added at once: by an applicant, or after a call."""
    known = {value.casefold() for kind, value in before if kind is ContactKind.EMAIL}
    if row is None or row.point.value.casefold() in known:
        return
    db.session.refresh(person, ["contacts"])
    if unconfirmed:
        confirmation.send_confirmation(person.id, row.point.value)
    elif called:
        new_email.send_link(row, row.point.value)


def _keep_only_given(
    actor: Actor,
    person: Person,
    given: Sequence[ContactDetail],
    on: date,
    *,
    vouched: bool = False,
    keep: ContactKind | None = None,
) -> tuple[list[ContactDetail], list[ContactDetail]]:
    """End every contact detail that is not given, except of the kind to keep, and add the new ones.

    Returns the contact details that ended and those that were added.
    """
    wanted = {(kind, value.casefold()): value for kind, value in given}
    ended = [
        row
        for row in contacts_on(person.id, on)
        if row.point.kind is not keep
        and wanted.pop((row.point.kind, row.point.value.casefold()), None) is None
    ]
    left = contact_ends.end_contacts(ended, on)
    own = actor.person_id == person.id
    for (kind, _folded), value in wanted.items():
        safe = wishes.are_contacts_covered(person.id, kind, on)
        confirmed = own and kind is not ContactKind.EMAIL
        contact.add_contact(
            actor, person, kind, value, on, confirmed=confirmed, safe=safe, vouched=vouched
        )
    return left, [(kind, value) for (kind, _folded), value in wanted.items()]


def _current_row(person: Person, email: str | None, on: date) -> PersonContact | None:
    """Return the row of an email address that the person has now."""
    if email is None:
        return None
    return next(
        (
            row
            for row in contacts_on(person.id, on)
            if row.point.kind is ContactKind.EMAIL
            and row.point.value.casefold() == email.casefold()
        ),
        None,
    )
