"""When processes are killed or the broker loses its data, each message is still sent once.

Messages are counted at the mail server, by Message-ID.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.core.db import db, transaction
from app.messages import queries, service
from app.messages.models import Message
from app.messages.types import Channel, NewMessage, Recipient
from tests.integration.tasks.machine import Machine, none_waits, wait_for

MANY = 60
LETTER = "sign-in"


def address(number: int) -> str:
    """Return the address of a recipient."""
    return f"person{number}@example.org"


def post(machine: Machine, numbers: range) -> None:
    """Add messages and notify the worker after the commit, as a request does."""
    with machine.site.app_context(), transaction():
        service.post_all(
            NewMessage(
                LETTER,
                Recipient(Channel.EMAIL, address(number), f"Person {number}"),
                f"test:{number}",
                {"link": {"endpoint": "accounts.sign_in"}},
            )
            for number in numbers
        )


def unsettled(machine: Machine) -> set[str]:
    """Return the addresses of the messages that are listed as perhaps sent."""
    with machine.site.app_context(), transaction():
        return {row.address for row in queries.unsettled_messages()}


def number_marked_sent(machine: Machine) -> int:
    """Return the number of rows that are marked as sent."""
    with machine.site.app_context(), transaction():
        sent = select(func.count()).select_from(Message).where(Message.sent_at.is_not(None))
        return db.session.scalar(sent) or 0


def check_every_message_was_sent(machine: Machine, many: int, repeats: int) -> None:
    """Check that every recipient got the message, and that every repeat is listed as unsettled.

    Repeats have the same Message-ID.
    """
    by_id = dict(zip(machine.box.message_ids, machine.box.addresses, strict=True))
    assert sorted(by_id.values()) == sorted(address(number) for number in range(many))
    assert len(machine.box.accepted) - len(by_id) <= repeats
    assert number_marked_sent(machine) == many
    twice = {to for to, times in Counter(machine.box.addresses).items() if times > 1}
    assert twice <= unsettled(machine)


def kill_group(machine: Machine) -> None:
    """Kill the worker and its children at once."""
    machine.stop("worker", signal.SIGKILL)


def kill_parent(machine: Machine) -> None:
    """Kill the worker's main process."""
    machine.kill_parent_only("worker")


@pytest.mark.parametrize("kill", [kill_group, kill_parent])
def test_killing_a_worker_while_it_sends_loses_nothing(
    machine: Machine, kill: Callable[[Machine], None]
) -> None:
    machine.box.delay = 0.02
    machine.start("worker")
    post(machine, range(MANY))
    wait_for(lambda: len(machine.box.accepted) >= 20, "a third was sent")
    kill(machine)
    assert len(machine.box.accepted) < MANY
    machine.start("worker")
    wait_for(lambda: none_waits(machine), "all were sent")
    check_every_message_was_sent(machine, MANY, repeats=2)  # one for each child that was sending


def test_losing_all_data_of_the_broker_loses_no_message(machine: Machine) -> None:
    machine.box.delay = 0.02
    machine.start("worker")
    machine.start("scheduler")
    post(machine, range(30))
    wait_for(lambda: len(machine.box.accepted) >= 10, "some were sent")
    machine.valkey().flushall()
    post(machine, range(30, MANY))
    machine.valkey().flushall()
    wait_for(lambda: none_waits(machine), "all were sent", within=100)
    check_every_message_was_sent(machine, MANY, repeats=0)
    machine.box.delay = 0
    post(machine, range(MANY, MANY + 1))
    wait_for(lambda: none_waits(machine), "a notification reaches the worker again", within=5)


def test_killing_the_broker_loses_no_message(machine: Machine) -> None:
    machine.box.delay = 0.02
    machine.start("worker")
    machine.start("scheduler")
    post(machine, range(30))
    wait_for(lambda: len(machine.box.accepted) >= 10, "some were sent")
    machine.stop("broker", signal.SIGKILL)
    post(machine, range(30, MANY))  # the worker is not notified
    machine.start("broker")
    wait_for(lambda: none_waits(machine), "all were sent", within=100)
    check_every_message_was_sent(machine, MANY, repeats=0)


def let_children_finish(machine: Machine) -> None:
    """Wait until a child has finished its task, which cannot be acknowledged."""
    log_line = "A task could not be acknowledged"
    wait_for(lambda: log_line in machine.log("worker"), "one could not acknowledge")


def kill_children(machine: Machine) -> None:
    """Kill the worker's children, so that their tasks have to be returned to the broker."""
    parent = machine.processes["worker"].pid
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)
    log_line = "A task could not be returned"
    wait_for(lambda: log_line in machine.log("worker"), "one could not be returned")


@pytest.mark.parametrize("end", [let_children_finish, kill_children])
def test_a_worker_that_could_not_settle_its_tasks_gets_new_ones(
    machine: Machine, end: Callable[[Machine], None]
) -> None:
    """Both children are busy while the broker is replaced, so neither task can be settled."""
    machine.box.delay = 0.5
    machine.start("worker")
    post(machine, range(30))
    post(machine, range(30, 31))
    wait_for(lambda: machine.valkey().hlen("unacked") == 2, "both children are busy")
    machine.stop("broker", signal.SIGKILL)
    end(machine)
    machine.box.delay = 0
    machine.start("broker")
    time.sleep(3)
    post(machine, range(31, 32))
    wait_for(lambda: none_waits(machine), "all were sent", within=20)
