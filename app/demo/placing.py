"""Needs, whom the matching proposed for them, who was asked and what they said."""

from __future__ import annotations

from datetime import time
from functools import partial

from app.core import clock
from app.core.actor import Actor
from app.core.permissions import Role
from app.demo import queries
from app.demo.script import NeedPart
from app.demo.story import Story
from app.matching import needs, running, service, serving
from app.matching.types import NeedCommand

OPENED = -36
ASKED = -34
ENDED = -6  # somebody who had said yes stops
LATE = -9  # the champion who signs in is asked
ASKED_OF_TEN = 6
ANSWERS = ("yes", "yes", "no", "yes", None, "by telephone", None, "yes")
SORRY = "I start a new job and cannot say yet."


def place(story: Story) -> None:
    """Put needs, runs of the matching and answers into the story."""
    early = [part for part in story.script.needs if not part.for_champion]
    late = [part for part in story.script.needs if part.for_champion]
    for minute, part in enumerate(early):
        story.then(OPENED, time(14, minute), partial(_open, story, part))
    story.then(ASKED, time(10), partial(_match_and_ask, story))
    for number, answer in enumerate(ANSWERS):
        day = ASKED + 1 + number // 2
        story.then(day, time(18, 5 * number), partial(_answer, story, number, answer))
    story.then(ENDED, time(11), partial(_stop_one, story))
    for part in late:
        story.then(LATE, time(9, 30), partial(_open, story, part))
    story.then(LATE, time(10), partial(_ask_the_champion, story))


def _office(story: Story) -> Actor:
    return story.with_role(Role.COORDINATOR, Role.SENSITIVE)


def _open(story: Story, part: NeedPart) -> None:
    wards = story.world.in_town("")
    area = part.town or (wards or list(story.world.wards))[len(wards) // 2].code
    needs.make_need(
        _office(story),
        NeedCommand(
            area=area,
            network=part.network,
            kind=part.role,
            places=part.places,
            priority=part.priority,
            what_for=part.what_for,
            setting=part.setting,
            times=part.times,
            contact=needs.usual_contact(),
        ),
        clock.today(),
    )


def _match_and_ask(story: Story) -> None:
    """Six of ten are asked; the others wait until somebody looks at them."""
    running.run(_office(story), clock.today())
    proposals = queries.proposals()
    service.ask(_office(story), [each for each in proposals if each % 10 < ASKED_OF_TEN])


def _answer(story: Story, number: int, answer: str | None) -> None:
    """The `number`th who was asked answers, or does not."""
    asked = queries.requests()
    if answer is None or number >= len(asked):
        return
    proposal = asked[number]
    on = clock.today()
    if answer == "by telephone":
        service.record_answer(_office(story), proposal.id, accepted=True, reason="", on=on)
        return
    own = story.as_themself(proposal.person_id)
    if answer == "yes":
        service.accept(own, proposal.id, on)
    else:
        service.decline(own, proposal.id, SORRY)


def _stop_one(story: Story) -> None:
    """One who had said yes finds that it is too much."""
    first = queries.first_assignment()
    if first is not None:
        serving.end_assignment(_office(story), first, "It was too far to come.", clock.today())


def _ask_the_champion(story: Story) -> None:
    """The matching runs again; what it proposes to the champion who signs in is asked."""
    running.run(_office(story), clock.today())
    champion = story.person_id(story.cast.champion)
    proposed = queries.proposed_to(champion)
    service.ask(_office(story), proposed)
