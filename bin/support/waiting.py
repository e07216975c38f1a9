"""Wait until something happens. Standard library only."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(happens: Callable[[], object], *, within: float, pause: float = 0.1) -> bool:
    """Call `happens` again and again, and return True when it returns a true value.

    Return False if this takes longer than `within` seconds. `happens` is called at least once.
    """
    give_up = time.monotonic() + within
    while not happens():
        if time.monotonic() > give_up:
            return False
        time.sleep(pause)
    return True
