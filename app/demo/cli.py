"""The ``flask demo`` commands, which are not available in production."""

from __future__ import annotations

from datetime import date

import click
from flask.cli import AppGroup

from app.core import clock, words
from app.core.actor import SYSTEM
from app.core.commands import Day, in_one_transaction

group = AppGroup("demo", help="Fictional people, for a demonstration.")


@group.command("load")
@click.option(
    "--anchor",
    type=Day(),
    help="The date to use as today: YYYY-MM-DD. Defaults to the current date.",
)
@in_one_transaction
def load_demo(anchor: date | None) -> None:
    """Add 400 fictional people with three years of history. Loading again changes nothing."""
    from app.demo import loading  # imported here because it loads the solver

    day: date = anchor or clock.today()
    result = loading.load_demonstration(SYSTEM, day)
    if result.already_loaded:
        click.echo(f"Already loaded for {words.long_date(result.anchor)}. Nothing was changed.")
    else:
        click.echo(f"{result.people} fictional people added, for {words.long_date(result.anchor)}.")
