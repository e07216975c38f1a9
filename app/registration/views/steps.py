"""The public registration form. Nothing is saved until the registration is sent."""

from __future__ import annotations

from dataclasses import astuple, replace
from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core.errors import DomainError, InvalidInput, TooManyAttempts
from app.messages import mailbox_limits
from app.people import choices
from app.people.types import Registration
from app.registration import correcting, flow, saved
from app.registration import draft as drafts
from app.registration import service as registration
from app.registration.draft import RegistrationDraft
from app.registration.forms.answers import POSTCODE_INPUTS, Answers
from app.registration.forms.steps import CheckForm, CorrectAddressForm
from app.registration.views import blueprint
from app.web import http, once, rejected_forms
from app.web.form_page import submit
from app.web.http import public

DUPLICATE_WINDOW = timedelta(minutes=10)  # identical answers within this time are one registration
Page = str | tuple[str, int] | Response


def step_url(step: str, *, changing: bool = False) -> str:
    """Return the URL of a registration step."""
    change = "yes" if changing else None
    if step == flow.START:
        return url_for("registration.register_start", change=change)
    return url_for("registration.register", step=step, change=change)


def redirect_with_draft(draft: RegistrationDraft, target: str) -> Response:
    """Return a redirect that sets the draft's cookie. Raises InvalidInput if it is too large."""
    value = drafts.encrypt_draft(draft)
    response = redirect(target)
    drafts.write_cookie(response, value)
    return response


@blueprint.route("/register", methods=["GET", "POST"])
@public
def register_start() -> Page:
    """Show or process the first page."""
    return _show_step(flow.START)


@blueprint.route("/register/<step>", methods=["GET", "POST"])
@public
def register(step: str) -> Page:
    """Show or process any page after the first."""
    if step == flow.CHECK:
        return _check_answers()
    if step not in flow.STEPS or step == flow.START:
        return redirect(url_for("registration.register_start"))
    return _show_step(step)


def _load_draft(step: str) -> RegistrationDraft | Response:
    """Return the draft to use for a step, or a redirect if the step cannot be shown."""
    draft = drafts.read_draft(request)
    if draft is not None and draft.sent:
        if step != flow.START:
            return redirect(url_for("registration.register_done"))
        draft = None
    if draft is None:
        if step == flow.START:
            return drafts.new_draft()
        flash(
            _(
                "Your answers are no longer in this browser. It keeps them for 3 hours, or until"
                " you close it. If you saved them for later, you can request a new link below."
            )
        )
        return redirect(url_for("registration.register_start"))
    missing = flow.first_incomplete_before(draft, step)
    return redirect(step_url(missing)) if missing else draft


def _show_step(step: str) -> Page:
    draft = _load_draft(step)
    if isinstance(draft, Response):
        return draft
    changing = request.args.get("change") == "yes"
    answers = Answers(draft, http.today())
    form = answers.form(step)
    if step == flow.START and request.method == "POST" and form.is_too_young:
        return _redirect_without_draft(url_for("registration.register_under_18"))
    try:
        if request.method == "POST" and "save" in request.form:
            done = form.validate_on_submit()
            changed = _apply_page(draft, step, form.submitted_values(), done=done)
            return redirect_with_draft(changed, url_for("registration.save_registration"))
        if form.validate_on_submit():
            changed = _apply_page(draft, step, form.submitted_values(), done=True)
            target = flow.next_step(changed, step, changing=changing)
            return redirect_with_draft(
                changed, step_url(target, changing=changing and target != flow.CHECK)
            )
    except DomainError as error:
        form.add_error(error)
    previous = flow.CHECK if changing else flow.previous_step(draft, step)
    page = render_template(
        f"registration/{step}.html",
        form=form,
        answers=answers,
        draft=draft,
        number=flow.step_position(draft, step),
        back_url=step_url(previous) if previous else None,
    )
    return page, form.status


def _apply_page(
    draft: RegistrationDraft, step: str, typed: drafts.FormInput, *, done: bool
) -> RegistrationDraft:
    """Return a draft with the answers from a page.

    A new postcode makes the area page incomplete. If the person asks for protection, postcodes are
    removed.
    """
    changed = draft.with_page(step, typed, done=done)
    answers = Answers(changed, http.today())
    if step == flow.PLACES and done and _postcode_changed(draft, changed):
        return changed.with_page_reopened(flow.AREA)
    if step == flow.AREA and done and answers.read(flow.AREA).is_protected:
        return answers.without_postcodes()
    return changed


