"""Queries for the kinds of certificate that renew others, and for renewed certificates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import CTE, ColumnElement, and_, exists, or_, select

from app.certificates.models import Certificate, KindInclusion
from app.certificates.queries.kinds import kinds
from app.certificates.types import ExpiryBasis
from app.core import clock
from app.core.db import db, shared_alias

_other = shared_alias(Certificate)


def _inclusions() -> CTE:
    """Return pairs of a kind and a kind that it includes today, at any depth."""
    pairs = (
        select(KindInclusion.kind_id, KindInclusion.includes_id)
        .where(KindInclusion.until_on.is_(None))
        .cte("inclusions", recursive=True)
    )
    return pairs.union(
        select(pairs.c.kind_id, KindInclusion.includes_id)
        .join(KindInclusion, KindInclusion.kind_id == pairs.c.includes_id)
        .where(KindInclusion.until_on.is_(None))
    )


_INCLUSIONS = _inclusions()  # shared, because a statement may use it more than once


def is_renewed(on: date) -> ColumnElement[bool]:
    """Return the SQL condition for certificates that had been renewed by the day `on`.

    The holder must have a certificate that expires later, of this kind or of one that includes it.
    If two certificates of one kind expire on the same day, the one recorded later renews the other.
    """
    end_of_day = clock.end_of_day(on)
    including = (
        exists()
        .where(
            _INCLUSIONS.c.kind_id == _other.kind_id,
            _INCLUSIONS.c.includes_id == Certificate.kind_id,
        )
        .correlate(_other, Certificate)
    )
    equally_long = and_(
        _other.expires_on == Certificate.expires_on,
        or_(_other.kind_id != Certificate.kind_id, _other.id > Certificate.id),
    )
    return (
        exists()
        .where(
            _other.person_id == Certificate.person_id,
            _other.id != Certificate.id,
            _other.confirmed_at < end_of_day,
            or_(_other.revoked_at.is_(None), _other.revoked_at >= end_of_day),
            or_(_other.awarded_on.is_(None), _other.awarded_on <= on),
            or_(_other.kind_id == Certificate.kind_id, including),
            or_(
                and_(_other.expires_on.is_(None), _other.expiry_basis == ExpiryBasis.NONE),
                _other.expires_on > Certificate.expires_on,
                equally_long,
            ),
        )
        .correlate(Certificate)
    )


class KindRelations:
    """The kinds that include other kinds, and the families of kinds."""

    def __init__(self) -> None:
        self._including: dict[int, set[int]] = defaultdict(set)
        self._included: dict[int, set[int]] = defaultdict(set)
        for kind_id, included_id in db.session.execute(
            select(_INCLUSIONS.c.kind_id, _INCLUSIONS.c.includes_id)
        ):
            self._including[included_id].add(kind_id)
            self._included[kind_id].add(included_id)
        self._families: dict[str, set[int]] = defaultdict(set)
        self._family_by_kind: dict[int, str] = {}
        for kind in kinds():
            if kind.family is not None:
                self._families[kind.family].add(kind.id)
                self._family_by_kind[kind.id] = kind.family

    def kinds_renewing(self, kind_id: int) -> frozenset[int]:
        """Return the kinds that renew a certificate of this kind, including the kind itself."""
        return frozenset({kind_id, *self._including[kind_id]})

    def kinds_with_families(self, kind_ids: Collection[int]) -> frozenset[int]:
        """Return these kinds and all other kinds in the same families."""
        families = {self._family_by_kind[each] for each in kind_ids if each in self._family_by_kind}
        return frozenset(kind_ids).union(*(self._families[each] for each in families))

    def kinds_satisfied_by(self, kind_id: int) -> frozenset[int]:
        """Return the kinds that a certificate of this kind counts as, including the kind itself."""
        return frozenset({kind_id, *self._included[kind_id]})
