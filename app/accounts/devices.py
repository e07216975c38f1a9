"""Devices that staff have signed in on: tries from there are counted for the device alone.

Guessing at an account from elsewhere can't make its owner wait. An encrypted cookie says
whose device it is (several may share one) and a random name for each, under which its wrong tries
are counted. It opens nothing: the password and the code are asked all the same. Champions, who sign
in by a link, get none.
"""

from __future__ import annotations

import json
import secrets

from flask import Response, after_this_request, current_app, request

from app.core import encryption

PURPOSE = "device"
KEPT = 180 * 24 * 60 * 60  # seconds after the last sign-in
MOST = 8  # people who share a device; the one who signed in last is kept longest


def trusted(user_id: int | None) -> str | None:
    """The name under which this device's tries for the user are counted; None: not their device."""
    return _known().get(user_id) if user_id is not None else None


def remember(user_id: int) -> None:
    """This browser is the user's: tell it so with the reply. Its counts start from nothing."""
    known = {key: value for key, value in _known().items() if key != user_id}
    known = dict([*known.items(), (user_id, secrets.token_hex(8))][-MOST:])
    box = encryption.encrypt(PURPOSE, json.dumps(list(known.items())).encode())
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])

    @after_this_request
    def _set(response: Response) -> Response:
        if response.status_code < 400:
            response.set_cookie(
                _name(), box, max_age=KEPT, secure=secure, httponly=True, samesite="Lax"
            )
        return response


def _known() -> dict[int, str]:
    box = encryption.decrypt(PURPOSE, request.cookies.get(_name(), ""), oldest=KEPT)
    return {int(key): str(value) for key, value in json.loads(box)} if box else {}


def _name() -> str:
    return "__Host-device" if current_app.config["SESSION_COOKIE_SECURE"] else "device"
