"""A private word that was given."""

from __future__ import annotations

from flask.testing import FlaskClient

from app.core import clock
from app.signin import sessions


def give_word(client: FlaskClient) -> FlaskClient:
    """Whoever is signed in on `client` gave their private word now, without the form."""
    with client.session_transaction() as cookie:
        cookie[sessions.UNLOCKED] = clock.now().isoformat()
    return client
