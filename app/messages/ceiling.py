"""How many letters people can have sent to a mailbox by asking on the site, and how fast.

Two limits, on every path where an address that somebody types gets a letter:

A mailbox gets no more than two letters for each purpose in 24 minutes, that is five an hour (five
in 24 minutes where somebody signed in changes their address). Beyond it nothing is written or
sent, and the page answers the same, whether the address is known or not. A link to sign in works
for 30 minutes, so whoever is refused one has a newer one in their mailbox; who uses one starts
again. Letters that say why there is no link are counted apart from links, each reason by itself.

A source (a computer, or an office behind one address) that asks for very many has to wait between
two of them: a second, then twice as long each time, up to a minute. The first letter that it asks
for to a mailbox goes at once all the same, until it has asked for hundreds. So an office is slowed
by an attacker in it, never shut out.

The counts are in Valkey. Without it nobody is limited.
"""

from __future__ import annotations

from app.core import ratelimit, throttling

WINDOW = 24 * 60  # seconds
LETTERS = 2  # to one mailbox for one purpose in this time
CHANGES = 5  # the same about a new address: each of these ends the link in the one before
SIGN_IN, TRY_NOW, REGISTER, SAVE, CHANGE = "sign-in", "try-now", "register", "save", "change"


def has_room(purpose: str, address: str) -> bool:
    """Count a letter to this mailbox; whether it may be written."""
    most = CHANGES if purpose == CHANGE else LETTERS
    return ratelimit.count(_name(purpose, address), WINDOW) <= most


def start_again(purpose: str, address: str) -> None:
    """The owner of the mailbox has shown that they read it."""
    ratelimit.reset(_name(purpose, address))


def pace(source: str, address: str = "") -> None:
    """Count that a source asks for something; raises TooManyAttempts while it has to wait.

    source: its network address. address: the mailbox that gets a letter, "" where there is none.
    """
    throttling.pace(source, address.strip().lower())


def _name(purpose: str, address: str) -> str:
    return f"letters:{purpose}:{throttling.digest(address.strip().lower())}"
