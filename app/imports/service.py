"""Import a partner's list of people.

An import is idempotent, and saves either all rows or none. A file is recognised by its digest. The
rows of a changed file are matched with existing records by contact details and name, and by course
and date. Names may be misspelt. A dry run does everything and is then rolled back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from flask_babel import gettext as _

from app.certificates.imported import is_refresher
from app.core import audit, clock, folding, locks, registry
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.locks import Lock
from app.core.registry import ImportedTraining
from app.imports import queries
from app.imports.files import Row, file_digest, read_rows
from app.imports.models import PeopleImport
from app.imports.rows import ListedPerson, Problem, RowParser
from app.imports.writing import ImportWriter, NewPerson, contact_details
from app.organisations import queries as organisations
from app.people import general, same_person
from app.people.queries.joining import application_pairs
from app.people.queries.locking import lock_people
from app.people.types import ContactKind

BATCH_SIZE = 1_000  # rows
MAX_PROBLEMS = 200  # problems to show; others are only counted

PersonT = TypeVar("PersonT")
Contact = tuple[ContactKind, str]


@dataclass
class Result:
    """The result of an import or a dry run.

    ``known`` counts the people who already had a record. ``unused_columns`` are headings that match
    no field. ``further_errors`` counts the errors that were not kept. ``imported_before_on`` is the
    day on which the same file was imported before.
    """

    rows: int = 0
    created: int = 0
    known: int = 0
    certificates: int = 0
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    unused_columns: tuple[str, ...] = ()
    further_errors: int = 0
    imported_before_on: date | None = None

    def add_problems(self, problems: Sequence[Problem]) -> None:
        """Add problems to the result, up to MAX_PROBLEMS of each kind."""
        for problem in problems:
            kept = self.warnings if problem.warning else self.errors
            if len(kept) < MAX_PROBLEMS:
                kept.append(problem)
            elif not problem.warning:
                self.further_errors += 1


@dataclass(frozen=True)
class _KnownPerson:
    id: int
    name: str
    is_open: bool  # has not left or been declined, so details may be added
    can_join: bool


def import_people(
    actor: Actor, path: Path, *, dry_run: bool = False, sent_by: str | None = None
) -> Result:
    """Import a list. Nothing is saved if there are errors, or in a dry run.

    ``sent_by`` is the name of the organisation that sent the list. People on the list immediately
    become members of the networks that this organisation approves. Raises InvalidInput if the file
    cannot be read as a list, or if there is no such organisation.
    """
    vouched_by = _organisation_id(sent_by)
    digest = file_digest(path)
    locks.acquire(Lock.PEOPLE_IMPORT)
    before = queries.find_import(digest)
    if before is not None:
        return _result_of_earlier_import(before)
    savepoint = db.session.begin_nested()
    try:
        result = _Import(ImportWriter(actor, clock.now(), path.name[:150], digest, vouched_by)).run(
            read_rows(path)
        )
    except BaseException:
        savepoint.rollback()
        raise
    if result.errors:
        savepoint.rollback()
        return replace(result, created=0, known=0, certificates=0)
    if dry_run:
        savepoint.rollback()
    else:
        savepoint.commit()
    return result


def _organisation_id(name: str | None) -> int | None:
    if name is None:
        return None
    found = organisations.organisation_by_name(name)
    if found is None:
        raise InvalidInput(_("There is no organisation called “%(name)s”.", name=name), "sent_by")
    return found.id


def _result_of_earlier_import(earlier_import: PeopleImport) -> Result:
    people = earlier_import.counts.get("created", 0) + earlier_import.counts.get("known", 0)
    return Result(
        rows=earlier_import.counts.get("rows", 0),
        known=people,
        imported_before_on=clock.london_day(earlier_import.imported_at),
    )


class _Import:
    def __init__(self, writer: ImportWriter) -> None:
        self.writer = writer
        self.result = Result()
        networks = organisations.current_networks(writer.import_date)
        self.network_ids = {network.slug: network.id for network in networks}
        self.sensitive = {network.id for network in networks if network.sensitive}
        self.parser = RowParser(
            networks={
                **{network.name.casefold(): network.slug for network in networks},
                **{network.name.casefold().lstrip("#"): network.slug for network in networks},
                **{network.slug: network.slug for network in networks},
            },
            network_names=", ".join(f"“{network.name}”" for network in networks),
            find_kind=_KindCache().find,
            today=writer.import_date,
        )
        self.created: set[int] = set()
        self.known: set[int] = set()
        self.refreshers: list[tuple[int, ListedPerson]] = []

    def run(self, rows: Iterator[Row]) -> Result:
        while batch := list(islice(rows, BATCH_SIZE)):
            self._process_batch(batch)
        result = self.result
        if not result.errors:
            self._record_refreshers()
        result.created, result.known = len(self.created), len(self.known)
        if not result.errors:
            self._record_import()
        return result

    def _record_import(self) -> None:
        writer, result = self.writer, self.result
        counts: dict[str, Any] = {
            "rows": result.rows,
            "created": result.created,
            "known": result.known,
            "certificates": result.certificates,
        }
        people_import = PeopleImport(
            digest=writer.digest,
            file_name=writer.file,
            imported_at=writer.now,
            counts=counts,
        )
        db.session.add(people_import)
        db.session.flush()
        audit.record(
            writer.actor,
            AuditVerb.PEOPLE_IMPORT,
            "people_imports",
            people_import.id,
            file=writer.file,
            **counts,
        )

    def _process_batch(self, batch: Sequence[Row]) -> None:
        parsed = [self.parser.parse(row) for row in batch]
        self.result.rows += len(batch)
        self.result.unused_columns = batch[0].unused_columns
        self.result.add_problems(self.parser.problems)
        self.parser.problems.clear()
        if not self.result.errors:
            self._write_rows([row for row in parsed if row is not None])

    def _write_rows(self, rows: Sequence[ListedPerson]) -> None:
        folded = folding.fold_names(row.name for row in rows)
        known = _lock_known_people(rows)
        new: dict[Contact, list[tuple[str, NewPerson]]] = defaultdict(list)
        matched: list[tuple[ListedPerson, _KnownPerson | NewPerson]] = []
        new_people: list[NewPerson] = []
        for row in rows:
            name, contacts = folded[row.name], _contact_keys(row)
            person = same_person.match_by_name(name, _group_by_contact(known, contacts))
            if person is not None:
                matched.append((row, person))
                self._warn_about_name(row, person.name)
                continue
            new_person = same_person.match_by_name(name, _group_by_contact(new, contacts))
            if new_person is None:
                new_person = NewPerson(row)
                new_people.append(new_person)
            else:
                self._warn_about_name(row, new_person.row.name)
            for contact in contacts:
                new[contact].append((name, new_person))
            new_person.network_ids |= {self.network_ids[slug] for slug in row.networks}
            matched.append((row, new_person))
        for each in new_people:
            # We cannot ask them beforehand, so members of a sensitive network are protected.
            each.protected = bool(each.network_ids & self.sensitive)
            each.general = general.is_general_at_registration(
                each.network_ids, self.sensitive, answer=None
            )
        self.writer.add(new_people)
        self.created |= {each.id for each in new_people}
        self._update_known_people(matched)
        trained = [(each.id, row) for row, each in matched if not _has_left(each)]
        self._record_training([each for each in trained if not is_refresher(each[1].course)])
        self.refreshers += [each for each in trained if is_refresher(each[1].course)]

    def _warn_about_name(self, row: ListedPerson, known_as: str) -> None:
        if row.name.casefold() != known_as.casefold():
            message = _(
                "We think that this is %(name)s, who has the same contact details. If not, change"
                " the contact details in the list.",
                name=known_as,
            )
            self.result.add_problems([Problem(row.row, "", message, warning=True)])

    def _warn_about_refresher(self, row: ListedPerson) -> None:
        message = _(
            "We have no record of a certificate that “%(course)s” could renew. We will save the"
            " training for a coordinator to check.",
            course=row.course,
        )
        self.result.add_problems([Problem(row.row, "", message, warning=True)])

    def _update_known_people(
        self, matched: Sequence[tuple[ListedPerson, _KnownPerson | NewPerson]]
    ) -> None:
        joining: dict[tuple[int, int], None] = {}
        for row, person in matched:
            if isinstance(person, NewPerson):
                continue
            if person.id not in self.created:
                self.known.add(person.id)
            if not person.is_open:
                message = _("This person has left or has been declined. Nothing was changed.")
                self.result.add_problems([Problem(row.row, "", message, warning=True)])
            elif person.can_join or person.id in self.created:
                for slug in row.networks:
                    if self.network_ids[slug] not in self.sensitive:
                        joining[person.id, self.network_ids[slug]] = None
        # People who left a network, or applied to join it, are not added to it again.
        ids = {person_id for person_id, _ in joining}
        before = queries.memberships(ids) | application_pairs(ids)
        self.writer.add_memberships(pair for pair in joining if pair not in before)

    def _record_refreshers(self) -> None:
        """Record the refreshers of all rows, after the certificates that they renew."""
        by_date = sorted(self.refreshers, key=lambda each: each[1].awarded_on or date.min)
        for at in range(0, len(by_date), BATCH_SIZE):
            self._record_training(by_date[at : at + BATCH_SIZE])

    def _record_training(self, rows: Sequence[tuple[int, ListedPerson]]) -> None:
        training: dict[ImportedTraining, ListedPerson] = {}
        for person_id, row in rows:
            if row.kind:
                training.setdefault(_to_training(person_id, row), row)
        claims = [(person_id, row) for person_id, row in rows if row.course and not row.kind]
        for record_training in registry.on_imported_training:
            recorded = record_training(self.writer.actor, list(training))
            self.result.certificates += recorded.certificates
            for each in recorded.to_check:
                claims.append((each.person_id, training[each]))
                self._warn_about_refresher(training[each])
        self.writer.add_claims(claims)


def _to_training(person_id: int, row: ListedPerson) -> ImportedTraining:
    return ImportedTraining(
        person_id,
        row.kind or "",
        row.awarded_on,
        row.date_precision,
        row.provider,
        row.number,
        refresher=is_refresher(row.course),
    )


def _has_left(person: _KnownPerson | NewPerson) -> bool:
    return isinstance(person, _KnownPerson) and not person.is_open


class _KindCache:
    """A cache of the certificate kind for each course name."""

    def __init__(self) -> None:
        self.found: dict[str, str | None] = {}

    def find(self, course: str) -> str | None:
        if course not in self.found:
            if len(self.found) > BATCH_SIZE:
                self.found.clear()
            answers = (kind_of(course) for kind_of in registry.training_kinds)
            self.found[course] = next((slug for slug in answers if slug), None)
        return self.found[course]


def _contact_keys(row: ListedPerson) -> list[Contact]:
    return [(kind, value.casefold()) for kind, value in contact_details(row)]


def _group_by_contact(
    people: Mapping[Contact, Sequence[tuple[str, PersonT]]], contacts: Iterable[Contact]
) -> list[tuple[str, PersonT]]:
    """Return the people with any of these contact details, with their folded names."""
    return [each for contact in contacts for each in people.get(contact, ())]


def _lock_known_people(
    rows: Sequence[ListedPerson],
) -> Mapping[Contact, list[tuple[str, _KnownPerson]]]:
    """Lock the people whose existing records share contact details with these rows.

    Return them by contact detail, with their folded names.
    """
    known = _find_known_people(rows)
    if lock_people(person.id for people in known.values() for _, person in people):
        return _find_known_people(rows)
    return {}


def _find_known_people(
    rows: Sequence[ListedPerson],
) -> Mapping[Contact, list[tuple[str, _KnownPerson]]]:
    """Return the people with current or past contact details in these rows, best match first."""
    values = sorted({value for row in rows for _, value in contact_details(row)})
    known: dict[Contact, list[tuple[str, _KnownPerson]]] = defaultdict(list)
    for row in queries.people_by_contact(values):
        person = _KnownPerson(
            row.id,
            row.full_name,
            is_open=row.left_on is None and row.declined_at is None,
            can_join=row.protected_at is None and not row.blocks,
        )
        known[row.kind, row.value.casefold()].insert(0, (row.folded_name, person))
    return known
