"""Asking people to serve, and their answers; starting a run of the matching.

The solver is loaded by whoever does the work (app.matching.running), never here: web pages import
this module.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core import audit, clock, jobs, links
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.limits import LONGEST_REASON
from app.matching import queries, serving, still_eligible, wording
from app.matching.models import Proposal
from app.matching.types import AskingResult, NeedRow, ProposalState, RequestRow
from app.messages import service as messages
from app.messages.letters import register
from app.messages.types import BY_HAND, Letter, NewMessage, Recipient
from app.people import pausing
from app.people.contact import calls_to, recipients_of
from app.people.queries import locking

PURPOSE = "request"
LINK_GOOD_FOR = timedelta(days=28)
SAID_YES = "Said yes"
SAID_NO = "Said no"
PAUSED = "the person is paused by us"


def install() -> None:
    """Make this room's letter known."""
    register(Letter(queries.LETTER, _l("Ask them to help at a place")), objection=_objection)


def _objection(message_id: int, context: dict[str, Any]) -> str | None:
    """Why a request must not go after all."""
    if queries.asks_somebody_paused(context["proposal_id"], clock.today()):
        return PAUSED
    waits = queries.is_waiting(context["proposal_id"])
    return None if waits else "the request was answered or taken back"


def person_paused(actor: Actor, person_id: int) -> None:
    """Their requests that wait to be sent, or for somebody to ring, must not go."""
    messages.void_for_person(person_id, queries.LETTER, PAUSED)


def open_needs(actor: Actor, on: date) -> list[NeedRow]:
    """The needs that are open on a day, as far as the actor may know of them."""
    return queries.needs_open(Scope.of(actor), on)


def start_run(actor: Actor, on: date) -> int:
    """Have the worker run the matching; the job's id. While one of theirs runs, that one's."""
    running = queries.unfinished_job(actor.user_id)
    if running is not None:
        return running.id
    return jobs.start(actor, queries.RUN, on=on.isoformat()).id


def ask(actor: Actor, proposal_ids: Collection[int], on: date | None = None) -> AskingResult:
    """Ask the people proposed, each by a letter of their own, and by a call for a need of a
    sensitive network. Who was asked before is left alone.

    Those whom a newer run has replaced, and those the actor may not see, are left out silently.
    """
    if not actor.may("needs:change"):
        raise NotFound()
    day = on or clock.today()
    proposals = queries.proposals_to_ask(Scope.of(actor), proposal_ids, day)
    recipients = _recipients(proposals, day)
    people, by_hand, unreachable = 0, 0, []
    with audit.acting(actor, AuditVerb.REQUEST_ASK):
        for proposal in proposals:
            recipient = recipients.get(proposal.id)
            if recipient is None:
                unreachable.append(proposal.person_id)
                continue
            proposal.asked_at = clock.now()
            _post(proposal, recipient)
            people += 1
            by_hand += recipient.channel in BY_HAND
    names = queries.names(unreachable)
    return AskingResult(people, by_hand, tuple(names[person_id] for person_id in unreachable))


def _recipients(proposals: Sequence[Proposal], on: date) -> dict[int, Recipient]:
    """Proposal id → where its question goes.

    A mailbox must not say that there is a question about a sensitive network, whatever the words of
    the letter: those who belong to it are called.
    """
    private = queries.sensitive_needs({each.need_id for each in proposals})
    by_letter = recipients_of([each.person_id for each in proposals], on)
    by_call = calls_to([each.person_id for each in proposals if each.need_id in private], on)
    return {
        each.id: found
        for each in proposals
        if (found := (by_call if each.need_id in private else by_letter).get(each.person_id))
    }


def _post(proposal: Proposal, recipient: Recipient) -> None:
    context: dict[str, Any] = {"proposal_id": proposal.id, "answer": None, "about": None}
    if recipient.channel in BY_HAND:
        context["about"] = _in_full(proposal.id)
    else:
        link_id = links.make(PURPOSE, proposal.id, LINK_GOOD_FOR)
        context["answer"] = {
            "endpoint": "matching.answer",
            "purpose": PURPOSE,
            "link_id": str(link_id),
        }
    messages.post(NewMessage(queries.LETTER, recipient, serving.key_of(proposal.id), context))


def _in_full(proposal_id: int) -> list[str]:
    """What it is about, for who is told it or reads it on paper: a link leads nowhere there."""
    asked = queries.request(proposal_id)
    return [part for part in (asked.area_name, asked.what_for, asked.setting, asked.times) if part]


def take_back(actor: Actor, proposal_id: int, on: date) -> None:
    """Withdraw an unanswered request, so that its place is free for the next run."""
    proposal = _of_staff(actor, proposal_id, on)
    if queries.state_of(proposal) in (ProposalState.PROPOSED, ProposalState.ASKED):
        serving.withdraw(actor, proposal, "the request was taken back")


