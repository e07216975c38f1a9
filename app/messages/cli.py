"""The `flask messages` commands."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from app.core.commands import in_one_transaction, print_json
from app.core.words import long_date
from app.messages import queries
from app.messages.models import Message

group = AppGroup("messages", help="Messages that may have been sent, or sent twice.")


@group.command("unsettled")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_one_transaction
def unsettled(as_json: bool) -> None:
    """List messages whose sender stopped before the mail server confirmed them.

    They may have been sent. Those that were tried again may have been sent twice.
    """
    found = [_facts(message) for message in queries.unsettled_messages()]
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
        click.echo(_("We know what happened to every message."))


def _facts(message: Message) -> dict[str, Any]:
    """Return what is known of a message, without names or addresses."""
    if message.outcome:
        now = _("somebody has contacted the person.")
    elif message.sent_at:
        now = _("it was sent again.")
    elif message.voided_at:
        now = _("it was stopped.")
    elif message.failed_at:
        now = _("it will not be sent again.")
    else:
        now = _("it will be sent again.")
    at = message.unsettled_at or message.created_at
    return {
        "message": message.id,
        "letter": message.letter,
        "person": message.person_id,
        "tried": long_date(at),
        "now": now,
    }
