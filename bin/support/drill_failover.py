"""Replace PostgreSQL and Valkey with a standby while people register and letters are sent.

The standby of PostgreSQL is synchronous, and DATABASE_URL contains both servers. While people
register, the first server is killed and the standby is promoted. Then Valkey is killed, and a
replica takes over its address. Finally, the replica is killed, and an empty Valkey takes its place.
Each acknowledged registration must exist exactly once. Each letter must have reached the mail
server exactly once, or be listed as possibly sent. The site must recover by itself.
"""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import psycopg

import specs
from datadir import DataFolder, port_is_free
from drill_letters import (
    Result,
    accepted_messages,
    close_connections,
    delivered_letters,
    find_emails,
    make_site,
)
from say import Stop, say
from servers import Addresses
from specs import Settings
from standby import BrokerStandby, DatabaseStandby, Processes, kill, url_port
from visitors import Browser, Crowd, Tally, signed_in_cookie
from waiting import wait_until

if TYPE_CHECKING:
    from flask import Flask

SETTINGS = Settings(connections=100)
VISITORS = 4  # at a time
DOWNTIME = 2.0  # seconds between the kill of a server and its replacement
MAX_RECOVERY_TIME = 10.0  # seconds from the replacement of a server until a page works again
TIMEOUT = 150.0  # seconds for the letters and for /readyz
REGISTERED = """
    SELECT point.value::text, count(*) FROM people AS person
    JOIN person_contacts AS contact ON contact.person_id = person.id
    JOIN contact_points AS point ON point.id = contact.contact_point_id
    WHERE point.value LIKE 'visitor%' GROUP BY point.value
"""
WAITING = """
    SELECT letter FROM messages WHERE channel = 'email'
    AND sent_at IS NULL AND voided_at IS NULL AND failed_at IS NULL
"""


@dataclass
class Failover:
    """The loss of a server, with its downtime and recovery time in seconds."""

    name: str
    downtime: float
    recovery_time: float  # from the replacement of the server


