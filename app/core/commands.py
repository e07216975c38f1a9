"""The command line's manners: results on stdout, one sentence on stderr when it can't be done."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
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
    """A command that acts as the system: commits once at its end; on an error nothing is half done.

    A DomainError becomes its sentence on stderr and exit code 1. Any other error is written without
    the values it quotes (`logs.configure` sees to what nobody catches).
    """

    @functools.wraps(function)
    def command(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            with transaction():
                audit.acts_as(SYSTEM)
                return function(*args, **kwargs)
        except DomainError as error:
            click.echo(error.message, err=True)
            sys.exit(1)

    return command


def print_json(value: Any) -> None:
    """The result, as JSON on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
