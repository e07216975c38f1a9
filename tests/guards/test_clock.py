"""Only core.clock reads the system time."""

from __future__ import annotations

import ast

from config import ROOT

CALLS = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}
ALLOWED = {"app/core/clock.py"}


def test_only_the_clock_module_reads_the_system_time() -> None:
    guilty = []
    for file in [*ROOT.glob("app/**/*.py"), *ROOT.glob("tasks/**/*.py")]:
        name = str(file.relative_to(ROOT))
        if name in ALLOWED:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and (node.func.value.id, node.func.attr) in CALLS
            ):
                guilty.append(f"{name}:{node.lineno}")
    assert guilty == []
