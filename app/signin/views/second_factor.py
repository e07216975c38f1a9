"""The secret for an authenticator app, and its QR code."""

from __future__ import annotations

import segno
from flask_babel import gettext as _
from markupsafe import Markup

from app.core import encryption, programme
from app.signin import second_factor
from app.signin.forms import InvitationForm, SecondFactorForm

MAX_AGE = 60 * 60  # seconds within which the form with the secret can be submitted


def prepare_secret(form: InvitationForm | SecondFactorForm, purpose: str) -> tuple[str, bool]:
    """Put an encrypted secret into the form. Keep the submitted secret if it is valid.

    Returns the secret, and whether a valid secret was submitted.
    """
    sent = encryption.decrypt(purpose, form.secret.data or "", max_age=MAX_AGE)
    secret = sent.decode() if sent else second_factor.new_secret()
    form.secret.data = encryption.encrypt(purpose, secret.encode())
    return secret, sent is not None


def qr_code(email: str, secret: str) -> Markup:
    """Return a QR code for the secret, as SVG."""
    loaded = programme.current()
    uri = second_factor.provisioning_uri(email, secret, loaded.name if loaded else "Champions")
    svg = segno.make(uri).svg_inline(scale=4, title=_("QR code for your app"))
    return Markup(svg)  # noqa: S704  # made by segno from our own text
