"""What staff answer when a form asks who told them about a change."""

from __future__ import annotations

TOLD = {"told_by": "person", "told_how": "phone"}
