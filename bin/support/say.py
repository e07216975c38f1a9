"""Print messages to the user as plain sentences on stderr. Standard library only."""

from __future__ import annotations

import contextlib
import errno
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType

EXPECTED_ERRORS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)


class Stop(Exception):
    """Raised if the command cannot continue. The text explains the reason to the user."""


class Interrupted(BaseException):
    """Raised for Ctrl-C, SIGTERM or SIGHUP. The command must stop what it started and end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def say(text: str) -> None:
    """Print one line. If the terminal is closed, do nothing."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def listen_for_signals() -> None:
    """Raise Interrupted when a signal to stop arrives."""

    def interrupted(number: int, _frame: FrameType | None) -> None:
        raise Interrupted(number)

    signal.signal(signal.SIGINT, interrupted)  # even if a shell's “&” set it to be ignored
    signal.signal(signal.SIGTERM, interrupted)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # unless nohup ignores it
        signal.signal(signal.SIGHUP, interrupted)


@contextlib.contextmanager
def ignore_signals() -> Iterator[None]:
    """Ignore signals during a clean-up, so that another Ctrl-C does not interrupt it."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def main(command: Callable[[list[str]], int]) -> None:
    """Run a command and exit with its exit code.

    Errors are printed as sentences, without a traceback.
    """
    listen_for_signals()
    try:
        code = command(sys.argv[1:])
    except Stop as problem:
        say(str(problem))
        code = 1
    except OSError as problem:
        if problem.errno not in EXPECTED_ERRORS:
            raise
        say(f"{problem.filename or 'A file'} cannot be used: {problem.strerror}.")
        code = 1
    except Interrupted as stopped:
        say("Stopped.")
        code = 128 + stopped.number
    raise SystemExit(code)
