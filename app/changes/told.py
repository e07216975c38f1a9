"""Changes that staff make because somebody told them to: who said it, how and on which day.

Every change to somebody else's record that the person could make on their own page takes an
`AtTheirWord` (`at_their_word`). Staff choose from lists and do not type a name, because the audit
log is never erased.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.errors import InvalidInput
from app.core.words import long_date

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class Teller(StrEnum):
    """Who told staff about a change."""

    PERSON = "person"
    RELATIVE = "relative"
    CARER = "carer"
    ORGANISATION = "organisation"
    NOBODY = "nobody"  # staff correct a mistake in the record


class Means(StrEnum):
    """How staff were told about a change."""

    PHONE = "phone"
    IN_PERSON = "in person"
    EMAIL = "email"
    TEXT = "text"
    LETTER = "letter"


TELLERS = {
    Teller.PERSON: _l("the person"),
    Teller.RELATIVE: _l("a relative or friend"),
    Teller.CARER: _l("a carer or support worker"),
    Teller.ORGANISATION: _l("somebody at their organisation"),
}
MEANS = {
    Means.PHONE: _l("by phone"),
    Means.IN_PERSON: _l("in person"),
    Means.EMAIL: _l("by email"),
    Means.TEXT: _l("by text message"),
    Means.LETTER: _l("by letter"),
}


@dataclass(frozen=True)
class Told:
    """Who told staff about a change, how and on which day.

    `how` is None only if nobody told them (`Teller.NOBODY`).
    """

    by: Teller
    how: Means | None
    on: date

    def check(self, today: date) -> None:
        """Raise InvalidInput if the day is in the future, or if `how` is missing."""
        if self.on > today:
            raise InvalidInput(_("The date must be today or in the past"), "told_on")
        if self.how is None and self.by is not Teller.NOBODY:
            raise InvalidInput(_("Select how they told you"), "told_how")

    def in_words(self) -> str:
        """Return a sentence for the history and the audit log."""
        day = long_date(self.on)
        if self.how is None or self.by is Teller.NOBODY:
            return str(_("Our own mistake, corrected on %(day)s", day=day))
        who, how = TELLERS[self.by], MEANS[self.how]
        return str(_("Said by %(who)s on %(day)s, %(how)s", who=who, day=day, how=how))


def read(facts: Mapping[str, Any]) -> Told:
    """Return what an entry of the audit log says about who told staff."""
    how = facts["said_how"]
    return Told(
        Teller(facts["said_by"]), Means(how) if how else None, date.fromisoformat(facts["said_on"])
    )


@dataclass(frozen=True)
class AtTheirWord:
    """A person whose record staff change, and who told the staff to change it."""

    person_id: int
    told: Told


# The record that a function changes. None is the actor's own.
Whose = AtTheirWord | None
Change = Callable[Concatenate[Actor, Whose, Parameters], Result]


def at_their_word(
    verb: AuditVerb,
) -> Callable[[Change[Parameters, Result]], Change[Parameters, Result]]:
    """Return a decorator that records who told staff about the change that a function makes.

    Every row that the function writes gets the sentence as its reason in the audit log. The
    person's history gets one line, unless nothing changed. `verb` says what the change is.
    """

    def decorate(change: Change[Parameters, Result]) -> Change[Parameters, Result]:
        @wraps(change)
        def recorded(
            actor: Actor, whose: Whose, /, *args: Parameters.args, **kwargs: Parameters.kwargs
        ) -> Result:
            if whose is None:
                return change(actor, None, *args, **kwargs)
            told = whose.told
            told.check(clock.today())
            with audit.default_reason(told.in_words()) as written:
                result = change(actor, whose, *args, **kwargs)
            if written:
                audit.record(
                    actor,
                    AuditVerb.PERSON_TOLD,
                    "people",
                    whose.person_id,
                    why=told.in_words(),
                    change=verb,
                    said_by=told.by,
                    said_how=told.how,
                    said_on=told.on,
                )
            return result

        return recorded

    return decorate


def person_of(whose: Whose) -> int | None:
    """Return the id of the person whose record changes, or None for the actor's own."""
    return None if whose is None else whose.person_id
