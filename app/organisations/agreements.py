"""Data-sharing agreements. They show people, so they need a second person, as a role does.

Partners see people by an agreement once somebody other than its author has confirmed it, or 24
hours after it was recorded. Whoever may confirm it hears of it at once and may refuse it. What the
command line loads counts at once, and the same people hear of it. Ending one works at once.
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
from app.messages.letters import register
from app.messages.types import Letter
from app.organisations import queries
from app.organisations.models import Agreement
from app.organisations.queries import organisations, secrecy
from app.organisations.types import AgreementCommand

RECORDED, COUNTS, REFUSED = "agreement-recorded", "agreement-counts", "agreement-refused"


def register_letters() -> None:
    """The letters of this module: to staff, so they go even to somebody who wants no contact."""
    for name, purpose in (
        (RECORDED, _l("Say that somebody added a data-sharing agreement")),
        (COUNTS, _l("Say that a data-sharing agreement takes effect")),
        (REFUSED, _l("Say that a data-sharing agreement was refused")),
    ):
        register(Letter(name, purpose, fixed_address=True, even_if_silent=True))


def add(actor: Actor, organisation_id: int, command: AgreementCommand) -> int:
    """A data-sharing agreement, which waits for a second person; returns its id.

    Raises NotFound, InvalidInput.
    """
    actor.require("organisations:change")
    secrecy.check_organisation(Scope.of(actor), organisation_id)
    if command.until_on < command.from_on:
        raise InvalidInput(_("The last day must be the first day or later"), "until")
    network_id = None
    if command.network:
        network_id = secrecy.network_of(Scope.of(actor), command.network)
        if network_id is None:
            raise InvalidInput(
                _("There is no network “%(network)s”.", network=command.network), "network"
            )
    now, at_once = clock.now(), actor.kind == "system"
    made = Agreement(
        organisation_id=organisation_id,
        network_id=network_id,
        purpose=command.purpose,
        signed_on=command.signed_on,
        from_on=command.from_on,
        until_on=command.until_on,
        recorded_at=now,
        recorded_by_user_id=actor.user_id,
        confirmed_at=now if at_once else None,
    )
    with audit.acting(actor, AuditVerb.AGREEMENT_CREATE):
        db.session.add(made)
    _tell_holders(COUNTS if at_once else RECORDED, made, but=actor.user_id)
    return made.id


def end(actor: Actor, organisation_id: int, agreement_id: int, why: str) -> None:
    """End it at once, for a reason: yesterday was its last day. Raises NotFound, InvalidInput,
    Conflict. One that never took effect is removed.
    """
    actor.require("organisations:change")
    row = find(actor, organisation_id, agreement_id)
    why = why.strip()
    if not why:
        raise InvalidInput(_("Enter a reason"), "reason")
    on = clock.today()
    if is_over(row, on):
        raise Conflict(_("This agreement has already ended."))
    with audit.acting(actor, AuditVerb.AGREEMENT_END, why):
        if row.from_on >= on or row.confirmed_at is None:
            db.session.delete(row)  # it never counted
        else:
            row.until_on = on - timedelta(days=1)


def find(actor: Actor, organisation_id: int, agreement_id: int) -> Agreement:
    """An agreement that the actor may change, locked. Raises NotFound."""
    scope = Scope.of(actor)
    secrecy.check_organisation(scope, organisation_id)
    row = organisations.agreement_locked(scope, organisation_id, agreement_id)
    if row is None:
        raise NotFound()
    return row


# --- the second person ---


def objection(actor: Actor, row: Agreement) -> str | None:
    """Why this actor can't confirm it, in a sentence; None: they can."""
    if actor.user_id in queries.acting_for(row.organisation_id, clock.today()):
        return str(_("You act for this organisation, so somebody else has to confirm it."))
    return powers.second_person_objection(actor, row.recorded_by_user_id)


