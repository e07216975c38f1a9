"""Names of the built style sheet and script: `asset("app.css")` → `/static/app-1a2b3c4d.css`.

`assets/build.mjs` writes app/static with a manifest. Each name carries a hash of the content, so
browsers may keep a file for ever. The manifest is read once per process.
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
    """The front end has not been built."""


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
    """Address of a built file; KeyError for a name that the build does not make."""
    return PREFIX + _manifest()[name]


def is_hashed(path: str, url: str) -> bool:
    """Whether a static file's name changes with its content (WhiteNoise asks)."""
    return _HASHED.search(url) is not None
