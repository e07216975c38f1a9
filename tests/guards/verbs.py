"""Find out from the source which verbs views call, which of them write, and which check the actor.

A verb is a function outside `views` that a view calls. It writes if it, or a function that it
calls, adds, changes or deletes rows or adds to the audit log. It checks the actor if it, or a
function to which it passes the actor, calls `actor.require`, raises after reading `actor.may` or
`actor.person_id`, or finds only the actor's record (`_own_person`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

WRITES = {
    "db.session.add", "db.session.add_all", "db.session.delete", "insert", "update", "delete",
    "audit.acting", "audit.record", "audit.record_all",
}  # fmt: skip
OWN_RECORD_CHECK = "app.changes.subject._own_person"


@dataclass
class Function:
    """A function of the application, with the functions that it calls."""

    module: str
    tree: ast.FunctionDef
    calls: set[str] = field(default_factory=set)
    passes_actor_to: set[str] = field(default_factory=set)


class Program:
    """The functions of all modules and their calls, as far as names identify the functions."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.functions: dict[str, Function] = {}
        self.imports: dict[str, dict[str, str]] = {}
        for path, source in sources.items():
            module = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
            self._read(module, ast.parse(source))
        for function in self.functions.values():
            self._follow(function)

    def _read(self, module: str, tree: ast.Module) -> None:
        self.imports[module] = {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            and (node.module or "").startswith("app.")
            or isinstance(node, ast.ImportFrom)
            and node.module == "app"
            for alias in node.names
        }
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                self.functions[f"{module}.{node.name}"] = Function(module, node)

    def _follow(self, function: Function) -> None:
        for call in calls_in(function.tree):
            name = self._called_name(function.module, call.func)
            if name in self.functions:
                function.calls.add(name)
                if any(mentions_actor(argument) for argument in call.args):
                    function.passes_actor_to.add(name)

    def _called_name(self, module: str, called: ast.expr) -> str:
        if isinstance(called, ast.Name):
            own = f"{module}.{called.id}"
            return own if own in self.functions else self._full_name(module, called.id)
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            return self._full_name(self._full_name(module, called.value.id), called.attr)
        return ""

    def _full_name(self, module: str, name: str) -> str:
        """Return the full name of a module's name, followed through packages that re-export it."""
        found = self.imports.get(module, {}).get(name)
        return found if found is not None else f"{module}.{name}"

    def reaching(
        self, matches: Callable[[str, Function], bool], edges: Callable[[Function], set[str]]
    ) -> set[str]:
        """Return the functions for which `matches` is true, or that lead to one along `edges`."""
        reached = {name for name, each in self.functions.items() if matches(name, each)}
        while True:
            more = {
                name
                for name, each in self.functions.items()
                if name not in reached and edges(each) & reached
            }
            if not more:
                return reached
            reached |= more


def writing_verbs(program: Program) -> set[str]:
    """Return the functions outside views that a view calls and that write."""
    called = {
        name
        for each in program.functions.values()
        if is_view(each.module)
        for name in each.calls
        if not is_view(program.functions[name].module)
    }
    return called & program.reaching(writes, lambda each: each.calls)


def unchecked(program: Program) -> set[str]:
    """Return the verbs that write but check no actor."""
    return writing_verbs(program) - program.reaching(checks, lambda each: each.passes_actor_to)


def is_view(module: str) -> bool:
    """Return whether the module contains views."""
    return "views" in module.split(".")


def writes(_name: str, function: Function) -> bool:
    """Return whether the function itself writes. The core's shared functions are not verbs."""
    own = {ast.unparse(call.func) for call in calls_in(function.tree)}
    return not function.module.startswith("app.core.") and bool(own & WRITES)


def checks(name: str, function: Function) -> bool:
    """Return whether the function itself checks the actor."""
    return name == OWN_RECORD_CHECK or any(
        (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("actor.require"))
        or (
            isinstance(node, ast.If)
            and any(asked in ast.unparse(node.test) for asked in ("actor.may(", "actor.person_id"))
            and any(isinstance(statement, ast.Raise) for statement in node.body)
        )
        for node in ast.walk(function.tree)
    )


def calls_in(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield every call in the tree."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def mentions_actor(argument: ast.expr) -> bool:
    """Return whether the argument is the actor or is made from it."""
    return any(isinstance(node, ast.Name) and node.id == "actor" for node in ast.walk(argument))
