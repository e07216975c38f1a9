"""General champions: people that readers without `networks:sensitive` may see and count.

Everybody is a general champion from registration onwards, unless they choose only sensitive
networks. People who choose only sensitive networks are asked whether they want to be one, and are
general champions only if they say yes. Each answer has a start and an end date. Joining or leaving
a network does not change it (docs/decisions/0019).
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


def are_all_sensitive(network_ids: Collection[int], sensitive: Collection[int]) -> bool:
    """Return whether a person has chosen networks and all of them are sensitive.

    Only these people are asked whether they want to be general champions.
    """
    return bool(network_ids) and set(network_ids) <= set(sensitive)


def is_initially_general(
    network_ids: Collection[int], sensitive: Collection[int], *, answer: bool | None
) -> bool:
    """Return whether a person is a general champion from registration onwards.

    ``answer`` is their answer if they were asked. None, for people who were not asked, counts as
    no.
    """
    return bool(answer) if are_all_sensitive(network_ids, sensitive) else True


def record_first_answers(answers: Mapping[int, bool], on: date) -> None:
    """Save whether people are general champions when they register, by person id."""
    writing.add_general_answers(answers, on)


def is_general(person_id: int) -> bool:
    """Return whether the person is a general champion now."""
    answer = general_answer(person_id)
    return answer is not None and answer.general


def may_choose_general(person_id: int, on: date) -> bool:
    """Return whether the person may choose whether to be a general champion.

    They may if they are not one now, or if all their networks are sensitive.
    """
    chosen = participation.network_ids(person_id, on) | open_network_ids(person_id)
    sensitive = organisations.sensitive_network_ids()
    return not is_general(person_id) or are_all_sensitive(chosen, sensitive)


def set_general_answer(actor: Actor, person: Person, general: bool, on: date) -> None:
    """Make the person a general champion from a given day, or stop them being one. Idempotent.

    The person must be locked. Raises NotFound if they may not choose (`may_choose_general`).
    """
    if not may_choose_general(person.id, on):
        raise NotFound()
    with audit.acting(actor, AuditVerb.PERSON_GENERAL):
        _change_general_answer(actor, person.id, general, on)


def _change_general_answer(actor: Actor, person_id: int, general: bool, on: date) -> None:
    known = general_answer(person_id)
    if known is not None and known.general == general:
        return
    _write_general_answer(known, person_id, general, on)
    if not general:
        for follow in registry.on_general_ended:
            follow(actor, person_id)


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


def merge_answers(actor: Actor, kept_person: Person, closed_person: Person, on: date) -> None:
    """Merge the answers from a person's two records. If either is "no", the result is "no"."""
    if not is_general(closed_person.id):
        _change_general_answer(actor, kept_person.id, general=False, on=on)
