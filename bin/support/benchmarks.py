"""bin/bench: run benchmarks, and print each figure with a limit measured in the same run.

A benchmark is a module in bin/support/bench/ with

    NAME                    its name on the command line
    run() -> list[dict]     one dict for each line: name, figure, limit, ratio, unit
                            (and `reach`, a description of the required ratio)

The environment variables are those of a process of bin/run. They contain the URLs of a database
with the programme loaded, of Valkey and of a mail catcher.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import bootstrap
import frontend
from paths import ROOT, SUPPORT
from say import Stop, main, say

BENCHES = SUPPORT / "bench"
COLUMNS = ("name", "figure", "limit", "ratio", "unit", "reach")


def read_arguments(arguments: list[str]) -> argparse.Namespace:
    """Parse the arguments of bin/bench. Exits if they are invalid."""
    parser = argparse.ArgumentParser(prog="bin/bench", description="Benchmarks with their limits.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run (default: all)")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the results to this file"
    )
    return parser.parse_args(arguments)


def run_command(arguments: list[str]) -> int:
    """Run bin/bench with these arguments. Return the exit code."""
    options = read_arguments(arguments)
    bootstrap.enter(tests=True)
    frontend.ensure(tests=True)
    import application
    from specs import Settings, process_environ
    from temporary import temporary_servers

    benches = select_benchmarks(options.names)
    with temporary_servers(Settings(connections=100)) as (data, addresses):
        application.prepare(data, addresses, demo=False)
        os.environ.update(process_environ(data, addresses.environ))
        results: dict[str, list[dict[str, Any]]] = {}
        for name, bench in benches.items():
            say(f"Measuring {name}.")
            results[name] = list(bench.run())
    print(format_table([line for lines in results.values() for line in lines]))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


def select_benchmarks(names: list[str]) -> dict[str, ModuleType]:
    """Return the named benchmarks in the given order, or all benchmarks if `names` is empty."""
    sys.path.insert(0, str(ROOT))
    benches = find_benchmarks()
    for name in names:
        if name not in benches:
            known = ", ".join(sorted(benches))
            raise Stop(f"There is no benchmark called {name}. The benchmarks are: {known}.")
    return {name: benches[name] for name in names or sorted(benches)}


def find_benchmarks() -> dict[str, ModuleType]:
    """Return all benchmarks by NAME."""
    benches = {}
    for path in sorted(BENCHES.glob("[a-z]*.py")):
        module = load(path)
        if hasattr(module, "NAME") and hasattr(module, "run"):
            benches[str(module.NAME)] = module
    return benches


def load(path: Path) -> ModuleType:
    """Import a benchmark from its file. Raises Stop if it cannot be loaded."""
    name = f"bench_{path.stem}"
    specification = importlib.util.spec_from_file_location(name, path)
    if specification is None or specification.loader is None:
        raise Stop(f"{path} cannot be loaded.")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module  # dataclasses look up their module there
    specification.loader.exec_module(module)
    return module


def format_table(lines: list[dict[str, Any]]) -> str:
    """Return a plain text table. Columns without values are left out."""
    columns = [column for column in COLUMNS if any(column in line for line in lines)]
    rows = [columns, *([format_cell(line.get(column)) for column in columns] for line in lines)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(columns))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def format_cell(value: object) -> str:
    """Return a value as text. Numbers of 100 or more are rounded."""
    if isinstance(value, float):
        return f"{value:,.3f}" if abs(value) < 100 else f"{value:,.0f}"
    return "" if value is None else str(value)


if __name__ == "__main__":
    main(run_command)
