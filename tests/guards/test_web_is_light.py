"""The web process never imports the solver, or the libraries of the geography importers."""

from __future__ import annotations

import subprocess
import sys

from config import ROOT


def test_making_the_application_imports_no_heavy_library() -> None:
    code = (
        "import sys; from app import wiring; "
        "heavy = ('ortools', 'scipy', 'numpy', 'pyproj', 'shapely'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
