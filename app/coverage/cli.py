"""The `flask coverage` commands."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from app.core import clock
from app.core.actor import SYSTEM
from app.core.commands import Day, in_one_transaction, print_json
from app.core.errors import InvalidInput
from app.core.words import long_date, month_year
from app.coverage import service

group = AppGroup("coverage", help="Report and publish coverage figures.")


@group.command()
@click.option("--on", type=Day(), metavar="DATE", help="Date as YYYY-MM-DD. Default: today.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_one_transaction
def report(on: date | None, as_json: bool) -> None:
    """Compare champions with the number needed, for every target and area."""
    found = service.report(SYSTEM, on or clock.today())
    if as_json:
        print_json(found)
    else:
        click.echo(_as_table(found))


@group.command()
@click.option(
    "--on", type=Day(), metavar="DATE", help="Date of the count. Default: the first of this month."
)
@in_one_transaction
def freeze(on: date | None) -> None:
    """Publish a month's safe figures. A published month cannot be changed."""
    day = on or clock.today().replace(day=1)
    if day > clock.today():
        raise InvalidInput(_("The date must be today or in the past"))
    if service.freeze(day):
        click.echo(
            _(
                "%(month)s has been published, with the figures of %(day)s.",
                month=month_year(day),
                day=long_date(day),
            )
        )
    else:
        click.echo(
            _(
                "%(month)s has already been published and cannot be changed.",
                month=month_year(day),
            )
        )


def _as_table(found: dict[str, Any]) -> str:
    day = datetime.fromisoformat(found["on"])
    targets = [[_("Target"), _("In place"), _("Needed"), _("Area unknown"), _("Due")]]
    targets += [
        [
            row["name"],
            str(row["held"]),
            "–" if row["needed"] is None else str(row["needed"]),
            str(row["unsettled"]),
            row["due"] or "–",
        ]
        for row in found["targets"]
    ]
    places = [[_("Area"), _("In place"), _("Needed")]]
    places += [[row["name"], str(row["held"]), str(row["needed"])] for row in found["areas"]]
    title = _("Coverage on %(day)s", day=long_date(day.date()))
    return "\n\n".join([title, _columns(targets), _columns(places)])


def _columns(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
