"""The ``flask people`` commands."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import AppGroup
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from app.core.actor import SYSTEM
from app.core.commands import InputFile, in_one_transaction, print_json
from app.core.words import join_list, long_date
from app.imports import service as imports
from app.imports.rows import Problem
from app.imports.service import Result

group = AppGroup("people", help="Import lists of people.")


@group.command("import")
@click.argument("file", type=InputFile())
@click.option(
    "--dry-run", is_flag=True, help="Check the whole file and show the result, but save nothing."
)
@click.option(
    "--sent-by",
    metavar="ORGANISATION",
    help="The organisation that sent the list. People immediately join networks that it approves.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@in_one_transaction
def import_people(file: Path, dry_run: bool, sent_by: str | None, as_json: bool) -> None:
    """Import a partner's list of people, as CSV or Excel (.xlsx) with headings in the first row.

    The list needs a column for the name and one for the email address, phone number or postal
    address. It can also have columns for the postcode, network, course, date, organisation,
    provider and certificate number. If any row is invalid, nothing is imported and the invalid rows
    are listed. Importing the same file again changes nothing. If a network has an approver, people
    on the list only apply to join it, unless the approver sent the list (--sent-by).
    """
    result = imports.import_people(SYSTEM, file, dry_run=dry_run, sent_by=sent_by)
    if result.unused_columns:
        click.echo(
            _("Columns not used: %(columns)s.", columns=join_list(result.unused_columns)), err=True
        )
    for problem in (*result.warnings, *result.errors):
        click.echo(problem, err=True)
    if result.further_errors:
        more = _("There are %(count)s more.", count=format_decimal(result.further_errors))
        click.echo(more, err=True)
    if as_json:
        print_json(_to_json(result))
    elif not result.errors:
        click.echo(_summary(file.name, result, dry_run=dry_run))
    if result.errors:
        number = len(result.errors) + result.further_errors
        failed = ngettext(
            "Nothing was imported. Fix %(count)s problem in the file and try again.",
            "Nothing was imported. Fix %(count)s problems in the file and try again.",
            number,
            count=format_decimal(number),
        )
        click.echo(failed, err=True)
        sys.exit(1)


def _to_json(result: Result) -> dict[str, object]:
    def problems_to_json(problems: list[Problem]) -> list[dict[str, object]]:
        return [
            {"row": each.row, "column": each.column, "message": each.message} for each in problems
        ]

    return {
        "rows": result.rows,
        "created": result.created,
        "known": result.known,
        "certificates": result.certificates,
        "errors": problems_to_json(result.errors),
        "warnings": problems_to_json(result.warnings),
    }


def _summary(name: str, result: Result, *, dry_run: bool) -> str:
    if result.imported_before_on is not None:
        return str(
            _(
                "%(file)s: this file was imported on %(day)s. Nothing has changed.",
                file=name,
                day=long_date(result.imported_before_on),
            )
        )
    summary = _(
        "%(file)s: %(rows)s, %(people)s added, %(known)s already known, %(certificates)s recorded.",
        file=name,
        rows=ngettext(
            "%(count)s row", "%(count)s rows", result.rows, count=format_decimal(result.rows)
        ),
        people=ngettext(
            "%(count)s person",
            "%(count)s people",
            result.created,
            count=format_decimal(result.created),
        ),
        known=format_decimal(result.known),
        certificates=ngettext(
            "%(count)s certificate",
            "%(count)s certificates",
            result.certificates,
            count=format_decimal(result.certificates),
        ),
    )
    dry_run_note = _("This was a dry run, so nothing was saved.")
    return f"{summary} {dry_run_note}" if dry_run else str(summary)