class Drill:
    """A drill on its own servers."""

    def __init__(self, data: DataFolder, addresses: Addresses, *, seconds: float) -> None:
        self._data, self._seconds = data, seconds
        self._port = next(port for port in range(18_400, 18_600) if port_is_free(port))
        self._database = DatabaseStandby(data, addresses)
        self._broker = BrokerStandby(data, addresses)
        primary_port, standby_port = url_port(addresses.admin_url), self._database.port
        both_servers = f"127.0.0.1:{primary_port},127.0.0.1:{standby_port}"
        url = addresses.environ["DATABASE_URL"].replace(f"127.0.0.1:{primary_port}", both_servers)
        self._environ = addresses.environ | {
            "DATABASE_URL": f"{url}?target_session_attrs=read-write",
            "PUBLIC_URL": f"http://127.0.0.1:{self._port}",
        }
        self._processes = Processes(data, self._environ)
        self._failovers: list[Failover] = []
        self._problems: list[str] = []

    def run(self) -> Result:
        """Run the drill."""
        try:
            self._database.follow(self._processes, SETTINGS)
            self._broker.follow(self._processes)
            for spec in specs.application(self._port):
                self._processes.start(spec.name, spec)
            self._wait_until(self._is_ready, "the site is ready before the drill")
            return self._replace_servers()
        finally:
            self._processes.stop()
            self._database.remove()

    def _replace_servers(self) -> Result:
        """Replace one server after another while people register. Return the results."""
        site = make_site(self._environ["DATABASE_URL"])
        crowd = Crowd(self._port, at_a_time=VISITORS)
        staff = Browser(self._port, "127.0.0.1", Tally())
        staff.set_cookie(signed_in_cookie(site))
        close_connections(site)
        with crowd:
            self._wait_while_registering(crowd)
            self._kill_and_replace("database", crowd, self._kill_database, self._database.promote)
            self._kill_and_replace("Valkey", crowd, self._kill_broker, self._broker.promote)
            self._kill_and_replace(
                "replica of Valkey", crowd, self._kill_replica, self._start_empty_broker
            )
        status, _path, page = staff.open("/people")
        if status != 200 or "Sign out" not in page:
            self._problems.append(f"A coordinator had to sign in again: /people gave {status}.")
        self._wait_until(lambda: not self._pending_letters(), "every letter has been sent")
        self._wait_until(self._is_ready, "the site is ready after the drill")
        return self._compare(crowd, site)

    def _wait_while_registering(self, crowd: Crowd) -> None:
        before = len(crowd.tally.registered)
        time.sleep(self._seconds)
        self._wait_until(lambda: len(crowd.tally.registered) > before, "somebody registers")

    def _kill_and_replace(
        self, name: str, crowd: Crowd, kill_server: Callable[[], None], replace: Callable[[], None]
    ) -> None:
        """Kill a server, replace it after a pause, and measure when pages work again."""
        say(f"Killing the {name}.")
        lost = time.time()
        kill_server()
        time.sleep(DOWNTIME)
        replace()
        replaced = time.time()
        self._wait_while_registering(crowd)
        recovery_time = crowd.tally.first_success_after(replaced)
        self._failovers.append(Failover(name, replaced - lost, recovery_time))
        if recovery_time > MAX_RECOVERY_TIME:
            self._problems.append(
                f"No page worked for {recovery_time:.1f} s after the loss of the {name}."
            )

    def _kill_database(self) -> None:
        kill(self._database.primary_pid())

    def _kill_broker(self) -> None:
        kill(self._broker.primary_pid())

    def _kill_replica(self) -> None:
        self._processes.kill("valkey-standby")

    def _start_empty_broker(self) -> None:
        self._processes.start("valkey-empty", specs.valkey(self._data))

    def _pending_letters(self) -> set[str]:
        """Return the names of the pending letters."""
        with psycopg.connect(self._environ["DATABASE_URL"]) as connection:
            return {name for (name,) in connection.execute(WAITING)}

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _wait_until(self, condition: Callable[[], bool], description: str) -> None:
        if not wait_until(condition, within=TIMEOUT, pause=0.3):
            raise Stop(f"Timed out after {TIMEOUT:.0f} seconds of waiting until {description}.")

    def _compare(self, crowd: Crowd, site: Flask) -> Result:
        """Check that the acknowledged registrations and the letters exist exactly once."""
        tally, mail = crowd.tally, self._data.path / "mail"
        with psycopg.connect(self._environ["DATABASE_URL"]) as connection:
            rows: dict[str, int] = dict(connection.execute(REGISTERED).fetchall())
        letters, sent = find_emails(site), delivered_letters(mail)
        close_connections(site)
        listed = {each.reference for each in letters if each.is_unsettled}
        doubled = {each.reference for each in letters if sent[each.reference] > 1}
        missing = {each.reference for each in letters if not sent[each.reference]}
        lost = [address for address in tally.registered if not rows.get(address)]
        stored_twice = [address for address, count in rows.items() if count > 1]
        unknown = [address for address in rows if address not in tally.registered]
        problems = [*self._problems, *tally.problems]
        problems += [f"Lost: {address}." for address in lost]
        problems += [f"Registered twice: {address}." for address in stored_twice]
        problems += [f"Registered but not acknowledged: {address}." for address in unknown]
        problems += [f"Sent twice and not listed: {each}." for each in sorted(doubled - listed)]
        problems += [f"Neither sent nor listed: {each}." for each in sorted(missing - listed)]
        problems += [
            f"{count} responses were: {kind}."
            for kind, count in sorted(tally.responses.items())
            if kind not in ("200", "302", "503 with help")
        ]
        counts: dict[str, float] = {
            "registrations acknowledged": len(tally.registered),
            "registrations lost": len(lost),
            "registrations stored twice": len(stored_twice),
            "letters": len(letters),
            "letters sent twice": len(doubled),
            "letters listed as possibly sent": len(listed),
            "letters missing and not listed": len(missing - listed),
            "pages that worked": tally.responses["200"] + tally.responses["302"],
            "pages that said that the site is not available": tally.responses["503 with help"],
            "slowest response in seconds": round(tally.slowest, 1),
        }
        for each in self._failovers:
            counts[f"seconds without the {each.name}"] = round(each.downtime, 1)
            name = f"seconds from the standby for the {each.name} to a page"
            counts[name] = round(each.recovery_time, 1)
        counts |= letter_delays(tally, first_accepted_times(accepted_messages(mail)))
        return Result(counts, problems)


def first_accepted_times(messages: list[tuple[str, str, str]]) -> dict[str, float]:
    """Return the time of the first message that the mail server accepted, by address."""
    found: dict[str, float] = {}
    for _reference, address, at in messages:
        found.setdefault(address, datetime.fromisoformat(at).timestamp())
    return found


def letter_delays(tally: Tally, arrived: dict[str, float]) -> dict[str, float]:
    """Return the seconds between each person's registration and their letter."""
    waits = [arrived[a] - at for a, at in tally.registered.items() if a in arrived]
    if not waits:
        return {}
    return {
        "seconds until a letter arrived, median": round(statistics.median(waits), 1),
        "seconds until a letter arrived, longest": round(max(waits), 1),
    }
