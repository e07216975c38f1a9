"""Limits on the letters that a visitor can cause to be sent to a mailbox.

Three limits apply wherever a typed address is sent a letter.

A mailbox gets no more than two letters for each purpose in 24 minutes, which is five an hour. It
gets five in 24 minutes where a signed-in user changes their address. Beyond that, nothing is
stored or sent, and the page gives the same answer whether the address is known or not. A sign-in
link works for 30 minutes, so a person who is refused one still has a valid one in their mailbox.
Using a link sets the count back to zero. Letters that explain why there is no link are counted
separately from links, and each reason separately.

Letters about a registration, a saved draft or a new address are about the request itself, so a
refused one is not replaced by another in the mailbox. Here the limit is for each source, and at
most five a day for registrations. So a stranger cannot use up the letters of the mailbox's owner.
All sources together can cause three times as many, and 20 a day. Beyond that the owner can request
a new link later, and a warning in the log tells the team that somebody is filling a mailbox.

A source (a computer, or an office behind one address) that requests very many letters must wait
between requests: one second, then twice as long each time, up to a minute. Its first letter to each
mailbox is still sent at once, until it has requested hundreds. So an attacker inside an office
slows the office but never locks it out.

The counts are in Valkey. Without it there are no limits.
"""

from __future__ import annotations

from collections.abc import Iterator

import structlog

from app.core import ratelimit, throttling

log = structlog.get_logger()
WINDOW = 24 * 60  # seconds
LETTERS = 2  # to one mailbox for one purpose in this time
CHANGES = 5  # the same for a new address, where each letter revokes the link in the one before
A_DAY = 5  # letters about registrations to one mailbox from one source
SOURCES = 3  # all sources together can cause the letters of this many
ALL_A_DAY = 20  # letters to one mailbox for one purpose from all sources
DAY = 24 * 60 * 60  # seconds
TEAM = "team"  # the source of letters that staff cause
SIGN_IN, TRY_NOW, REGISTER, SAVE, CHANGE = "sign-in", "try-now", "register", "save", "change"


def count_letter(purpose: str, address: str) -> bool:
    """Count a letter to this mailbox. Returns whether it may be sent."""
    most = CHANGES if purpose == CHANGE else LETTERS
    return ratelimit.count(_limit_name(purpose, address), WINDOW) <= most


def allows_from(purpose: str, address: str, source: str) -> bool:
    """Count a letter that a source requested for this mailbox. Returns whether it may be sent.

    `source` is a network address, TEAM, or the user who made the request. A letter over the
    source's own limit does not count for the mailbox.
    """
    most = CHANGES if purpose == CHANGE else LETTERS
    mailbox = _limit_name(purpose, address)
    own = _own_name(purpose, address, source)
    if ratelimit.count(own, WINDOW) > most:
        return False
    if purpose == REGISTER and ratelimit.count(f"{own}:day", DAY) > A_DAY:
        return False
    if all(_is_within(mailbox, most)):
        return True
    log.warning("limit of letters to a mailbox reached", purpose=purpose)
    return False


def _is_within(mailbox: str, most: int) -> Iterator[bool]:
    """Count a letter to a mailbox. Yield whether it is within each limit for all sources."""
    yield ratelimit.count(f"{mailbox}:all", WINDOW) <= most * SOURCES
    yield ratelimit.count(f"{mailbox}:day", DAY) <= ALL_A_DAY


def reset(purpose: str, address: str, source: str | None = None) -> None:
    """Set the count back to zero, because the owner of the mailbox has used a link.

    With `source`, set back the count of the letters that this source requested.
    """
    ratelimit.reset(
        _limit_name(purpose, address) if source is None else _own_name(purpose, address, source)
    )


def count_request(source: str, address: str = "") -> None:
    """Count a request from a source. Raises TooManyAttempts while it must wait.

    `source` is its network address. `address` is the mailbox that the letter is for, or "" if there
    is none.
    """
    throttling.pace_requests(source, address.strip().lower())


def _own_name(purpose: str, address: str, source: str) -> str:
    return f"{_limit_name(purpose, address)}:{throttling.digest(throttling.source_of(source))}"


def _limit_name(purpose: str, address: str) -> str:
    return f"letters:{purpose}:{throttling.digest(address.strip().lower())}"
