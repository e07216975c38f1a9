"""Find the record that a registration was merged into."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _

from app.core.actor import Scope
from app.core.errors import Conflict
from app.people.queries.merged import merged_person


class AlreadyMerged(Conflict):
    """Raised for a registration that was merged into the record with the ID ``person_id``."""

    def __init__(self, person_id: int, name: str) -> None:
        super().__init__(_("This registration was merged into %(name)s’s record.", name=name))
        self.person_id = person_id


def raise_if_merged(scope: Scope, closed_id: int, on: date) -> None:
    """Raise AlreadyMerged if the registration was merged into a record that the reader can read."""
    person = merged_person(scope, closed_id, on)
    if person is not None:
        raise AlreadyMerged(person.id, person.full_name)
