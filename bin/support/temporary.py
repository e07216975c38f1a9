"""Servers in a temporary folder, for one bin/test or bin/bench."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from datadir import DataFolder
from filelock import is_locked
from leftovers import sweep
from paths import TEST_FOLDER_PREFIX
from say import ignore_signals
from servers import Addresses, addresses, running
from specs import Settings


@contextlib.contextmanager
def temporary_servers(settings: Settings) -> Iterator[tuple[DataFolder, Addresses]]:
    """Yield PostgreSQL, Valkey and a mail catcher that nothing else uses.

    They are deleted afterwards. Servers that the environment names are ignored, so that tests never
    touch real data.
    """
    remove_abandoned()
    folder = Path(tempfile.mkdtemp(prefix=TEST_FOLDER_PREFIX))
    try:
        data = DataFolder.open(folder)
        data.lock("bin/test", None, patience=0)
        where = addresses(data, 5000, given={})
        with running(data, where, settings):
            yield data, where
    finally:
        with ignore_signals():
            shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned() -> None:
    """Delete folders that killed runs left behind."""
    for folder in Path(tempfile.gettempdir()).glob(TEST_FOLDER_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if (folder / "run.lock").exists() and not is_locked(folder / "run.lock"):
                sweep(folder, patience=1)
                shutil.rmtree(folder, ignore_errors=True)
