"""Correct the email address of a registration before it is confirmed."""

from __future__ import annotations

from flask_babel import gettext as _

from app.changes import contacts
from app.core import clock
from app.core.actor import Actor
from app.core.errors import Conflict
from app.people.queries.locking import lock_people
from app.people.types import PersonState
from app.registration import service as registration


def correct_address(actor: Actor, submission: str, email: str, source: str) -> None:
    """Replace the unconfirmed email address of a registration, and send a new link.

    The old link stops working. `submission` is the submission key, which only the browser that sent
    the registration has. `source` is the network address of the request. Does nothing if no
    registration has this key. Raises Conflict if the registration is already confirmed.
    """
    person_id = registration.find_submission(submission)
    found = lock_people([person_id]) if person_id is not None else []
    for person in found:
        if person.state(clock.today()) is not PersonState.UNCONFIRMED:
            raise Conflict(
                _(
                    "This registration has already been confirmed. Sign in to change your email"
                    " address, or call us."
                ),
                "email",
            )
        contacts.correct_unverified_email(actor, person, email, source)
