"""SQL statements are only in queries, models, the core, and named bulk writers.

Other code calls their functions. Only app/core/in_force.py compares the first or last day of a row
with a date.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from config import ROOT

# Calls that build a statement. `exists` and `func` outside one would build a part of it.
BUILDERS = {
    "select",
    "insert",
    "update",
    "delete",
    "exists",
    "func",
    "text",
    "union",
    "union_all",
    "values",
}
SENDERS = {"execute", "scalar", "scalars"}  # methods of the session that receive a statement
WRITERS = {"loading.py", "writing.py", "merging_rows.py"}  # for many rows

# Rooms whose tables may be used in the statements of all higher rooms, with the reason.
SHARED = {
    "people": "every list is narrowed to the people its reader may see, inside the statement",
    "areas": "wards, postcodes and boundaries are reference data that others are counted by",
    "organisations": "networks and agreements decide who may see a person",
}
# (room, other room whose tables it uses) → reason. The two lists have at most ten entries in total.
JOINED_ROOMS = {
    ("attendance", "courses"): "marks belong to the attendees and sessions of a run",
    ("renewals", "courses"): "which runs renew a certificate is one statement over the catalogue",
    ("reminders", "certificates"): "who is due a step is one statement over all certificates",
    ("reminders", "messages"): "the call list and the ledger are pages over messages",
    ("people", "messages"): "messages about hidden people are left out inside the statement",
    ("people", "accounts"): "audit entries about hidden people's users are left out likewise",
    ("demo", "messages"): "the fictional past marks its messages as sent without sending them",
}


def _is_allowed(name: str) -> bool:
    path = Path(name)
    return (
        name.startswith("app/core/")
        or name == "app/web/once.py"  # it has only one table
        or path.name in {"queries.py", "models.py"} | WRITERS
        or "queries" in path.parts
    )


def _statements(source: str) -> list[int]:
    """Return the lines on which a module builds or sends a statement."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for alias in node.names
        if alias.name in BUILDERS
    }
    return [node.lineno for node in ast.walk(tree) if _is_statement(node, names)]


def _is_statement(node: ast.AST, builders: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in builders
    if isinstance(node, ast.Import):
        return any(alias.name.split(".")[0] == "sqlalchemy" for alias in node.names)
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in SENDERS
        and ast.unparse(node.func.value).endswith(("session", "session()", "connection"))
    )


def _comparisons_of_last_days(source: str) -> list[int]:
    """Return the lines that compare a row's last day with a day."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        and isinstance(node.left, ast.Attribute)
        and node.left.attr == "until_on"
        and isinstance(node.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE))
        and not isinstance(node.comparators[0], ast.Attribute)
    ]


def _imported_rooms(source: str, room: str) -> set[str]:
    """Return the other rooms whose models a module imports."""
    return {
        parts[1]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom)
        and (parts := (node.module or "").split("."))[0] == "app"
        and parts[-1] == "models"
        and parts[1] not in (room, "core")
    }


def _modules() -> Iterable[tuple[str, str]]:
    for file in [*ROOT.glob("app/**/*.py"), *ROOT.glob("tasks/**/*.py")]:
        yield str(file.relative_to(ROOT)), file.read_text()


def test_statements_are_only_in_allowed_modules() -> None:
    guilty = {name for name, source in _modules() if not _is_allowed(name) and _statements(source)}
    assert guilty == set()


def _joined_rooms(modules: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return pairs of a room and another room whose tables its statements use."""
    return {
        (Path(name).parts[1], other)
        for name, source in modules
        if _is_allowed(name)
        for other in _imported_rooms(source, Path(name).parts[1])
        if other not in SHARED
    }


def test_no_further_tables_are_joined_across_rooms() -> None:
    assert _joined_rooms(_modules()) == set(JOINED_ROOMS)
    assert len(SHARED) + len(JOINED_ROOMS) <= 10


def test_only_one_function_decides_what_counts_on_a_day() -> None:
    guilty = [
        f"{name}:{line}"
        for name, source in _modules()
        if name != "app/core/in_force.py"
        for line in _comparisons_of_last_days(source)
    ]
    assert guilty == []


def test_a_planted_statement_is_found() -> None:
    built = "from sqlalchemy import select as pick\nrows = pick(Person)\n"
    of_postgresql = "from sqlalchemy.dialects.postgresql import insert\ninsert(Person)\n"
    counted = "from sqlalchemy import func\nnumber = func.count()\n"
    sent = "row = db.session.scalar(queries.newest())\n"
    assert [_statements(each) for each in (built, of_postgresql, counted, sent)] == [
        [2],
        [2],
        [2],
        [1],
    ]
    assert _statements("import sqlalchemy as sa\n") == [1]
    assert not _is_allowed("app/people/service.py")
    assert not _is_allowed("app/matching/optimum/solver.py")


def test_code_that_is_not_a_statement_is_not_found() -> None:
    assert _statements("row = db.session.get(Person, 1)\nvalues = text.update(1)\n") == []


def test_a_planted_comparison_of_days_is_found() -> None:
    assert _comparisons_of_last_days("or_(Site.until_on.is_(None), Site.until_on >= on)") == [1]
    assert _comparisons_of_last_days("row.until_on is None or row.until_on >= on") == [1]
    assert _comparisons_of_last_days("command.until_on < command.from_on") == []


def test_a_planted_table_of_another_room_is_found() -> None:
    planted = (
        "from app.people.safety.models import DelayedChange\nfrom app.areas.models import Area\n"
    )
    assert _imported_rooms(planted, "areas") == {"people"}
    of_courses = "from app.courses.models import CourseRun\n"
    assert _joined_rooms([("app/site/queries.py", of_courses)]) == {("site", "courses")}
