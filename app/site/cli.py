"""Commands: `flask programme …`."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app.core.actor import SYSTEM
from app.core.commands import in_one_transaction
from app.site import loading

group = AppGroup("programme", help="The programme file: networks, kinds, targets, areas.")


@group.command("load")
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
