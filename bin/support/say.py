"""Speaking to the person at the terminal: plain sentences on stderr. Standard library only."""

from __future__ import annotations

import contextlib
import errno
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType

TO_BE_EXPECTED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)


class Stop(Exception):
    """What went wrong, in one sentence for the person who typed the command."""


class Interrupted(BaseException):
    """Ctrl-C, SIGTERM or SIGHUP: stop what was started and go."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def say(text: str) -> None:
    """One line of progress; a closed terminal is no reason to fail."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def listen_for_signals() -> None:
    """Turn the signals that ask us to stop into an Interrupted exception."""

    def interrupted(number: int, _frame: FrameType | None) -> None:
        raise Interrupted(number)

    signal.signal(signal.SIGINT, interrupted)  # even where a shell's “&” had it ignored
    signal.signal(signal.SIGTERM, interrupted)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup keeps its meaning
        signal.signal(signal.SIGHUP, interrupted)


@contextlib.contextmanager
def no_more_signals() -> Iterator[None]:
    """While tidying up, a second Ctrl-C must not leave half of it undone."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(work: Callable[[list[str]], int]) -> None:
    """Run a command: its result is the exit code, its errors are sentences, never a trace."""
    listen_for_signals()
    try:
        code = work(sys.argv[1:])
    except Stop as problem:
        say(str(problem))
        code = 1
    except OSError as problem:
        if problem.errno not in TO_BE_EXPECTED:
            raise
        say(f"{problem.filename or 'A file'} cannot be used: {problem.strerror}.")
        code = 1
    except Interrupted as stopped:
        say("Stopped.")
        code = 128 + stopped.number
    raise SystemExit(code)
