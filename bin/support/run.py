"""bin/run: start everything on this machine, even in a new clone."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import time
import urllib.error
import urllib.request
import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import bootstrap
import frontend
from datadir import DataFolder, in_use_message, port_is_free, write_json
from leftovers import end_leftovers, leftover_processes
from paths import DEFAULT_DATA
from say import Interrupted, Stop, ignore_signals, main, say
from waiting import wait_until

if TYPE_CHECKING:
    from servers import Addresses
    from supervision import Supervisor

RETRY_PAUSE = 5.0  # seconds, if the supervisor cannot be started
COMMAND_TIMEOUT = 600.0  # seconds to wait for the one bin/flask that uses the folder
READY_TIMEOUT = 240.0  # seconds from the start of the web process
SIGN_INS = (
    ("coordinator@demo.example", "coordinator, with the permission for sensitive networks"),
    ("coordinator2@demo.example", "coordinator, without that permission"),
    ("trainer@demo.example", "trainer"),
    ("partner@demo.example", "partner coordinator (YANA)"),
    ("partner2@demo.example", "partner coordinator (Leeway), with the sensitive network"),
    ("analyst@demo.example", "analyst"),
    ("admin@demo.example", "administrator"),
    ("safeguarding@demo.example", "safeguarding lead"),
    ("champion@demo.example", "champion"),
)


def read_arguments(arguments: list[str]) -> argparse.Namespace:
    """Parse the arguments of bin/run. Exits if they are invalid."""
    parser = argparse.ArgumentParser(
        prog="bin/run", description="Start everything on this machine."
    )
    parser.add_argument("--port", type=int, default=5000, help="port of the site (5000)")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="data folder (var)")
    parser.add_argument("--no-demo", action="store_true", help="do not add fictional people")
    options = parser.parse_args(arguments)
    if not 1 <= options.port <= 65535:
        parser.error(f"--port {options.port} is not a port. Use a number from 1 to 65535.")
    return options


def check_before_install(data: Path, port: int) -> None:
    """Raise Stop for problems that can be found before anything is installed or started."""
    path = data.resolve()
    if (user := DataFolder(path).using_process()) and user.get("url"):
        raise Stop(in_use_message(path, user))
    if port_is_free(port) or leftover_processes(path):  # left-over processes are ended later
        return
    if port < 1024 and os.geteuid() != 0:
        raise Stop(f"Ordinary users cannot use port {port}. Try --port {port + 5000}.")
    raise Stop(
        f"Port {port} is in use by another program. Stop it, or choose another port "
        f"with bin/run --port {port + 1}."
    )


def run_command(arguments: list[str]) -> int:
    """Run bin/run with these arguments. Return the exit code."""
    options = read_arguments(arguments)
    check_before_install(options.data, options.port)
    bootstrap.enter(tests=False)
    frontend.ensure(tests=False)
    data = DataFolder.open(options.data)
    data.lock("bin/run", f"http://127.0.0.1:{options.port}", timeout=COMMAND_TIMEOUT)
    try:
        free_port(options.port, data)
        serve(data, options.port, demo=not options.no_demo)
    finally:
        with ignore_signals():
            data.unlock()
    say("Stopped.")
    return 0


def free_port(port: int, data: DataFolder) -> None:
    """End left-over processes on the port. Raises Stop if the port is still in use."""
    if end_leftovers(data.path, timeout=10):
        say("Ended processes that an earlier start had left running.")
    if not port_is_free(port):
        raise Stop(f"Another program is now using port {port}. Start again with another --port.")


def serve(data: DataFolder, port: int, *, demo: bool) -> None:
    """Start everything, print Ready, and wait for a signal to stop."""
    import application
    import servers

    addresses = servers.server_addresses(data, port)
    servers.check_external_servers(addresses)
    with run_supervised(data, addresses, port) as supervisor:
        with_people = application.prepare(data, addresses, demo=demo)
        supervisor.start("site")
        wait_until_ready(supervisor, port)
        store_run_details(data, addresses, port, ready=True)
        print_instructions(data, port, addresses.environ["DEMO_PASSWORD"], with_people=with_people)
        if demo and not with_people:
            say("This folder has no demo people. To add them, run “bin/flask demo load”.")
        watch(supervisor)


@contextlib.contextmanager
def run_supervised(data: DataFolder, addresses: Addresses, port: int) -> Iterator[Supervisor]:
    """Start the servers, yield their supervisor when they are ready, and stop them at the end."""
    import cluster
    import servers
    import specs
    from supervision import Supervisor

    with contextlib.ExitStack() as stack:
        stack.callback(cluster.remove_copy, data)
        own = servers.prepare_own_servers(data, addresses, specs.Settings())
        environ = specs.process_environ(data, addresses.environ)
        supervisor = Supervisor(data, [*own, *specs.application(port)], environ)
        store_run_details(data, addresses, port, ready=False)
        stack.callback(stop_supervisor, supervisor)
        supervisor.open()
        supervisor.start("servers")
        servers.wait_for_servers(data, addresses, supervisor.failing_process)
        servers.provision(data, addresses)
        yield supervisor


def stop_supervisor(supervisor: Supervisor) -> None:
    """Stop all processes. Further signals are ignored."""
    with ignore_signals():
        say("Stopping.")
        supervisor.data.mark_ending("bin/run")
        supervisor.close()


def store_run_details(data: DataFolder, addresses: Addresses, port: int, *, ready: bool) -> None:
    """Store the environment that bin/flask needs to use the running servers."""
    write_json(data.run_file, {"environ": addresses.environ, "port": port, "ready": ready})


def wait_until_ready(supervisor: Supervisor, port: int) -> None:
    """Wait until /readyz returns 200. Raises Stop if a process cannot start."""
    from cluster import last_line

    answer = ""

    def is_ready() -> bool:
        nonlocal answer
        ready, answer = check_readiness(port)
        if not ready and (failing := supervisor.failing_process()):
            log = supervisor.data.path / "logs" / f"{failing}.log"
            raise Stop(f"{failing} did not start: {last_line(log)} (details: {log}).")
        if not ready and supervisor.has_ended():
            raise Stop("supervisord ended unexpectedly. Start again.")
        return ready

    say("Starting the site.")
    if not wait_until(is_ready, within=READY_TIMEOUT, pause=0.2):
        raise Stop(
            f"The site was not ready within {READY_TIMEOUT:.0f} seconds: {answer[:500]} "
            f"(details: {supervisor.data.path / 'logs'})."
        )


def check_readiness(port: int) -> tuple[bool, str]:
    """Return whether /readyz returns 200, and the text of the response."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/readyz", timeout=5) as response:
            return response.status == 200, response.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        text = error.read().decode(errors="replace")
        return is_only_disk_space_low(text), text
    except (OSError, ValueError) as problem:
        return False, str(problem)


