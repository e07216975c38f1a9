"""Helper for the memorable word."""

from __future__ import annotations

from flask.testing import FlaskClient

from app.core import clock
from app.signin import sessions


def open_private_word(client: FlaskClient) -> FlaskClient:
    """Open the memorable word of the person signed in on `client`, without using the form."""
    with client.session_transaction() as cookie:
        cookie[sessions.UNLOCKED_AT] = clock.now().isoformat()
    return client
