"""Redirect after a form is rejected, so that the browser's Back button works.

Browsers cannot show the response to a POST again from their history. They ask to send the form
again, or show an error. Therefore the rejected form is stored in an encrypted cookie for ten
minutes, and the browser is redirected to the same page with `?again=yes`, which shows the submitted
values and the errors (post/redirect/get).

The cookie holds the last rejected form of each page, so that forms in several tabs are kept apart.
Each is only valid for its page, form and user. The cookie does not contain passwords, codes,
memorable words or files. If there are too many forms for a cookie, the oldest are dropped. If a
form is too long for a cookie, or its page cannot be opened with GET, the response is not a
redirect.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, g, has_request_context, request, session
from werkzeug.wrappers import Response

from app.core import clock, encryption, registry
from app.web import http
from app.web.cookies import delete_private_cookie, set_private_cookie

COOKIE = "refused"
QUERY_PARAMETER = "again"  # in the URL of a page that shows a rejected form
LIFETIME = 600  # seconds
MAX_BYTES = 3_500  # browsers allow 4,096 for the name, value and attributes together
_PURPOSE = "refused-form"
_FORMS = "submitted_forms"  # in `g`
_DELETE_COOKIE = "rejected_forms_forgotten"  # in `g`


@dataclass(frozen=True)
class RejectedForm:
    """A rejected form: the submitted values by input name, and the errors by field name.

    `wrong_parts` has the date inputs with errors (day, month or year), by field name. `retry_after`
    is the number of seconds to wait before sending the form again.
    """

    form: str
    submitted: Mapping[str, Sequence[str]]
    errors: Mapping[str, Sequence[str]]
    form_errors: Sequence[str]
    wrong_parts: Mapping[str, Sequence[str]]
    retry_after: int | None = None


def record_submitted_form(form: Any) -> None:
    """Record which form this request submitted."""
    if has_request_context():
        g.setdefault(_FORMS, []).append(form)


def forget_rejected_forms() -> None:
    """Delete the rejected forms of all pages with the response to this request.

    Call this when somebody has finished a form with several pages, so that the next user of the
    browser cannot read what was typed.
    """
    g.setdefault(_DELETE_COOKIE, True)


def find_rejected_form(form: str) -> RejectedForm | None:
    """Return the rejected form to show in this request. `form` is the name of its class.

    Returns None if there is no such form, or if it belongs to another page or user.
    """
    if not has_request_context() or QUERY_PARAMETER not in request.args:
        return None
    for entry in _read_entries():
        if entry["owner"] == _owner() and entry["kept"]["form"] == form:
            return RejectedForm(**entry["kept"])
    return None


def _read_entries() -> list[dict[str, Any]]:
    """Return the rejected forms in the cookie, newest first, without those that have expired.

    Each has its owner (see `_owner`), the time `at` when it was sent, and the form as `kept`.
    """
    decrypted = encryption.decrypt(_PURPOSE, request.cookies.get(COOKIE, ""), LIFETIME)
    if decrypted is None:
        return []
    oldest = int(clock.now().timestamp()) - LIFETIME
    try:
        content = json.loads(zlib.decompress(decrypted))
        entries = [each for each in content if each["at"] >= oldest]
        for each in entries:
            RejectedForm(**each["kept"])
    except (KeyError, TypeError, ValueError, zlib.error):
        return []  # written by an older version of this site
    return entries


def _other_entries() -> list[dict[str, Any]]:
    """Return the rejected forms of the same user on other pages, newest first.

    There are none if this request signed the user out.
    """
    user_id, page = _owner()
    if user_id is not None and "_user_id" not in session:
        return []
    owners = [(each, *each["owner"]) for each in _read_entries()]
    return [each for each, owner_id, path in owners if owner_id == user_id and path != page]


def delete_cookie(response: Response) -> None:
    """Delete the cookie."""
    delete_private_cookie(response, COOKIE)


def install(site: Flask) -> None:
    """Redirect after a form on `site` is rejected.

    Call this before `http.install`, so that the log contains the original status.
    """
    site.after_request(_redirect)
    registry.on_exit.register(delete_cookie)
    registry.on_exit_offline.register(delete_cookie)


def _owner() -> list[Any]:
    """Return the user and the page for which a rejected form is valid."""
    return [http.actor().user_id, request.path]


def _redirect(response: Response) -> Response:
    if request.method != "POST":
        return response
    if _DELETE_COOKIE in g:
        delete_cookie(response)
        return response
    rejected = [form for form in g.get(_FORMS, ()) if form.errors]
    if response.status_code != 422 or len(rejected) != 1 or not _accepts_get():
        return _remove_older_entry(response)
    now = int(clock.now().timestamp())
    entry = {"owner": _owner(), "at": now, "kept": asdict(rejected[0].to_rejected_form())}
    value = _encrypt_entries([entry, *_other_entries()])
    if value is None:
        return _remove_older_entry(response)
    arguments = [
        (name, item) for name, item in request.args.items(multi=True) if name != QUERY_PARAMETER
    ]
    query = urlencode([*arguments, (QUERY_PARAMETER, "yes")])
    response.status_code = 303
    response.location = f"{request.script_root}{quote(request.path)}?{query}"
    response.set_data(b"")
    set_private_cookie(response, COOKIE, value)
    return response


def _encrypt_entries(entries: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the value of the cookie, or None if not even the first entry fits.

    The last entries are left out if there is no space for them.
    """
    for number in range(len(entries), 0, -1):
        text = json.dumps(entries[:number], ensure_ascii=False, separators=(",", ":"))
        value = encryption.encrypt(_PURPOSE, zlib.compress(text.encode(), level=9))
        if len(value) <= MAX_BYTES:
            return value
    return None


def _remove_older_entry(response: Response) -> Response:
    """Remove an earlier submission of this page from the cookie."""
    is_newer = response.status_code < 400 or response.status_code == 422
    if is_newer and COOKIE in request.cookies:
        value = _encrypt_entries(_other_entries())
        if value is None:
            delete_cookie(response)
        else:
            set_private_cookie(response, COOKIE, value)
    return response


def _accepts_get() -> bool:
    """Return whether this page can also be opened with GET."""
    return request.url_rule is not None and "GET" in (request.url_rule.methods or ())
