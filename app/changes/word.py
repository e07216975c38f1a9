"""Choose, verify and replace a memorable word.

Nobody else can find out whether a person chose a word. A wrong word gets the same response, after
the same work, whether or not the person has one. After several wrong attempts, the person
must wait up to an hour before the next attempt, and attempts during the wait are ignored. This
protects against guessing.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from app.changes import queries, verification_numbers
from app.changes.models import PrivateWord
from app.core import audit, clock
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from app.organisations import queries as organisations
from app.people import activity
from app.people.models import Person
from app.people.queries import get_visible
from app.signin import passwords

SHORTEST_WORD, LONGEST_WORD = 6, 60  # letters
MIN_NAME_PART = 3  # letters; shorter parts of names occur in many words
MIN_DIFFERENT_LETTERS = 4
FREE_ATTEMPTS = 3
LONGEST_WAIT = 60  # minutes
MAX_COUNTED_ATTEMPTS = 1000
CODE_LIFETIME = timedelta(hours=1)
CODE_DIGITS = 8


def check_word(word: str, name: str) -> str:
    """Return the normalised word. Raises InvalidInput if the word is not suitable.

    `name` is the person's name. The word must not contain a part of it, because it would be easy to
    guess.
    """
    plain = _normalise_word(word)
    if len(plain) < SHORTEST_WORD:
        raise InvalidInput(
            _("Your word must be %(number)s letters or more", number=SHORTEST_WORD), "word"
        )
    if len(plain) > LONGEST_WORD:
        raise InvalidInput(
            _("Your word must be %(number)s letters or fewer", number=LONGEST_WORD), "word"
        )
    guesses = (*_normalise_word(name).split(), *map(_normalise_word, organisations.all_names()))
    is_guessable = any(
        plain in each or each in plain for each in guesses if len(each) >= MIN_NAME_PART
    )
    if is_guessable or len(set(plain)) < MIN_DIFFERENT_LETTERS:
        raise InvalidInput(
            _("Choose a word that is not a name and that nobody close to you would guess"), "word"
        )
    return plain


def set_word(person: Person, word: str) -> None:
    """Set the person's memorable word. Raises InvalidInput if it is not suitable.

    The caller must check that the actor is allowed to do this.
    """
    plain = check_word(word, person.full_name)
    row = queries.lock_private_word(person.id)
    row.word_hash = passwords.hash_password(plain)
    row.code_hash = row.code_until = None
    db.session.flush()


def verify_word(actor: Actor, word: str) -> bool:
    """Return whether this is the actor's memorable word.

    Raises NotFound if the actor is not in the network, and InvalidInput if the actor must wait
    before another attempt.
    """
    row = _find_word_row(actor)
    _require_wait_over(row)
    is_correct = passwords.password_matches(row.word_hash, _normalise_word(word))
    _count_attempt(actor, row, is_correct=is_correct)
    return is_correct


def replace_word(actor: Actor, proof: str, word: str) -> bool:
    """Replace the actor's memorable word. `proof` is the current word or a code from staff.

    Returns False if `proof` is wrong. Raises NotFound if the actor is not in the network. Raises
    InvalidInput if the new word is not suitable or the actor must wait before another attempt.
    """
    row = _find_word_row(actor)
    person = db.session.get_one(Person, row.person_id)
    check_word(word, person.full_name)
    _require_wait_over(row)
    code_until = row.code_until
    code_hash = row.code_hash if code_until and code_until > clock.now() else None
    by_code = passwords.password_matches(code_hash, "".join(filter(str.isdigit, proof)))
    by_word = passwords.password_matches(row.word_hash, _normalise_word(proof))
    _count_attempt(actor, row, is_correct=by_code or by_word)
    if not (by_code or by_word):
        return False
    with audit.acting(actor, AuditVerb.PERSON_WORD):
        set_word(person, word)
    return True


def numbers_to_call(actor: Actor, person_id: int) -> Sequence[str]:
    """Return the phone numbers (E.164) that staff can call about a memorable word.

    Numbers must have been marked as safe for at least 24 hours. Raises NotFound if the actor is not
    allowed to see the person.
    """
    if not (actor.may("networks:sensitive") and actor.may("people:change")):
        raise NotFound()
    get_visible(Scope.for_actor(actor), person_id, clock.today())
    return [each.point.value for each in verification_numbers.safe_numbers(person_id, clock.now())]


def make_code(actor: Actor, person_id: int, number: str) -> str:
    """Create a code that staff read to the person over the phone.

    The code can be used once, within an hour. Raises NotFound if the actor is not allowed to see
    the person, and InvalidInput if the number is not safe to call.
    """
    if number not in numbers_to_call(actor, person_id):
        raise InvalidInput(_("Select the number that you called"), "number")
    code = "".join(secrets.choice("0123456789") for _digit in range(CODE_DIGITS))
    row = queries.lock_private_word(person_id)
    with audit.acting(actor, AuditVerb.PERSON_WORD_CODE):
        row.code_hash = passwords.hash_password(code)
        row.code_until = clock.now() + CODE_LIFETIME
        row.wrong = 0
    activity.record_activity(actor, person_id)
    return f"{code[:4]} {code[4:]}"


def _normalise_word(word: str) -> str:
    """Return the word in lower case with single spaces."""
    return " ".join(unicodedata.normalize("NFC", word).casefold().split())


def _find_word_row(actor: Actor) -> PrivateWord:
    if actor.person_id is None:
        raise NotFound()
    return queries.lock_private_word(actor.person_id)


def wait_after_attempts(wrong_attempts: int) -> timedelta:
    """Return how long to wait before the next attempt: 1, 2, 4 … 60 minutes.

    The first two wrong attempts have no wait.
    """
    if wrong_attempts < FREE_ATTEMPTS:
        return timedelta()
    return timedelta(minutes=min(2 ** min(wrong_attempts - FREE_ATTEMPTS, 10), LONGEST_WAIT))


def _require_wait_over(row: PrivateWord) -> None:
    until: datetime | None = row.tried_at and row.tried_at + wait_after_attempts(row.wrong)
    if until is None or until <= clock.now():
        return
    minutes = 1 + int((until - clock.now()).total_seconds() // 60)
    wait = ngettext("%(num)s minute", "%(num)s minutes", minutes)
    raise InvalidInput(_("Wait %(time)s before you try again", time=wait), "word")


def _count_attempt(actor: Actor, row: PrivateWord, *, is_correct: bool) -> None:
    with audit.acting(actor, AuditVerb.PERSON_WORD_TRY):
        row.tried_at = clock.now()
        row.wrong = 0 if is_correct else min(row.wrong + 1, MAX_COUNTED_ATTEMPTS)
