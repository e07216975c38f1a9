"""Needs, the people proposed for them, who was asked and what they answered."""

from __future__ import annotations

from datetime import time
from functools import partial

from app.core import clock
from app.core.actor import Actor
from app.core.permissions import Role
from app.demo import queries
from app.demo.definition import NeedPart
from app.demo.replay import Replay
from app.matching import needs, running, service, serving
from app.matching.types import NeedCommand

OPENED = -36
ASKED = -34
ENDED = -6  # somebody who had said yes stops
LATE = -9  # the champion who signs in is asked
ASKED_OF_TEN = 6
ANSWERS = ("yes", "yes", "no", "yes", None, "by telephone", None, "yes")
SORRY = "I start a new job and cannot say yet."


def plan(replay: Replay) -> None:
    """Plan needs, runs of the matching and answers."""
    early = [part for part in replay.definition.needs if not part.for_champion]
    late = [part for part in replay.definition.needs if part.for_champion]
    for minute, part in enumerate(early):
        replay.plan(OPENED, time(14, minute), partial(_open, replay, part))
    replay.plan(ASKED, time(10), partial(_match_and_ask, replay))
    for number, answer in enumerate(ANSWERS):
        day = ASKED + 1 + number // 2
        replay.plan(day, time(18, 5 * number), partial(_answer, replay, number, answer))
    replay.plan(ENDED, time(11), partial(_stop_one, replay))
    for part in late:
        replay.plan(LATE, time(9, 30), partial(_open, replay, part))
    replay.plan(LATE, time(10), partial(_ask_the_champion, replay))


def _office(replay: Replay) -> Actor:
    return replay.with_role(Role.COORDINATOR, Role.SENSITIVE)


def _open(replay: Replay, part: NeedPart) -> None:
    wards = replay.world.in_town("")
    area = part.town or (wards or list(replay.world.wards))[len(wards) // 2].code
    needs.create_need(
        _office(replay),
        NeedCommand(
            area=area,
            network=part.network,
            kind=part.role,
            places=part.places,
            priority=part.priority,
            what_for=part.what_for,
            setting=part.setting,
            times=part.times,
            contact=needs.default_contact(),
        ),
        clock.today(),
    )


def _match_and_ask(replay: Replay) -> None:
    """Six of ten are asked; the others wait until somebody looks at them."""
    running.run(_office(replay), clock.today())
    proposals = queries.proposals()
    service.ask(_office(replay), [each for each in proposals if each % 10 < ASKED_OF_TEN])


def _answer(replay: Replay, number: int, answer: str | None) -> None:
    """The `number`th who was asked answers, or does not."""
    asked = queries.requests()
    if answer is None or number >= len(asked):
        return
    proposal = asked[number]
    on = clock.today()
    if answer == "by telephone":
        service.record_answer(_office(replay), proposal.id, accepted=True, reason="", on=on)
        return
    own = replay.as_themself(proposal.person_id)
    if answer == "yes":
        service.accept(own, proposal.id, on)
    else:
        service.decline(own, proposal.id, SORRY)


def _stop_one(replay: Replay) -> None:
    """One who had said yes finds that it is too much."""
    first = queries.first_assignment()
    if first is not None:
        serving.end_assignment(_office(replay), first, "It was too far to come.", clock.today())


def _ask_the_champion(replay: Replay) -> None:
    """The matching runs again; what it proposes to the champion who signs in is asked."""
    running.run(_office(replay), clock.today())
    champion = replay.person_id(replay.made_up.champion)
    proposed = queries.proposed_to(champion)
    service.ask(_office(replay), proposed)
