"""Pages for staff about matching runs, requests, answers and assignments."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import public_ids
from app.core.words import join_list
from app.matching import overview, service, serving, wording
from app.matching.forms import YES, EndAssignmentForm, RecordAnswerForm
from app.matching.types import ProposalState, SentRequests
from app.matching.views.blueprint import blueprint
from app.web import http
from app.web.form_page import submit
from app.web.http import requires, safe_next

Page = str | tuple[str, int] | Response
MAX_AT_ONCE = 1_000


@blueprint.post("/needs/run")
@requires("matching:run")
def start_run() -> Response:
    """Start a matching run in the worker and show its progress."""
    return redirect(url_for("site.job", job_id=service.start_run(http.actor(), http.today())))


@blueprint.get("/needs/runs/<id(matching_runs):run_id>")
@requires("needs:read")
def run(run_id: int) -> str:
    """Show a run with its proposals and the reasons for vacancies."""
    return render_template(
        "matching/run.html", page=overview.run_page(http.actor(), run_id, http.today())
    )


@blueprint.get("/needs/answers")
@requires("needs:read")
def answers() -> str:
    """Show the unanswered requests and the latest answers."""
    page = overview.answers_page(http.actor(), http.today())
    return render_template("matching/answers.html", page=page)


@blueprint.post("/needs/ask")
@requires("needs:change")
def send_requests() -> Response:
    """Send a request to serve to each selected person."""
    selected = request.form.getlist("proposal")
    decoded = {public_ids.decode("proposals", text) for text in selected}
    ids = {number for number in decoded if number is not None}
    back = safe_next(request.form.get("back"), url_for("matching.needs"))
    if not ids or len(ids) > MAX_AT_ONCE:
        flash(_("Select the people you want to ask."), "problem")
        return redirect(back)
    _flash_outcome(service.send_requests(http.actor(), ids, http.today()))
    return redirect(back)


def _flash_outcome(sent: SentRequests) -> None:
    if sent.people:
        words = ngettext(
            "You have asked %(count)s person.",
            "You have asked %(count)s people.",
            sent.people,
            count=format_decimal(sent.people),
        )
        if sent.by_hand:
            words += " " + ngettext(
                "We cannot email %(count)s of these people. Call or write to them, and record "
                "their answer here.",
                "We cannot email %(count)s of these people. Call or write to them, and record "
                "their answers here.",
                sent.by_hand,
                count=format_decimal(sent.by_hand),
            )
        flash(words, "success")
    if sent.unreachable:
        names = join_list(sent.unreachable)
        flash(
            _("We cannot contact %(names)s, so we have not asked them.", names=names),
            "problem",
        )
    for name, obstacle in sent.ineligible:
        flash(
            _(
                "We have not asked %(name)s. %(why)s",
                name=name,
                why=wording.describe_obstacle(obstacle),
            ),
            "problem",
        )
    if not sent.people and not sent.unreachable and not sent.ineligible:
        flash(
            _(
                "Nobody was asked, because matching has run again and these suggestions have been"
                " replaced."
            ),
            "problem",
        )


@blueprint.route("/needs/requests/<id(proposals):proposal_id>", methods=["GET", "POST"])
@requires("needs:change")
def record_answer(proposal_id: int) -> Page:
    """Record an answer given by phone or in person."""
    actor, on = http.actor(), http.today()
    proposal, need = overview.get_proposal(actor, proposal_id, on)
    back = url_for("matching.need", need_id=need.id)
    if proposal.state is not ProposalState.ASKED:
        flash(_("This request has already been answered."), "problem")
        return redirect(back)
    form = RecordAnswerForm()
    done = submit(
        form,
        lambda: service.record_answer(
            actor,
            proposal_id,
            accepted=form.answer.data == YES,
            reason=form.reason.data,
            on=on,
        ),
        target=lambda state: _flash_answer(state, back),
    )
    return done or (
        render_template("matching/record.html", form=form, proposal=proposal, need=need),
        form.status,
    )


def _flash_answer(state: ProposalState, back: str) -> str:
    """Flash a message that confirms the answer, and return ``back``."""
    match state:
        case ProposalState.ACCEPTED:
            flash(_("Saved. This person is helping from today."), "success")
        case ProposalState.DECLINED:
            flash(_("Saved. We will not ask this person about the need again."), "success")
        case _other:
            flash(_("All the places have been filled. Tell the person and thank them."))
    return back


@blueprint.post("/needs/requests/<id(proposals):proposal_id>/take-back")
@requires("needs:change")
def withdraw_request(proposal_id: int) -> Response:
    """Withdraw a request."""
    actor, on = http.actor(), http.today()
    _proposal, need = overview.get_proposal(actor, proposal_id, on)
    service.withdraw_request(actor, proposal_id, on)
    flash(
        _(
            "The request has been withdrawn. The next time matching runs, it can suggest"
            " somebody else."
        ),
        "success",
    )
    return redirect(url_for("matching.need", need_id=need.id))


@blueprint.route("/needs/assignments/<id(assignments):assignment_id>/end", methods=["GET", "POST"])
@requires("needs:change")
def end_assignment(assignment_id: int) -> Page:
    """End an assignment."""
    actor, on = http.actor(), http.today()
    assignment = overview.get_assignment(actor, assignment_id, on)
    form = EndAssignmentForm()
    done = submit(
        form,
        lambda: serving.end_assignment(actor, assignment_id, form.reason.data, on),
        message=_("Saved. This person is no longer helping."),
        target=url_for("matching.need", need_id=assignment.need_id),
    )
    return done or (
        render_template("matching/end.html", form=form, assignment=assignment),
        form.status,
    )
