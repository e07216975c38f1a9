"""The `flask geography` commands."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from flask.cli import AppGroup
from flask_babel import gettext as _
from flask_babel import ngettext

from app.areas import importing, service
from app.areas.types import ImportResult
from app.core.actor import SYSTEM
from app.core.commands import InputFile, in_one_transaction, print_json
from app.core.words import number

group = AppGroup("geography", help="Import postcodes and boundaries, and look up postcodes.")
LOOKUP_KEYS = ("asked", "postcode", "found", "terminated", "district", "ward", "lsoa", "exact")


@group.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=InputFile())
@click.option(
    "--settle",
    "confirm",
    is_flag=True,
    help="Also confirm the wards of people whose postcodes are now in the directory.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@in_one_transaction
def import_files(files: tuple[Path, ...], confirm: bool, as_json: bool) -> None:
    """Import postcode directories (NSPL or ONSPD, CSV) and boundaries (GeoJSON).

    The kind of each file is detected from its content. Importing the same file again changes
    nothing.
    """
    results = importing.import_files(SYSTEM, files)
    directories = any(result.kind == "postcodes" for result in results)
    places = importing.confirm_wards(SYSTEM, save=confirm) if directories or confirm else None
    for result in results:
        for note in result.notes:
            click.echo(f"{result.file}: {note}", err=True)
    if as_json:
        key = "settled" if confirm else "can_be_settled"
        print_json({"files": [asdict(result) for result in results], key: places})
        return
    for result in results:
        click.echo(_summary(result))
    if places is not None:
        click.echo(_confirmation_summary(places, confirm))


@group.command("lookup", context_settings={"ignore_unknown_options": True})
@click.argument("postcodes", metavar="POSTCODE...", nargs=-1, type=click.UNPROCESSED)
@click.option("--json", "as_json", is_flag=True, help="Has no effect: the result is always JSON.")
@in_one_transaction
def lookup(postcodes: tuple[str, ...], as_json: bool) -> None:
    """Print the facts about each POSTCODE as JSON. Arguments do not have to be valid postcodes."""
    # Arguments that are not text contain lone surrogates, which cannot be printed.
    asked = [text.encode("utf-8", "replace").decode() for text in postcodes]
    facts = service.look_up_all(asked)
    print_json([{key: getattr(each, key) for key in LOOKUP_KEYS} for each in facts])


def _summary(result: ImportResult) -> str:
    rows = _rows(result)
    if not result.changed:
        return _("%(file)s: %(rows)s. Nothing has changed.", file=result.file, rows=rows)
    return _(
        "%(file)s: %(rows)s read, %(written)s written.",
        file=result.file,
        rows=rows,
        written=number(result.changed),
    )


def _rows(result: ImportResult) -> str:
    count = number(result.rows)
    if result.kind == "postcodes":
        return ngettext("%(count)s postcode", "%(count)s postcodes", result.rows, count=count)
    return ngettext("%(count)s boundary", "%(count)s boundaries", result.rows, count=count)


def _confirmation_summary(people: int, confirmed: bool) -> str:
    count = number(people)
    if confirmed:
        return ngettext(
            "We have confirmed the wards of %(count)s person.",
            "We have confirmed the wards of %(count)s people.",
            people,
            count=count,
        )
    if not people:
        return _("There are no wards to confirm from this directory.")
    return ngettext(
        "The wards of %(count)s person can now be confirmed. To do this, add --settle to the "
        "command.",
        "The wards of %(count)s people can now be confirmed. To do this, add --settle to the "
        "command.",
        people,
        count=count,
    )
