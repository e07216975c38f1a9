"""The commands `flask accounts …`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from app.accounts import administration, offers, users
from app.accounts.powers import NewGrant
from app.accounts.users import Account
from app.core import audit, clock
from app.core.actor import SYSTEM
from app.core.audit_verbs import AuditVerb
from app.core.commands import Day, EmailAddress, in_one_transaction, print_json
from app.core.permissions import STAFF_ROLES, Role

group = AppGroup("accounts", help="Manage users and their roles.")


@group.command("invite")
@click.argument("email", type=EmailAddress())
@click.option("--name", required=True, help="Full name.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(sorted(role.value for role in STAFF_ROLES), case_sensitive=False),
    help="Repeat this option to give several roles.",
)
@in_one_transaction
def invite(email: str, name: str, roles: tuple[str, ...]) -> None:
    """Invite a person to work on the service, for example the first coordinator."""
    offers.make_offer(SYSTEM, email, name, frozenset(Role(role) for role in roles))
    click.echo(_("We have sent an invitation to %(email)s.", email=email), err=True)


def _as_json(account: Account) -> dict[str, Any]:
    return {
        "email": account.email,
        "name": account.name,
        "roles": [role.value for role in account.roles],
        "state": account.state.value,
        "second_factor": account.second_factor,
        "recovery_codes": account.unused_codes,
        "deactivated_on": account.deactivated_on.isoformat() if account.deactivated_on else None,
    }


def _print_accounts(accounts: Sequence[Account], as_json: bool) -> None:
    if as_json:
        print_json([_as_json(each) for each in accounts])
        return
    for each in accounts:
        roles = ", ".join(role.value for role in each.roles) or _("no role")
        click.echo(f"{each.email}\t{each.name}\t{roles}\t{each.state.value}")


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_one_transaction
def list_accounts(as_json: bool) -> None:
    """List the accounts of present and former staff and partners."""
    audit.record(SYSTEM, AuditVerb.USER_LIST, "users")
    _print_accounts(users.list_accounts(clock.today()), as_json)


@group.command("deactivate")
@click.argument("email", type=EmailAddress())
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_one_transaction
def deactivate(email: str, as_json: bool) -> None:
    """Deactivate an account. The user is signed out and told by email."""
    administration.deactivate(SYSTEM, users.staff_user_id(email), clock.today())
    _print_accounts(users.list_accounts(clock.today(), email=email), as_json)
    click.echo(_("%(email)s has been deactivated and signed out.", email=email), err=True)


@group.command("reset-second-factor")
@click.argument("email", type=EmailAddress())
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_one_transaction
def reset_second_factor(email: str, as_json: bool) -> None:
    """Remove a user's password and second factor, and send a link to set up new ones.

    Use this if a user has lost their phone, or if somebody else has signed in to the account. The
    user is signed out.
    """
    administration.reset_sign_in(SYSTEM, users.staff_user_id(email))
    _print_accounts(users.list_accounts(clock.today(), email=email), as_json)
    sent = _(
        "We have sent %(email)s a link to set up a new password and second factor.", email=email
    )
    click.echo(sent, err=True)


@group.command("grant")
@click.argument("email", type=EmailAddress())
@click.option(
    "--role",
    required=True,
    type=click.Choice(sorted(role.value for role in STAFF_ROLES - {Role.PARTNER})),
    help="Partner coordinators get their role on their organisation’s page.",
)
@click.option(
    "--until",
    type=Day(),
    help="The last day of the role. Without it, the role has no last day.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_one_transaction
def grant(email: str, role: str, until: date | None, as_json: bool) -> None:
    """Grant a role to a staff user immediately, without approval.

    Use this if nobody is left who can approve the role. The users who can decide on the role are
    told by email, or the administrators if there are none.
    """
    administration.grant_immediately(
        SYSTEM,
        users.staff_user_id(email),
        NewGrant(Role(role), clock.today(), until),
    )
    _print_accounts(users.list_accounts(clock.today(), email=email), as_json)
    given = _(
        "%(email)s now has the role %(role)s. We have told everybody who can approve this role.",
        email=email,
        role=role,
    )
    click.echo(given, err=True)
