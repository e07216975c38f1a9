"""Queries that find organisations by the words in their names."""

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
    """Return the organisations that share a word with any of these folded names.

    Rows have id, name, kind and folded_name. Words may have one typing mistake.
    """
    return db.session.execute(_select_with_words(names, on)).all()


def visible_organisations_with_words(scope: Scope, names: Iterable[str], on: date) -> Sequence[Any]:
    """Return the rows of `organisations_with_words` that are not hidden from the reader."""
    visible: ColumnElement[bool] = secrecy.is_organisation_visible(scope, Organisation.id)
    return db.session.execute(_select_with_words(names, on).where(visible)).all()


def public_names(on: date, limit: int) -> Sequence[str]:
    """Return up to ``limit`` names of organisations that everybody is allowed to see, sorted."""
    visible: ColumnElement[bool] = secrecy.is_organisation_visible(Scope(), Organisation.id)
    return db.session.scalars(
        select(Organisation.name)
        .where(in_force(Organisation, on), visible, Organisation.confidential_location.is_(False))
        .order_by(Organisation.folded_name, Organisation.id)
        .limit(limit)
    ).all()


def _select_with_words(names: Iterable[str], on: date) -> Any:
    words = {word for name in names for word in name.split()}
    return _ROW.where(
        in_force(Organisation, on), folding.shares_word(Organisation, words)
    ).order_by(Organisation.folded_name, Organisation.id)
