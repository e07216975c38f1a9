"""General champions.

Readers without the `networks:sensitive` permission can see and count only general champions. Most
people become general champions when they register. People who choose only sensitive networks are
asked first, and become general champions only if they agree. Each answer has a start date and an
end date. Joining or leaving a network does not change the answer (docs/decisions/0019).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta

from app.core import audit, registry
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import NotFound
from app.organisations import queries as organisations
from app.people import writing
from app.people.models import GeneralAnswer, Person
from app.people.queries import participation
from app.people.queries.joining import open_network_ids
from app.people.queries.states import general_answer


def has_only_sensitive_networks(network_ids: Collection[int], sensitive: Collection[int]) -> bool:
    """Return whether a person chose at least one network and all their networks are sensitive."""
    return bool(network_ids) and set(network_ids) <= set(sensitive)


def is_general_at_registration(
    network_ids: Collection[int], sensitive: Collection[int], *, answer: bool | None
) -> bool:
    """Return whether a person is a general champion when they register.

    ``answer`` is None if the person was not asked. If all their networks are sensitive, None means
    no.
    """
    return bool(answer) if has_only_sensitive_networks(network_ids, sensitive) else True


def record_initial_answers(answers: Mapping[int, bool], on: date) -> None:
    """Save whether each new person is a general champion, by person ID."""
    writing.add_general_answers(answers, on)


def is_general_champion(person_id: int) -> bool:
    """Return whether the person is currently a general champion."""
    answer = general_answer(person_id)
    return answer is not None and answer.general


def has_general_champion_choice(person_id: int, on: date) -> bool:
    """Return whether the person can choose whether to be a general champion.

    People can choose if they are not general champions now, or if all their networks are sensitive.
    """
    chosen = participation.network_ids(person_id, on) | open_network_ids(person_id)
    sensitive = organisations.sensitive_network_ids()
    return not is_general_champion(person_id) or has_only_sensitive_networks(chosen, sensitive)


def set_general_champion(actor: Actor, person: Person, general: bool, on: date) -> None:
    """Save whether the person is a general champion from a given day. Idempotent.

    The caller must hold the lock on the person. Raises NotFound if the person does not
    have this choice.
    """
    if not has_general_champion_choice(person.id, on):
        raise NotFound()
    with audit.acting(actor, AuditVerb.PERSON_GENERAL):
        _change_general_answer(actor, person.id, general, on)


def _change_general_answer(actor: Actor, person_id: int, general: bool, on: date) -> None:
    known = general_answer(person_id)
    if known is not None and known.general == general:
        return
    _write_general_answer(known, person_id, general, on)
    if not general:
        for hook in registry.on_general_ended:
            hook(actor, person_id)


def _write_general_answer(
    known: GeneralAnswer | None, person_id: int, general: bool, on: date
) -> None:
    if known is not None and known.from_on >= on:
        known.general = general
        return
    if known is not None:
        known.until_on = on - timedelta(days=1)
        db.session.flush()
    db.session.add(GeneralAnswer(person_id=person_id, general=general, from_on=on))
    db.session.flush()


def merge_general_answers(
    actor: Actor, kept_person: Person, closed_person: Person, on: date
) -> None:
    """Merge the answers about general champions from two records of the same person.

    If one answer is no, the merged answer is no.
    """
    if not is_general_champion(closed_person.id):
        _change_general_answer(actor, kept_person.id, general=False, on=on)
