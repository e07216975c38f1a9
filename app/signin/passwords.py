"""Passwords: 12 characters or more, nothing easy to guess, nothing else asked (NCSC).

How easy one is to guess is zxcvbn's estimate: how many guesses an attacker needs who knows common
passwords, names, dates, keyboards and the usual swaps of letters. Words that an attacker of this
site would try first (its own names, and the user's) add nothing to a password.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _
from zxcvbn import zxcvbn

from app.core import programme, registry
from app.core.errors import InvalidInput

SHORTEST = 12
LONGEST = 200  # so that a long password can't be used to tire the server
ESTIMATED = 72  # zxcvbn's work grows with the square of the length; it refuses more
ENOUGH = 1e10  # guesses for the whole password: zxcvbn's score 4
ENOUGH_WITHOUT = 1e8  # guesses for what is left without known words, a year and punctuation: 3
SHORTEST_WORD = 3  # shorter parts of names are in every password
TELLING_WORD = 4  # one of so many letters is there by choice, and so are the digits around it
TOO_EASY = "This password is too easy to guess. Three random words make a good one"
# Names of the service itself; those of the programme and its partners come from the database.
SERVICE = ("champion", "champions", "network", "mental health", "first aider", "first aiders",
           "mhfa", "coordinator", "council", "wellbeing", "community", "support")  # fmt: skip
CALENDAR = ("spring", "summer", "autumn", "winter", "easter", "christmas", "january", "february",
            "march", "april", "may", "june", "july", "august", "september", "october", "november",
            "december", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
            "sunday")  # fmt: skip
FAMOUS = ("correct horse battery staple",)
_SWAPS = {"a": "@4", "b": "8", "c": "(", "e": "3", "g": "69", "i": "1!|", "l": "1!|",
          "o": "0", "s": "$5", "t": "7+", "z": "2"}  # fmt: skip
_ADDED = re.compile(r"[\W_]*(?:\d{1,4}[\W_]*)?$")  # a year, a digit, a full stop at the end
_one_at_a_time = threading.Lock()  # zxcvbn keeps the words of a call in a module's dictionary
# Argon2id as OWASP's password storage cheat sheet asks at least: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def check_new(password: str, *, about: Iterable[str] = ()) -> None:
    """Raise InvalidInput (field "password") for one that is too short, too long or easy to guess.

    `about`: names an attacker would try first; `known_words` has them for a user.
    """
    if len(password) < SHORTEST:
        raise InvalidInput(
            _("Your password must be %(shortest)s characters or more", shortest=SHORTEST),
            "password",
        )
    if len(password) > LONGEST:
        raise InvalidInput(
            _("Your password must be %(most)s characters or fewer", most=LONGEST), "password"
        )
    words = _words((*about, *SERVICE, *CALENDAR))
    plain = _plain(password)
    if _guesses(plain, words) < ENOUGH or _guesses(_without(plain, words), []) < ENOUGH_WITHOUT:
        raise InvalidInput(TOO_EASY, "password")
    repeated = _repeated(plain)
    if repeated and _guesses(repeated, words) < ENOUGH_WITHOUT:
        raise InvalidInput(TOO_EASY, "password")


def known_words(name: str, email: str) -> tuple[str, ...]:
    """What an attacker would try for this user: their name and address, and the names used here.

    The names are the programme's, its council's, and those that other rooms register.
    """
    names = [name, email, *SERVICE, *FAMOUS]
    loaded = programme.current()
    if loaded is not None:
        contact = loaded.settings.get("contact") or {}
        names += [loaded.name, loaded.organisation, loaded.slug, str(contact.get("team", ""))]
        names.append(str(loaded.settings.get("area_name", "")))
        names += map(str, (loaded.settings.get("districts") or {}).values())
    for find in registry.guessable_words:
        names += find()
    return tuple(names)


def _plain(text: str) -> str:
    """Small letters without accents, so that they hide no word."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each))


def _words(names: Iterable[str]) -> list[str]:
    """The parts of names, and each name as one word; long ones first."""
    found = set()
    for name in map(_plain, names):
        parts = re.findall(r"[^\W_]+", name)
        found |= {part for part in (*parts, "".join(parts)) if len(part) >= SHORTEST_WORD}
    found |= {rest for word in found for rest in _rests(word, found) if len(rest) >= TELLING_WORD}
    return sorted(found, key=lambda word: (-len(word), word))


def _rests(word: str, known: set[str]) -> list[str]:
    """What is left of a word, such as a hashtag, that begins or ends with another known one."""
    cuts = range(TELLING_WORD, len(word) - TELLING_WORD + 1)
    ends = [word[at:] for at in cuts if word[:at] in known]
    return ends + [word[:at] for at in cuts if word[at:] in known]


def _without(plain: str, words: list[str]) -> str:
    """The password without known words (with letters swapped and signs between them, too), and
    without the digits that were put around such a word.
    """
    rest, chosen = plain, False
    for word in words:
        if len(word) <= len(rest):
            rest, times = _pattern(word).subn("", rest)
            chosen |= times > 0 and (len(word) >= TELLING_WORD or word in CALENDAR)
    if chosen:
        rest = re.sub(r"\d+", "", rest)
        rest = re.sub(r"^[\W_]+", "", rest)
    return _ADDED.sub("", rest)


def _repeated(plain: str) -> str | None:
    """What the letters of a password repeat, whatever signs and digits stand between; else None."""
    found = re.fullmatch(r"(.+?)\1+", re.sub(r"[\W\d_]+", "", plain))
    return found.group(1) if found else None


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    letters = (f"[{re.escape(each + _SWAPS.get(each, ''))}]" for each in word)
    return re.compile(r"[\W_]?".join(letters))


def _guesses(text: str, words: list[str]) -> float:
    if not text:
        return 0
    with _one_at_a_time:
        return float(zxcvbn(text[:ESTIMATED], user_inputs=words)["guesses"])


def hashed(password: str) -> str:
    """The password as Argon2id keeps it."""
    return _hasher.hash(password)


@cache
def _nobodys() -> str:
    return hashed("nobody signs in with this one")


def matches(password_hash: str | None, password: str) -> bool:
    """Whether `password` is the one. Takes as long for nobody's password as for somebody's."""
    try:
        right = _hasher.verify(password_hash or _nobodys(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None
