"""Registrations that were joined to somebody's record: what stands at the address they had."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _

from app.core.actor import Scope
from app.core.errors import Conflict
from app.people.queries.joined import person_of


class Joined(Conflict):
    """The registration is part of somebody's record now. person_id: whose."""

    def __init__(self, person_id: int, name: str) -> None:
        super().__init__(_("This registration was merged into %(name)s’s record.", name=name))
        self.person_id = person_id


def look(scope: Scope, closed_id: int, on: date) -> None:
    """Whether there was a registration with this id that was joined to somebody's record.

    Raises Joined if so, and if the reader may read that record.
    """
    person = person_of(scope, closed_id, on)
    if person is not None:
        raise Joined(person.id, person.full_name)
