"""The ``flask programme`` commands."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from flask_babel import gettext as _

from app.core.actor import SYSTEM
from app.core.commands import InputFile, in_one_transaction
from app.core.words import number
from app.site import loading

group = AppGroup(
    "programme", help="The programme file: networks, certificate kinds, targets and areas."
)


@group.command("load")
@click.argument("file", type=InputFile(), required=False)
@in_one_transaction
def load(file: Path | None) -> None:
    """Load a programme file. Loading the same file again changes nothing.

    The default for FILE is the setting PROGRAMME. Postcodes in the programme's postcode areas are
    loaded too.
    """
    file = file or current_app.config["SETTINGS"].programme
    result = loading.load_programme_file(SYSTEM, file)
    postcodes = loading.load_postcodes(SYSTEM)
    if result.has_changes:
        click.echo(
            _(
                "%(file)s: %(added)s added, %(changed)s changed, %(removed)s removed.",
                file=file.name,
                added=result.created,
                changed=result.changed,
                removed=result.removed,
            )
        )
    else:
        click.echo(_("%(file)s: nothing has changed.", file=file.name))
    if postcodes:
        click.echo(_("Postcode directory: %(count)s postcodes loaded.", count=number(postcodes)))
