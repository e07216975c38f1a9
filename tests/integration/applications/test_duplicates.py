"""Finding possible duplicates, and who may see them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.applications.queries.duplicates import find_duplicates
from app.core import clock
from app.core.actor import EVERYONE, AgreedAccess, Scope
from app.people.duplicate_models import NotDuplicate
from app.people.models import Person
from app.people.types import AreaSource, Basis
from tests.factories import areas, organisations, people


def possible_duplicates(person: Person, scope: Scope = EVERYONE) -> list[tuple[str, str]]:
    """Return the (name, reason) of each possible duplicate."""
    return [(each.name, each.reason) for each in find_duplicates(scope, person.id)]


def test_a_shared_address_is_enough(session: Session) -> None:
    one = people.person("Xavier Quibble", email="same@example.org")
    people.person("Yolanda Other", email="same@example.org")
    assert possible_duplicates(one) == [("Yolanda Other", "same contact details")]


def test_a_similar_name_with_something_in_common_comes_first(session: Session) -> None:
    group = organisations.organisation()
    ward = areas.area().id
    one = people.person("Xavier Quibble", organisations=[group])
    people.presence(one, ward_id=ward)
    people.person("Xavier Quibbel")
    by_group = people.person("Xavier Quibbles", organisations=[group])
    by_place = people.person("Xavier Quible")
    people.presence(by_place, Basis.WORKS, ward_id=ward)
    people.person("xavier QUIBBLE")
    elsewhere = people.person("Somebody Else", organisations=[group])
    people.presence(elsewhere, ward_id=ward)
    assert possible_duplicates(one) == [
        (by_group.full_name, "similar name, same organisation"),
        (by_place.full_name, "similar name, same area"),
        ("xavier QUIBBLE", "same name"),
        ("Xavier Quibbel", "similar name"),
    ]


def test_a_shared_postcode_without_a_ward_is_enough(session: Session) -> None:
    one, two = people.person("Xavier Quibble"), people.person("Xavier Quibbel")
    for person in (one, two):
        people.presence(person, postcode="IP24 9ZZ", settled=AreaSource.UNSETTLED)
    assert possible_duplicates(one) == [("Xavier Quibbel", "similar name, same area")]


def test_people_who_left_or_were_marked_as_different_are_excluded(session: Session) -> None:
    one = people.person("Xavier Quibble", email="same@example.org")
    two = people.person("Xavier Quibbel", email="same@example.org")
    former_champion = people.person("Xavier Gone", email="same@example.org")
    former_champion.left_on = former_champion.registered_at.date()
    session.add(NotDuplicate(first_id=one.id, second_id=two.id))
    session.flush()
    assert possible_duplicates(one) == possible_duplicates(two) == []


def test_people_outside_the_readers_scope_are_excluded(session: Session) -> None:
    network = organisations.network()
    hidden = organisations.network(sensitive=True)
    one = people.person("Xavier Quibble", email="same@example.org", networks=[network])
    people.person("Xavier Stranger", email="same@example.org")
    people.person("Xavier Hidden", email="same@example.org", networks=[hidden])
    agreed = AgreedAccess(organisations.organisation().id, network.id, clock.today())
    partner = Scope(network_ids=frozenset({network.id}), agreed_access=frozenset({agreed}))
    assert possible_duplicates(one, partner) == []
    assert len(possible_duplicates(one, Scope(everyone=True))) == 1
    assert len(possible_duplicates(one)) == 2
