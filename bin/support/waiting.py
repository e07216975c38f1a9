"""Wait until a condition is true. Standard library only."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], *, within: float, pause: float = 0.1) -> bool:
    """Call `condition` repeatedly, and return True when it returns a true value.

    Return False if this takes longer than `within` seconds. `condition` is called at least once.
    """
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
