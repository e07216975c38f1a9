"""Compare the rooms in which runs take place (pure functions)."""

from __future__ import annotations

import re
import unicodedata

ONLINE = "online"


def room_key(venue: str, postcode: str | None, link: str | None) -> str | None:
    """Return a key that identifies a room, or None for an online run.

    Case, accents, punctuation and spaces do not matter. A run without a postcode is online if it
    has a link or if its venue is “Online”.
    """
    plain = _normalise(venue)
    if not postcode and (link or plain == ONLINE):
        return None
    return f"{plain}, {_normalise(postcode or '').replace(' ', '')}"


def _normalise(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(each for each in letters if not unicodedata.combining(each))
    return " ".join(re.findall(r"\w+", kept.replace("’", "").replace("'", "")))
