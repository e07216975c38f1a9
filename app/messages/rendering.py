"""Renders a message as a subject, text, HTML and files.

Signed links are never stored in the database. The stored text contains [link] instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from jinja2 import TemplateNotFound

from app.core import links
from app.core import programme as programmes
from app.messages import letters
from app.messages.types import Channel, RenderedMessage

MASK = "[link]"
# The text for these channels ends with the team's contact details.
CHANNELS_WITH_FOOTER = (Channel.EMAIL, Channel.POST)
_BLANK_LINES = re.compile(r"\n{3,}")


NEUTRAL = "neutral"


@dataclass(frozen=True)
class ProgrammeFacts:
    """Data about the programme for use in letters, under the names of its columns."""

    slug: str = "champions"
    name: str = "Champion Network"
    organisation: str = ""
    settings: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def current(cls) -> ProgrammeFacts:
        """Return the data of the current programme, independent of the database session."""
        programme = programmes.current()
        if programme is None:
            return cls()
        settings = dict(programme.settings)
        return cls(programme.slug, programme.name, programme.organisation, settings)

    @property
    def contact(self) -> dict[str, str]:
        """Return the team's contact details: team, web, email, phone and post, "" if unknown."""
        unknown = dict.fromkeys(("team", "web", "email", "phone", "post"), "")
        return unknown | dict(self.settings.get("contact") or {})

    @property
    def decided_within(self) -> str:
        """Return how long it usually takes to decide on a registration, or "" if unknown."""
        return str(self.settings.get("decided_within") or "")

    @property
    def neutral_sender(self) -> str:
        """Return the sender of letters to protected people, which does not name the programme."""
        return str(self.settings.get("neutral_sender") or self.organisation)


def absolute_url(endpoint: str, values: dict[str, Any]) -> str:
    """Return the absolute URL of a page, inside or outside a request."""
    path = current_app.url_map.bind("").build(endpoint, values)
    return f"{current_app.config['PUBLIC_URL']}{path}"


class _LinkResolver:
    """Replaces links in a context with URLs. `mask` hides the signed URLs in a text."""

    def __init__(self) -> None:
        self.signed: list[str] = []

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "endpoint" not in value:
            return {key: self.resolve(item) for key, item in value.items()}
        values = dict(value.get("values") or {})
        if "link_id" in value:
            values["token"] = links.token(value["purpose"], value["link_id"])
        address = absolute_url(value["endpoint"], values)
        if "link_id" in value:
            self.signed.append(address)
        return address

    def mask(self, text: str) -> str:
        for address in self.signed:
            text = text.replace(address, MASK)
        return text


def render(
    letter: str,
    channel: Channel,
    name: str,
    context: dict[str, Any],
    facts: ProgrammeFacts,
    *,
    neutral: bool = False,
    signs_in: bool = False,
) -> RenderedMessage:
    """Render a message of `letter` to a person called `name` for `channel`.

    `signs_in` is True if the person can sign in. With `neutral`, emails, texts and letters have a
    fixed text. Scripts for phone calls do not, because a coordinator speaks only to the person.
    """
    if neutral and channel is not Channel.PHONE:
        return _render_neutral(channel, name, context, facts, signs_in=signs_in)
    resolver = _LinkResolver()
    values = {
        **{key: resolver.resolve(value) for key, value in context.items()},
        "name": name,
        "programme": facts,
    }
    files = letters.make_attachments(letter, context) if channel is Channel.EMAIL else ()
    values["attached"] = bool(files)
    text = _render_text(letter, channel, values)
    return RenderedMessage(
        subject=" ".join(_template(f"{letter}/subject.txt", values).split()),
        text=text,
        html=_template(f"{letter}/body.html", values) if channel is Channel.EMAIL else "",
        attachments=files,
        stored_text=resolver.mask(text),
    )


def _render_neutral(
    channel: Channel, name: str, context: dict[str, Any], facts: ProgrammeFacts, *, signs_in: bool
) -> RenderedMessage:
    """Render the fixed text, which has only a link to the message or a number to call."""
    resolver = _LinkResolver()
    electronic = channel is not Channel.POST
    values = {
        "name": name,
        "link": resolver.resolve(_signed_link(context)) if electronic else None,
        "sign_in": absolute_url("accounts.sign_in", {}) if electronic and signs_in else "",
        "sender": facts.neutral_sender,
        "phone": facts.contact["phone"],
        "email": facts.contact["email"] if electronic else "",
    }
    part = "sms.txt" if channel is Channel.SMS else "body.txt"
    text = _template(f"{NEUTRAL}/{part}", values)
    text = _BLANK_LINES.sub("\n\n", text).strip()
    return RenderedMessage(
        subject=_template(f"{NEUTRAL}/subject.txt", values).strip(),
        text=text if channel is Channel.SMS else f"{text}\n",
        html=_template(f"{NEUTRAL}/body.html", values) if channel is Channel.EMAIL else "",
        stored_text=resolver.mask(text),
    )


def _signed_link(value: Any) -> dict[str, Any] | None:
    """Return the signed link in a letter's context, or None."""
    if not isinstance(value, dict):
        return None
    if "link_id" in value:
        return value
    return next((found for each in value.values() if (found := _signed_link(each))), None)


def _render_text(letter: str, channel: Channel, values: dict[str, Any]) -> str:
    """Return the letter's text for the channel, which defaults to body.txt."""
    file_name = {Channel.SMS: "sms.txt", Channel.PHONE: "call.txt"}.get(channel, "body.txt")
    try:
        text = _template(f"{letter}/{file_name}", values)
    except TemplateNotFound:  # this letter has the same text on every channel
        text = _template(f"{letter}/body.txt", values)
    text = _BLANK_LINES.sub("\n\n", text).strip()
    if channel in CHANNELS_WITH_FOOTER:
        text = f"{text}\n\n{_template('foot.txt', values).strip()}"
    return text if channel is Channel.SMS else f"{text}\n"


def _template(path: str, values: dict[str, Any]) -> str:
    # Not flask.render_template, which looks for a signed-in user. Here there is none.
    return current_app.jinja_env.get_template(f"messages/{path}").render(values)
