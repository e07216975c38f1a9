"""Slows down password guessing without locking out the owner of the account.

A Valkey script counts each attempt as wrong before it is checked, so that simultaneous attempts are
counted correctly. If the attempt is correct, its count is removed. After the first few wrong
attempts for a name, each further wrong attempt doubles the wait, up to 15 minutes.

A source (the network address of a computer or an office) with many wrong attempts is slowed down
for each name separately. Its first attempt for a name does not have to wait, and the second has to
wait for two seconds. Each further wrong attempt for that name doubles the wait, up to one minute.
Colleagues with the same network address can therefore sign in at once or after a few seconds.

If the counts are lost, counting starts again at zero. If Valkey does not respond, nobody has to
wait.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

import structlog
from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from redis.exceptions import RedisError

from app.core import clock, ratelimit
from app.core.errors import TooManyAttempts

FREE_ATTEMPTS = 5  # wrong attempts for a name before the next one must wait
LONGEST_WAIT = 15 * 60  # seconds
COUNT_LIFETIME = 24 * 60 * 60  # seconds after the last wrong attempt for a name
SOURCE_FREE_ATTEMPTS = 10  # wrong attempts from a source before it is slowed
SOURCE_COUNT_LIFETIME = 15 * 60  # seconds after its last wrong attempt
SOURCE_WAIT = 2  # seconds; doubled by each wrong attempt from the source for the same name
SOURCE_LONGEST_WAIT = 60  # seconds
PACE_FREE_REQUESTS = 60  # requests from a source before it must wait between requests
PACE_MAX_REQUESTS = 600  # requests before even the first request for a new target must wait
PACE_LONGEST_WAIT = 60  # seconds between two requests
PACE_COUNT_LIFETIME = 60 * 60  # seconds after the last request
IPV6_NETWORK = 64  # bits: one household or office can use any address in its network

log = structlog.get_logger()

# KEYS: the name. If the source counts, also the source, and the name as attempted from the source.
# ARGV: now, FREE_ATTEMPTS, LONGEST_WAIT, COUNT_LIFETIME, SOURCE_FREE_ATTEMPTS,
# SOURCE_COUNT_LIFETIME, SOURCE_WAIT, SOURCE_LONGEST_WAIT.
# Returns the seconds to wait before this attempt ("0" if it may be checked now), the seconds before
# the next one if this is wrong, and two values of "until": before this attempt and after it. A
# correct attempt restores the first. Numbers are returned as text, because Valkey truncates
# fractions.
_COUNT_AS_WRONG = """
local now, longest = tonumber(ARGV[1]), tonumber(ARGV[3])
local function get(key, field) return tonumber(redis.call('HGET', key, field) or '0') end
local function count(key, field_until, kept)
  local n = redis.call('HINCRBY', key, 'n', 1)
  if field_until then redis.call('HSET', key, 'until', string.format('%.3f', field_until(n))) end
  redis.call('EXPIRE', key, kept)
  return n
end
local function doubled(base, times, most) return math.min(most, base * 2 ^ math.min(times, 20)) end
local from_source = #KEYS == 3
local slowed = from_source and get(KEYS[2], 'n') >= tonumber(ARGV[5])
local wait = get(KEYS[1], 'until') - now
if slowed then wait = math.max(wait, get(KEYS[3], 'until') - now) end
if wait > 0 then return {tostring(wait), '0', '0', '0'} end
local free = tonumber(ARGV[2])
local before = get(KEYS[1], 'until')
local next_wait = 0
count(KEYS[1], function(n)
  if n >= free then next_wait = doubled(1, n - free, longest) end
  return now + next_wait
end, ARGV[4])
local set = redis.call('HGET', KEYS[1], 'until')
if from_source then
  count(KEYS[2], nil, ARGV[6])
  local pause = 0
  count(KEYS[3], function(n)
    pause = doubled(tonumber(ARGV[7]), n - 1, tonumber(ARGV[8]))
    return now + pause
  end, longest)
  if slowed then next_wait = math.max(next_wait, pause) end
end
return {'0', tostring(next_wait), string.format('%.3f', before), set}
"""
# KEYS as above. ARGV: the two values of "until" that _COUNT_AS_WRONG returned.
_REMOVE_COUNT = """
local n = redis.call('HINCRBY', KEYS[1], 'n', -1)
if n <= 0 then redis.call('DEL', KEYS[1])
elseif redis.call('HGET', KEYS[1], 'until') == ARGV[2] then
  redis.call('HSET', KEYS[1], 'until', ARGV[1])
end
if #KEYS == 3 then
  if redis.call('HINCRBY', KEYS[2], 'n', -1) <= 0 then redis.call('DEL', KEYS[2]) end
  redis.call('DEL', KEYS[3])
