"""The `flask coverage` commands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from app.core import clock
from app.core.actor import SYSTEM
from app.core.commands import Day, in_one_transaction, print_json
from app.core.errors import InvalidInput
from app.core.words import long_date, month_year
from app.coverage import service
from app.coverage.types import AreaFigure, Figure

group = AppGroup("coverage", help="Report and publish coverage figures.")


@group.command()
@click.option("--on", type=Day(), metavar="DATE", help="Date as YYYY-MM-DD. Default: today.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_one_transaction
def report(on: date | None, as_json: bool) -> None:
    """Show the number of champions and the number needed, for every target and area."""
    day = on or clock.today()
    if as_json:
        print_json(service.report(SYSTEM, day))
    else:
        click.echo(_as_table(day, *service.report_figures(SYSTEM, day)))


@group.command()
@click.option(
    "--on", type=Day(), metavar="DATE", help="Date of the count. Default: the first of this month."
)
@in_one_transaction
def freeze(on: date | None) -> None:
    """Publish the figures for a month. Published figures cannot be changed."""
    day = on or clock.today().replace(day=1)
    if day > clock.today():
        raise InvalidInput(_("The date must be today or in the past"))
    if service.freeze(day):
        click.echo(
            _(
                "%(month)s has been published, with the figures for %(day)s.",
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


def _as_table(day: date, figures: Sequence[Figure], areas: Sequence[AreaFigure]) -> str:
    count_headings = [_("In place"), _("Not confirmed"), _("Needed")]
    targets = [[_("Target"), *count_headings, _("Area unknown"), _("Due")]]
    targets += [
        [
            figure.name,
            str(figure.held),
            str(figure.not_confirmed),
            "–" if figure.needed is None else str(figure.needed),
            str(figure.unsettled),
            figure.due_on.isoformat() if figure.due_on else "–",
        ]
        for figure in figures
    ]
    places = [[_("Area"), *count_headings]]
    places += [
        [area.name, str(area.held), str(area.not_confirmed), str(area.needed)] for area in areas
    ]
    title = _("Coverage on %(day)s", day=long_date(day))
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
