"""`people import`: a partner's list comes in whole or not at all, and twice is once.

A file is known by its digest; a file that was saved again is known row by row: by contact point and
name, course and date. A dry run is the real run, taken back at its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

from app.core import audit, clock, locks, registry
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.locks import Lock
from app.core.registry import ImportedTraining
from app.imports import queries
from app.imports.files import Row, digest_of, rows_of
from app.imports.rows import Listed, Problem, Reader
from app.imports.writing import Newcomer, Writing, ways_of
from app.organisations import queries as organisations
from app.people import general
from app.people.models import PeopleImport
from app.people.queries.locking import lock_all
from app.people.types import ContactKind

AT_ONCE = 1_000  # rows
MOST_PROBLEMS = 200  # kept and shown; of more only the number

Key = tuple[str, ContactKind, str]


@dataclass
class Result:
    """What an import did, or (dry run) would do. before_on: when the very same file was read in.

    known: people on the list who were known before. unused: headings of columns left out. more:
    errors beyond those kept.
    """

    rows: int = 0
    created: int = 0
    known: int = 0
    certificates: int = 0
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    unused: tuple[str, ...] = ()
    more: int = 0
    before_on: date | None = None

    def note(self, problems: Sequence[Problem]) -> None:
        """Keep problems, as many as anybody would read."""
        for problem in problems:
            kept = self.warnings if problem.warning else self.errors
            if len(kept) < MOST_PROBLEMS:
                kept.append(problem)
            elif not problem.warning:
                self.more += 1


@dataclass(frozen=True)
class _Known:
    id: int
    open: bool  # still here: something may be added
    may_join: bool


def import_people(actor: Actor, path: Path, *, dry_run: bool = False) -> Result:
    """Read a list in. With errors, or in a dry run, nothing is kept.

    Raises InvalidInput for a file that can't be read as a list at all.
    """
    digest = digest_of(path)
    locks.acquire(Lock.PEOPLE_IMPORT)
    before = queries.import_with(digest)
    if before is not None:
        return _known_file(before)
    savepoint = db.session.begin_nested()
    try:
        result = _Import(Writing(actor, clock.now(), path.name[:150], digest)).run(rows_of(path))
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


def _known_file(before: PeopleImport) -> Result:
    people = before.counts.get("created", 0) + before.counts.get("known", 0)
    return Result(
        rows=before.counts.get("rows", 0),
        known=people,
        before_on=clock.london_day(before.imported_at),
    )


class _Import:
    def __init__(self, writing: Writing) -> None:
        self.writing = writing
        self.result = Result()
        networks = organisations.networks_on(writing.on)
        self.network_ids = {one.slug: one.id for one in networks}
        self.sensitive = {one.id for one in networks if one.sensitive}
        self.reader = Reader(
            networks={
                **{one.name.casefold(): one.slug for one in networks},
                **{one.name.casefold().lstrip("#"): one.slug for one in networks},
                **{one.slug: one.slug for one in networks},
            },
            network_names=", ".join(f"“{one.name}”" for one in networks),
            kind_of=_CachedKinds().find,
            today=writing.on,
        )
        self.created: set[int] = set()
        self.known: set[int] = set()

    def run(self, rows: Iterator[Row]) -> Result:
        while batch := list(islice(rows, AT_ONCE)):
            self._batch(batch)
        result = self.result
        result.created, result.known = len(self.created), len(self.known)
        if not result.errors:
            self._remember()
        return result

    def _remember(self) -> None:
        writing, result = self.writing, self.result
        counts: dict[str, Any] = {
            "rows": result.rows,
            "created": result.created,
            "known": result.known,
            "certificates": result.certificates,
        }
        made = PeopleImport(
            digest=writing.digest,
            file_name=writing.file,
            imported_at=writing.now,
            counts=counts,
        )
        db.session.add(made)
        db.session.flush()
        audit.record(
            writing.actor,
            AuditVerb.PEOPLE_IMPORT,
            "people_imports",
            made.id,
            file=writing.file,
            **counts,
        )

    def _batch(self, batch: Sequence[Row]) -> None:
        read = [self.reader.read(row) for row in batch]
        self.result.rows += len(batch)
        self.result.unused = batch[0].unused
        self.result.note(self.reader.problems)
        self.reader.problems.clear()
        if not self.result.errors:
            self._write([row for row in read if row is not None])

    def _write(self, rows: Sequence[Listed]) -> None:
        known = _locked(rows)
        newcomers: dict[Key, Newcomer] = {}
        whose: list[tuple[Listed, _Known | Newcomer]] = []
        for row in rows:
            keys = _keys(row)
            person = next((known[key] for key in keys if key in known), None)
            if person is not None:
                whose.append((row, person))
                continue
            newcomer = next((newcomers[key] for key in keys if key in newcomers), None)
            if newcomer is None:
                newcomer = Newcomer(row)
                newcomers |= dict.fromkeys(keys, newcomer)
            newcomer.network_ids |= {self.network_ids[slug] for slug in row.networks}
            whose.append((row, newcomer))
        fresh = list({id(each): each for each in newcomers.values()}.values())
        for each in fresh:
            # Nobody could ask them beforehand: whoever comes by a sensitive network is protected.
            each.protected = bool(each.network_ids & self.sensitive)
            each.general = general.starts(each.network_ids, self.sensitive, answer=None)
        self.writing.add(fresh)
        self.created |= {each.id for each in fresh}
        self._add_to_known(whose)
        self._train([(each.id, row) for row, each in whose if not _is_closed(each)])

    def _add_to_known(self, whose: Sequence[tuple[Listed, _Known | Newcomer]]) -> None:
        joining: dict[tuple[int, int], None] = {}
        for row, person in whose:
            if isinstance(person, Newcomer):
                continue
            if person.id not in self.created:
                self.known.add(person.id)
            if not person.open:
                message = _(
                    "We already know them, and they have left or were declined."
                    " Nothing was changed."
                )
                self.result.note([Problem(row.row, "", message, warning=True)])
            elif person.may_join or person.id in self.created:
                for slug in row.networks:
                    if self.network_ids[slug] not in self.sensitive:
                        joining[person.id, self.network_ids[slug]] = None
        # Whoever was a member once is not put back.
        before = queries.memberships({person_id for person_id, _ in joining})
        self.writing.join(pair for pair in joining if pair not in before)

    def _train(self, rows: Sequence[tuple[int, Listed]]) -> None:
        training = [
            ImportedTraining(
                person_id, row.kind, row.awarded_on, row.known, row.provider, row.number
            )
            for person_id, row in rows
            if row.kind
        ]
        for record in registry.on_imported_training:
            self.result.certificates += record(self.writing.actor, training)
        self.writing.claim([(each, row) for each, row in rows if row.course and not row.kind])


def _is_closed(person: _Known | Newcomer) -> bool:
    return isinstance(person, _Known) and not person.open


class _CachedKinds:
    """Asks the higher rooms once for each way of writing a course."""

    def __init__(self) -> None:
        self.found: dict[str, str | None] = {}

    def find(self, course: str) -> str | None:
        if course not in self.found:
            if len(self.found) > AT_ONCE:
                self.found.clear()
            answers = (kind_of(course) for kind_of in registry.training_kinds)
            self.found[course] = next((slug for slug in answers if slug), None)
        return self.found[course]


def _keys(row: Listed) -> list[Key]:
    name = row.name.casefold()
    return [(name, kind, value.casefold()) for kind, value in ways_of(row)]


def _locked(rows: Sequence[Listed]) -> dict[Key, _Known]:
    """Whom we know of these rows, locked: what is said of them stays so until all is written."""
    if lock_all(each.id for each in _find_known(rows).values()):
        return _find_known(rows)
    return {}


def _find_known(rows: Sequence[Listed]) -> dict[Key, _Known]:
    """Match rows to existing people by name and a contact point, current or past."""
    values = sorted({value for row in rows for _, value in ways_of(row)})
    known: dict[Key, _Known] = {}
    for row in queries.people_at(values):
        key = (" ".join(row.full_name.casefold().split()), row.kind, row.value.casefold())
        known[key] = _Known(
            row.id,
            open=row.left_on is None and row.declined_at is None,
            may_join=row.protected_at is None and not row.blocks,
        )
    return known
