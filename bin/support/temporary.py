"""Run servers in a temporary folder for one bin/test or bin/bench."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from datadir import DataFolder
from filelock import is_locked
from leftovers import end_leftovers
from paths import TEST_FOLDER_PREFIX
from say import ignore_signals
from servers import Addresses, run_servers, server_addresses
from specs import Settings


@contextlib.contextmanager
def temporary_servers(settings: Settings) -> Iterator[tuple[DataFolder, Addresses]]:
    """Yield PostgreSQL, Valkey and a mail catcher for this process only.

    They are deleted afterwards. Servers in the environment variables are ignored, so that tests
    never change real data.
    """
    remove_abandoned_folders()
    folder = Path(tempfile.mkdtemp(prefix=TEST_FOLDER_PREFIX))
    try:
        data = DataFolder.open(folder)
        data.lock("bin/test", None, timeout=0)
        addresses = server_addresses(data, 5000, given={})
        with run_servers(data, addresses, settings):
            yield data, addresses
    finally:
        with ignore_signals():
            shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned_folders() -> None:
    """Delete temporary folders that were left behind by killed commands."""
    for folder in Path(tempfile.gettempdir()).glob(TEST_FOLDER_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if (folder / "run.lock").exists() and not is_locked(folder / "run.lock"):
                end_leftovers(folder, timeout=1)
                shutil.rmtree(folder, ignore_errors=True)
