"""What speaks for each proposed person, read for whoever reads it and on the day they do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date

from app.certificates import queries as certificates
from app.certificates.types import CertificateRow, CertificateState
from app.core import programme
from app.core.actor import Scope
from app.matching import queries
from app.matching.types import NeedRow, ProposalRow, Suits
from app.matching.wording import kilometres
from app.people.queries import network_names

IN_DATE = (CertificateState.IN_DATE, CertificateState.LAPSES_SOON)


def with_reasons(
    scope: Scope, rows: Sequence[ProposalRow], needs: Iterable[NeedRow], on: date
) -> list[ProposalRow]:
    """The proposals, each with why its person may be asked. A network is named to who may know."""
    people = {row.person_id for row in rows}
    asked_for = {need.id: need for need in needs}
    held = _certificates(rows, asked_for, on)
    networks = network_names(scope, people, on)
    active, asked = queries.active_of(people, on), queries.last_asked(scope, people)
    return [
        replace(
            row,
            suits=_suits(
                row,
                held.get((row.need_id, row.person_id)),
                member=asked_for[row.need_id].network in networks.get(row.person_id, ()),
                active=row.person_id in active,
                asked_on=asked.get(row.person_id),
            ),
        )
        for row in rows
    ]


def _suits(
    row: ProposalRow,
    held: CertificateRow | None,
    *,
    member: bool,
    active: bool,
    asked_on: date | None,
) -> Suits:
    return Suits(
        certificate=held.kind_name if held else None,
        until=held.expires_on if held else None,
        member=member,
        kilometres=kilometres(row.terms),
        active=active,
        asked_on=asked_on,
    )


def _certificates(
    rows: Sequence[ProposalRow], needs: dict[int, NeedRow], on: date
) -> dict[tuple[int, int], CertificateRow]:
    """(need, person) → what they hold in date of what the need asks for."""
    any_kind = tuple(programme.setting("community_status", {}).get("kinds", ()))
    wanted: dict[tuple[str, ...], list[ProposalRow]] = defaultdict(list)
    for row in rows:
        kind = needs[row.need_id].kind_slug
        wanted[(kind,) if kind else any_kind].append(row)
    found: dict[tuple[int, int], CertificateRow] = {}
    for kinds, theirs in wanted.items():
        best = certificates.latest_by_person(_people(theirs), on, kinds)
        for row in theirs:
            held = best.get(row.person_id)
            if held is not None and held.state in IN_DATE:
                found[row.need_id, row.person_id] = held
    return found


def _people(rows: Collection[ProposalRow]) -> list[int]:
    return sorted({row.person_id for row in rows})
