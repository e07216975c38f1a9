"""Your sign-in: password, second factor, recovery codes, other devices."""

from __future__ import annotations

import json
from collections.abc import Sequence

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import devices, own, proof, sessions, signin
from app.accounts.forms import NewPasswordForm, ProveForm, SecondFactorForm
from app.accounts.views.blueprint import blueprint
from app.accounts.views.second_factor import picture_of, secret_of
from app.accounts.views.trying import shown
from app.core import encryption, programme
from app.core.fields import PageForm
from app.web import http
from app.web.form_page import submit
from app.web.http import requires

OWN = "sign-in:change"
CODES = "recovery codes"
SAVED_WITHIN = 15 * 60  # seconds in which the page with the codes can be saved as a file


def _back() -> Response:
    return redirect(url_for("accounts.own_sign_in"))


@blueprint.get("/your-sign-in", endpoint="own_sign_in")
@requires(OWN)
def own_sign_in() -> str:
    """How I sign in, and what I can change about it."""
    return render_template("accounts/own/sign_in.html", own=own.read(http.actor()))


@blueprint.route("/your-sign-in/prove", methods=["GET", "POST"])
@requires(OWN)
def prove() -> Response:
    """Password and second factor once more, before something that matters."""
    mine = own.read(http.actor())
    form = ProveForm(with_code=mine.code_since is not None)
    wanted = http.safe_next(request.args.get("next"), url_for("accounts.own_sign_in"))

    def check() -> None:
        own.prove(
            http.actor(),
            form.password.data,
            form.code.data if form.with_code else None,
            request.remote_addr or "",
            devices.trusted,
        )
        proof.note()

    return submit(form, check, target=wanted) or shown("accounts/own/prove.html", form)


@blueprint.route("/your-sign-in/password", methods=["GET", "POST"])
@requires(OWN)
@proof.asked_for
def change_password() -> str | tuple[str, int] | Response:
    """Choose another password."""
    form = NewPasswordForm()

    def change() -> None:
        own.change_password(http.actor(), form.password.data)
        sessions.stay()

    done = submit(
        form,
        change,
        said=_("Your password has been changed. Your other devices have been signed out."),
        target=url_for("accounts.own_sign_in"),
    )
    return done or (render_template("accounts/own/password.html", form=form), form.status)


@blueprint.route("/your-sign-in/second-factor", methods=["GET", "POST"])
@requires(OWN)
@proof.asked_for
def change_second_factor() -> str | tuple[str, int] | Response:
    """Another phone, or another app."""
    mine = own.read(http.actor())
    form = SecondFactorForm()
    secret, known = secret_of(form, "second factor")

    def change() -> None:
        own.change_second_factor(http.actor(), secret, form.code.data)
        sessions.stay()

    done = None
    if known:
        done = submit(
            form,
            change,
            said=_said_of_second_factor(mine),
            target=url_for("accounts.own_sign_in"),
        )
    return done or (
        render_template(
            "accounts/own/second_factor.html",
            form=form,
            own=mine,
            secret=signin.in_groups(secret),
            picture=picture_of(mine.email, secret),
        ),
        form.status,
    )


def _said_of_second_factor(before: own.OwnSignIn) -> str:
    if before.code_since is None:
        return str(
            _("Your second factor is set up. Make recovery codes in case you lose your phone.")
        )
    return str(
        _(
            "Your second factor has been changed. Make new recovery codes, because the old ones no"
            " longer work."
        )
    )


@blueprint.route("/your-sign-in/recovery-codes", methods=["GET", "POST"])
@requires(OWN)
@proof.asked_for
def recovery_codes() -> str | tuple[str, int] | Response:
    """Make recovery codes; the reply shows them, once."""
    form = PageForm()
    done = submit(form, lambda: own.make_recovery_codes(http.actor()), target=_codes_page)
    return done or (
        render_template("accounts/own/make_codes.html", form=form, own=own.read(http.actor())),
        form.status,
    )


def _codes_page(codes: Sequence[str]) -> Response:
    box = encryption.encrypt(CODES, json.dumps(codes).encode())
    return make_response(render_template("accounts/own/codes.html", codes=codes, box=box))


@blueprint.post("/your-sign-in/recovery-codes/file")
@requires(OWN)
def save_recovery_codes() -> Response:
    """The codes that the page before shows, as a file; they come encrypted from that page."""
    box = encryption.decrypt(CODES, request.form.get("codes", ""), oldest=SAVED_WITHIN)
    if box is None:
        flash(_("The codes are shown once. Make new ones to save them."), "problem")
        return _back()
    loaded = programme.current()
    title = _("%(programme)s: recovery codes", programme=loaded.name if loaded else "Champions")
    lines = [title, _("Each code works once."), "", *json.loads(box), ""]
    response = make_response("\r\n".join(lines))
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
    return response


@blueprint.post("/your-sign-in/sign-out-elsewhere")
@requires(OWN)
def sign_out_elsewhere() -> Response:
    """Every other device is signed out."""
    own.sign_out_elsewhere(http.actor())
    sessions.stay()
    flash(_("All your other devices have been signed out."), "success")
    return _back()
