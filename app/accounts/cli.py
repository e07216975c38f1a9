"""Commands: `flask accounts …`."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.accounts import offers
from app.core.actor import SYSTEM
from app.core.commands import in_one_transaction
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
    click.echo(f"An invitation is on its way to {email}.", err=True)
