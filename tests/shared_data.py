"""Open data files beside the checkout, or in SHARED_DATA. Tests read them there.

They are too large, and under too many licences, to be part of the repository.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared_data(name: str) -> Path:
    """Return the path of a file of the shared data. The test fails if it is missing."""
    folder = Path(os.environ.get("SHARED_DATA") or _BESIDE)
    path = folder / name
    if not path.is_file():
        pytest.fail(
            f"The shared data are missing: there is no {path}. Put the folder shared/data beside"
            " the checkout, or name it in the environment variable SHARED_DATA.",
            pytrace=False,
        )
    return path
