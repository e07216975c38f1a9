"""Run supervisord so that it survives a full disk.

If a log cannot be written, supervisord prints the error to stderr, which is on the same disk. This
second error would end supervisord. Here, output that cannot be written to stderr is dropped. The
arguments are those of supervisord.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TextIO

from supervisor import supervisord


class LossyStream:
    """A text stream that drops output if the disk is full."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text if possible. Return its length."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the buffer if possible."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    def fileno(self) -> int:
        """Return the file descriptor of the stream."""
        return self._stream.fileno()


if __name__ == "__main__":
    sys.stdout = LossyStream(sys.stdout)
    sys.stderr = LossyStream(sys.stderr)
    supervisord.main(sys.argv[1:])
