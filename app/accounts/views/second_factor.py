"""The picture that an authenticator app scans."""

from __future__ import annotations

import segno
from flask_babel import gettext as _
from markupsafe import Markup

from app.accounts import signin
from app.core import programme


def picture_of(email: str, secret: str) -> Markup:
    """The QR code of a secret, as SVG."""
    loaded = programme.current()
    address = signin.secret_address(email, secret, loaded.name if loaded else "Champions")
    picture = segno.make(address).svg_inline(scale=4, title=_("QR code for your app"))
    return Markup(picture)  # noqa: S704  # made by segno from our own text
