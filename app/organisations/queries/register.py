"""Queries that find organisations on the register by the words of their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, select

from app.core import folding
from app.core.actor import Scope
from app.core.db import db
from app.core.in_force import in_force
from app.organisations.models import Organisation
from app.organisations.queries import secrecy

_ROW = select(Organisation.id, Organisation.name, Organisation.kind, Organisation.folded_name)


def organisations_with_words(names: Iterable[str], on: date) -> Sequence[Any]:
    """Return the organisations that share a word with one of these folded names.

    Rows have id, name, kind and folded_name. Words with one typing mistake count.
    """
    return db.session.execute(_select_with_words(names, on)).all()


def visible_organisations_with_words(scope: Scope, names: Iterable[str], on: date) -> Sequence[Any]:
    """Return those rows of `organisations_with_words` that the reader may know of."""
    known: ColumnElement[bool] = secrecy.is_organisation_known_to(scope, Organisation.id)
    return db.session.execute(_select_with_words(names, on).where(known)).all()


def public_names(on: date, limit: int) -> Sequence[str]:
    """Return the names of up to ``limit`` organisations that everybody may know of, by name."""
    known: ColumnElement[bool] = secrecy.is_organisation_known_to(Scope(), Organisation.id)
    return db.session.scalars(
        select(Organisation.name)
        .where(in_force(Organisation, on), known, Organisation.confidential_location.is_(False))
        .order_by(Organisation.folded_name, Organisation.id)
        .limit(limit)
    ).all()


def _select_with_words(names: Iterable[str], on: date) -> Any:
    words = {word for name in names for word in name.split()}
    return _ROW.where(
        in_force(Organisation, on), folding.shares_word(Organisation, words)
    ).order_by(Organisation.folded_name, Organisation.id)
