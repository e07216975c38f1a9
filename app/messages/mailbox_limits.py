"""Limits on the letters that a visitor can cause to be sent to a mailbox.

Two limits apply wherever a typed address is sent a letter.

A mailbox gets no more than two letters for each purpose in 24 minutes, which is five an hour. It
gets five in 24 minutes where a signed-in user changes their address. Beyond that, nothing is
stored or sent, and the page gives the same answer whether the address is known or not. A sign-in
link works for 30 minutes, so a person who is refused one still has a valid one in their mailbox.
Using a link sets the count back to zero. Letters that explain why there is no link are counted
separately from links, and each reason separately.

A source (a computer, or an office behind one address) that requests very many letters must wait
between requests: one second, then twice as long each time, up to a minute. Its first letter to each
mailbox is still sent at once, until it has requested hundreds. So an attacker inside an office
slows the office but never locks it out.

The counts are in Valkey. Without it there are no limits.
"""

from __future__ import annotations

from app.core import ratelimit, throttling

WINDOW = 24 * 60  # seconds
LETTERS = 2  # to one mailbox for one purpose in this time
CHANGES = 5  # the same for a new address, where each letter revokes the link in the one before
SIGN_IN, TRY_NOW, REGISTER, SAVE, CHANGE = "sign-in", "try-now", "register", "save", "change"


def allows(purpose: str, address: str) -> bool:
    """Count a letter to this mailbox. Returns whether it may be sent."""
    most = CHANGES if purpose == CHANGE else LETTERS
    return ratelimit.count(_name(purpose, address), WINDOW) <= most


def reset(purpose: str, address: str) -> None:
    """Set the count back to zero, because the owner of the mailbox has used a link."""
    ratelimit.reset(_name(purpose, address))


def pace(source: str, address: str = "") -> None:
    """Count a request from a source. Raises TooManyAttempts while it must wait.

    `source` is its network address. `address` is the mailbox that the letter is for, or "" if there
    is none.
    """
    throttling.pace_requests(source, address.strip().lower())


def _name(purpose: str, address: str) -> str:
    return f"letters:{purpose}:{throttling.digest(address.strip().lower())}"
