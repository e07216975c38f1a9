"""Choose and check a memorable word, and make codes to be given by phone for a new one.

An onlooker cannot learn whether a word was chosen, or whether it hides anything. A right word, a
wrong word and a word entered for a person who has none get the same answer after the same work.
After wrong attempts the next one must wait, for an hour at most. Attempts in that time do not
count, so a word of average strength withstands years of guessing.
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
SHORTEST_PART = 3  # of a name; shorter parts occur in many words
FEWEST_LETTERS = 4  # different ones
FREE_TRIES = 3
LONGEST_WAIT = 60  # minutes
MOST_COUNTED = 1000
CODE_LIFETIME = timedelta(hours=1)
CODE_DIGITS = 8


def check_word(word: str, name: str) -> str:
    """Return the word in the form used for comparison.

    `name` is the person's name. The word may not contain a part of it, because people close to them
    would guess that first. Raises InvalidInput (field "word") if the word is unsuitable.
    """
    plain = _simplify_word(word)
    if len(plain) < SHORTEST_WORD:
        raise InvalidInput(
            _("Your word must be %(number)s letters or more", number=SHORTEST_WORD), "word"
        )
    if len(plain) > LONGEST_WORD:
        raise InvalidInput(
            _("Your word must be %(number)s letters or fewer", number=LONGEST_WORD), "word"
        )
    guesses = (*_simplify_word(name).split(), *map(_simplify_word, organisations.names()))
    near = any(plain in each or each in plain for each in guesses if len(each) >= SHORTEST_PART)
    if near or len(set(plain)) < FEWEST_LETTERS:
        raise InvalidInput(
            _("Choose a word that is not a name and that nobody close to you would guess"), "word"
        )
    return plain


def choose_word(person: Person, word: str) -> None:
    """Set the person's word. Raises InvalidInput if it is unsuitable.

    The caller must have checked that the actor may do this.
    """
    plain = check_word(word, person.full_name)
    row = queries.private_word(person.id)
    row.word_hash = passwords.hash_password(plain)
    row.code_hash = row.code_until = None
    db.session.flush()


def verify_word(actor: Actor, word: str) -> bool:
    """Return whether this is the actor's word.

    Raises NotFound for users who are not in the network, and InvalidInput while they have to wait.
    """
    row = _find_word_row(actor)
    _refuse_while_waiting(row)
    right = passwords.password_matches(row.word_hash, _simplify_word(word))
    _count_attempt(actor, row, is_right=right)
    return right


def replace_word(actor: Actor, proof: str, word: str) -> bool:
    """Replace the word, given the current one or a code from a call as proof.

    Returns False if `proof` is neither. Raises NotFound, and InvalidInput for an unsuitable new
    word or while they have to wait.
    """
    row = _find_word_row(actor)
    person = db.session.get_one(Person, row.person_id)
    check_word(word, person.full_name)
    _refuse_while_waiting(row)
    good_until = row.code_until
    code_hash = row.code_hash if good_until and good_until > clock.now() else None
    by_code = passwords.password_matches(code_hash, "".join(filter(str.isdigit, proof)))
    by_word = passwords.password_matches(row.word_hash, _simplify_word(proof))
    _count_attempt(actor, row, is_right=by_code or by_word)
    if not (by_code or by_word):
        return False
    with audit.acting(actor, AuditVerb.PERSON_WORD):
        choose_word(person, word)
    return True


def numbers_to_call(actor: Actor, person_id: int) -> Sequence[str]:
    """Return the numbers (E.164) that staff may call about the word. Raises NotFound.

    They have been on record as safe for at least 24 hours.
    """
    if not (actor.may("networks:sensitive") and actor.may("people:change")):
        raise NotFound()
    get_visible(Scope.for_actor(actor), person_id, clock.today())
    return [one.point.value for one in verification_numbers.safe_numbers(person_id, clock.now())]


def make_code(actor: Actor, person_id: int, number: str) -> str:
    """Return a code to read out to the person called on `number`.

    It works once, within an hour. Raises NotFound, and InvalidInput if the number is not recorded
    as safe.
    """
    if number not in numbers_to_call(actor, person_id):
        raise InvalidInput(_("Select the number that you called"), "number")
    code = "".join(secrets.choice("0123456789") for _digit in range(CODE_DIGITS))
    row = queries.private_word(person_id)
    with audit.acting(actor, AuditVerb.PERSON_WORD_CODE):
        row.code_hash = passwords.hash_password(code)
        row.code_until = clock.now() + CODE_LIFETIME
        row.wrong = 0
    activity.record_heard_from(actor, person_id)
    return f"{code[:4]} {code[4:]}"


def _simplify_word(word: str) -> str:
    """Return the word in lower case with single spaces.

    Phones often type a capital letter first, and it should not matter.
    """
    return " ".join(unicodedata.normalize("NFC", word).casefold().split())


def _find_word_row(actor: Actor) -> PrivateWord:
    if actor.person_id is None:
        raise NotFound()
    return queries.private_word(actor.person_id)


def wait_after_attempts(wrong_attempts: int) -> timedelta:
    """Return the wait before the next attempt: 1, 2, 4 … 60 minutes from the third wrong one."""
    if wrong_attempts < FREE_TRIES:
        return timedelta()
    return timedelta(minutes=min(2 ** min(wrong_attempts - FREE_TRIES, 10), LONGEST_WAIT))


def _refuse_while_waiting(row: PrivateWord) -> None:
    until: datetime | None = row.tried_at and row.tried_at + wait_after_attempts(row.wrong)
    if until is None or until <= clock.now():
        return
    minutes = 1 + int((until - clock.now()).total_seconds() // 60)
    wait = ngettext("%(num)s minute", "%(num)s minutes", minutes)
    raise InvalidInput(_("Wait %(time)s before you try again", time=wait), "word")


def _count_attempt(actor: Actor, row: PrivateWord, *, is_right: bool) -> None:
    with audit.acting(actor, AuditVerb.PERSON_WORD_TRY):
        row.tried_at = clock.now()
        row.wrong = 0 if is_right else min(row.wrong + 1, MOST_COUNTED)
