"""The answer that staff give when a form asks who told them about a change, and how."""

from __future__ import annotations

TOLD_BY_PHONE = {"told_by": "person", "told_how": "phone"}
