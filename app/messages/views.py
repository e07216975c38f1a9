"""Development pages that show every message sent from this machine, except in production."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Blueprint, current_app, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import NotFound
from app.messages import sent
from app.messages.forms import SentFilter
from app.web.http import CONTENT_SECURITY_POLICY, public

blueprint = Blueprint("messages", __name__)

Parameters = ParamSpec("Parameters")
Reply = TypeVar("Reply")
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
SHOWN_INLINE = frozenset({"application/pdf", "text/plain"})  # other files are downloaded


def not_in_production(view: Callable[Parameters, Reply]) -> Callable[Parameters, Reply]:
    """Decorate a view so that it returns 404 in production."""

    @wraps(view)
    def wrapper(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Reply:
        if current_app.config["SETTINGS"].is_production:
            raise NotFound()
        return view(*args, **kwargs)

    return wrapper


@blueprint.get("/dev/mail")
@public
@not_in_production
def dev_mail() -> str:
    """List the messages that were sent, newest first."""
    form = SentFilter()
    search = str(form.values().get("to", ""))
    page = sent.page_of_messages(search, request.args.get("after"))
    older = url_for("messages.dev_mail", to=search or None, after=page.next) if page.next else None
    newest = None if page.first else url_for("messages.dev_mail", to=search or None)
    return render_template(
        "messages/dev_mail.html",
        filter=form,
        search=search,
        rows=page.rows,
        older_url=older,
        newer_url=newest,
        waiting=sent.count_messages(),
    )


@blueprint.get("/dev/mail/<id(messages):message_id>")
@public
@not_in_production
def dev_message(message_id: int) -> Response:
    """Show a message with its appearance, text, links and files."""
    reply = make_response(
        render_template("messages/dev_message.html", message=sent.find_message(message_id))
    )
    reply.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return reply


@blueprint.get("/dev/mail/<id(messages):message_id>/html")
@public
@not_in_production
def dev_html(message_id: int) -> Response:
    """Return only the HTML part of a message, for the frame. It cannot run scripts."""
    html = sent.find_message(message_id).rendered.html
    if not html:
        raise NotFound()
    styles = " ".join(_style_hash(style) for style in _STYLE.findall(html)) or "'none'"
    reply = make_response(html.replace("<head>", '<head><base target="_top">', 1))
    reply.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {styles}; img-src data:; form-action 'none';"
        " base-uri 'none'; frame-ancestors 'self'"
    )
    reply.headers["X-Frame-Options"] = "SAMEORIGIN"
    return reply


def _style_hash(style: str) -> str:
    """Return the hash of a style element for Content-Security-Policy."""
    digest = hashlib.sha256(style.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@blueprint.get("/dev/mail/<id(messages):message_id>/files/<int:number>/<name>")
@public
@not_in_production
def dev_file(message_id: int, number: int, name: str) -> Response:
    """Return a file that was sent with a message."""
    file = sent.attachment(message_id, number)
    if file.name != name:
        raise NotFound()
    reply = make_response(file.content)
    reply.headers["Content-Type"] = file.media_type
    kind = file.media_type.partition(";")[0].strip()
    disposition = "inline" if kind in SHOWN_INLINE else "attachment"
    reply.headers.set("Content-Disposition", disposition, filename=name)
    return reply
