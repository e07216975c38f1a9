"""Commands: `flask reminders …`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from app.core import clock
from app.core.actor import SYSTEM
from app.core.commands import in_one_transaction, print_json
from app.core.words import counted, long_date
from app.messages import outbox
from app.people import notices
from app.reminders import service

group = AppGroup("reminders", help="Which certificate reminder is due, for whom, when.")
DAY = click.DateTime(["%Y-%m-%d"])


@group.command("preview")
@click.option("--on", type=DAY, help="The day to look at (YYYY-MM-DD); today if none is given.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_one_transaction
def preview(on: datetime | None, as_json: bool) -> None:
    """What a run would send, and what it would skip and why. Changes nothing."""
    found = service.preview(SYSTEM, on.date() if on else clock.today())
    if as_json:
        print_json(found)
        return
    for line in found["due"]:
        click.echo(f"{_step(line)}: will be sent ({line['channel']})")
    for line in found["skipped"]:
        click.echo(f"{_step(line)}: skipped, {line['reason']}")
    count = counted(len(found["due"]), "reminder")
    click.echo(f"{count} due, {len(found['skipped'])} skipped.")


def _step(line: dict[str, Any]) -> str:
    """One line of it. People by identifier: names do not belong into a terminal's history."""
    days = line["step_days"]
    when = f"{counted(abs(days), 'day')} {'after' if days < 0 else 'before'} its last day"
    return (
        f"Person {line['person']}, certificate {line['certificate']}: {when}, due {line['due_on']}"
    )


@group.command("run")
@click.option("--on", type=DAY, help="The day to run for (YYYY-MM-DD); today if none is given.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def run(on: datetime | None, as_json: bool) -> None:
    """Send what is due on a day, at once. Running it again sends nothing."""
    first = in_one_transaction(notices.waiting)()
    if first:  # nobody is reminded before they know where we got their details
        outbox.send_waiting(at_once=True, only=first)
    planned = in_one_transaction(service.run)(
        SYSTEM, on.date() if on else clock.today(), at_once=True
    )
    ids = planned.pop("message_ids")
    tally = outbox.send_waiting(at_once=True, only=ids) if ids else outbox.Tally()
    if tally.down:
        click.echo(f"Some reminders could not be sent. We will try again. {tally.down}", err=True)
    result = planned | {"sent": tally.sent, "failed": tally.failed, "waiting": _left(ids, tally)}
    if as_json:
        print_json(result)
    else:
        click.echo(_summary(result, on))


def _left(ids: list[int], tally: outbox.Tally) -> int:
    return max(0, len(ids) - tally.sent - tally.failed - tally.voided)


def _summary(result: dict[str, Any], on: datetime | None) -> str:
    return (
        f"{long_date(on.date() if on else clock.today())}:"
        f" {counted(result['reminders'], 'reminder')} in {counted(result['letters'], 'letter')};"
        f" {result['by_hand']} to call or write to, {result['no_course']} without a free course"
        f" they can travel to, {result['skipped']} skipped, {result['voided']} no longer needed;"
        f" {counted(result['sent'], 'message')} sent."
    )
