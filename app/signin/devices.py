"""Devices on which staff have signed in. Their sign-in attempts are counted separately.

Without this, an attacker who guesses passwords from elsewhere could make the owner of an account
wait. An encrypted cookie contains the users who have signed in on the device, with a random name
for each user. Wrong attempts are counted under that name. The cookie does not replace the password
or the code. Champions, who sign in by link, do not get the cookie.
"""

from __future__ import annotations

import json
import secrets

from flask import Response, after_this_request, current_app, request

from app.core import encryption
from app.web.cookies import set_private_cookie

PURPOSE = "device"
MAX_AGE = 180 * 24 * 60 * 60  # seconds after the last sign-in
MAX_USERS = 8  # on one device; the user who signed in least recently is dropped first


def find_device_name(user_id: int | None) -> str | None:
    """Return this device's name for the user, or None if the user has not signed in on it."""
    return _device_names().get(user_id) if user_id is not None else None


def remember_device(user_id: int) -> None:
    """Add the user to this device's cookie, with a new random name."""
    names = {key: value for key, value in _device_names().items() if key != user_id}
    names = dict([*names.items(), (user_id, secrets.token_hex(8))][-MAX_USERS:])
    encrypted = encryption.encrypt(PURPOSE, json.dumps(list(names.items())).encode())

    @after_this_request
    def _set_cookie(response: Response) -> Response:
        if response.status_code < 400:
            set_private_cookie(response, _cookie_name(), encrypted, max_age=MAX_AGE)
        return response


def _device_names() -> dict[int, str]:
    """Return the names of this device by user ID. Each user has a different name for it."""
    names = encryption.decrypt(PURPOSE, request.cookies.get(_cookie_name(), ""), max_age=MAX_AGE)
    return {int(key): str(value) for key, value in json.loads(names)} if names else {}


def _cookie_name() -> str:
    return "__Host-device" if current_app.config["SESSION_COOKIE_SECURE"] else "device"
