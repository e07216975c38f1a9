"""Which networks and organisations a reader may connect with somebody.

A sensitive network is known to readers with the permission `networks:sensitive`. An organisation
gives such a network away when it has a confidential location, or when every network it has to do
with (it approves the network's people, or an agreement of any date names the network) is
sensitive. So whatever ties a person, an address, a booking or a user to such an organisation is as
hidden as the network. That the organisation exists is public: helplines are listed for everybody.

The permission means every network to a coordinator, and only the networks of their own agreements
to a partner.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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

RESEMBLES = 0.6  # of 1, by trigrams of the words that are most alike
LETTERS = 4  # in a word that can give an organisation away
MISSPELT = range(5, 17)  # letters in what is found with one of them typed wrongly
ANY_LETTER = "[[:alnum:]]"
GENERIC = frozenset(
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


def knows_all(scope: Scope) -> bool:
    """Whether no network and no organisation is hidden from the reader.

    Where only general champions are counted, nothing that follows from a sensitive network counts.
    """
    return scope.unrestricted or (scope.sensitive and scope.everyone and not scope.general_only)


def network_known_to(scope: Scope) -> ColumnElement[bool]:
    """A condition on Network: the reader may connect it with a person, a need or an agreement."""
    if knows_all(scope):
        return true()
    known: ColumnElement[bool] = Network.sensitive.is_(False)
    if scope.sensitive and scope.network_ids:
        known = or_(known, Network.id.in_(sorted(scope.network_ids)))
    return known


def hidden_networks(scope: Scope) -> Select[int]:
    """Ids of the networks that `network_known_to` leaves out."""
    return select(Network.id).where(~network_known_to(scope))


def _networks_of_organisations() -> CompoundSelect[tuple[int, int]]:
    approves = select(Network.approver_id.label("organisation_id"), Network.id.label("network_id"))
    agreed = select(Agreement.organisation_id, Agreement.network_id).join(
        Network, Network.id == Agreement.network_id
    )
    return union_all(
        approves.where(Network.approver_id.is_not(None)),
        # One that nobody has confirmed hides an organisation, but makes none known.
        agreed.where(or_(Agreement.confirmed_at.is_not(None), Network.sensitive)),
    )


def secret_organisations() -> Select[int]:
    """Ids of the organisations that give a sensitive network or a confidential location away."""
    linked, network = _networks_of_organisations().subquery(), aliased(Network)
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


def organisation_known_to(scope: Scope, organisation_id: Any) -> ColumnElement[bool]:
    """A condition on a column with an organisation's id (or NULL): the reader may connect it with
    the row it stands in. Partners know their own organisation.
    """
    if knows_all(scope):
        return true()
    known = or_(organisation_id.is_(None), organisation_id.not_in(secret_organisations()))
    if scope.organisation_ids:
        known = or_(known, organisation_id.in_(sorted(scope.organisation_ids)))
    return known


def acts_for_hidden(scope: Scope) -> ColumnElement[bool]:
    """A condition on AuditEntry: somebody did it who acts, or acted once, for an organisation that
    is hidden from the reader. Whose record they open belongs to its network.
    """
    if knows_all(scope):
        return false()
    return exists().where(
        PartnerCoordinator.user_id == AuditEntry.actor_user_id,
        ~organisation_known_to(scope, PartnerCoordinator.organisation_id),
    )


def name_known_to(scope: Scope, named: Any) -> ColumnElement[bool]:
    """A condition on a column with an organisation's name as somebody typed it (or NULL): it does
    not resemble the name of a hidden organisation or network, as a whole or in a word of its own,
    however it is spaced, and with one letter typed wrongly (`_spellings`).
    """
    if knows_all(scope):
        return true()
    names, words = _hidden_names(scope)
    if not names:
        return true()
    name, word = _each(names, "name"), _each(words, "word")
    spelt = _each(
        [_spellings(each) for each in names | words if re.search(r"[^\W_]", each)], "spelt"
    )
    plain = func.regexp_replace(func.lower(named), "[^[:alnum:]]+", " ", "g")
    alike = func.greatest(func.word_similarity(named, name), func.word_similarity(name, named))
    return or_(
        named.is_(None),
        and_(
            ~exists(select(name).where(alike >= RESEMBLES)),
            ~exists(select(word).where(func.word_similarity(word, named) >= RESEMBLES)),
            ~exists(select(spelt).where(plain.op("~")(spelt))),
        ),
    )


def _spellings(name: str) -> str:
    """A regular expression (PostgreSQL's) that finds a name among words in small letters with one
    space between them: written with spaces anywhere, and from five letters on with one letter
    wrong, missing or too many, or two letters swapped. Long names are left to `RESEMBLES`.
    """
    letters = re.findall(r"[^\W_]", name.casefold())
    found = {tuple(letters)}
    if len(letters) in MISSPELT:
        found.add((*letters, ANY_LETTER))
        for at in range(len(letters)):
            before, after = letters[:at], letters[at + 1 :]
            found |= {
                (*before, *after),
                (*before, ANY_LETTER, *after),
                (*before, ANY_LETTER, *letters[at:]),
                (*before, *after[:1], letters[at], *after[1:]),
            }
    spelt = sorted(" ?".join(each) for each in found)
    return f"(^| )({'|'.join(spelt)})( |$)"


def _each(texts: Iterable[str], name: str) -> Any:
    return func.unnest(cast(sorted(texts), ARRAY(Text))).column_valued(name)


def _hidden_names(scope: Scope) -> tuple[frozenset[str], frozenset[str]]:
    """Names of the organisations and networks hidden from the reader, and the words in them that
    are in no name everybody knows: of another organisation, another network or a place.
    """
    rows = db.session.execute(
        union_all(
            select(cast(Organisation.name, Text), organisation_known_to(scope, Organisation.id)),
            select(cast(Network.name, Text), network_known_to(scope)),
            select(cast(Area.name, Text), true()).where(Area.in_programme),
        )
    ).all()
    hidden = frozenset(name for name, known in rows if not known)
    common = GENERIC.union(*(_words(name) for name, known in rows if known))
    return hidden, frozenset().union(*map(_words, hidden)) - common


def _words(name: str) -> frozenset[str]:
    return frozenset(word for word in re.findall(r"\w+", name.casefold()) if len(word) >= LETTERS)


def known_names(scope: Scope, names: Iterable[str]) -> frozenset[str]:
    """Those of the names, as somebody typed them, that `name_known_to` lets the reader read."""
    wanted = sorted(set(names))
    if not wanted or knows_all(scope):
        return frozenset(wanted)
    typed = func.unnest(cast(wanted, ARRAY(Text))).column_valued("typed")
    return frozenset(db.session.scalars(select(typed).where(name_known_to(scope, typed))))


def agreement_known_to(scope: Scope) -> ColumnElement[bool]:
    """A condition on Agreement: about no network that is hidden from the reader."""
    return or_(Agreement.network_id.is_(None), Agreement.network_id.not_in(hidden_networks(scope)))


def is_hidden(organisation_id: int, network_id: int | None) -> bool:
    """Whether readers of sensitive networks alone may know of an organisation or a network."""
    everyone = Scope(everyone=True)
    hidden = network_id is not None and network_id not in known_networks(everyone)
    return hidden or not knows_organisation(everyone, organisation_id)


def known_networks(scope: Scope) -> frozenset[int]:
    """Ids of the networks that the reader may know of."""
    return frozenset(db.session.scalars(select(Network.id).where(network_known_to(scope))))


def known_organisations(scope: Scope) -> frozenset[int]:
    """Ids of the organisations that the reader may connect with somebody."""
    known = organisation_known_to(scope, Organisation.id)
    return frozenset(db.session.scalars(select(Organisation.id).where(known)))


def network_of(scope: Scope, slug: str) -> int | None:
    """The id of a network that the reader may know of; None for one that is hidden or absent."""
    return db.session.scalar(
        select(Network.id).where(Network.slug == slug, network_known_to(scope))
    )


def knows_organisation(scope: Scope, organisation_id: int) -> bool:
    """Whether the reader may see and change what ties people and places to the organisation."""
    known = select(Organisation.id).where(
        Organisation.id == organisation_id, organisation_known_to(scope, Organisation.id)
    )
    return db.session.scalar(known) is not None


def check_organisation(scope: Scope, organisation_id: int) -> None:
    """Raises NotFound for an organisation that is not there or hidden from the reader."""
    if not knows_organisation(scope, organisation_id):
        raise NotFound()
