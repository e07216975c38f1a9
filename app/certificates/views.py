"""Pages for certificates: documents, the public check, and pages for staff."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.certificates import access, claims, imported, wording
from app.certificates.codes import format_code
from app.certificates.forms import (
    AdjustForm,
    CheckForm,
    NumbersForm,
    ReasonForm,
    external_training_form,
)
from app.certificates.types import ClaimFacts
from app.core import ratelimit
from app.web import http, slow_work
from app.web.form_page import submit
from app.web.http import public, requires
from app.web.once import once

Page = str | Response | tuple[str, int]

blueprint = Blueprint("certificates", __name__)
CHECKS_PER_MINUTE = 30
TEMPLATE_FUNCTIONS = {
    "award_in_words": wording.award_in_words,
    "expiry_in_words": wording.expiry_in_words,
    "last_day_in_words": wording.last_day_in_words,
    "format_code": format_code,
}


@blueprint.get("/certificates/<id(certificates):certificate_id>/record.pdf")
@requires("account:use")
@slow_work.limit_slow_view
def record_pdf(certificate_id: int) -> Page:
    """Show the certificate or record of training as a PDF."""
    pdf = access.record_pdf(http.actor(), certificate_id, http.today())
    response = make_response(pdf)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = 'inline; filename="record-of-training.pdf"'
    return response


@blueprint.get("/check")
@public
def check_form() -> Page:
    """Ask for a check code."""
    form = CheckForm()
    typed = form.values().get("code")
    if typed:
        return redirect(url_for("certificates.check", code=typed))
    return _add_noindex_header(render_template("certificates/check_form.html", check=form))


@blueprint.get("/check/<code>")
@public
def check(code: str) -> Page:
    """Show the public details of the certificate with this check code."""
    ratelimit.limit_attempts(f"check:{request.remote_addr}", CHECKS_PER_MINUTE, 60)
    found = access.check_code(code, http.today())
    page = render_template(
        "certificates/check.html", found=found, today=http.today(), **TEMPLATE_FUNCTIONS
    )
    response = _add_noindex_header(page)
    response.status_code = 200 if found else 404
    return response


def _add_noindex_header(page: str) -> Response:
    response = make_response(page)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.route("/claims/<id(training_claims):claim_id>/confirm", methods=["GET", "POST"])
@requires("certificates:confirm")
def confirm_claim(claim_id: int) -> Page:
    """Confirm a claim and record the training."""
    claim = claims.find_claim(http.actor(), claim_id)
    form = external_training_form(access.kind_choices(), claim, imported.likely_kind(claim))
    done = submit(
        form,
        lambda: claims.confirm_claim(http.actor(), claim_id, form.to_command()),
        message=lambda confirmed: (
            _("The training has been confirmed.") if confirmed else _saved_for_checking_message()
        ),
        target=_claim_page(claim),
    )
    return done or (
        render_template(
            "certificates/external.html",
            form=form,
            claim=claim,
            has_nothing_to_renew=imported.has_nothing_to_renew(claim),
            person_name=claim.person_name,
            back=_claim_page(claim),
        ),
        form.status,
    )


@blueprint.route("/claims/<id(training_claims):claim_id>/set-aside", methods=["GET", "POST"])
@requires("certificates:confirm")
def reject_claim(claim_id: int) -> Page:
    """Reject a claim, with a reason."""
    claim = claims.find_claim(http.actor(), claim_id)
    form = ReasonForm()
    done = submit(
        form,
        lambda: claims.reject_claim(http.actor(), claim_id, form.reason.data),
        message=_("Saved. We will not count this training."),
        target=_claim_page(claim),
    )
    return done or (
        render_template(
            "certificates/reject_claim.html",
            form=form,
            claim=claim,
            back=_claim_page(claim),
        ),
        form.status,
    )


@blueprint.route("/people/<id(people):person_id>/certificates/new", methods=["GET", "POST"])
@requires("certificates:confirm")
@once
def record_training(person_id: int) -> Page:
    """Record training from a document."""
    name = claims.person_name(http.actor(), person_id)
    form = external_training_form(access.kind_choices())
    done = submit(
        form,
        lambda: claims.record_training(http.actor(), person_id, form.to_command()),
        message=lambda recorded: (
            _("The training has been recorded.") if recorded else _saved_for_checking_message()
        ),
        target=_person_page(person_id),
    )
    return done or (
        render_template(
            "certificates/external.html",
            form=form,
            claim=None,
            person_name=name,
            back=_person_page(person_id),
        ),
        form.status,
    )


@blueprint.get("/certificates/<id(certificates):certificate_id>")
@requires("certificates:confirm")
def certificate(certificate_id: int) -> Page:
    """Show a certificate to staff, with its history and the available actions."""
    row = access.find_certificate(http.actor(), certificate_id, http.today())
    return render_template(
        "certificates/certificate.html",
        row=row,
        back=_back_url(row.person_id),
        **TEMPLATE_FUNCTIONS,
    )


def _certificate_page(certificate_id: int) -> str:
    return url_for("certificates.certificate", certificate_id=certificate_id)


@blueprint.route("/certificates/<id(certificates):certificate_id>/numbers", methods=["GET", "POST"])
@requires("certificates:confirm")
def numbers(certificate_id: int) -> Page:
    """Change the awarding body's certificate number and course ID."""
    row = access.find_certificate(http.actor(), certificate_id, http.today())
    values = {"number": row.number or "", "course_reference": row.course_reference or ""}
    form = NumbersForm(data=values)
    done = submit(
        form,
        lambda: access.set_numbers(
            http.actor(),
            certificate_id,
            form.number.data,
            form.course_reference.data,
            http.today(),
        ),
        message=_("Saved."),
        target=_certificate_page(certificate_id),
    )
    return done or (render_template("certificates/numbers.html", form=form, row=row), form.status)


