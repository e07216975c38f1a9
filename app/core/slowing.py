"""Slowing down who guesses, without shutting out whom they guess at. DESIGN 6.

A try is charged before it is judged, in one script of Valkey, so that many tries at the same
instant are charged one by one; a right one gets its own charge back, and nobody else's. Each wrong
try at a name beyond the first few doubles the wait, up to a quarter of an hour.

A source (the address of a computer, or of a whole office) that fails often is slowed for each name
by itself: the first try at a name is still judged, the next has to wait for two seconds, then twice
as long with each wrong try at that name, up to a minute. What the source did to other names adds
nothing. So a colleague behind the same address gets in with the first right try, and after a wrong
one within seconds.

Counts may be lost: then everybody starts again. Without Valkey nobody is slowed.
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

FREE = 5  # wrong tries at a name before it has to wait
LONGEST_WAIT = 15 * 60  # seconds
KEPT = 24 * 60 * 60  # seconds after the last wrong try at a name
SOURCE_FREE = 10  # wrong tries from a source before it is slowed
SOURCE_KEPT = 15 * 60  # seconds after its last wrong try
SOURCE_WAIT = 2  # seconds; doubles with every wrong try from the source at the same name
SOURCE_LONGEST = 60  # seconds
PACE_FREE = 60  # asked for by a source before it has to wait between two
PACE_ALL = 600  # from then on for a mailbox that it asks for the first time too
PACE_LONGEST = 60  # seconds between two
PACE_KEPT = 60 * 60  # seconds after the last one
IPV6_NETWORK = 64  # bits: one household or office has as many addresses as it likes

log = structlog.get_logger()

# KEYS: the name; if the source counts, the source and the name as tried from there.
# ARGV: now, FREE, LONGEST_WAIT, KEPT, SOURCE_FREE, SOURCE_KEPT, SOURCE_WAIT, SOURCE_LONGEST.
# Returns the seconds to wait before this try ("0": judged), those before the next one if this is
# wrong, and the two values of "until" that a right try puts back. Numbers go as text: Valkey cuts
# fractions off.
_CHARGE = """
local now, longest = tonumber(ARGV[1]), tonumber(ARGV[3])
local function get(key, field) return tonumber(redis.call('HGET', key, field) or '0') end
local function charge(key, field_until, kept)
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
charge(KEYS[1], function(n)
  if n >= free then next_wait = doubled(1, n - free, longest) end
  return now + next_wait
end, ARGV[4])
local set = redis.call('HGET', KEYS[1], 'until')
if from_source then
  charge(KEYS[2], nil, ARGV[6])
  local pause = 0
  charge(KEYS[3], function(n)
    pause = doubled(tonumber(ARGV[7]), n - 1, tonumber(ARGV[8]))
    return now + pause
  end, longest)
  if slowed then next_wait = math.max(next_wait, pause) end
end
return {'0', tostring(next_wait), string.format('%.3f', before), set}
"""
# KEYS as above; ARGV: "until" as it was before, and as the charge set it.
_GIVE_BACK = """
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


# KEYS: the source, and the source with what it asks for. ARGV: now, PACE_FREE, PACE_ALL,
# PACE_LONGEST, PACE_KEPT, whether what it asks for has a name. Returns the seconds to wait.
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
class Try:
    """A try that may be judged. wait: seconds before the next one, should this one be wrong."""

    keys: tuple[str, ...]
    wait: int = 0
    before: str = "0"
    set: str = "0"

    def went_well(self) -> None:
        """It was right: take back what this try was charged, and nothing else."""
        _run(_GIVE_BACK, self.keys, self.before, self.set)


def begin(name: str, source: str | None = None) -> Try:
    """Charge a try at `name`; raises TooManyAttempts (with the seconds) while it has to wait.

    source: the network address it comes from; None where the device is known to be the owner's,
    which then has counts of its own (as the name says).
    """
    keys = [_key(name)]
    if source is not None:
        source = source_of(source)
        keys += [_key(f"from:{source}"), _key(f"{name} from:{source}")]
    now = f"{clock.now().timestamp():.3f}"
    settings = (
        FREE,
        LONGEST_WAIT,
        KEPT,
        SOURCE_FREE,
        SOURCE_KEPT,
        SOURCE_WAIT,
        SOURCE_LONGEST,
    )
    reply = _run(_CHARGE, tuple(keys), now, *settings) if ratelimit.is_counted() else None
    if reply is None:
        return Try(())
    wait, next_wait, before, set_to = (part.decode() for part in reply)
    if float(wait) > 0:
        raise too_many(math.ceil(float(wait)))
    return Try(tuple(keys), math.ceil(float(next_wait)), before, set_to)


def pace(source: str, what: str = "") -> None:
    """Count that a source asks for something. From PACE_FREE on it has to wait between two of them,
    a little longer each time; raises TooManyAttempts (with the seconds) until then.

    what: a name for what it asks for. The first time that a source asks for it goes without a wait,
    up to PACE_ALL in all.
    """
    if not ratelimit.is_counted():
        return
    source = source_of(source)
    keys = (_key(f"pace:{source}"), _key(f"pace:{source}:{what}"))
    now = f"{clock.now().timestamp():.3f}"
    settings = (PACE_FREE, PACE_ALL, PACE_LONGEST, PACE_KEPT, int(bool(what)))
    wait = _run(_PACE, keys, now, *settings)
    if wait is not None and float(wait[0]) > 0:
        raise too_many(math.ceil(float(wait[0])))


def digest(name: str) -> str:
    """A name of a count that shows no address to who reads Valkey's memory."""
    return _key(name).removeprefix("slow:")


def too_many(seconds: int) -> TooManyAttempts:
    """The error that says how long to wait."""
    error = TooManyAttempts(
        _("There were too many tries. Wait %(time)s and try again.", time=_in_words(seconds))
    )
    error.retry_after = seconds
    return error


def source_of(address: str) -> str:
    """The key of one source: an IPv4 address, or the network of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(int(parsed) >> (128 - IPV6_NETWORK))


def _in_words(seconds: int) -> str:
    if seconds < 60:
        return str(ngettext("%(num)s second", "%(num)s seconds", seconds))
    return str(ngettext("%(num)s minute", "%(num)s minutes", math.ceil(seconds / 60)))


def _key(name: str) -> str:
    """A key that shows no address to who reads Valkey's memory."""
    secret = str(current_app.config["SECRET_KEY"]).encode()[:64]
    return f"slow:{hashlib.blake2b(name.encode(), key=secret, digest_size=16).hexdigest()}"


def _run(script: str, keys: tuple[str, ...], *values: object) -> list[bytes] | None:
    if not keys:
        return None
    try:
        found = ratelimit.client().eval(script, len(keys), *keys, *map(str, values))
    except RedisError as error:
        log.warning("tries not counted", error=type(error).__name__)
        return None
    return list(found) if isinstance(found, list) else [found] if found is not None else None
