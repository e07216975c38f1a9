"""Send requests, record answers and start matching runs.

Web pages import this module, so it must not load the solver. See app.matching.running.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core import audit, clock, jobs, links
from app.core.actor import SYSTEM, Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.limits import LONGEST_REASON
from app.matching import eligibility, queries, serving, wording
from app.matching.models import Proposal
from app.matching.types import NeedRow, Obstacle, ProposalState, RequestRow, SentRequests
from app.messages import queries as message_rows
from app.messages import service as messages
from app.messages.letters import add_letter
from app.messages.types import BY_HAND, Letter, NewMessage, Recipient
from app.people import activity
from app.people.contact import call_list_entries, find_recipients
from app.people.queries import locking

PURPOSE = "request"
LINK_LIFETIME = timedelta(days=28)
SAID_YES = "Said yes"
SAID_NO = "Said no"


def install() -> None:
    """Register this package's letter with app.messages.letters."""
    add_letter(
        Letter(queries.LETTER, _l("Ask them whether they can help")), objection=_reason_not_to_send
    )


def _reason_not_to_send(message_id: int, context: dict[str, Any]) -> str | None:
    """Return the reason why a request must not be sent, or None if it can be sent.

    Withdraws the request if the person no longer qualifies. Requests locked by another transaction
    are left unchanged.
    """
    proposal_id = context["proposal_id"]
    if not queries.can_be_answered(proposal_id):
        return "the request was answered or withdrawn"
    obstacle = eligibility.find_obstacles_to_accepting([proposal_id], clock.today()).get(
        proposal_id
    )
    if obstacle is None:
        return None
    reason = serving.REASONS[obstacle]
    proposal = queries.try_lock_proposal(proposal_id)
    if proposal is not None:
        serving.mark_withdrawn(SYSTEM, proposal, reason)
    return reason


def cancel_unsent_requests(actor: Actor, person_id: int) -> None:
    """Withdraw a suspended person's requests that have not been sent or made by phone."""
    reason = serving.REASONS[Obstacle.PAUSED]
    not_sent = set(queries.list_unsent_request_ids())
    for proposal in queries.lock_pending_proposals(person_id=person_id):
        if proposal.id in not_sent:
            serving.withdraw_proposal(actor, proposal, reason)
    messages.cancel_for_person(person_id, queries.LETTER, reason)


def open_needs(actor: Actor, on: date) -> list[NeedRow]:
    """Return the open needs that are visible to the actor."""
    return queries.open_need_rows(Scope.for_actor(actor), on)


def start_run(actor: Actor, on: date) -> int:
    """Start a matching run in the worker, and return the ID of the job.

    Returns the ID of the existing job if the actor has already started a run that has not finished.
    """
    unfinished = queries.unfinished_job(actor.user_id)
    if unfinished is not None:
        return unfinished.id
    return jobs.start_job(actor, queries.RUN, on=on.isoformat()).id


def send_requests(
    actor: Actor, proposal_ids: Collection[int], on: date | None = None
) -> SentRequests:
    """Send a request to serve to each person in these proposals.

    Requests for a sensitive network are made by phone. Proposals that have already been sent, have
    been replaced, or are hidden from the actor are ignored. People who no longer qualify are not
    asked. Raises NotFound if the actor is not allowed to change needs.
    """
    if not actor.may("needs:change"):
        raise NotFound()
    on, scope = on or clock.today(), Scope.for_actor(actor)
    proposals = queries.lock_unsent_proposals(scope, proposal_ids, on)
    obstacles = eligibility.find_obstacles_to_asking(scope, [each.id for each in proposals], on)
    recipients = _recipients(proposals, on)
    people, by_hand, unreachable, ineligible = 0, 0, [], []
    with audit.acting(actor, AuditVerb.REQUEST_ASK):
        for proposal in proposals:
            if proposal.id in obstacles:
                ineligible.append((proposal.person_id, obstacles[proposal.id]))
                continue
            recipient = recipients.get(proposal.id)
            if recipient is None:
                unreachable.append(proposal.person_id)
                continue
            proposal.asked_at = clock.now()
            _post_request(proposal, recipient)
            people += 1
            by_hand += recipient.channel in BY_HAND
    names = queries.names_of_people(
        {*unreachable, *(person_id for person_id, _obstacle in ineligible)}
    )
    return SentRequests(
        people,
        by_hand,
        tuple(names[person_id] for person_id in unreachable),
        tuple((names[person_id], obstacle) for person_id, obstacle in ineligible),
    )


