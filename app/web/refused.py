"""Answers a refused form with a redirect, so that the browser's Back button keeps working.

A page that answers a POST cannot be shown again from the history: with `no-store` the browser asks
to send the form again, or shows an error. So a form with errors is kept for ten minutes in an
encrypted cookie, and the browser is redirected to the same page with `?again=yes`, which shows the
form with what was typed and its errors (post/redirect/get).

The cookie belongs to one page, one form and one user. Passwords, codes, memorable words and files
are not kept. A form that is too long for a cookie, and a page that cannot be opened with GET, are
answered directly.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, current_app, g, has_request_context, request
from werkzeug.wrappers import Response

from app.core import encryption, registry
from app.web import http

COOKIE = "refused"
MARK = "again"  # the argument of the URL that shows a refused form
LIFETIME = 600  # seconds
MAX_BYTES = 3_500  # browsers allow 4,096 for the name, value and attributes together
_PURPOSE = "refused-form"
_FORMS = "submitted_forms"  # in `g`


@dataclass(frozen=True)
class RefusedForm:
    """A refused form: what was typed by input name, and the errors by field name.

    `wrong` names the wrong inputs of dates. `retry_after` is the number of seconds to wait before
    the form may be sent again.
    """

    form: str
    typed: Mapping[str, Sequence[str]]
    errors: Mapping[str, Sequence[str]]
    form_errors: Sequence[str]
    wrong: Mapping[str, Sequence[str]]
    retry_after: int | None = None


def record_submission(form: Any) -> None:
    """Record that this request submitted the form."""
    if has_request_context():
        g.setdefault(_FORMS, []).append(form)


def find_refused_form(form: str) -> RefusedForm | None:
    """Return the refused form that this request shows again, if its class has this name."""
    if not has_request_context() or MARK not in request.args:
        return None
    opened = encryption.decrypt(_PURPOSE, request.cookies.get(COOKIE, ""), LIFETIME)
    if opened is None:
        return None
    try:
        content = json.loads(zlib.decompress(opened))
        owner, kept = content["owner"], RefusedForm(**content["kept"])
    except (KeyError, TypeError, ValueError, zlib.error):
        return None  # written by an older version of this site
    return kept if owner == _owner() and kept.form == form else None


def clear(response: Response) -> None:
    """Delete the cookie."""
    response.delete_cookie(
        COOKIE,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )


def install(site: Flask) -> None:
    """Redirect after refused forms of `site`.

    Call this before `http.install`, so that the log has the status of the refused form.
    """
    site.after_request(_redirect)
    registry.on_exit.register(clear)
    registry.on_exit_offline.register(clear)


def _owner() -> list[Any]:
    """Return what a refused form belongs to: the user and the page."""
    return [http.actor().user_id, request.path]


def _redirect(response: Response) -> Response:
    if request.method != "POST":
        return response
    refused = [form for form in g.get(_FORMS, ()) if form.errors]
    if response.status_code != 422 or len(refused) != 1 or not _can_be_opened():
        return _remove_older_cookies(response)
    content = {"owner": _owner(), "kept": asdict(refused[0].as_refused())}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    value = encryption.encrypt(_PURPOSE, zlib.compress(text.encode(), level=9))
    if len(value) > MAX_BYTES:
        return _remove_older_cookies(response)
    arguments = [(name, item) for name, item in request.args.items(multi=True) if name != MARK]
    query = urlencode([*arguments, (MARK, "yes")])
    response.status_code = 303
    response.location = f"{request.script_root}{quote(request.path)}?{query}"
    response.set_data(b"")
    response.set_cookie(
        COOKIE,
        value,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response


def _remove_older_cookies(response: Response) -> Response:
    """Delete the cookie if this answer replaces the refused form in it."""
    is_newer = response.status_code < 400 or response.status_code == 422
    if is_newer and COOKIE in request.cookies:
        clear(response)
    return response


def _can_be_opened() -> bool:
    """Return whether the page also answers GET, and the answer is a page."""
    return request.url_rule is not None and "GET" in (request.url_rule.methods or ())
