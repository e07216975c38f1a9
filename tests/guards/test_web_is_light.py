"""The web process never imports the solver."""

from __future__ import annotations

import subprocess
import sys

from config import ROOT


def test_making_the_application_imports_no_solver() -> None:
    code = (
        "import sys; from app import wiring; "
        "print([name for name in ('ortools', 'scipy', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
