"""bin/drill: run drills that take minutes, on their own servers.

`bin/drill commands` kills bin/run in a copy of the clone while commands are running.

`bin/drill kills` kills processes that send letters. `--kills` is the number of times.

`bin/drill failover` replaces PostgreSQL and Valkey with standbys while people register.

`bin/drill mornings` simulates a month of mornings with kills, lost connections and clock changes.
It prints how many letters were sent twice or are missing.

Each drill prints its problems and exits with 1 if it finds any, for example a letter that was sent
twice and is not listed as possibly sent. It is also a problem if fewer processes were killed
than requested.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import bootstrap
import frontend
from paths import ROOT
from say import main, say

if TYPE_CHECKING:
    from datadir import DataFolder
    from drill_letters import Result
    from servers import Addresses


MAX_PROBLEMS = 20  # printed
DEFAULT_KILLS = {"mornings": 200, "kills": 1_000, "commands": 3}


def read_arguments(arguments: list[str]) -> argparse.Namespace:
    """Parse the arguments of bin/drill. Exits if they are invalid."""
    parser = argparse.ArgumentParser(prog="bin/drill", description="Drills that take minutes.")
    parser.add_argument("drill", choices=[*DRILLS, "commands"])
    parser.add_argument("--days", type=int, default=30, help="mornings to simulate (30)")
    parser.add_argument("--people", type=int, default=300, help="people with certificates (300)")
    parser.add_argument(
        "--kills", type=int, help="processes to kill (mornings 200, kills 1,000, commands 3)"
    )
    parser.add_argument("--minutes", type=float, default=60, help="maximum minutes of kills (60)")
    parser.add_argument(
        "--seconds", type=float, default=8, help="seconds of load after each failover (8)"
    )
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the servers' logs here")
    parser.add_argument("--seed", type=int, help="repeat a drill with the seed that it printed")
    options = parser.parse_args(arguments)
    for name, least in (("days", 1), ("people", 1), ("kills", 0), ("minutes", 0), ("seconds", 0)):
        if getattr(options, name) is not None and getattr(options, name) < least:
            parser.error(f"--{name} must be at least {least}.")
    if options.kills is None:
        options.kills = DEFAULT_KILLS.get(options.drill, 0)
    return options


def chosen_seed(options: argparse.Namespace) -> int:
    """Return the given seed or a new seed, and print it."""
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(3), "big")
    say(f"Seed {seed}.")
    return int(seed)


def mornings(data: DataFolder, addresses: Addresses, options: argparse.Namespace) -> Result:
    """Simulate the mornings of a month."""
    from drill_mornings import Drill

    seed = chosen_seed(options)
    drill = Drill(data, addresses, seed=seed, people=options.people, kills=options.kills)
    return drill.run(options.days)


def kills(data: DataFolder, addresses: Addresses, options: argparse.Namespace) -> Result:
    """Kill processes that send letters."""
    from drill_kills import Drill

    return Drill(
        data, addresses, seed=chosen_seed(options), kills=options.kills, minutes=options.minutes
    ).run()


def failover(data: DataFolder, addresses: Addresses, options: argparse.Namespace) -> Result:
    """Replace the database and Valkey with standbys."""
    from drill_failover import Drill

    return Drill(data, addresses, seconds=options.seconds).run()


DRILLS: dict[str, Callable[[DataFolder, Addresses, argparse.Namespace], Result]] = {
    "mornings": mornings,
    "kills": kills,
    "failover": failover,
}


def commands(options: argparse.Namespace) -> Result:
    """Kill bin/run while commands are running."""
    from drill_commands import Drill

    return Drill(kills=options.kills).run()


def run_command(arguments: list[str]) -> int:
    """Run bin/drill with these arguments. Return the exit code."""
    options = read_arguments(arguments)
    bootstrap.enter(tests=True)
    frontend.ensure(tests=True)
    sys.path.insert(0, str(ROOT))
    result = commands(options) if options.drill == "commands" else run_on_servers(options)
    for name, number in result.counts.items():
        print(f"{name}: {number:,}")
    for problem in result.problems[:MAX_PROBLEMS]:
        print(problem)
    if (more := len(result.problems) - MAX_PROBLEMS) > 0:
        print(f"There are {more:,} more problems.")
    return 1 if result.problems else 0


def run_on_servers(options: argparse.Namespace) -> Result:
    """Run a drill on its own servers, with the programme loaded."""
    import application
    from specs import Settings
    from temporary import temporary_servers

    with temporary_servers(Settings(connections=100)) as (data, addresses):
        application.prepare(data, addresses, demo=False)
        os.environ.update(addresses.environ)
        try:
            return DRILLS[options.drill](data, addresses, options)
        finally:
            if options.logs:
                shutil.copytree(data.path / "logs", options.logs, dirs_exist_ok=True)


if __name__ == "__main__":
    main(run_command)
