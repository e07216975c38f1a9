"""Forms of signing in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core.fields import EmailField, HiddenField, PageForm, PasswordField, TextField


class LinkForm(PageForm):
    """Where to send the link."""

    email = EmailField(
        _l("Email address"),
        required=_l("Enter your email address"),
        hint=_l("We will send you a link. There is no password to remember."),
    )


class StaffForm(PageForm):
    """Address and password."""

    email = EmailField(_l("Email address"), required=_l("Enter your email address"))
    password = PasswordField(
        _l("Password"), required=_l("Enter your password"), autocomplete="current-password"
    )


class CodeForm(PageForm):
    """The second factor."""

    code = TextField(
        _l("Code from your app"),
        required=_l("Enter the code from your app"),
        hint=_l("6 digits. It changes every 30 seconds."),
        width=5,
        autocomplete="one-time-code",
    )


class InvitationForm(PageForm):
    """A password and a second factor of one's own."""

    password = PasswordField(
        _l("Choose a password"),
        required=_l("Enter a password"),
        hint=_l("12 characters or more. Three random words make a good one. You can paste it."),
        autocomplete="new-password",
    )
    secret = HiddenField()
    code = TextField(
        _l("Code from your app"),
        required=_l("Enter the code from your app"),
        width=5,
        autocomplete="one-time-code",
    )