def _postcode_changed(draft: RegistrationDraft, changed: RegistrationDraft) -> bool:
    """Return whether a postcode is different from the one that was entered before."""
    before, after = (each.typed.get(flow.PLACES, {}) for each in (draft, changed))
    return any(
        "".join(before.get(name, [])) != "".join(after.get(name, [])) for name in POSTCODE_INPUTS
    )


def _check_answers() -> Page:
    """Show the "Check your answers" page, and send the registration when it is submitted."""
    draft = _load_draft(flow.CHECK)
    if isinstance(draft, Response):
        return draft
    answers = Answers(draft, http.today())
    invalid_step = answers.first_invalid_step()
    if invalid_step:
        return redirect_with_draft(
            draft.with_page_reopened(invalid_step), step_url(invalid_step, changing=True)
        )
    form = CheckForm(offers_word=answers.chose_sensitive_network())
    if form.validate_on_submit():
        try:
            return _send_registration(draft, answers, form.chosen_word)
        except (InvalidInput, TooManyAttempts) as error:
            if isinstance(error, InvalidInput) and error.field != "word":
                raise
            form.add_error(error)
    page = render_template(
        "registration/check.html",
        form=form,
        rows=[
            {
                "key": row.key,
                "value": row.value,
                "url": step_url(row.step, changing=True),
                "hidden": row.hidden,
            }
            for row in answers.rows()
        ],
        number=flow.step_position(draft, flow.CHECK),
        notice_version=choices.notice_version(),
        back_url=step_url(flow.steps_for(draft)[-1]),
    )
    return page, form.status


def _comparable_answers(command: Registration) -> tuple[object, ...]:
    """Return the answers without the draft's key, ignoring differences of case and spacing."""
    name = " ".join(command.full_name.casefold().split())
    email = command.email.casefold() if command.email else None
    return astuple(replace(command, submission=None, full_name=name, email=email))


def _send_registration(draft: RegistrationDraft, answers: Answers, word: str | None) -> Response:
    command = replace(answers.registration(), word=word)
    mailbox_limits.count_request(request.remote_addr or "", command.email or "")
    if once.claim_content("registration", _comparable_answers(command), DUPLICATE_WINDOW):
        registration.register(http.actor(), command, request.remote_addr or "")
    saved.discard_draft(draft.key)
    rejected_forms.forget_rejected_forms()
    return redirect_with_draft(draft.as_sent(command.email), url_for("registration.register_done"))


@blueprint.get("/register/done")
@public
def register_done() -> Page:
    """Confirm that the registration was sent.

    The page does not reveal whether the address is known.
    """
    draft = drafts.read_draft(request)
    if draft is None or not draft.sent:
        return redirect(url_for("registration.register_start"))
    return render_template("registration/done.html", address=draft.address)


@blueprint.route("/register/done/address", methods=["GET", "POST"])
@public
def correct_address() -> Page:
    """Correct the email address of a registration that was just sent.

    The page does not reveal whether the address is known.
    """
    draft = drafts.read_draft(request)
    if draft is None or draft.address is None:
        return redirect(url_for("registration.register_start"))
    sent, form = draft, CorrectAddressForm(data={"email": draft.address})

    def correct() -> str:
        address = form.email.address or ""
        source = request.remote_addr or ""
        mailbox_limits.count_request(source, address)
        correcting.correct_address(http.actor(), sent.key, address, source)
        return address

    done = submit(
        form,
        correct,
        target=lambda address: redirect_with_draft(
            sent.as_sent(address), url_for("registration.register_done")
        ),
    )
    return done or (
        render_template(
            "registration/correct_address.html",
            form=form,
            back_url=url_for("registration.register_done"),
        ),
        form.status,
    )


def _redirect_without_draft(target: str) -> Response:
    response = redirect(target)
    rejected_forms.forget_rejected_forms()
    drafts.clear_cookie(response)
    return response


@blueprint.get("/register/under-18")
@public
def register_under_18() -> str:
    """Explain why people under 18 cannot register, and where to get help."""
    return render_template("registration/under_18.html")
