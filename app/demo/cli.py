"""Commands: `flask demo …`. Production does not load them."""

from __future__ import annotations

from datetime import date, datetime

import click
from flask.cli import AppGroup

from app.core import clock, words
from app.core.actor import SYSTEM
from app.core.commands import in_one_transaction

group = AppGroup("demo", help="Made-up people, for a demonstration.")


@group.command("load")
@click.option(
    "--anchor",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day that counts as today: YYYY-MM-DD. Otherwise, today.",
)
@in_one_transaction
def load_demo(anchor: datetime | None) -> None:
    """Add 400 made-up people with three years of history. Loading them twice changes nothing."""
    from app.demo import loading  # inside: it loads the solver

    day: date = anchor.date() if anchor else clock.today()
    done = loading.load(SYSTEM, day)
    if done.already:
        click.echo(f"Already loaded, for {words.long_date(done.anchor)}: nothing was changed.")
    else:
        click.echo(f"{done.people} made-up people, for {words.long_date(done.anchor)}.")
