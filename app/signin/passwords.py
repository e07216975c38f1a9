"""Rules for passwords: at least 12 characters, and not easy to guess (NCSC guidance).

zxcvbn estimates how many guesses are needed by an attacker who knows common passwords, names,
dates, keyboard patterns and the usual letter substitutions. Words that an attacker would try first
on this site, such as the names of the site and of the user, do not increase the estimate.
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
from flask_babel import lazy_gettext as _l
from zxcvbn import zxcvbn

from app.core import programme, registry
from app.core.errors import InvalidInput

MIN_LENGTH = 12
MAX_LENGTH = 200  # longer ones would let an attacker overload the server
MAX_ESTIMATED_LENGTH = 72  # characters; zxcvbn refuses more, because its work grows quadratically
MIN_GUESSES = 1e10  # for the whole password: zxcvbn's score 4
MIN_GUESSES_STRIPPED = 1e8  # without known words, a year and punctuation: zxcvbn's score 3
MIN_WORD_LENGTH = 3  # shorter parts of names occur in too many passwords
MIN_DELIBERATE_LENGTH = 4  # a known word of this length is no coincidence
TOO_EASY_TO_GUESS = _l("This password is too easy to guess. Three random words make a good one")
# Words of the service itself. The names of the programme and its partners are in the database.
SERVICE_WORDS = (
    "champion", "champions", "network", "mental health", "first aider", "first aiders", "mhfa",
    "coordinator", "council", "wellbeing", "community", "support",
)  # fmt: skip
CALENDAR_WORDS = (
    "spring", "summer", "autumn", "winter", "easter", "christmas", "january", "february", "march",
    "april", "may", "june", "july", "august", "september", "october", "november", "december",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
FAMOUS_PASSWORDS = ("correct horse battery staple",)
_SUBSTITUTES = {"a": "@4", "b": "8", "c": "(", "e": "3", "g": "69", "i": "1!|", "l": "1!|",
          "o": "0", "s": "$5", "t": "7+", "z": "2"}  # fmt: skip
_SUFFIX = re.compile(r"[\W_]*(?:\d{1,4}[\W_]*)?$")  # a year, a digit, a full stop at the end
_zxcvbn_lock = threading.Lock()  # zxcvbn stores the words of a call in a global dictionary
# The minimum for Argon2id in OWASP's password storage cheat sheet: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def check_new_password(password: str, *, about: Iterable[str] = ()) -> None:
    """Check a new password.

    ``about`` contains the words that an attacker would try first (see `known_words`). Raises
    InvalidInput (field "password") if the password is too short, too long or easy to guess.
    """
    if len(password) < MIN_LENGTH:
        raise InvalidInput(
            _("Your password must be %(shortest)s characters or more", shortest=MIN_LENGTH),
            "password",
        )
    if len(password) > MAX_LENGTH:
        raise InvalidInput(
            _("Your password must be %(most)s characters or fewer", most=MAX_LENGTH), "password"
        )
    words = _words((*about, *SERVICE_WORDS, *CALENDAR_WORDS))
    plain = _normalise(password)
    if (
        _estimate_guesses(plain, words) < MIN_GUESSES
        or _estimate_guesses(_strip_known_words(plain, words), []) < MIN_GUESSES_STRIPPED
    ):
        raise InvalidInput(str(TOO_EASY_TO_GUESS), "password")
    repeated = _repeated_text(plain)
    if repeated and _estimate_guesses(repeated, words) < MIN_GUESSES_STRIPPED:
        raise InvalidInput(str(TOO_EASY_TO_GUESS), "password")


def known_words(name: str, email: str) -> tuple[str, ...]:
    """Return the words that an attacker would try first for this user.

    They are the user's name and address, the names of the programme and its council, and any names
    in `registry`.
    """
    names = [name, email, *SERVICE_WORDS, *FAMOUS_PASSWORDS]
    loaded = programme.current()
    if loaded is not None:
        contact = loaded.settings.get("contact") or {}
        names += [loaded.name, loaded.organisation, loaded.slug, str(contact.get("team", ""))]
        names.append(str(loaded.settings.get("area_name", "")))
        names += map(str, (loaded.settings.get("districts") or {}).values())
    for find in registry.guessable_words:
        names += find()
    return tuple(names)


def _normalise(text: str) -> str:
    """Return the text in lower case and without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def _words(names: Iterable[str]) -> list[str]:
    """Return the parts of names, and each whole name without spaces, longest first."""
    found = set()
    for name in map(_normalise, names):
        parts = re.findall(r"[^\W_]+", name)
        found |= {part for part in (*parts, "".join(parts)) if len(part) >= MIN_WORD_LENGTH}
    found |= {
        part
        for word in found
        for part in _remaining_parts(word, found)
        if len(part) >= MIN_DELIBERATE_LENGTH
    }
    return sorted(found, key=lambda word: (-len(word), word))


def _remaining_parts(word: str, known: set[str]) -> list[str]:
    """Return what is left of a word after a known word is removed from its start or its end."""
    cuts = range(MIN_DELIBERATE_LENGTH, len(word) - MIN_DELIBERATE_LENGTH + 1)
    ends = [word[at:] for at in cuts if word[:at] in known]
    return ends + [word[:at] for at in cuts if word[at:] in known]


def _strip_known_words(plain: str, words: list[str]) -> str:
    """Return the password without known words and the digits around them.

    This also finds words with substituted letters, or with punctuation between the letters.
    """
    remaining, has_known_word = plain, False
    for word in words:
        if len(word) <= len(remaining):
            remaining, times = _word_pattern(word).subn("", remaining)
            has_known_word |= times > 0 and (
                len(word) >= MIN_DELIBERATE_LENGTH or word in CALENDAR_WORDS
            )
    if has_known_word:
        remaining = re.sub(r"\d+", "", remaining)
        remaining = re.sub(r"^[\W_]+", "", remaining)
    return _SUFFIX.sub("", remaining)


def _repeated_text(plain: str) -> str | None:
    """Return the text that the letters of a password repeat, or None."""
    found = re.fullmatch(r"(.+?)\1+", re.sub(r"[\W\d_]+", "", plain))
    return found.group(1) if found else None


@lru_cache(maxsize=4096)
def _word_pattern(word: str) -> re.Pattern[str]:
    letters = (f"[{re.escape(each + _SUBSTITUTES.get(each, ''))}]" for each in word)
    return re.compile(r"[\W_]?".join(letters))


def _estimate_guesses(text: str, words: list[str]) -> float:
    if not text:
        return 0
    with _zxcvbn_lock:
        return float(zxcvbn(text[:MAX_ESTIMATED_LENGTH], user_inputs=words)["guesses"])


def hash_password(password: str) -> str:
    """Return the Argon2id hash of the password."""
    return _hasher.hash(password)


@cache
def _dummy_hash() -> str:
    return hash_password("nobody signs in with this one")


def password_matches(password_hash: str | None, password: str) -> bool:
    """Return whether a password matches a hash. Takes the same time if there is no hash."""
    try:
        is_match = _hasher.verify(password_hash or _dummy_hash(), password[:MAX_LENGTH])
    except (VerificationError, InvalidHashError):
        return False
    return is_match and password_hash is not None