def accept(actor: Actor, proposal_id: int, on: date | None = None) -> ProposalState:
    """The person who was asked says yes. Twice is once. What the request has become is returned:
    accepted, or whatever happened before (declined, withdrawn). Raises NotFound for others, and
    Conflict where they may not be asked any more: the request then waits for a word with them.
    """
    return _accept(actor, _own(actor, proposal_id), on or clock.today())


def decline(actor: Actor, proposal_id: int, reason: str = "") -> ProposalState:
    """The person who was asked says no; why is up to them. Otherwise as `accept`."""
    return _decline(actor, _own(actor, proposal_id), reason)


def record_answer(
    actor: Actor, proposal_id: int, *, accepted: bool, reason: str, on: date
) -> ProposalState:
    """A coordinator was told the answer, on the telephone for instance."""
    proposal = _of_staff(actor, proposal_id, on)
    if proposal.asked_at is None:
        raise NotFound()
    message_id = queries.message_by_hand(serving.key_of(proposal_id))
    if message_id is not None and queries.state_of(proposal) is ProposalState.ASKED:
        messages.done_by_hand(actor, message_id, SAID_YES if accepted else SAID_NO)
    if accepted:
        return _accept(actor, proposal, on)
    return _decline(actor, proposal, reason)


def _own(actor: Actor, proposal_id: int) -> Proposal:
    if actor.person_id is not None:
        locking.lock(actor.person_id)  # before what depends on them
    own_request(actor, proposal_id)
    proposal = queries.proposal_locked(proposal_id)
    if proposal is None:
        raise NotFound()
    return proposal


def _of_staff(actor: Actor, proposal_id: int, on: date) -> Proposal:
    person_id = queries.may_see_proposal(Scope.of(actor), proposal_id, on)
    if person_id is None or not actor.may("needs:change"):
        raise NotFound()
    locking.lock(person_id)  # before what depends on them
    proposal = queries.proposal_locked(proposal_id)
    if proposal is None:
        raise NotFound()
    return proposal


def _accept(actor: Actor, proposal: Proposal, on: date) -> ProposalState:
    if queries.state_of(proposal) is not ProposalState.ASKED:
        return queries.state_of(proposal)
    need = queries.need_locked(proposal.need_id)
    if need.closed_on is not None or queries.held_by(need.id, on) >= need.places:
        serving.withdraw(actor, proposal, "the places were filled")
        return ProposalState.WITHDRAWN
    _refuse_if_changed(actor, proposal, on)
    with audit.acting(actor, AuditVerb.REQUEST_ACCEPT):
        proposal.accepted_at = clock.now()
    serving.begin(actor, proposal, need, on)
    _letter_not_needed(proposal.id)
    return ProposalState.ACCEPTED


def _refuse_if_changed(actor: Actor, proposal: Proposal, on: date) -> None:
    """Raises Conflict for somebody who could be asked once, and could not be asked today."""
    own = actor.person_id == proposal.person_id
    if pausing.is_paused(proposal.person_id, on):
        raise Conflict(wording.paused(own=own))
    why = still_eligible.against([proposal.id], on).get(proposal.id)
    if why is not None:
        raise Conflict(wording.cannot_serve(why) if own else wording.against(why))


def _decline(actor: Actor, proposal: Proposal, reason: str) -> ProposalState:
    if queries.state_of(proposal) is not ProposalState.ASKED:
        return queries.state_of(proposal)
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(
            _("Reason must be %(most)s characters or less", most=LONGEST_REASON), "reason"
        )
    with audit.acting(actor, AuditVerb.REQUEST_DECLINE):
        proposal.declined_at = clock.now()
        proposal.decline_reason = reason.strip() or None
    _letter_not_needed(proposal.id)
    return ProposalState.DECLINED


def _letter_not_needed(proposal_id: int) -> None:
    """Nobody needs to ring or write to them any more."""
    message_id = queries.message_of(serving.key_of(proposal_id))
    if message_id is not None:
        messages.void(message_id, "the request was answered")


def own_request(actor: Actor, proposal_id: int) -> RequestRow:
    """What the actor was asked. Raises NotFound for anybody else's, and for a need of a sensitive
    network while the actor's private word is not open.
    """
    found = queries.request(proposal_id, Scope.of_oneself(actor))
    if actor.person_id is None or found.person_id != actor.person_id:
        raise NotFound()
    return found


def answering(token: str) -> tuple[Actor, int] | None:
    """Who answers by the signed link of a letter, and which request; None: it has run out, or the
    need is of a sensitive network, which no link in a mailbox opens.

    The link is not used up: it opens one request of one person, and answering twice is once.
    """
    subject = links.look(PURPOSE, token)
    if subject is None:
        return None
    try:
        found = queries.request(int(subject), Scope())
    except NotFound:
        return None
    return Actor(kind="public", name="a signed link", person_id=found.person_id), found.id
