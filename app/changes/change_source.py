"""Record who told staff about a change, how and when.

All functions that change a person's record take a `StaffChange` and use the `record_source`
decorator. Staff choose the source from a list. They do not enter a name, because audit entries are
never deleted.
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


class Informant(StrEnum):
    """Who told staff about a change."""

    PERSON = "person"
    RELATIVE = "relative"
    CARER = "carer"
    ORGANISATION = "organisation"
    NOBODY = "nobody"  # staff correct a mistake in the record


class ReportMethod(StrEnum):
    """How staff were told about a change."""

    PHONE = "phone"
    IN_PERSON = "in person"
    EMAIL = "email"
    TEXT = "text"
    LETTER = "letter"


INFORMANTS = {
    Informant.PERSON: _l("the person"),
    Informant.RELATIVE: _l("a relative or friend"),
    Informant.CARER: _l("a carer or support worker"),
    Informant.ORGANISATION: _l("somebody at their organisation"),
}
REPORT_METHODS = {
    ReportMethod.PHONE: _l("by phone"),
    ReportMethod.IN_PERSON: _l("in person"),
    ReportMethod.EMAIL: _l("by email"),
    ReportMethod.TEXT: _l("by text message"),
    ReportMethod.LETTER: _l("by letter"),
}


@dataclass(frozen=True)
class ChangeSource:
    """Who told staff about a change, how and when.

    `how` is None only if `by` is `Informant.NOBODY`.
    """

    by: Informant
    how: ReportMethod | None
    on: date

    def check(self, today: date) -> None:
        """Raise InvalidInput if the day is in the future or `how` is missing."""
        if self.on > today:
            raise InvalidInput(_("The date must be today or in the past"), "told_on")
        if self.how is None and self.by is not Informant.NOBODY:
            raise InvalidInput(_("Select how they told you"), "told_how")

    def describe(self) -> str:
        """Return a sentence for the person's history and the audit log."""
        day = long_date(self.on)
        if self.how is None or self.by is Informant.NOBODY:
            return str(_("Our own mistake, corrected on %(day)s", day=day))
        who, how = INFORMANTS[self.by], REPORT_METHODS[self.how]
        return str(_("Reported by %(who)s on %(day)s, %(how)s", who=who, day=day, how=how))


def from_audit_entry(facts: Mapping[str, Any]) -> ChangeSource:
    """Return the source of a change that is stored in an audit entry."""
    how = facts["said_how"]
    return ChangeSource(
        Informant(facts["said_by"]),
        ReportMethod(how) if how else None,
        date.fromisoformat(facts["said_on"]),
    )


@dataclass(frozen=True)
class StaffChange:
    """A person whose record staff are changing, and the source of the change."""

    person_id: int
    source: ChangeSource


# The person to change, or None for the actor's own record.
Subject = StaffChange | None
Change = Callable[Concatenate[Actor, Subject, Parameters], Result]


def record_source(
    verb: AuditVerb,
) -> Callable[[Change[Parameters, Result]], Change[Parameters, Result]]:
    """Return a decorator that records the source of a change.

    The source is stored as the reason in the audit log. If anything changed, an entry is added to
    the person's history. `verb` is the audit verb of the change.
    """

    def decorate(change: Change[Parameters, Result]) -> Change[Parameters, Result]:
        @wraps(change)
        def recorded(
            actor: Actor, subject: Subject, /, *args: Parameters.args, **kwargs: Parameters.kwargs
        ) -> Result:
            if subject is None:
                return change(actor, None, *args, **kwargs)
            source = subject.source
            source.check(clock.today())
            with audit.default_reason(source.describe()) as written:
                result = change(actor, subject, *args, **kwargs)
            if written:
                audit.record(
                    actor,
                    AuditVerb.PERSON_TOLD,
                    "people",
                    subject.person_id,
                    why=source.describe(),
                    change=verb,
                    said_by=source.by,
                    said_how=source.how,
                    said_on=source.on,
                )
            return result

        return recorded

    return decorate


def subject_id(subject: Subject) -> int | None:
    """Return the person's ID, or None for the actor's own record."""
    return None if subject is None else subject.person_id
