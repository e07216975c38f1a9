"""Decide which networks and organisations are hidden from a reader.

Only readers with the permission `networks:sensitive` are allowed to see who belongs to a sensitive
network. An organisation is hidden if its location is confidential, or if all its networks are
sensitive. Its networks are those whose people it approves, and those in its past or current
agreements. Anything that connects a person, an address, a booking or a user with a hidden
organisation is hidden too. The organisation's existence is public, because helplines are listed for
everyone.

Coordinators with the permission can see all networks. Partners with the permission can see only the
networks in their organisation's agreements.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CompoundSelect,
    Select,
    Text,
    and_,
    cast,
    exists,
    false,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from app.areas.models import Area
from app.core.actor import Scope
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import NotFound
from app.organisations.models import Agreement, Network, Organisation, PartnerCoordinator

MIN_SIMILARITY = 0.6  # between 0 and 1: the trigram similarity of the most similar words
MIN_WORD_LENGTH = 4  # shorter words cannot reveal an organisation
MISSPELLING_LENGTHS = range(5, 17)  # lengths of names for which one wrong letter is allowed
ANY_LETTER = "[[:alnum:]]"
GENERIC_WORDS = frozenset(
    [
        "association",
        "centre",
        "charity",
        "club",
        "community",
        "foundation",
        "group",
        "organisation",
        "people",
        "programme",
        "project",
        "scheme",
        "service",
        "services",
        "society",
        "support",
        "supporting",
        "team",
        "together",
        "trust",
    ]
)


def can_see_all(scope: Scope) -> bool:
    """Return whether no network or organisation is hidden from the reader.

    This is False for a scope that is limited to general champions.
    """
    return scope.unrestricted or (scope.sensitive and scope.everyone and not scope.general_only)


def is_network_visible(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for networks that are not hidden from the reader."""
    if can_see_all(scope):
        return true()
    visible: ColumnElement[bool] = Network.sensitive.is_(False)
    if scope.sensitive and scope.network_ids:
        visible = or_(visible, Network.id.in_(sorted(scope.network_ids)))
    return visible


def hidden_networks(scope: Scope) -> Select[int]:
    """Return a query for the IDs of the networks that are hidden from the reader."""
    return select(Network.id).where(~is_network_visible(scope))


def _organisation_networks() -> CompoundSelect[tuple[int, int]]:
    approves = select(Network.approver_id.label("organisation_id"), Network.id.label("network_id"))
    agreed = select(Agreement.organisation_id, Agreement.network_id).join(
        Network, Network.id == Agreement.network_id
    )
    return union_all(
        approves.where(Network.approver_id.is_not(None)),
        # An unconfirmed agreement can hide an organisation but not reveal one.
        agreed.where(or_(Agreement.confirmed_at.is_not(None), Network.sensitive)),
    )


@cache
def hidden_organisations() -> Select[int]:
    """Return a query for the IDs of hidden organisations.

    It is always the same query, so it is built once.
    """
    linked, network = _organisation_networks().subquery(), aliased(Network)
    only_sensitive = (
        select(linked.c.organisation_id)
        .join(network, network.id == linked.c.network_id)
        .group_by(linked.c.organisation_id)
        .having(func.bool_and(network.sensitive))
        .correlate(None)
    )
    secret = aliased(Organisation)
    return (
        select(secret.id)
        .where(or_(secret.confidential_location, secret.id.in_(only_sensitive)))
        .correlate(None)
    )


def is_organisation_visible(scope: Scope, organisation_id: Any) -> ColumnElement[bool]:
    """Return the SQL condition that an organisation is not hidden from the reader.

    `organisation_id` is a column and can be NULL. Partners can always see their own organisation.
    """
    if can_see_all(scope):
        return true()
    visible = or_(organisation_id.is_(None), organisation_id.not_in(hidden_organisations()))
    if scope.organisation_ids:
        visible = or_(visible, organisation_id.in_(sorted(scope.organisation_ids)))
    return visible


