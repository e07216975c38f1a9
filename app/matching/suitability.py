"""Explain why each proposed person suits a need, using only information visible to the reader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date

from app.certificates import queries as certificates
from app.certificates.types import CertificateRow, CertificateState, DatePrecision
from app.core import programme
from app.core.actor import Scope
from app.matching import queries
from app.matching.types import NeedRow, ProposalRow, Suitability
from app.matching.wording import distance_in_kilometres
from app.people.queries import network_names

IN_DATE = (CertificateState.IN_DATE, CertificateState.LAPSES_SOON)


def add_suitability(
    scope: Scope, rows: Sequence[ProposalRow], needs: Iterable[NeedRow], on: date
) -> list[ProposalRow]:
    """Add to each proposal the reasons why the person suits the need.

    A network is named only if it is visible to the reader.
    """
    people = {row.person_id for row in rows}
    needs_by_id = {need.id: need for need in needs}
    certificates_held = _certificates(rows, needs_by_id, on)
    networks = network_names(scope, people, on)
    active = queries.filter_active_people(people, on)
    last_asked = queries.last_request_dates(scope, people)
    return [
        replace(
            row,
            suitability=_suitability(
                row,
                certificates_held.get((row.need_id, row.person_id)),
                is_member=needs_by_id[row.need_id].network in networks.get(row.person_id, ()),
                is_active=row.person_id in active,
                asked_on=last_asked.get(row.person_id),
            ),
        )
        for row in rows
    ]


def _suitability(
    row: ProposalRow,
    certificate: CertificateRow | None,
    *,
    is_member: bool,
    is_active: bool,
    asked_on: date | None,
) -> Suitability:
    return Suitability(
        certificate=certificate.kind_name if certificate else None,
        until=certificate.expires_on if certificate else None,
        until_precision=certificate.expiry_known if certificate else DatePrecision.DAY,
        is_member=is_member,
        kilometres=distance_in_kilometres(row.terms),
        is_active=is_active,
        asked_on=asked_on,
    )


def _certificates(
    rows: Sequence[ProposalRow], needs: dict[int, NeedRow], on: date
) -> dict[tuple[int, int], CertificateRow]:
    """Return the in-date certificates that meet each need, by need ID and person ID."""
    any_kind = tuple(programme.setting_on_day("community_status", on, {}).get("kinds", ()))
    by_kinds: dict[tuple[str, ...], list[ProposalRow]] = defaultdict(list)
    for row in rows:
        kind = needs[row.need_id].kind_slug
        by_kinds[(kind,) if kind else any_kind].append(row)
    found: dict[tuple[int, int], CertificateRow] = {}
    for kinds, group in by_kinds.items():
        latest = certificates.latest_certificates_by_person(_person_ids(group), on, kinds)
        for row in group:
            certificate = latest.get(row.person_id)
            if certificate is not None and certificate.state in IN_DATE:
                found[row.need_id, row.person_id] = certificate
    return found


def _person_ids(rows: Collection[ProposalRow]) -> list[int]:
    return sorted({row.person_id for row in rows})