def confirm(actor: Actor, organisation_id: int, agreement_id: int) -> None:
    """The second person confirms it: it counts at once, or from its first day.

    Raises NotFound, InvalidInput, Conflict.
    """
    actor.require("organisations:change")
    row = _waiting(actor, organisation_id, agreement_id)
    reason = objection(actor, row)
    if reason is not None:
        raise InvalidInput(reason)
    _confirm(actor, row)


def refuse(actor: Actor, organisation_id: int, agreement_id: int) -> None:
    """A second person refuses it, or its author takes it back: it never counts.

    Raises NotFound, Conflict.
    """
    actor.require("organisations:change")
    _refuse(actor, _waiting(actor, organisation_id, agreement_id))


def _waiting(actor: Actor, organisation_id: int, agreement_id: int) -> Agreement:
    row = find(actor, organisation_id, agreement_id)
    if row.confirmed_at is not None:
        raise Conflict(_("Somebody has confirmed this agreement already."))
    return row


def _confirm(actor: Actor, row: Agreement) -> None:
    with audit.acting(actor, AuditVerb.AGREEMENT_CONFIRM):
        row.confirmed_at = clock.now()
        row.confirmed_by_user_id = actor.user_id
    _tell_author(COUNTS, row, actor)


def _refuse(actor: Actor, row: Agreement) -> None:
    _tell_author(REFUSED, row, actor)
    with audit.acting(actor, AuditVerb.AGREEMENT_REFUSE):
        db.session.delete(row)


def settle_waited() -> int:
    """Agreements that nobody refused for 24 hours count; returns how many were settled.

    Where the author was deactivated or may no longer record it, it is refused.
    """
    due = organisations.unconfirmed_since(clock.now() - powers.WAIT)
    for row in due:
        (_confirm if _still_wanted(row) else _refuse)(SYSTEM, row)
    return len(due)


def _still_wanted(row: Agreement) -> bool:
    author = users.user(row.recorded_by_user_id) if row.recorded_by_user_id else None
    if author is None or author.deactivated_at is not None:
        return False
    return _needed(row) <= users.roles_on(author.id, clock.today())


def _needed(row: Agreement) -> frozenset[Role]:
    """The roles that somebody needs to record or to confirm it."""
    hidden = secrecy.is_hidden(row.organisation_id, row.network_id)
    return frozenset({Role.COORDINATOR, *([Role.SENSITIVE] if hidden else [])})


# --- telling ---


def tell_loaded(row: Agreement) -> None:
    """The command line wrote it: whoever may confirm agreements hears that it counts."""
    _tell_holders(COUNTS, row, but=None)


def _tell_holders(letter: str, row: Agreement, *, but: int | None) -> None:
    """Everybody who may confirm it; where nobody but its author may, the administrators, who can't
    open it.
    """
    on, needed = clock.today(), _needed(row)
    found = [each for each in users.users_with_role(Role.COORDINATOR, on) if each.id != but]
    if Role.SENSITIVE in needed:
        knowing = users.holders(Role.SENSITIVE, [each.id for each in found], on)
        found = [each for each in found if each.id in knowing]
    if found:
        _post(letter, row, found, but, linked=True)
    else:
        admins = [each for each in users.users_with_role(Role.ADMIN, on) if each.id != but]
        _post(letter, row, admins, but, linked=False)


def _tell_author(letter: str, row: Agreement, actor: Actor) -> None:
    author = users.user(row.recorded_by_user_id) if row.recorded_by_user_id else None
    if author is not None and author.id != actor.user_id:
        _post(letter, row, [author], author.id, linked=True)


def _post(letter: str, row: Agreement, to: list[User], by: int | None, *, linked: bool) -> None:
    author = users.user(by) if by is not None else None
    page = {
        "endpoint": "organisations.organisation",
        "values": {"organisation_id": row.organisation_id},
    }
    context: dict[str, object] = {
        "recorded_by": author.name if author is not None else None,
        "page": page if linked else None,
    }
    powers.post_to_users(letter, str(uuid.uuid4()), to, context)