end
return n
"""


# KEYS: the source, and the source with the target of the request. ARGV: now, PACE_FREE_REQUESTS,
# PACE_MAX_REQUESTS, PACE_LONGEST_WAIT, PACE_COUNT_LIFETIME, and 1 if the request has a target,
# otherwise 0. Returns the number of seconds to wait.
_PACE = """
local now, n = tonumber(ARGV[1]), tonumber(redis.call('HGET', KEYS[1], 'n') or '0')
local fresh = ARGV[6] == '1' and redis.call('EXISTS', KEYS[2]) == 0 and n < tonumber(ARGV[3])
local wait = tonumber(redis.call('HGET', KEYS[1], 'until') or '0') - now
if wait > 0 and not fresh then return tostring(wait) end
n = redis.call('HINCRBY', KEYS[1], 'n', 1)
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('SET', KEYS[2], '1', 'EX', ARGV[5])
if n >= tonumber(ARGV[2]) then
  local pause = math.min(tonumber(ARGV[4]), 2 ^ math.min(n - tonumber(ARGV[2]), 20))
  redis.call('HSET', KEYS[1], 'until', string.format('%.3f', now + pause))
end
return '0'
"""


@dataclass(frozen=True)
class Attempt:
    """An attempt that can be checked.

    `wait` is the number of seconds to wait before the next attempt if this one is wrong.
    `until_before` and `until_after` are the times at which the next attempt was allowed before this
    attempt was counted, and is allowed now.
    """

    keys: tuple[str, ...]
    wait: int = 0
    until_before: str = "0"
    until_after: str = "0"

    def mark_correct(self) -> None:
        """Remove the count of this attempt."""
        _run_script(_REMOVE_COUNT, self.keys, self.until_before, self.until_after)


def begin_attempt(name: str, source: str | None = None) -> Attempt:
    """Count an attempt for `name` as wrong. Call `mark_correct` on the result if it is correct.

    `source` is the network address of the user. It is None if the device is known to be the
    owner's. Raises TooManyAttempts, with the number of seconds to wait, if it is too early for
    another attempt.
    """
    keys = [_hashed_key(name)]
    if source is not None:
        source = source_key(source)
        keys += [_hashed_key(f"from:{source}"), _hashed_key(f"{name} from:{source}")]
    now = f"{clock.now().timestamp():.3f}"
    settings = (
        FREE_ATTEMPTS,
        LONGEST_WAIT,
        COUNT_LIFETIME,
        SOURCE_FREE_ATTEMPTS,
        SOURCE_COUNT_LIFETIME,
        SOURCE_WAIT,
        SOURCE_LONGEST_WAIT,
    )
    reply = (
        _run_script(_COUNT_AS_WRONG, tuple(keys), now, *settings)
        if ratelimit.is_enabled()
        else None
    )
    if reply is None:
        return Attempt(())
    wait, next_wait, until_before, until_after = (part.decode() for part in reply)
    if float(wait) > 0:
        raise too_many_attempts_error(math.ceil(float(wait)))
    return Attempt(tuple(keys), math.ceil(float(next_wait)), until_before, until_after)


def pace_requests(source: str, target: str = "") -> None:
    """Count a request from a source. Raises TooManyAttempts if it is too early for another.

    After PACE_FREE_REQUESTS requests, the source has to wait between requests, and each wait is
    longer than the last. `target` identifies the target of the request, such as a mailbox that a
    letter will go to. The first request for each target does not have to wait, unless the source
    has made PACE_MAX_REQUESTS requests. The error has the number of seconds to wait.
    """
    if not ratelimit.is_enabled():
        return
    source = source_key(source)
    keys = (_hashed_key(f"pace:{source}"), _hashed_key(f"pace:{source}:{target}"))
    now = f"{clock.now().timestamp():.3f}"
    settings = (
        PACE_FREE_REQUESTS,
        PACE_MAX_REQUESTS,
        PACE_LONGEST_WAIT,
        PACE_COUNT_LIFETIME,
        int(bool(target)),
    )
    wait = _run_script(_PACE, keys, now, *settings)
    if wait is not None and float(wait[0]) > 0:
        raise too_many_attempts_error(math.ceil(float(wait[0])))


def hash_name(name: str) -> str:
    """Return a hash of `name`, so that Valkey does not store email addresses."""
    return _hashed_key(name).removeprefix("slow:")


def too_many_attempts_error(seconds: int) -> TooManyAttempts:
    """Return an error that says how long to wait."""
    error = TooManyAttempts(
        _(
            "You have tried too many times. Wait %(time)s and try again.",
            time=_format_duration(seconds),
        )
    )
    error.retry_after = seconds
    return error


def source_key(address: str) -> str:
    """Return an IPv4 address unchanged, or the network of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(int(parsed) >> (128 - IPV6_NETWORK))


def _format_duration(seconds: int) -> str:
    if seconds < 60:
        return str(ngettext("%(num)s second", "%(num)s seconds", seconds))
    return str(ngettext("%(num)s minute", "%(num)s minutes", math.ceil(seconds / 60)))


def _hashed_key(name: str) -> str:
    """Return the key for a name, as a hash so that Valkey does not store email addresses."""
    secret = str(current_app.config["SECRET_KEY"]).encode()[:64]
    return f"slow:{hashlib.blake2b(name.encode(), key=secret, digest_size=16).hexdigest()}"


def _run_script(script: str, keys: tuple[str, ...], *values: object) -> list[bytes] | None:
    if not keys:
        return None
    try:
        with ratelimit.valkey() as store:
            found = store.eval(script, len(keys), *keys, *map(str, values))
    except RedisError as error:
        log.warning("attempts not counted", error=type(error).__name__)
        return None
    return list(found) if isinstance(found, list) else [found] if found is not None else None
