"""Helpers for commands: one transaction each, results on stdout, errors as a sentence on stderr."""

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

from app.core import audit, reading, redaction
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
    sentence on stderr, with exit code 1, and so is a failure of the database server: it cannot be
    reached, or its disk is full. Any other error is reported without the values it quotes
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
        except OperationalError as error:
            reason = redaction.describe(error.orig or error)
            click.echo(
                _("The database failed, so nothing was changed: %(why)s.", why=reason),
                err=True,
            )
            sys.exit(1)

    return command


class Day(click.ParamType[date]):
    """A date as YYYY-MM-DD, in a range in which every rule can be computed."""

    name = "date"
    earliest, latest = date(2000, 1, 1), date(2100, 12, 31)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date. Raises click.ClickException."""
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value if re.fullmatch(r"[0-9-]{10}", value) else "")
        except ValueError:
            sentence = _("“%(text)s” is not a date like 2027-03-31.", text=_printable(value))
            raise click.ClickException(sentence) from None
        if not self.earliest <= day <= self.latest:
            bounds = {"earliest": self.earliest.isoformat(), "latest": self.latest.isoformat()}
            raise click.ClickException(
                _("The date must be from %(earliest)s to %(latest)s.", **bounds)
            )
        return day


class InputFile(click.ParamType[Path]):
    """The path of a file that can be read: not a folder, a pipe or a device."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path. Raises click.ClickException."""
        path = Path(value)
        try:
            if path.exists() and not path.is_file():
                raise IsADirectoryError(0, _("it is not a file"))
            path.open("rb").close()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise click.ClickException(
                _("We cannot read %(path)s: %(reason)s.", path=_printable(path), reason=reason)
            ) from None
        return path


class EmailAddress(click.ParamType[str]):
    """An email address in its stored form."""

    name = "email"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the address. Raises click.ClickException."""
        try:
            return reading.read_email(_printable(value))
        except reading.UnreadableInput as error:
            raise click.ClickException(f"{error.message}.") from None


def _printable(value: object) -> str:
    """Return the argument as text that can be printed. Bytes that are not text become escapes."""
    return str(value).encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


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
