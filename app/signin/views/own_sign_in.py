"""“Your sign-in”: password, second factor, recovery codes and other devices."""

from __future__ import annotations

import json
from collections.abc import Sequence

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.views.blueprint import blueprint
from app.core import encryption, programme
from app.signin import devices, own_sign_in, reauthentication, second_factor, sessions
from app.signin.forms import NewPasswordForm, ReauthenticationForm, SecondFactorForm
from app.signin.own_sign_in import SignInSettings
from app.signin.views.retry_links import sign_in_page
from app.signin.views.second_factor import prepare_secret, qr_code
from app.web import http
from app.web.fields import PageForm
from app.web.form_page import submit
from app.web.http import requires

PERMISSION = "sign-in:change"
CODES_PURPOSE = "recovery codes"  # for encrypting the codes on their page
CODES_MAX_AGE = 15 * 60  # seconds within which the codes on the page can be saved as a file

Page = str | tuple[str, int] | Response


def _redirect_back() -> Response:
    return redirect(url_for("accounts.own_sign_in"))


@blueprint.get("/your-sign-in", endpoint="own_sign_in")
@requires(PERMISSION)
def show_sign_in_settings() -> str:
    """Show how the user signs in."""
    return render_template(
        "signin/own/sign_in.html", own=own_sign_in.find_sign_in_settings(http.actor())
    )


@blueprint.route("/your-sign-in/prove", methods=["GET", "POST"])
@requires(PERMISSION)
def reauthenticate() -> Response:
    """Ask for the password and the second factor before an important change."""
    own = own_sign_in.find_sign_in_settings(http.actor())
    form = ReauthenticationForm(with_code=own.code_since is not None)
    next_url = http.safe_next(request.args.get("next"), url_for("accounts.own_sign_in"))

    def check() -> None:
        own_sign_in.check_credentials(
            http.actor(),
            form.password.data,
            form.code.data if form.with_code else None,
            request.remote_addr or "",
            devices.find_device_name,
        )
        reauthentication.record_reauthentication()

    return submit(form, check, target=next_url) or sign_in_page(
        "signin/own/reauthenticate.html", form
    )


@blueprint.route("/your-sign-in/password", methods=["GET", "POST"])
@requires(PERMISSION)
@reauthentication.require
def change_password() -> Page:
    """Change the password."""
    form = NewPasswordForm()

    def change() -> None:
        own_sign_in.change_password(http.actor(), form.password.data)
        sessions.keep_current_session()

    done = submit(
        form,
        change,
        message=_(
            "Your password has been changed. You have been signed out of your other devices."
        ),
        target=url_for("accounts.own_sign_in"),
    )
    return done or (render_template("signin/own/password.html", form=form), form.status)


@blueprint.route("/your-sign-in/second-factor", methods=["GET", "POST"])
@requires(PERMISSION)
@reauthentication.require
def change_second_factor() -> Page:
    """Replace the second factor with another phone or app."""
    own = own_sign_in.find_sign_in_settings(http.actor())
    form = SecondFactorForm()
    secret, is_valid = prepare_secret(form, "second factor")

    def change() -> None:
        own_sign_in.change_second_factor(http.actor(), secret, form.code.data)
        sessions.keep_current_session()

    done = None
    if is_valid:
        done = submit(
            form,
            change,
            message=_second_factor_message(own),
            target=url_for("accounts.own_sign_in"),
        )
    return done or (
        render_template(
            "signin/own/second_factor.html",
            form=form,
            own=own,
            secret=second_factor.format_secret(secret),
            picture=qr_code(own.email, secret),
        ),
        form.status,
    )


def _second_factor_message(before: SignInSettings) -> str:
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


@blueprint.route("/your-sign-in/recovery-codes", methods=["GET", "POST"], endpoint="recovery_codes")
@requires(PERMISSION)
@reauthentication.require
def make_recovery_codes() -> Page:
    """Make new recovery codes and show them once."""
    form = PageForm()
    done = submit(form, lambda: own_sign_in.make_recovery_codes(http.actor()), target=_codes_page)
    return done or (
        render_template(
            "signin/own/make_codes.html",
            form=form,
            own=own_sign_in.find_sign_in_settings(http.actor()),
        ),
        form.status,
    )


def _codes_page(codes: Sequence[str]) -> Response:
    encrypted = encryption.encrypt(CODES_PURPOSE, json.dumps(codes).encode())
    return make_response(
        render_template("signin/own/codes.html", codes=codes, encrypted_codes=encrypted)
    )


@blueprint.post("/your-sign-in/recovery-codes/file")
@requires(PERMISSION)
def save_recovery_codes() -> Response:
    """Return the recovery codes as a file. The form contains them in encrypted form."""
    saved = encryption.decrypt(CODES_PURPOSE, request.form.get("codes", ""), max_age=CODES_MAX_AGE)
    if saved is None:
        flash(_("We show the codes only once. If you did not save them, make new ones."), "problem")
        return _redirect_back()
    loaded = programme.current()
    title = _("%(programme)s: recovery codes", programme=loaded.name if loaded else "Champions")
    lines = [title, _("Each code works once."), "", *json.loads(saved), ""]
    response = make_response("\r\n".join(lines))
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
    return response


@blueprint.post("/your-sign-in/sign-out-elsewhere")
@requires(PERMISSION)
def sign_out_elsewhere() -> Response:
    """Sign out all other devices."""
    own_sign_in.sign_out_elsewhere(http.actor())
    sessions.keep_current_session()
    flash(_("You have been signed out of all your other devices."), "success")
    return _redirect_back()
