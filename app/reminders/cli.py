"""The `flask reminders` commands."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import click
from flask.cli import AppGroup
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from app.core import clock
from app.core.actor import SYSTEM
from app.core.commands import Day, in_one_transaction, print_json
from app.core.words import long_date
from app.messages import hours, outbox, restoring
from app.messages.cli import group as messages_group
from app.people import notices
from app.reminders import morning, service
from app.reminders.wording import reason_in_words

group = AppGroup("reminders", help="Preview and send certificate reminders.")


@group.command("preview")
@click.option("--on", type=Day(), help="The day to preview (YYYY-MM-DD). Defaults to today.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@in_one_transaction
def preview(on: date | None, as_json: bool) -> None:
    """Show the reminders that a run would send or skip, with the reasons. Changes nothing."""
    found = service.preview(SYSTEM, on or clock.today())
    if as_json:
        print_json(found)
        return
    for line in found["due"]:
        click.echo(
            _(
                "%(step)s: will be sent (%(channel)s)",
                step=_format_line(line),
                channel=line["channel"],
            )
        )
        if "renewal_on" in line:
            click.echo(_("  A renewal is booked on %(day)s.", day=line["renewal_on"]))
    for line in found["skipped"]:
        reason = reason_in_words(line["reason"])
        click.echo(_("%(step)s: skipped. %(reason)s.", step=_format_line(line), reason=reason))
    click.echo(
        ngettext(
            "%(count)s reminder due, %(skipped)s skipped.",
            "%(count)s reminders due, %(skipped)s skipped.",
            len(found["due"]),
            count=format_decimal(len(found["due"])),
            skipped=len(found["skipped"]),
        )
    )


def _format_line(line: dict[str, Any]) -> str:
    """Return a line about a reminder, with IDs instead of names."""
    days = line["step_days"]
    if days < 0:
        when = ngettext("%(num)s day after the last day", "%(num)s days after the last day", -days)
    else:
        when = ngettext("%(num)s day before the last day", "%(num)s days before the last day", days)
    return str(
        _(
            "Person %(person)s, certificate %(certificate)s: %(when)s, due %(day)s",
            person=line["person"],
            certificate=line["certificate"],
            when=when,
            day=line["due_on"],
        )
    )


@group.command("run")
@click.option("--on", type=Day(), help="The day to run for (YYYY-MM-DD). Defaults to today.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def run(on: date | None, as_json: bool) -> None:
    """Send the day's reminders now, unless they have already been sent."""
    notice_ids = in_one_transaction(notices.unsent_notices)()
    if notice_ids:  # privacy notices go before reminders
        outbox.send_waiting(at_once=True, only=notice_ids)
    planned = in_one_transaction(service.run)(SYSTEM, on or clock.today(), at_once=True)
    ids = planned.pop("message_ids")
    summary = outbox.send_waiting(at_once=True, only=ids) if ids else outbox.SendingSummary()
    if summary.down:
        message = _("Some reminders could not be sent. We will try again.")
        click.echo(f"{message} {summary.down}", err=True)
    counts = outbox.count_results(ids)  # a worker may have sent some of them
    result = planned | {name: counts[name] for name in ("sent", "failed", "waiting")}
    if as_json:
        print_json(result)
    else:
        click.echo(_summary(result, on))


def _summary(result: dict[str, Any], on: date | None) -> str:
    return str(
        _(
            "%(day)s: %(reminders)s in %(letters)s; %(by_hand)s to call or write to, "
            "%(no_course)s with no course they can travel to that has places left, "
            "%(skipped)s skipped, %(voided)s no longer needed; %(messages)s sent.",
            day=long_date(on or clock.today()),
            reminders=ngettext("%(num)s reminder", "%(num)s reminders", result["reminders"]),
            letters=ngettext("%(num)s letter", "%(num)s letters", result["letters"]),
            by_hand=result["by_hand"],
            no_course=result["no_course"],
            skipped=result["skipped"],
            voided=result["voided"],
            messages=ngettext("%(num)s message", "%(num)s messages", result["sent"]),
        )
    )


@messages_group.command("restored")
@click.option(
    "--until", type=Day(), help="The last day on which letters may have been sent. Default: today."
)
@in_one_transaction
def record_restore(until: date | None) -> None:
    """Run this after you restore the database from a dump, before you start the worker.

    Without this command, the worker would resend every letter that was sent after the dump. The
    command finds these letters. It resends the letters for which a second copy does no harm, such
    as sign-in links and bookings. It adds the others to the list of people to contact, because they
    may already have been sent. “flask messages unsettled” lists all these letters.
    """
    now = clock.now()
    at = now if until is None else min(now, clock.london_instant(until, hours.CLOSING_TIME))
    if at < clock.london_instant(clock.london_day(at), hours.OPENING_TIME):
        # This is before the morning run of that day.
        at = clock.london_instant(clock.london_day(at) - timedelta(days=1), hours.CLOSING_TIME)
    with clock.frozen(at):
        morning.run_if_due(at)
    counts = restoring.mark_in_doubt(at)
    stopped = ngettext(
        "We do not know whether %(num)s letter was sent. A coordinator needs to check it.",
        "We do not know whether %(num)s letters were sent. A coordinator needs to check them.",
        counts["stopped"],
    )
    repeated = ngettext(
        "%(num)s letter will be sent again, because sending it twice does no harm.",
        "%(num)s letters will be sent again, because sending them twice does no harm.",
        counts["repeated"],
    )
    click.echo(f"{stopped} {repeated}")
