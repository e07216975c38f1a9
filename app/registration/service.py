"""Register a person, from the public form or on behalf of the person.

The response never reveals whether an address is already registered. The same rows are written in
both cases, and one email is sent. Only the text of the email differs.
"""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from app.changes import confirmation, word
from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import InvalidInput
from app.messages import mailbox_limits
from app.organisations import matching
from app.organisations import queries as organisations
from app.people import contact, general, presence
from app.people.models import (
    Affiliation,
    Membership,
    NoticeGiven,
    Person,
    TrainingClaim,
)
from app.people.queries.merged import merged_person_id
from app.people.safety import contact_details, wishes
from app.people.types import TRAVEL_KM, ContactKind, Registration, Source
from app.registration import queries

UNCONFIRMED_LIFETIME = timedelta(days=30)
MAX_UNCONFIRMED_LIFETIME = timedelta(days=90)  # for people with a phone number or postal address


def register(actor: Actor, registration: Registration, source: str = mailbox_limits.TEAM) -> int:
    """Save a registration and return the person's ID.

    If the submission key has already been used, return the existing person's ID. ``source`` is the
    network address of the request. Raises InvalidInput if the person is under 18, has no contact
    details, or chose an unknown network or ward.
    """
    _check_registration(registration)
    existing_id = find_submission(registration.submission)
    if existing_id is not None:
        return existing_id
    with audit.acting(actor, AuditVerb.PERSON_REGISTER):
        try:
            with db.session.begin_nested():
                person = _new_person(registration)
                db.session.add(person)
                db.session.flush()
        except IntegrityError as error:
            existing_id = find_submission(registration.submission)
            if existing_id is None:
                raise error
            return existing_id
        _add_details(actor, person, registration, clock.london_day(person.registered_at))
    if registration.source is Source.SELF and registration.email:
        confirmation.send_confirmation(person.id, registration.email, source)
    return person.id


def _check_registration(registration: Registration) -> None:
    if not registration.over_18:
        raise InvalidInput(_("You need to be 18 or over to register."), "over_18")
    if not registration.full_name:
        raise InvalidInput(_("Enter a full name"), "name")
    if not (registration.email or registration.phone or registration.post):
        raise InvalidInput(_("Enter an email address, a phone number or a postal address"), "email")
    if registration.word:
        word.check_word(registration.word, registration.full_name)


def find_submission(key: str | None) -> int | None:
    """Return the ID of the person with this submission key, or None."""
    if key is None:
        return None
    found = queries.person_id_by_submission(key)
    return found if found is not None else merged_person_id(key)


def _new_person(registration: Registration) -> Person:
    now = clock.now()
    return Person(
        full_name=registration.full_name,
        interest=registration.interest,
        source=registration.source,
        submission=registration.submission,
        over_18_at=now,
        registered_at=now,
        protected_at=now if registration.protected else None,
        preferred=_preferred_method(registration),
        reach_km=TRAVEL_KM,
    )


def _preferred_method(registration: Registration) -> ContactKind | None:
    """Return the preferred contact method.

    A protected person always gets a preferred method, so that no other method is used.
    """
    if registration.preferred or not registration.protected:
        return registration.preferred
    given = {
        ContactKind.EMAIL: registration.email,
        ContactKind.PHONE: registration.phone,
        ContactKind.POST: registration.post,
    }
    return contact_details.first_kind(kind for kind, value in given.items() if value)


def _add_details(actor: Actor, person: Person, registration: Registration, on: date) -> None:
    for kind, value in (
        (ContactKind.EMAIL, registration.email),
        (ContactKind.PHONE, registration.phone),
        (ContactKind.POST, registration.post),
    ):
        if value:
            safe = registration.safe_to_call and kind is ContactKind.PHONE
            contact.add_contact(actor, person, kind, value, on, safe=safe, vouched=True)
    if registration.wishes is not None:
        wishes.record_wishes(actor, person, registration.wishes)
    chosen = organisations.network_ids(registration.networks)
    for network_id in sorted(chosen):
        db.session.add(Membership(person_id=person.id, network_id=network_id, from_on=on))
    sensitive = organisations.sensitive_network_ids()
    general.record_initial_answers(
        {
            person.id: general.is_general_at_registration(
                chosen, sensitive, answer=registration.general
            )
        },
        on,
    )
    if registration.word:
        word.set_word(person, registration.word)
    if registration.organisation:
        add_affiliation(person, registration.organisation, on)
    for answer in registration.places:
        presence.add_presence(person, answer, on)
    if registration.claim:
        db.session.add(
            TrainingClaim(
                person_id=person.id,
                course=registration.claim.course,
                provider=registration.claim.provider,
                month=registration.claim.month,
                year=registration.claim.year,
                certificate_number=registration.claim.certificate_number,
                claimed_at=clock.now(),
            )
        )
    if registration.source is Source.SELF:
        db.session.add(
            NoticeGiven(
                person_id=person.id,
                version=registration.notice_version,
                given_at=clock.now(),
                how="shown before sending",
            )
        )
    db.session.flush()


def add_affiliation(person: Person, name: str, on: date) -> None:
    """Record that the person belongs to an organisation. It does not need to be in our list."""
    organisation_id = matching.match_organisations([name], on)[name]
    db.session.add(
        Affiliation(
            person_id=person.id,
            organisation_id=organisation_id,
            named=None if organisation_id else name,
            from_on=on,
        )
    )
    db.session.flush()
