"""The `flask matching` commands."""

from __future__ import annotations

from datetime import date

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from app.core import clock
from app.core.actor import SYSTEM
from app.core.commands import Day, in_one_transaction, print_json
from app.matching import running

group = AppGroup("matching", help="Match people with needs.")


@group.command("run")
@click.option("--on", type=Day(), help="Date as YYYY-MM-DD. Default: today.")
@click.option(
    "--prove",
    is_flag=True,
    help="Prove that the result is optimal. Save nothing if the proof fails.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@in_one_transaction
def run(on: date | None, prove: bool, as_json: bool) -> None:
    """Propose the best people for the vacancies of all open needs."""
    result = running.run_matching(SYSTEM, on or clock.today(), prove=prove)
    if as_json:
        print_json(result | {"proved": True} if prove else result)
        return
    click.echo(
        _(
            "Run %(run)s: people have been suggested for %(filled)s of %(places)s places "
            "in %(needs)s needs (%(seconds)s s).",
            **{key: result[key] for key in ("run", "filled", "places", "needs", "seconds")},
        )
    )
    if prove:
        click.echo(_("The result was proved to be optimal."))
    for entry in result["unfilled"]:
        click.echo(
            _(
                "%(area)s: %(places)s empty. %(why)s",
                area=entry["area"],
                places=entry["places"],
                why=entry["why"],
            )
        )
