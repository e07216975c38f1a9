"""The `flask matching` commands."""

from __future__ import annotations

from datetime import datetime

import click
from flask.cli import AppGroup

from app.core import clock
from app.core.actor import SYSTEM
from app.core.commands import in_one_transaction, print_json
from app.matching import running

group = AppGroup("matching")


@group.command("run")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Date as YYYY-MM-DD. Default: today.")
@click.option("--prove", is_flag=True, help="Prove the result optimal, or save nothing and fail.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@in_one_transaction
def run(on: datetime | None, prove: bool, as_json: bool) -> None:
    """Propose the best people for the empty places."""
    result = running.run(SYSTEM, on.date() if on else clock.today(), proved=prove)
    if as_json:
        print_json(result | {"proved": True} if prove else result)
        return
    click.echo(
        f"Run {result['run']}: people are suggested for {result['filled']} of "
        f"{result['places']} places in {result['needs']} needs ({result['seconds']} s)."
    )
    if prove:
        click.echo("The result was proved optimal.")
    for entry in result["unfilled"]:
        click.echo(f"{entry['area']}: {entry['places']} empty. {entry['why']}")
