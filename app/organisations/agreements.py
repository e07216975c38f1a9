"""Add, confirm, refuse and end data-sharing agreements.

An agreement gives partners access to people's records, so a second person must confirm it. It takes
effect when another user confirms it, or after 24 hours if nobody refuses it. The users who can
confirm or refuse it are notified immediately. An agreement loaded from the command line takes
effect immediately, and the same users are notified. Ending an agreement also takes effect
immediately.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import powers
from app.accounts import queries as users
from app.accounts.models import User
from app.core import audit, clock
from app.core.actor import SYSTEM, Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.in_force import is_over
from app.core.permissions import Role
from app.messages.letters import add_letter
from app.messages.types import Letter
from app.organisations import queries
from app.organisations.models import Agreement
from app.organisations.queries import organisations, secrecy
from app.organisations.types import AgreementCommand

RECORDED, IN_EFFECT, REFUSED = "agreement-recorded", "agreement-counts", "agreement-refused"


def register_letters() -> None:
    """Register the letters about agreements.

    Staff get them even if they want no contact.
    """
    for name, purpose in (
        (RECORDED, _l("Tell them that somebody has added a data-sharing agreement")),
        (IN_EFFECT, _l("Tell them that a data-sharing agreement takes effect")),
        (REFUSED, _l("Tell them that a data-sharing agreement has been refused")),
    ):
        add_letter(Letter(name, purpose, fixed_address=True, even_if_silent=True))


def add_agreement(actor: Actor, organisation_id: int, command: AgreementCommand) -> int:
    """Add an agreement, and return its ID. A second person must then confirm it.

    An agreement added by the system is confirmed immediately. Raises NotFound if the actor is not
    allowed to see the organisation, and InvalidInput if the dates or the network are wrong.
    """
    actor.require("organisations:change")
    secrecy.check_organisation(Scope.for_actor(actor), organisation_id)
    if command.until_on < command.from_on:
        raise InvalidInput(_("The last day must be the same as or after the first day"), "until")
    network_id = None
    if command.network:
        network_id = secrecy.visible_network_id(Scope.for_actor(actor), command.network)
        if network_id is None:
            raise InvalidInput(
                _("There is no network called “%(network)s”.", network=command.network), "network"
            )
    now, is_confirmed = clock.now(), actor.kind == "system"
    agreement = Agreement(
        organisation_id=organisation_id,
        network_id=network_id,
        purpose=command.purpose,
        signed_on=command.signed_on,
        from_on=command.from_on,
        until_on=command.until_on,
        recorded_at=now,
        recorded_by_user_id=actor.user_id,
        confirmed_at=now if is_confirmed else None,
    )
    with audit.acting(actor, AuditVerb.AGREEMENT_CREATE):
        db.session.add(agreement)
    letter = IN_EFFECT if is_confirmed else RECORDED
    _notify_confirmers(letter, agreement, author_id=actor.user_id)
    return agreement.id


def end_agreement(actor: Actor, organisation_id: int, agreement_id: int, reason: str) -> None:
    """End an agreement immediately. Its last day becomes yesterday.

    An agreement that never took effect is deleted. Raises NotFound if the actor is not allowed to
    see it, InvalidInput if there is no reason, and Conflict if it has already ended.
    """
    actor.require("organisations:change")
    row = lock_agreement(actor, organisation_id, agreement_id)
    reason = reason.strip()
    if not reason:
        raise InvalidInput(_("Enter a reason"), "reason")
    on = clock.today()
    if is_over(row, on):
        raise Conflict(_("This agreement has already ended."))
    with audit.acting(actor, AuditVerb.AGREEMENT_END, reason):
        if row.from_on >= on or row.confirmed_at is None:
            db.session.delete(row)  # it never took effect
        else:
            row.until_on = on - timedelta(days=1)


def lock_agreement(actor: Actor, organisation_id: int, agreement_id: int) -> Agreement:
    """Lock and return an agreement. Raises NotFound if the actor is not allowed to see it."""
    scope = Scope.for_actor(actor)
    secrecy.check_organisation(scope, organisation_id)
    row = organisations.lock_agreement(scope, organisation_id, agreement_id)
    if row is None:
        raise NotFound()
    return row


# --- the second person ---


def confirmation_objection(actor: Actor, row: Agreement) -> str | None:
    """Return the reason why the actor cannot confirm the agreement, or None."""
    if actor.user_id in queries.coordinator_user_ids(row.organisation_id, clock.today()):
        return str(
            _("You act for this organisation, so somebody else has to confirm the agreement.")
        )
    return powers.second_approver_objection(actor, row.recorded_by_user_id)


def confirm_agreement(actor: Actor, organisation_id: int, agreement_id: int) -> None:
    """Confirm an agreement that another user added. It takes effect now or on its first day.

    Raises NotFound if the actor is not allowed to see the agreement, InvalidInput if they are not
    allowed to confirm it, and Conflict if it has already been confirmed.
    """
    actor.require("organisations:change")
    row = _lock_unconfirmed_agreement(actor, organisation_id, agreement_id)
    objection = confirmation_objection(actor, row)
    if objection is not None:
        raise InvalidInput(objection)
    _confirm_row(actor, row)


def refuse_agreement(actor: Actor, organisation_id: int, agreement_id: int) -> None:
    """Refuse an agreement that another user added, or withdraw the actor's own.

    The agreement is deleted. Raises NotFound if the actor is not allowed to see it, and Conflict if
    it has already been confirmed.
    """
    actor.require("organisations:change")
    _refuse_row(actor, _lock_unconfirmed_agreement(actor, organisation_id, agreement_id))


def _lock_unconfirmed_agreement(actor: Actor, organisation_id: int, agreement_id: int) -> Agreement:
    row = lock_agreement(actor, organisation_id, agreement_id)
    if row.confirmed_at is not None:
        raise Conflict(_("This agreement has already been confirmed."))
    return row


def _confirm_row(actor: Actor, row: Agreement) -> None:
    with audit.acting(actor, AuditVerb.AGREEMENT_CONFIRM):
        row.confirmed_at = clock.now()
        row.confirmed_by_user_id = actor.user_id
    _notify_author(IN_EFFECT, row, actor)


def _refuse_row(actor: Actor, row: Agreement) -> None:
    _notify_author(REFUSED, row, actor)
    with audit.acting(actor, AuditVerb.AGREEMENT_REFUSE):
        db.session.delete(row)


def confirm_pending_agreements() -> int:
    """Confirm agreements that nobody refused within 24 hours.

    Agreements are refused instead if their author's account was deactivated or has lost the
    required role. Return how many were confirmed or refused.
    """
    due = organisations.lock_unconfirmed_agreements(clock.now() - powers.WAIT)
    for row in due:
        (_confirm_row if _is_author_authorised(row) else _refuse_row)(SYSTEM, row)
    return len(due)


def _is_author_authorised(row: Agreement) -> bool:
    author = users.user(row.recorded_by_user_id) if row.recorded_by_user_id else None
    if author is None or author.deactivated_at is not None:
        return False
    return _required_roles(row) <= users.roles_held(author.id, clock.today())


def _required_roles(row: Agreement) -> frozenset[Role]:
    """Return the roles that a user needs to add or confirm the agreement."""
    hidden = secrecy.is_hidden(row.organisation_id, row.network_id)
    return frozenset({Role.COORDINATOR, *([Role.SENSITIVE] if hidden else [])})


# --- letters ---


def notify_loaded(row: Agreement) -> None:
    """Notify the users who can confirm agreements that one was loaded from the command line."""
    _notify_confirmers(IN_EFFECT, row, author_id=None)


def _notify_confirmers(letter: str, row: Agreement, *, author_id: int | None) -> None:
    """Send a letter to all users who can confirm the agreement, except its author.

    If there are none, send it to the administrators, without a link because they cannot open the
    page.
    """
    on, required = clock.today(), _required_roles(row)
    confirmers = [
        user for user in users.users_with_role(Role.COORDINATOR, on) if user.id != author_id
    ]
    if Role.SENSITIVE in required:
        holders = users.holders_of_role(Role.SENSITIVE, [user.id for user in confirmers], on)
        confirmers = [user for user in confirmers if user.id in holders]
    if confirmers:
        _post_letter(letter, row, confirmers, author_id, has_link=True)
    else:
        admins = [user for user in users.users_with_role(Role.ADMIN, on) if user.id != author_id]
        _post_letter(letter, row, admins, author_id, has_link=False)


def _notify_author(letter: str, row: Agreement, actor: Actor) -> None:
    author = users.user(row.recorded_by_user_id) if row.recorded_by_user_id else None
    if author is not None and author.id != actor.user_id:
        _post_letter(letter, row, [author], author.id, has_link=True)


def _post_letter(
    letter: str, row: Agreement, recipients: list[User], author_id: int | None, *, has_link: bool
) -> None:
    author = users.user(author_id) if author_id is not None else None
    page = {
        "endpoint": "organisations.organisation",
        "values": {"organisation_id": row.organisation_id},
    }
    context: dict[str, object] = {
        "recorded_by": author.name if author is not None else None,
        "page": page if has_link else None,
    }
    powers.send_to_users(letter, str(uuid.uuid4()), recipients, context)
