"""Limits on the letters that visitors can cause to be sent to a mailbox.

A mailbox is sent at most two letters for each purpose in 24 minutes, or five if a signed-in user
changes their address. Beyond the limit nothing is stored or sent. The page shows the same text
whether or not we know the address. A sign-in link works for 30 minutes, so the mailbox still
contains a valid one. Using a link resets the count. Letters that explain why there is no link are
counted separately for each reason.

Letters about a registration, a saved draft or a new address are also limited by source, to five a
day for registrations, so that a stranger cannot use up the limit of the mailbox's owner. All
sources together can request three times as many, and at most 20 a day. If they request more, a
warning is logged.

A source (a computer or an office with one IP address) that requests a large number of letters must
wait between requests: first one second, then twice as long each time, up to a minute. The first
letter to each mailbox is not delayed until the source has requested hundreds of letters.

The counts are stored in Valkey. Without Valkey, there are no limits.
"""

from __future__ import annotations

from collections.abc import Iterator

import structlog

from app.core import ratelimit, throttling

log = structlog.get_logger()
WINDOW = 24 * 60  # seconds
MAX_LETTERS = 2  # to one mailbox for one purpose in this time
MAX_CHANGE_LETTERS = 5  # for a new address, where each letter revokes the previous link
MAX_PER_DAY = 5  # letters about registrations to one mailbox from one source
ALL_SOURCES_FACTOR = 3  # all sources together are allowed this many times as many
MAX_PER_DAY_FROM_ALL_SOURCES = 20  # letters to one mailbox for one purpose from all sources
DAY = 24 * 60 * 60  # seconds
TEAM = "team"  # the source of letters that staff cause
SIGN_IN, TRY_NOW, REGISTER, SAVE, CHANGE = "sign-in", "try-now", "register", "save", "change"


def count_letter(purpose: str, address: str) -> bool:
    """Count a letter to this mailbox. Return whether it is within the limit."""
    limit = MAX_CHANGE_LETTERS if purpose == CHANGE else MAX_LETTERS
    return ratelimit.count_attempt(_mailbox_key(purpose, address), WINDOW) <= limit


def count_requested_letter(purpose: str, address: str, source: str) -> bool:
    """Count a letter that a source requested for this mailbox. Return whether it is allowed.

    `source` is an IP address, TEAM, or the user who made the request. Letters above the limit of
    their source do not count towards the limits for the mailbox.
    """
    limit = MAX_CHANGE_LETTERS if purpose == CHANGE else MAX_LETTERS
    mailbox = _mailbox_key(purpose, address)
    source_counter = _source_key(purpose, address, source)
    if ratelimit.count_attempt(source_counter, WINDOW) > limit:
        return False
    if purpose == REGISTER and ratelimit.count_attempt(f"{source_counter}:day", DAY) > MAX_PER_DAY:
        return False
    if all(_count_for_mailbox(mailbox, limit)):
        return True
    log.warning("limit of letters to a mailbox reached", purpose=purpose)
    return False


def _count_for_mailbox(mailbox: str, limit: int) -> Iterator[bool]:
    """Count a letter to a mailbox. Yield whether it is within each limit for all sources."""
    yield ratelimit.count_attempt(f"{mailbox}:all", WINDOW) <= limit * ALL_SOURCES_FACTOR
    yield ratelimit.count_attempt(f"{mailbox}:day", DAY) <= MAX_PER_DAY_FROM_ALL_SOURCES


def reset(purpose: str, address: str, source: str | None = None) -> None:
    """Reset the count, because the owner of the mailbox has used a link.

    With `source`, reset the count of the letters that this source requested.
    """
    ratelimit.reset_count(
        _mailbox_key(purpose, address) if source is None else _source_key(purpose, address, source)
    )


def count_request(source: str, address: str = "") -> None:
    """Count a request from a source. Raises TooManyAttempts if the source must wait.

    `source` is its IP address. `address` is the mailbox that the letter is for, or "".
    """
    throttling.pace_requests(source, address.strip().lower())


def _source_key(purpose: str, address: str, source: str) -> str:
    return f"{_mailbox_key(purpose, address)}:{throttling.hash_name(throttling.source_key(source))}"


def _mailbox_key(purpose: str, address: str) -> str:
    return f"letters:{purpose}:{throttling.hash_name(address.strip().lower())}"
