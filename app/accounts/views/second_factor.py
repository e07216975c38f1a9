"""The secret that a page offers to an authenticator app, and the picture that the app scans."""

from __future__ import annotations

import segno
from flask_babel import gettext as _
from markupsafe import Markup

from app.accounts import signin
from app.accounts.forms import InvitationForm, SecondFactorForm
from app.core import encryption, programme

OPEN_FOR = 60 * 60  # seconds in which the code of a page's secret can be sent


def secret_of(form: InvitationForm | SecondFactorForm, purpose: str) -> tuple[str, bool]:
    """The secret that the page of this form showed, else a new one; it goes into the form.

    The second part says whether the form was sent with a secret that can be used.
    """
    sent = encryption.decrypt(purpose, form.secret.data or "", oldest=OPEN_FOR)
    secret = sent.decode() if sent else signin.new_secret()
    form.secret.data = encryption.encrypt(purpose, secret.encode())
    return secret, sent is not None


def picture_of(email: str, secret: str) -> Markup:
    """The QR code of a secret, as SVG."""
    loaded = programme.current()
    address = signin.secret_address(email, secret, loaded.name if loaded else "Champions")
    picture = segno.make(address).svg_inline(scale=4, title=_("QR code for your app"))
    return Markup(picture)  # noqa: S704  # made by segno from our own text
