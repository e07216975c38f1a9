"""Plan needs, proposals, requests and responses."""

from __future__ import annotations

from datetime import time, timedelta
from functools import partial

from app.changes import service as changes
from app.core import clock
from app.core.actor import EVERYONE, Actor
from app.core.permissions import Role
from app.demo.definition import NeedPart
from app.demo.replay import Replay
from app.matching import needs, queries, running, service, serving
from app.matching.types import NewNeed
from app.standing import service as standing

OPENED_ON = -36
ASKED_ON = -34
STOPPED_ON = -6  # a person who had accepted stops helping
AWAY_ON = -5  # another person pauses, so a coordinator has to decide about their place
CHAMPION_ASKED_ON = -9
ASKED_PER_TEN = 6
ANSWERS = ("yes", "yes", "no", "yes", None, "by telephone", None, "yes")
DECLINE_REASON = "I am starting a new job, so I cannot say yet."


def plan(replay: Replay) -> None:
    """Plan needs, matching runs and responses."""
    general_needs = [part for part in replay.definition.needs if not part.for_champion]
    champion_needs = [part for part in replay.definition.needs if part.for_champion]
    for minute, part in enumerate(general_needs):
        replay.plan_on_day(OPENED_ON, time(14, minute), partial(_open_need, replay, part))
    replay.plan_on_day(ASKED_ON, time(10), partial(_match_and_send_requests, replay))
    for number, answer in enumerate(ANSWERS):
        day = ASKED_ON + 1 + number // 2
        replay.plan_on_day(
            day, time(18, 5 * number), partial(_record_response, replay, number, answer)
        )
    replay.plan_on_day(STOPPED_ON, time(11), partial(_end_one_assignment, replay))
    replay.plan_on_day(AWAY_ON, time(19), partial(_pause_one_person, replay))
    for part in champion_needs:
        replay.plan_on_day(CHAMPION_ASKED_ON, time(9, 30), partial(_open_need, replay, part))
    replay.plan_on_day(CHAMPION_ASKED_ON, time(10), partial(_send_request_to_champion, replay))


def _coordinator(replay: Replay) -> Actor:
    return replay.actor_with_roles(Role.COORDINATOR, Role.SENSITIVE)


def _open_need(replay: Replay, part: NeedPart) -> None:
    wards = replay.all_places.wards_in_town("")
    area = part.town or (wards or list(replay.all_places.wards))[len(wards) // 2].code
    needs.create_need(
        _coordinator(replay),
        NewNeed(
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


def _match_and_send_requests(replay: Replay) -> None:
    """Run matching, and send requests to six in ten of the proposed people."""
    running.run_matching(_coordinator(replay), clock.today())
    proposals = queries.list_active_proposal_ids()
    service.send_requests(
        _coordinator(replay), [each for each in proposals if each % 10 < ASKED_PER_TEN]
    )


def _record_response(replay: Replay, number: int, answer: str | None) -> None:
    """Record the response to the request at this position. ``None`` means no response."""
    requests = queries.list_sent_proposals()
    if answer is None or number >= len(requests):
        return
    proposal = requests[number]
    on = clock.today()
    if answer == "by telephone":
        service.record_answer(_coordinator(replay), proposal.id, accepted=True, reason="", on=on)
        return
    person_actor = replay.actor_for_person(proposal.person_id)
    if answer == "yes":
        service.accept_request(person_actor, proposal.id, on)
    else:
        service.decline_request(person_actor, proposal.id, DECLINE_REASON)


def _end_one_assignment(replay: Replay) -> None:
    """End the assignment of a person who has stopped helping."""
    first = queries.first_open_ended_assignment()
    if first is not None:
        serving.end_assignment(
            _coordinator(replay), first, "It was too far to come.", clock.today()
        )


def _pause_one_person(replay: Replay) -> None:
    """Pause a person who is helping, so that the nightly check finds a problem."""
    last = queries.last_open_ended_assignment()
    if last is None:
        return
    person_id = queries.assignment_row(EVERYONE, last, clock.today()).person_id
    person_actor = replay.actor_for_person(person_id)
    changes.start_absence(person_actor, None, clock.today() + timedelta(days=120))
    standing.review_assignments_and_requests(clock.today())


def _send_request_to_champion(replay: Replay) -> None:
    """Run matching again, and send a request to the champion who can sign in."""
    running.run_matching(_coordinator(replay), clock.today())
    champion = replay.person_id(replay.population.champion)
    proposed = queries.list_unsent_proposal_ids(champion)
    service.send_requests(_coordinator(replay), proposed)