def is_only_disk_space_low(text: str) -> bool:
    """Return whether the /readyz response shows no problem other than low disk space.

    The site can start with little disk space.
    """
    try:
        parts = {name: part for name, part in json.loads(text).items() if name != "ok"}
        failed = {name for name, part in parts.items() if not part["ok"]}
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
    if failed != {"disk"}:
        return False
    say(f"The disk is nearly full: {parts['disk']['free_mb']} MB are free.")
    return True


def print_instructions(data: DataFolder, port: int, password: str, *, with_people: bool) -> None:
    """Print the URL, the accounts for signing in and where to read messages."""
    lines = [f"Ready: http://127.0.0.1:{port}"]
    if with_people:
        lines += ["", f"Demo sign-ins (fictional people), password {password}:"]
        lines += [f"  {address:<27}{role}" for address, role in SIGN_INS]
        lines += ["", f"Messages that the site sends: http://127.0.0.1:{port}/dev/mail"]
    with contextlib.suppress(OSError):
        print("\n".join(lines), flush=True)
    say(f"Logs: {data.path / 'logs'}. Ctrl-C stops everything.")


def watch(supervisor: Supervisor) -> None:
    """Wait for a signal to stop, and restart the supervisor if it ends.

    If the restart fails, for example because the disk is full, try again every few seconds.
    """
    pause = 0.5
    while not wait_for_stop_signal(pause):
        if not supervisor.has_ended():
            continue
        say("The supervisor has ended. Starting everything again.")
        try:
            end_leftovers(supervisor.data.path, timeout=5)
            supervisor.open()
            supervisor.start("servers")
            supervisor.start("site")
            pause = 0.5
        except (OSError, Stop, xmlrpc.client.Error) as problem:
            say(f"The restart failed: {problem} We will try again in {RETRY_PAUSE:.0f} seconds.")
            pause = RETRY_PAUSE


def wait_for_stop_signal(seconds: float) -> bool:
    """Wait for up to `seconds` for a signal to stop. Return whether there was one."""
    try:
        time.sleep(seconds)
    except Interrupted:
        return True
    return False


if __name__ == "__main__":
    main(run_command)
