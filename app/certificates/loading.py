"""Load certificate kinds, their rules and their inclusions from the programme file."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.certificates.models import CertificateKind, KindInclusion, KindRule
from app.certificates.programme_part import CertificateKindPart
from app.certificates.types import Anchor, EarlyRenewal
from app.core.db import db
from app.core.reconciliation import Reconciliation, group_rows


def load_kinds(
    reconciliation: Reconciliation, kind_parts: Sequence[CertificateKindPart]
) -> dict[str, int]:
    """Update the kinds and rules from the programme file. Return the kinds' IDs by slug."""
    existing = db.session.scalars(select(CertificateKind))
    kinds = reconciliation.reconcile(
        CertificateKind,
        {row.slug: row for row in existing},
        {
            part.slug: {
                "slug": part.slug,
                "name": part.name,
                "awarding_body": part.awarding_body,
                "own": part.own,
                "reminder_steps": list(part.reminder_steps),
                "family": part.family,
            }
            for part in kind_parts
        },
        part="certificate_kinds",
    )
    ids = {slug: kind.id for slug, kind in kinds.items()}
    _load_rules(reconciliation, kind_parts, ids)
    _load_inclusions(reconciliation, kind_parts, ids)
    return ids


def _load_rules(
    reconciliation: Reconciliation, kind_parts: Sequence[CertificateKindPart], ids: dict[str, int]
) -> None:
    rows = db.session.scalars(select(KindRule))
    reconciliation.reconcile(
        KindRule,
        {(row.kind_id, row.from_on): row for row in rows},
        {
            (ids[part.slug], rule.from_on): {
                "kind_id": ids[part.slug],
                "from_on": rule.from_on,
                "validity_months": rule.validity_months,
                "anchor": Anchor(rule.anchor),
                "refresher_window_months": rule.refresher_window_months,
                "grace_months": rule.grace_months,
                "early_renewal": EarlyRenewal(rule.early_renewal),
            }
            for part in kind_parts
            for rule in part.rules
        },
        part="certificate_kinds.rules",
    )


def _load_inclusions(
    reconciliation: Reconciliation, kind_parts: Sequence[CertificateKindPart], ids: dict[str, int]
) -> None:
    pairs = [(ids[part.slug], ids[included]) for part in kind_parts for included in part.includes]
    rows = db.session.scalars(select(KindInclusion))
    reconciliation.reconcile_dated(
        KindInclusion,
        group_rows(rows, "kind_id", "includes_id"),
        {
            pair: [
                {
                    "kind_id": pair[0],
                    "includes_id": pair[1],
                    "from_on": reconciliation.effect.first_day,
                    "until_on": None,
                }
            ]
            for pair in pairs
        },
        is_rule=False,
    )
