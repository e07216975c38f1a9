"""Commands: `flask people …`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from app.core.actor import SYSTEM
from app.core.commands import in_one_transaction, print_json
from app.core.words import counted, long_date
from app.imports import service as imports
from app.imports.rows import Problem
from app.imports.service import Result

group = AppGroup(
    "people", help="People: registration, approval, contact, presence, protection, import."
)


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--dry-run", is_flag=True, help="Check the whole file and show the result, but save nothing."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@in_one_transaction
def import_people(file: Path, dry_run: bool, as_json: bool) -> None:
    """Read in a partner's list of people: CSV or Excel (.xlsx), with headings in the first row.

    Columns: name; email, phone or address; postcode, network, course, date, and also organisation,
    provider and certificate number. One row that is wrong stops the whole file, and each wrong row
    is named. The same file again changes nothing.
    """
    result = imports.import_people(SYSTEM, file, dry_run=dry_run)
    if result.unused:
        click.echo(f"Columns not used: {', '.join(result.unused)}.", err=True)
    for problem in (*result.warnings, *result.errors):
        click.echo(problem, err=True)
    if result.more:
        click.echo(f"There are {result.more:,} more.", err=True)
    if as_json:
        print_json(_as_json(result))
    elif not result.errors:
        click.echo(_in_words(file.name, result, dry_run=dry_run))
    if result.errors:
        number = counted(len(result.errors) + result.more, "problem")
        click.echo(f"Nothing was imported. Fix {number} in the file and try again.", err=True)
        sys.exit(1)


def _as_json(result: Result) -> dict[str, object]:
    def shown(problems: list[Problem]) -> list[dict[str, object]]:
        return [{"row": p.row, "column": p.column, "message": p.message} for p in problems]

    return {
        "rows": result.rows,
        "created": result.created,
        "known": result.known,
        "certificates": result.certificates,
        "errors": shown(result.errors),
        "warnings": shown(result.warnings),
    }


def _in_words(name: str, result: Result, *, dry_run: bool) -> str:
    rows = counted(result.rows, "row")
    if result.before_on is not None:
        return (
            f"{name}: this file was imported on {long_date(result.before_on)}. Nothing has changed."
        )
    said = (
        f"{name}: {rows}, {counted(result.created, 'person', 'people')} new,"
        f" {result.known:,} already known, {counted(result.certificates, 'certificate')} recorded."
    )
    return f"{said} This was a dry run, so nothing was saved." if dry_run else said
