"""Commands: `flask programme …` and `flask demo …`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app.core import clock, words
from app.core.actor import SYSTEM
from app.core.commands import in_one_transaction
from app.site import loading

programme = AppGroup("programme", help="The programme file: networks, kinds, targets, areas.")
demo = AppGroup("demo", help="Made-up people, for a demonstration.")
groups = (programme, demo)


@programme.command("load")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@in_one_transaction
def load(file: Path | None) -> None:
    """Bring the database to what FILE (or else the setting PROGRAMME) says; twice changes nothing.

    Districts of the postcodes in the areas that it names are read in with it.
    """
    file = file or current_app.config["SETTINGS"].programme
    work = loading.load(SYSTEM, file)
    postcodes = loading.load_postcodes(SYSTEM)
    if work.wrote:
        click.echo(
            f"{file.name}: {work.created} added, {work.changed} changed, {work.removed} removed."
        )
    else:
        click.echo(f"{file.name}: nothing has changed.")
    if postcodes:
        click.echo(f"Postcode directory: {postcodes:,} postcodes read in.")


@demo.command("load")
@click.option(
    "--anchor",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day that counts as today: YYYY-MM-DD. Otherwise, today.",
)
@in_one_transaction
def load_demo(anchor: datetime | None) -> None:
    """Add 400 made-up people with three years of history. Loading them twice changes nothing."""
    from app.site.demo import loading as demo_loading  # inside: it brings the solver with it

    day: date = anchor.date() if anchor else clock.today()
    done = demo_loading.load(SYSTEM, day)
    if done.already:
        click.echo(f"Already loaded, for {words.long_date(done.anchor)}: nothing was changed.")
    else:
        click.echo(f"{done.people} made-up people, for {words.long_date(done.anchor)}.")
