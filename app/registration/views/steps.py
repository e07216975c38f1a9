"""Registering on the web, a page at a time. Nothing is written before the last button."""

from __future__ import annotations

from dataclasses import replace

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError, InvalidInput, TooManyTries
from app.messages import ceiling
from app.people import choices
from app.registration import draft as drafts
from app.registration import flow, saved
from app.registration import service as registration
from app.registration.draft import RegistrationDraft
from app.registration.forms.answers import POSTCODE_INPUTS, Answers
from app.registration.forms.steps import CheckForm, SaveForm
from app.registration.views import blueprint
from app.web import http
from app.web.form_page import submit
from app.web.http import public

Page = str | tuple[str, int] | Response


def address_of(step: str, *, changing: bool = False) -> str:
    """The URL of a registration step."""
    change = "yes" if changing else None
    if step == flow.START:
        return url_for("registration.register_start", change=change)
    return url_for("registration.register", step=step, change=change)


def _keeping(draft: RegistrationDraft, target: str) -> Response:
    """Go to `target`, with the draft in the browser. Raises InvalidInput when it is too long."""
    value = drafts.encrypted(draft)
    response = redirect(target)
    drafts.write(response, value)
    return response


@blueprint.route("/register", methods=["GET", "POST"])
@public
def register_start() -> Page:
    """The first page: 18 or over, and a name."""
    return _page(flow.START)


@blueprint.route("/register/<step>", methods=["GET", "POST"])
@public
def register(step: str) -> Page:
    """Any other page."""
    if step == flow.CHECK:
        return _check()
    if step not in flow.STEPS or step == flow.START:
        return redirect(url_for("registration.register_start"))
    return _page(step)


def _draft_for(step: str) -> RegistrationDraft | Response:
    """The draft with which a page is answered, or where to go instead."""
    draft = drafts.read(request)
    if draft is not None and draft.sent:
        if step != flow.START:
            return redirect(url_for("registration.register_done"))
        draft = None
    if draft is None:
        if step == flow.START:
            return drafts.new()
        return redirect(url_for("registration.register_start"))
    missing = flow.missing_before(draft, step)
    return redirect(address_of(missing)) if missing else draft


def _page(step: str) -> Page:
    draft = _draft_for(step)
    if isinstance(draft, Response):
        return draft
    changing = request.args.get("change") == "yes"
    answers = Answers(draft, http.today())
    form = answers.form(step)
    if step == flow.START and request.method == "POST" and form.too_young:
        return _leaving(url_for("registration.register_under_18"))
    try:
        if request.method == "POST" and "save" in request.form:
            done = form.validate_on_submit()
            changed = _answered(draft, step, form.typed(), done=done)
            return _keeping(changed, url_for("registration.register_save"))
        if form.validate_on_submit():
            changed = _answered(draft, step, form.typed(), done=True)
            target = flow.after(changed, step, changing=changing)
            return _keeping(changed, address_of(target, changing=changing and target != flow.CHECK))
    except DomainError as error:
        form.add_error(error)
    earlier = flow.CHECK if changing else flow.before(draft, step)
    page = render_template(
        f"registration/{step}.html",
        form=form,
        answers=answers,
        draft=draft,
        number=flow.number_of(draft, step),
        back_url=address_of(earlier) if earlier else None,
    )
    return page, form.status


def _answered(
    draft: RegistrationDraft, step: str, typed: drafts.Typed, *, done: bool
) -> RegistrationDraft:
    """The draft after a page was sent, with what follows from it for the other pages."""
    changed = draft.with_page(step, typed, done=done)
    answers = Answers(changed, http.today())
    if step == flow.PLACES and done and _moved(draft, changed):
        return changed.opened(flow.AREA)
    if step == flow.AREA and done and answers.read(flow.AREA).is_protected:
        return answers.without_postcodes()
    return changed


def _moved(draft: RegistrationDraft, changed: RegistrationDraft) -> bool:
    """Whether another postcode was typed. An empty one says nothing new."""
    before, after = (each.typed.get(flow.PLACES, {}) for each in (draft, changed))
    return any(
        "".join(before.get(name, [])) != "".join(after.get(name, [])) for name in POSTCODE_INPUTS
    )


def _check() -> Page:
    """Check your answers, then send them."""
    draft = _draft_for(flow.CHECK)
    if isinstance(draft, Response):
        return draft
    answers = Answers(draft, http.today())
    broken = answers.broken()
    if broken:
        return _keeping(draft.opened(broken), address_of(broken, changing=True))
    form = CheckForm(offers_word=answers.chose_sensitive())
    if form.validate_on_submit():
        try:
            return _send(draft, answers, form.chosen_word)
        except (InvalidInput, TooManyTries) as error:
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
                "url": address_of(row.step, changing=True),
                "hidden": row.hidden,
            }
            for row in answers.rows()
        ],
        number=flow.number_of(draft, flow.CHECK),
        notice_version=choices.notice_version(),
        back_url=address_of(flow.AREA),
    )
    return page, form.status


def _send(draft: RegistrationDraft, answers: Answers, word: str | None) -> Response:
    command = replace(answers.registration(), word=word)
    ceiling.pace(request.remote_addr or "", command.email or "")
    registration.register(http.actor(), command)
    sent = "email" if command.email else "other"
    return _keeping(draft.finished(sent), url_for("registration.register_done"))


@blueprint.get("/register/done")
@public
def register_done() -> Page:
    """The same page whether the address was known or not, and for a second press of the button."""
    draft = drafts.read(request)
    if draft is None or not draft.sent:
        return redirect(url_for("registration.register_start"))
    return render_template("registration/done.html", by_email=draft.sent == "email")


def _leaving(target: str) -> Response:
    response = redirect(target)
    drafts.clear(response)
    return response


@blueprint.get("/register/under-18")
@public
def register_under_18() -> str:
    """Not yet, why, and where to find help. Nothing was kept."""
    return render_template("registration/under_18.html")


@blueprint.route("/register/save", methods=["GET", "POST"])
@public
def register_save() -> Page:
    """Come back to it later: a link by email."""
    draft = drafts.read(request)
    if draft is None or draft.sent:
        return redirect(url_for("registration.register_start"))
    given = draft.typed.get(flow.CONTACT, {}).get("email", [])
    form = SaveForm(data={"email": given[0] if given else ""})

    def save() -> None:
        ceiling.pace(request.remote_addr or "", form.email.address or "")
        saved.save(Answers(draft, http.today()).fit_to_keep(), form.email.address or "")

    done = submit(form, save, target=url_for("registration.register_saved"))
    return done or (
        render_template(
            "registration/save.html", form=form, back_url=address_of(flow.first_open(draft))
        ),
        form.status,
    )


@blueprint.get("/register/saved")
@public
def register_saved() -> str:
    """The link is on its way."""
    draft = drafts.read(request)
    going_on = address_of(flow.first_open(draft)) if draft and not draft.sent else None
    return render_template("registration/saved.html", going_on=going_on)


@blueprint.route("/register/resume/<token>", methods=["GET", "POST"])
@public
def register_resume(token: str) -> Page:
    """Opening the link shows a button; pressing it brings the answers back, once."""
    if request.method == "GET":
        good = saved.is_good(token)
        return render_template("registration/resume.html", good=good), 200 if good else 410
    draft = saved.restore(token)
    if draft is None:
        return render_template("registration/resume.html", good=False), 410
    return _keeping(draft, address_of(flow.first_open(draft)))
