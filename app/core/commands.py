"""Helpers for commands: one transaction each, results on stdout, errors as a sentence on stderr."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

import click

from app.core import audit
from app.core.actor import SYSTEM
from app.core.db import transaction
from app.core.errors import DomainError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def in_one_transaction(
    function: Callable[Parameters, Result],
) -> Callable[Parameters, Result]:
    """Decorate a command so that it runs as the system in one transaction.

    It commits once at the end. An error rolls back everything. A DomainError is printed as its
    sentence on stderr, with exit code 1. Any other error is reported without the values it quotes
    (`logs.configure` handles uncaught exceptions).
    """

    @functools.wraps(function)
    def command(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            with transaction():
                audit.set_actor(SYSTEM)
                return function(*args, **kwargs)
        except DomainError as error:
            click.echo(error.message, err=True)
            sys.exit(1)

    return command


class LazyGroup(click.Group):
    """A group of commands whose module is imported only when a command is looked up.

    The module's `group` holds the commands. The web process makes the same application as the
    command line but never looks up a command, so it does not load the module's libraries.
    """

    def __init__(self, name: str, module: str, help: str) -> None:
        super().__init__(name, help=help)
        self._module = module

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in order."""
        return self._group.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or None if there is none with that name."""
        return self._group.get_command(ctx, cmd_name)

    @functools.cached_property
    def _group(self) -> click.Group:
        group: click.Group = import_module(self._module).group
        return group


def print_json(value: Any) -> None:
    """Print a result as JSON on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
