"""Maximum lengths, in characters, for input that several rooms use.

Limits for a single room are in the room's `types.py` or next to its columns.
"""

from __future__ import annotations

LONGEST_LINE = 200
LONGEST_TEXT = 4_000
LONGEST_REASON = 500
LONGEST_PURPOSE = 1_000  # what a need or an agreement is for
LONGEST_SEARCH = 100
LONGEST_EMAIL = 254  # RFC 5321
