"""Lets tests import the scripts of bin/support, which is a folder of scripts and not a package."""

from __future__ import annotations

import sys
from pathlib import Path

SUPPORT = Path(__file__).parent.parent / "bin" / "support"

if str(SUPPORT) not in sys.path:
    sys.path.append(str(SUPPORT))