def _recipients(proposals: Sequence[Proposal], on: date) -> dict[int, Recipient]:
    """Return where to send each request, by proposal ID.

    People are left out if we cannot contact them. Requests for a sensitive network are made by
    phone, because any message could reveal the network to somebody else who reads it.
    """
    sensitive = queries.sensitive_needs({each.need_id for each in proposals})
    by_letter = find_recipients([each.person_id for each in proposals], on)
    by_call = call_list_entries(
        [each.person_id for each in proposals if each.need_id in sensitive], on
    )
    return {
        each.id: found
        for each in proposals
        if (found := (by_call if each.need_id in sensitive else by_letter).get(each.person_id))
    }


def _post_request(proposal: Proposal, recipient: Recipient) -> None:
    context: dict[str, Any] = {"proposal_id": proposal.id, "answer": None, "about": None}
    if recipient.channel in BY_HAND:
        context["about"] = _request_lines(proposal.id)
    else:
        link_id = links.create(PURPOSE, proposal.id, LINK_LIFETIME)
        context["answer"] = {
            "endpoint": "matching.answer",
            "purpose": PURPOSE,
            "link_id": str(link_id),
        }
    messages.post(NewMessage(queries.LETTER, recipient, serving.message_key(proposal.id), context))


def _request_lines(proposal_id: int) -> list[str]:
    """Return the details of the request, for a call or for a letter without a link."""
    row = queries.get_request(proposal_id)
    return [part for part in (row.area_name, row.what_for, row.setting, row.times) if part]


def withdraw_request(actor: Actor, proposal_id: int, on: date) -> None:
    """Withdraw an unanswered request, so that somebody else can be asked.

    Raises NotFound if the actor is not allowed to see the request or change needs.
    """
    proposal = _lock_proposal_for_staff(actor, proposal_id, on)
    if queries.get_proposal_state(proposal) in (ProposalState.PROPOSED, ProposalState.ASKED):
        serving.withdraw_proposal(actor, proposal, "the request was withdrawn")


def accept_request(actor: Actor, proposal_id: int, on: date | None = None) -> ProposalState:
    """Accept one of the actor's own requests, and return its new state.

    Does nothing if the request has already been answered or withdrawn. Withdraws the request if
    there are no vacancies left. Raises NotFound if the request belongs to somebody else, and
    Conflict if the actor is no longer eligible. The request then stays open.
    """
    return _accept_proposal(actor, _lock_own_proposal(actor, proposal_id), on or clock.today())


def decline_request(actor: Actor, proposal_id: int, reason: str = "") -> ProposalState:
    """Decline one of the actor's own requests, and return its new state.

    Raises NotFound if the request belongs to somebody else, and InvalidInput if the reason is too
    long.
    """
    return _decline_proposal(actor, _lock_own_proposal(actor, proposal_id), reason)


def record_answer(
    actor: Actor, proposal_id: int, *, accepted: bool, reason: str, on: date
) -> ProposalState:
    """Record an answer that a person gave to staff, and return the new state of the request.

    Raises NotFound if the actor is not allowed to see the request, Conflict if the person is no
    longer eligible, and InvalidInput if the reason is too long.
    """
    proposal = _lock_proposal_for_staff(actor, proposal_id, on)
    if proposal.asked_at is None:
        raise NotFound()
    message_id = message_rows.pending_manual_message_id(serving.message_key(proposal_id))
    if message_id is not None and queries.get_proposal_state(proposal) is ProposalState.ASKED:
        messages.record_manual_contact(actor, message_id, SAID_YES if accepted else SAID_NO)
    if accepted:
        return _accept_proposal(actor, proposal, on)
    return _decline_proposal(actor, proposal, reason)


