"""Commands: `flask accounts …`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from app.accounts import administration, offers, users
from app.accounts.powers import Wish
from app.accounts.users import Account
from app.core import audit, clock
from app.core.actor import SYSTEM
from app.core.audit_verbs import AuditVerb
from app.core.commands import in_one_transaction, print_json
from app.core.permissions import STAFF_ROLES, Role

group = AppGroup("accounts", help="Users, roles, sign-in.")


@group.command("invite")
@click.argument("email")
@click.option("--name", required=True, help="Full name.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(sorted(role.value for role in STAFF_ROLES), case_sensitive=False),
    help="May be given more than once.",
)
@in_one_transaction
def invite(email: str, name: str, roles: tuple[str, ...]) -> None:
    """Invite somebody to work on the service: the first coordinator, for one."""
    offers.make(SYSTEM, email, name, frozenset(Role(role) for role in roles))
    click.echo(f"We have sent an invitation to {email}.", err=True)


def _as_json(account: Account) -> dict[str, Any]:
    return {
        "email": account.email,
        "name": account.name,
        "roles": [role.value for role in account.roles],
        "state": account.state.value,
        "second_factor": account.second_factor,
        "recovery_codes": account.codes_left,
        "deactivated_on": account.deactivated_on.isoformat() if account.deactivated_on else None,
    }


def _print(accounts: Sequence[Account], as_json: bool) -> None:
    if as_json:
        print_json([_as_json(each) for each in accounts])
        return
    for each in accounts:
        roles = ", ".join(role.value for role in each.roles) or "no role"
        click.echo(f"{each.email}\t{each.name}\t{roles}\t{each.state.value}")


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_one_transaction
def list_accounts(as_json: bool) -> None:
    """Show everybody who works on the service, or did."""
    audit.record(SYSTEM, AuditVerb.USER_LIST, "users")
    _print(users.accounts(clock.today()), as_json)


@group.command("deactivate")
@click.argument("email")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_one_transaction
def deactivate(email: str, as_json: bool) -> None:
    """Sign somebody out and let them sign in no longer. They are told by letter."""
    administration.deactivate(SYSTEM, users.id_of(email), clock.today())
    _print(users.accounts(clock.today(), email=email), as_json)
    click.echo(f"{email} has been deactivated and signed out.", err=True)


@group.command("reset-second-factor")
@click.argument("email")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_one_transaction
def reset_second_factor(email: str, as_json: bool) -> None:
    """Take somebody's second factor and password away and send them a link to set up new ones.

    For a lost phone, or an account that somebody else got into. They are signed out.
    """
    administration.start_over(SYSTEM, users.id_of(email))
    _print(users.accounts(clock.today(), email=email), as_json)
    click.echo(f"We have sent {email} a link to set up a new password and second factor.", err=True)


@group.command("grant")
@click.argument("email")
@click.option(
    "--role",
    required=True,
    type=click.Choice(sorted(role.value for role in STAFF_ROLES - {Role.PARTNER})),
    help="An organisation's page gives the role of a partner coordinator.",
)
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day; without it, no end."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_one_transaction
def grant(email: str, role: str, until: datetime | None, as_json: bool) -> None:
    """Give somebody of the service a role at once, without a second person.

    The way in when nobody is left who could agree. Everybody who holds the power is told by letter.
    """
    administration.grant_at_once(
        SYSTEM,
        users.id_of(email),
        Wish(Role(role), clock.today(), until.date() if until else None),
    )
    _print(users.accounts(clock.today(), email=email), as_json)
    click.echo(f"{email} has the role {role}. We have told everybody who has this power.", err=True)
