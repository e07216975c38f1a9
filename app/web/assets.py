"""The file names of the built style sheet and script: "app.css" → "app-1a2b3c4d.css".

`assets/build.mjs` writes the files and a manifest to app/static. Each file name contains a hash of
the content, so browsers can cache the file for ever. Each process reads the manifest once.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "static"
PREFIX = "/static/"
_HASHED = re.compile(r"-[0-9a-f]{10}\.[a-z0-9]+(\.br|\.gz)?\Z")


class AssetsNotBuilt(RuntimeError):
    """The style sheet and script have not been built."""


@cache
def _manifest() -> dict[str, str]:
    try:
        names: dict[str, str] = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
    except FileNotFoundError:
        raise AssetsNotBuilt(
            "app/static is empty: run `npm ci` and `node build.mjs` in assets/ first."
        ) from None
    return names


def asset(name: str) -> str:
    """Return the URL path of a built file.

    Raises KeyError if the manifest does not contain the file.
    """
    return PREFIX + _manifest()[name]


def is_hashed(path: str, url: str) -> bool:
    """Return whether the name of a static file contains a hash. Called by WhiteNoise."""
    return _HASHED.search(url) is not None