def _lock_own_proposal(actor: Actor, proposal_id: int) -> Proposal:
    if actor.person_id is not None:
        locking.lock_person(actor.person_id)  # always lock the person first
    own_request(actor, proposal_id)
    proposal = queries.lock_proposal(proposal_id)
    if proposal is None:
        raise NotFound()
    return proposal


def _lock_proposal_for_staff(actor: Actor, proposal_id: int, on: date) -> Proposal:
    person_id = queries.find_proposal_person(Scope.for_actor(actor), proposal_id, on)
    if person_id is None or not actor.may("needs:change"):
        raise NotFound()
    locking.lock_person(person_id)  # always lock the person first
    proposal = queries.lock_proposal(proposal_id)
    if proposal is None:
        raise NotFound()
    return proposal


def _accept_proposal(actor: Actor, proposal: Proposal, on: date) -> ProposalState:
    if queries.get_proposal_state(proposal) is not ProposalState.ASKED:
        return queries.get_proposal_state(proposal)
    need = queries.lock_need(proposal.need_id)
    if need.closed_on is not None or queries.count_people_serving(need.id, on) >= need.places:
        serving.withdraw_proposal(actor, proposal, "the places were filled")
        return ProposalState.WITHDRAWN
    _check_eligibility(actor, proposal, on)
    with audit.acting(actor, AuditVerb.REQUEST_ACCEPT):
        proposal.accepted_at = clock.now()
    _record_contact(actor, proposal, on)
    serving.begin_assignment(actor, proposal, need, on)
    _cancel_message(proposal.id)
    return ProposalState.ACCEPTED


def _check_eligibility(actor: Actor, proposal: Proposal, on: date) -> None:
    """Raise Conflict if the person was eligible when they were asked, but no longer is."""
    own = actor.person_id == proposal.person_id
    obstacle = eligibility.find_obstacles_to_accepting([proposal.id], on).get(proposal.id)
    if obstacle is not None:
        describe = wording.describe_obstacle_to_person if own else wording.describe_obstacle
        raise Conflict(describe(obstacle))


def _decline_proposal(actor: Actor, proposal: Proposal, reason: str) -> ProposalState:
    if queries.get_proposal_state(proposal) is not ProposalState.ASKED:
        return queries.get_proposal_state(proposal)
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(
            _("Reason must be %(most)s characters or less", most=LONGEST_REASON), "reason"
        )
    with audit.acting(actor, AuditVerb.REQUEST_DECLINE):
        proposal.declined_at = clock.now()
        proposal.decline_reason = reason.strip() or None
    _record_contact(actor, proposal, clock.today())
    _cancel_message(proposal.id)
    return ProposalState.DECLINED


def _record_contact(actor: Actor, proposal: Proposal, on: date) -> None:
    """Record that the person has been in touch today.

    Does nothing if the request is for a sensitive network, because staff who must not know about
    the network can see when the person was last in touch.
    """
    if not queries.sensitive_needs({proposal.need_id}):
        activity.record_activity(actor, proposal.person_id, on)


def _cancel_message(proposal_id: int) -> None:
    """Void the message about a request, so that nobody sends it."""
    message_id = message_rows.message_id_by_key(serving.message_key(proposal_id))
    if message_id is not None:
        messages.cancel_message(message_id, "the request was answered")


def own_request(actor: Actor, proposal_id: int) -> RequestRow:
    """Return one of the actor's own requests.

    Raises NotFound if the request belongs to somebody else. Requests for a sensitive network also
    raise NotFound, unless the actor has recently entered their memorable word.
    """
    found = queries.get_request(proposal_id, Scope.for_own_record(actor))
    if actor.person_id is None or found.person_id != actor.person_id:
        raise NotFound()
    return found


def read_answer_link(token: str) -> tuple[Actor, int] | None:
    """Return the actor and the proposal ID from the signed link in a letter.

    Returns None if the link has expired, or if the request is for a sensitive network. A link can
    be used more than once. A second answer changes nothing.
    """
    subject = links.peek(PURPOSE, token)
    if subject is None:
        return None
    try:
        found = queries.get_request(int(subject), Scope())
    except NotFound:
        return None
    return Actor(kind="public", name="a signed link", person_id=found.person_id), found.id