def has_acted_for_hidden_organisation(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for audit entries by users who have acted for a hidden organisation.

    These entries would show whose records the users opened, and so who is in the network.
    """
    if can_see_all(scope):
        return false()
    return exists().where(
        PartnerCoordinator.user_id == AuditEntry.actor_user_id,
        ~is_organisation_visible(scope, PartnerCoordinator.organisation_id),
    )


def is_name_visible(scope: Scope, name_column: Any) -> ColumnElement[bool]:
    """Return the SQL condition that the name in a column does not reveal a hidden organisation.

    The column can be NULL. The name must not be similar to the name of a hidden organisation or
    network, or to a distinctive word in that name. The comparison allows for different spacing and
    one wrong letter (see `_spellings`).
    """
    if can_see_all(scope):
        return true()
    names, words = _hidden_names(scope)
    if not names:
        return true()
    name, word = _unnest(names, "name"), _unnest(words, "word")
    pattern = _unnest(
        [_spellings(each) for each in names | words if re.search(r"[^\W_]", each)], "pattern"
    )
    normalised = func.regexp_replace(func.lower(name_column), "[^[:alnum:]]+", " ", "g")
    similarity = func.greatest(
        func.word_similarity(name_column, name), func.word_similarity(name, name_column)
    )
    return or_(
        name_column.is_(None),
        and_(
            ~exists(select(name).where(similarity >= MIN_SIMILARITY)),
            ~exists(select(word).where(func.word_similarity(word, name_column) >= MIN_SIMILARITY)),
            ~exists(select(pattern).where(normalised.op("~")(pattern))),
        ),
    )


def _spellings(name: str) -> str:
    """Return a PostgreSQL regular expression that finds a name in lower-case words.

    The expression allows spaces anywhere in the name. If the name's length is in
    `MISSPELLING_LENGTHS`, it also allows one letter to be wrong, missing or added, or two letters
    to be swapped. For longer names, use `MIN_SIMILARITY`.
    """
    letters = re.findall(r"[^\W_]", name.casefold())
    found = {tuple(letters)}
    if len(letters) in MISSPELLING_LENGTHS:
        found.add((*letters, ANY_LETTER))
        for at in range(len(letters)):
            before, after = letters[:at], letters[at + 1 :]
            found |= {
                (*before, *after),
                (*before, ANY_LETTER, *after),
                (*before, ANY_LETTER, *letters[at:]),
                (*before, *after[:1], letters[at], *after[1:]),
            }
    patterns = sorted(" ?".join(each) for each in found)
    return f"(^| )({'|'.join(patterns)})( |$)"


def _unnest(texts: Iterable[str], name: str) -> Any:
    return func.unnest(cast(sorted(texts), ARRAY(Text))).column_valued(name)


def _hidden_names(scope: Scope) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of hidden organisations and networks, and their distinctive words.

    A word is distinctive if it is not generic and is not in the name of a visible organisation or
    network, or of a place.
    """
    rows = db.session.execute(
        union_all(
            select(cast(Organisation.name, Text), is_organisation_visible(scope, Organisation.id)),
            select(cast(Network.name, Text), is_network_visible(scope)),
            select(cast(Area.name, Text), true()).where(Area.in_programme),
        )
    ).all()
    hidden = frozenset(name for name, is_visible in rows if not is_visible)
    common = GENERIC_WORDS.union(*(_words(name) for name, is_visible in rows if is_visible))
    return hidden, frozenset().union(*map(_words, hidden)) - common


def _words(name: str) -> frozenset[str]:
    return frozenset(
        word for word in re.findall(r"\w+", name.casefold()) if len(word) >= MIN_WORD_LENGTH
    )


def visible_names(scope: Scope, names: Iterable[str]) -> frozenset[str]:
    """Return the names that meet the condition `is_name_visible`."""
    unique = sorted(set(names))
    if not unique or can_see_all(scope):
        return frozenset(unique)
    typed = func.unnest(cast(unique, ARRAY(Text))).column_valued("typed")
    return frozenset(db.session.scalars(select(typed).where(is_name_visible(scope, typed))))


def is_agreement_visible(scope: Scope) -> ColumnElement[bool]:
    """Return the SQL condition for agreements that are not about a hidden network."""
    return or_(Agreement.network_id.is_(None), Agreement.network_id.not_in(hidden_networks(scope)))


def is_hidden(organisation_id: int, network_id: int | None) -> bool:
    """Return whether the organisation or network is hidden from readers without the permission."""
    everyone = Scope(everyone=True)
    hidden = network_id is not None and network_id not in visible_network_ids(everyone)
    return hidden or not can_edit_organisation(everyone, organisation_id)


def visible_network_ids(scope: Scope) -> frozenset[int]:
    """Return the IDs of the networks that are not hidden from the reader."""
    return frozenset(db.session.scalars(select(Network.id).where(is_network_visible(scope))))


def visible_organisation_ids(scope: Scope) -> frozenset[int]:
    """Return the IDs of the organisations that are not hidden from the reader."""
    visible = is_organisation_visible(scope, Organisation.id)
    return frozenset(db.session.scalars(select(Organisation.id).where(visible)))


def visible_network_id(scope: Scope, slug: str) -> int | None:
    """Return the ID of a network, or None if it does not exist or is hidden from the reader."""
    return db.session.scalar(
        select(Network.id).where(Network.slug == slug, is_network_visible(scope))
    )


def can_edit_organisation(scope: Scope, organisation_id: int) -> bool:
    """Return whether the reader is allowed to see and change an organisation's details."""
    query = select(Organisation.id).where(
        Organisation.id == organisation_id, is_organisation_visible(scope, Organisation.id)
    )
    return db.session.scalar(query) is not None


def check_organisation(scope: Scope, organisation_id: int) -> None:
    """Raise NotFound if an organisation does not exist or is hidden from the reader."""
    if not can_edit_organisation(scope, organisation_id):
        raise NotFound()
