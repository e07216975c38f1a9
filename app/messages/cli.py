"""The `flask messages` commands."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from app.core.commands import in_one_transaction, print_json
from app.messages import unsettled as unsettled_messages

group = AppGroup("messages", help="Messages that may have been sent, or sent twice.")


@group.command("unsettled")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_one_transaction
def list_unsettled(as_json: bool) -> None:
    """List messages for which we do not know whether they were sent, or sent twice."""
    found = unsettled_messages.describe_messages()
    if as_json:
        print_json(found)
        return
    for each in found:
        click.echo(
            _(
                "Message %(message)s (%(letter)s) to person %(person)s, tried on %(day)s: %(now)s",
                message=each["message"],
                letter=each["letter"],
                person=each["person"] or "-",
                day=each["tried"],
                now=each["now"],
            )
        )
    if not found:
        click.echo(_("There are no messages with an unknown outcome."))
