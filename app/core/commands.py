"""Helpers for commands: one transaction for each command, results on stdout, errors on stderr."""

from __future__ import annotations

import functools
import json
import re
import sys
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError

from app.core import audit, parsing, redaction
from app.core.actor import SYSTEM
from app.core.db import transaction
from app.core.errors import DomainError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def in_one_transaction(
    function: Callable[Parameters, Result],
) -> Callable[Parameters, Result]:
    """Decorate a command so that it runs as the system, in one transaction.

    If an error occurs, the transaction is rolled back. For a DomainError, and if the database
    cannot be reached or its disk is full, the command prints a sentence on stderr and exits with
    code 1. Other errors are logged without personal data by `logs.configure`.
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
        except OperationalError as error:
            reason = redaction.describe_error(error.orig or error)
            click.echo(
                _("The database failed, so nothing was changed: %(why)s.", why=reason),
                err=True,
            )
            sys.exit(1)

    return command


class Day(click.ParamType[date]):
    """A date in the form YYYY-MM-DD, in the range that the rules support."""

    name = "date"
    earliest, latest = date(2000, 1, 1), date(2100, 12, 31)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date. Raises click.ClickException if the text is not valid."""
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value if re.fullmatch(r"[0-9-]{10}", value) else "")
        except ValueError:
            sentence = _(
                "“%(text)s” must be a date, for example 2027-03-31.",
                text=_escape_unprintable(value),
            )
            raise click.ClickException(sentence) from None
        if not self.earliest <= day <= self.latest:
            bounds = {"earliest": self.earliest.isoformat(), "latest": self.latest.isoformat()}
            raise click.ClickException(
                _("The date must be between %(earliest)s and %(latest)s.", **bounds)
            )
        return day


class InputFile(click.ParamType[Path]):
    """The path of a readable file. Folders, pipes and devices are rejected."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path. Raises click.ClickException if it is not a readable file."""
        path = Path(value)
        try:
            if path.exists() and not path.is_file():
                raise IsADirectoryError(0, _("it is not a file"))
            path.open("rb").close()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise click.ClickException(
                _(
                    "We cannot read %(path)s: %(reason)s.",
                    path=_escape_unprintable(path),
                    reason=reason,
                )
            ) from None
        return path


class EmailAddress(click.ParamType[str]):
    """An email address. It is converted to the form that we store."""

    name = "email"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the address. Raises click.ClickException if it is not valid."""
        try:
            return parsing.parse_email(_escape_unprintable(value))
        except parsing.ParseError as error:
            raise click.ClickException(f"{error.message}.") from None


def _escape_unprintable(value: object) -> str:
    """Return the argument with any bytes that cannot be printed as escapes."""
    return str(value).encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


class LazyGroup(click.Group):
    """A group of commands that imports its module only when a command is looked up.

    The module must define `group`. The web process never looks up a command, so it does not load
    the libraries that the module imports.
    """

    def __init__(self, name: str, module: str, help: str) -> None:
        super().__init__(name, help=help)
        self._module = module

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the sorted names of the commands."""
        return self._group.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command with this name, or None."""
        return self._group.get_command(ctx, cmd_name)

    @functools.cached_property
    def _group(self) -> click.Group:
        group: click.Group = import_module(self._module).group
        return group


def print_json(value: Any) -> None:
    """Print a result as JSON on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
