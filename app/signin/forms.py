"""Forms for signing in and for changing how to sign in."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.web.fields import (
    ConfirmField,
    EmailField,
    FullNameField,
    HiddenField,
    PageForm,
    PasswordField,
    SecretField,
)


def _current_password_field() -> PasswordField:
    return PasswordField(
        _l("Password"), required=_l("Enter your password"), autocomplete="current-password"
    )


def _new_password_field(label: object) -> PasswordField:
    return PasswordField(
        label,
        required=_l("Enter a password"),
        hint=_l(
            "Use 12 characters or more. Three random words make a good password. You can paste it."
        ),
        autocomplete="new-password",
    )


def _code_or_recovery_code_field() -> SecretField:
    return SecretField(
        _l("Code from your app"),
        required=_l("Enter the code from your app"),
        hint=_l("6 digits. If you do not have your phone, enter one of your recovery codes."),
        width=20,
        autocomplete="one-time-code",
    )


def _new_app_code_field() -> SecretField:
    return SecretField(
        _l("Code from your app"),
        required=_l("Enter the code from your app"),
        hint=_l("6 digits, from the app you are adding."),
        width=5,
        autocomplete="one-time-code",
    )


class SignInLinkForm(PageForm):
    """A form to request a sign-in link by email."""

    email = EmailField(
        _l("Email address"),
        required=_l("Enter your email address"),
        hint=_l("We will send you a link. There is no password to remember."),
    )


class RetryLinkForm(PageForm):
    """A form to request a link for trying again immediately."""

    email = EmailField(
        _l("Email address"),
        required=_l("Enter your email address"),
        hint=_l("The email address that you use to sign in."),
    )


class UseLinkForm(PageForm):
    """A form with the checkbox for shared devices, shown when a sign-in link is opened."""

    shared = ConfirmField(
        _l("I share this device"),
        hint=_l(
            "If you select this, we will sign you out after one hour, or when you close your"
            " browser."
        ),
    )


class StaffSignInForm(PageForm):
    """A form for the email address and password of staff and partners."""

    email = EmailField(_l("Email address"), required=_l("Enter your email address"))
    password = _current_password_field()


class CodeForm(PageForm):
    """A form for a code from an authenticator app, or a recovery code."""

    code = _code_or_recovery_code_field()


class ReauthenticationForm(PageForm):
    """A form for the current password and second factor, required before important changes.

    If ``with_code`` is False, the form has no field for a code.
    """

    password = _current_password_field()
    code = _code_or_recovery_code_field()

    def __init__(self, *, with_code: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.with_code = with_code
        if not with_code:
            del self.code


class NewPasswordForm(PageForm):
    """A form to choose a new password."""

    password = _new_password_field(_l("New password"))


class SecondFactorForm(PageForm):
    """A form to set up an authenticator app. ``secret`` holds the encrypted secret."""

    secret = HiddenField()
    code = _new_app_code_field()


class InvitationForm(PageForm):
    """A form for the password and second factor of a new account."""

    password = _new_password_field(_l("Choose a password"))
    secret = HiddenField()
    code = _new_app_code_field()


class OfferForm(InvitationForm):
    """A form for the name, password and second factor of a user who accepts an offer."""

    name = FullNameField(
        _l("Your full name, as the team will see it"), required=_l("Enter your full name")
    )