@blueprint.route("/certificates/<id(certificates):certificate_id>/revoke", methods=["GET", "POST"])
@requires("certificates:confirm")
def revoke_certificate(certificate_id: int) -> Page:
    """Revoke a certificate."""
    row = access.find_certificate(http.actor(), certificate_id, http.today())
    form = ReasonForm()
    done = submit(
        form,
        lambda: access.revoke_certificate(
            http.actor(), certificate_id, form.reason.data, http.today()
        ),
        message=_("The certificate has been revoked. The public check page now shows this."),
        target=_certificate_page(certificate_id),
    )
    return done or (render_template("certificates/revoke.html", form=form, row=row), form.status)


@blueprint.route("/certificates/<id(certificates):certificate_id>/adjust", methods=["GET", "POST"])
@requires("certificates:confirm")
@once
def adjust_expiry(certificate_id: int) -> Page:
    """Change a certificate's expiry date, with a reason."""
    row = access.find_certificate(http.actor(), certificate_id, http.today())
    form = AdjustForm()
    done = submit(
        form,
        lambda: access.adjust_expiry(
            http.actor(), certificate_id, form.days.data, form.reason.data, http.today()
        ),
        message=_("The expiry date has been changed. You can undo this."),
        target=_certificate_page(certificate_id),
    )
    return done or (
        render_template("certificates/adjust.html", form=form, row=row, **TEMPLATE_FUNCTIONS),
        form.status,
    )


@blueprint.post(
    "/certificates/<id(certificates):certificate_id>/adjustments/<id(adjustments):adjustment_id>/undo"
)
@requires("certificates:confirm")
def undo_adjustment(certificate_id: int, adjustment_id: int) -> Page:
    """Undo a change to a certificate's expiry date."""
    access.undo_adjustment(http.actor(), certificate_id, adjustment_id, http.today())
    flash(_("The change has been undone. The expiry date is the same as before."), "success")
    return redirect(_certificate_page(certificate_id))


def _saved_for_checking_message() -> str:
    return str(
        _(
            "Saved. We have added this training to the list of earlier training to check. It"
            " does not count yet."
        )
    )


def _claim_page(claim: ClaimFacts) -> str:
    """Return the URL of the application before approval, or of the record after approval."""
    if claim.is_approved:
        return _person_page(claim.person_id)
    return url_for("applications.application", person_id=claim.person_id)


def _person_page(person_id: int) -> str:
    return url_for("records.person", person_id=person_id)


def _back_url(person_id: int | None) -> str:
    return _person_page(person_id) if person_id else url_for("courses.manage_runs")
