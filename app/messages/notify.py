"""Emails, texts and letters through GOV.UK Notify, with one general template for each.

Our Notify service has three templates: an email (subject `((subject))`, body `((body))`), a text
message (`((body))`) and a letter (heading `((subject))`, body `((body))`). Their IDs are in the
programme file under [programme.notify].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from app.core import redaction
from app.messages.carriers import (
    CarrierUnavailable,
    OutgoingMessage,
    TemporaryFailure,
    UndeliverableMessage,
)
from app.messages.types import Channel

BASE_URL = "https://api.notifications.service.gov.uk"
TIMEOUT = 20  # seconds
MAX_ADDRESS_LINES = 7
MIN_ADDRESS_LINES = 3  # name, street or town, and postcode
ABOUT_THE_SERVICE = ("template", "service")
TRIAL_MODE = ("trial mode", "team-only")  # refuses some recipients until the service is live


class Notify:
    """A client for one API key. It must be used in only one thread."""

    supports_lookup = True

    def __init__(self, api_key: str, templates: dict[str, str], base_url: str = BASE_URL) -> None:
        client_class: Any = NotificationsAPIClient  # the package has no types
        self._client = client_class(api_key, base_url=base_url, timeout=TIMEOUT)
        self._templates = templates

    def can_send(self, channel: Channel) -> bool:
        """Return whether there is a template for `channel`."""
        return bool(self._templates.get(_template_name(channel)))

    def send(self, outgoing: OutgoingMessage, before_send: Callable[[], None]) -> str:
        """Send the message, unless an earlier attempt reached Notify. Return Notify's ID for it."""
        try:
            existing_id = self._id_by_reference(outgoing.reference)
            if existing_id is not None:
                return existing_id
            before_send()
            return self._post(outgoing)
        except APIError as error:
            raise _failure(error) from error

    def close(self) -> None:
        """Close the connections."""
        self._client.request_session.close()

    def _id_by_reference(self, reference: str) -> str | None:
        """Return the ID of the notification with our reference, or None."""
        found = self._client.get_all_notifications(reference=reference)["notifications"]
        return str(found[0]["id"]) if found else None

    def _post(self, outgoing: OutgoingMessage) -> str:
        template = self._templates[_template_name(outgoing.channel)]
        words = {"subject": outgoing.rendered.subject, "body": outgoing.rendered.text}
        if outgoing.channel is Channel.EMAIL:
            answer = self._client.send_email_notification(
                outgoing.address, template, words, reference=outgoing.reference
            )
        elif outgoing.channel is Channel.SMS:
            answer = self._client.send_sms_notification(
                outgoing.address,
                template,
                {"body": outgoing.rendered.text},
                reference=outgoing.reference,
            )
        else:
            answer = self._client.send_letter_notification(
                template,
                words | postal_lines(outgoing.name, outgoing.address),
                reference=outgoing.reference,
            )
        return str(answer["id"])


def _template_name(channel: Channel) -> str:
    return {Channel.EMAIL: "email", Channel.SMS: "sms", Channel.POST: "letter"}.get(channel, "")


def postal_lines(name: str, address: str) -> dict[str, str]:
    """Return a name and address as Notify's address_line_1 to address_line_7.

    Raises UndeliverableMessage if the address has too few lines.
    """
    lines = [line.strip() for line in (name, *address.splitlines()) if line.strip()]
    if len(lines) < MIN_ADDRESS_LINES:
        raise UndeliverableMessage(_("The postal address is too short for a letter."))
    if len(lines) > MAX_ADDRESS_LINES:
        middle = ", ".join(lines[MAX_ADDRESS_LINES - 2 : -1])
        lines = [*lines[: MAX_ADDRESS_LINES - 2], middle, lines[-1]]
    return {f"address_line_{number}": line for number, line in enumerate(lines, start=1)}


def _failure(error: APIError) -> Exception:
    """Convert an error from Notify to a permanent, temporary or technical failure."""
    words = _error_text(error.message)
    if error.status_code == 429:
        return CarrierUnavailable(
            _("We have reached our limit in GOV.UK Notify: %(answer)s", answer=words)
        )
    if error.status_code in (401, 403, 404):
        return CarrierUnavailable(_("GOV.UK Notify refused access: %(answer)s", answer=words))
    if error.status_code == 400:
        return _bad_request_failure(words)
    return TemporaryFailure(f"GOV.UK Notify: {error.status_code} {words}")


def _bad_request_failure(text: str) -> Exception:
    """Return the failure for a bad request, caused by our Notify account or by the message."""
    lowered = text.lower()
    if any(phrase in lowered for phrase in TRIAL_MODE):
        return TemporaryFailure(text)
    about_service = any(phrase in lowered for phrase in ABOUT_THE_SERVICE)
    return CarrierUnavailable(text) if about_service else UndeliverableMessage(text)


def _error_text(message: Any) -> str:
    if isinstance(message, list):
        return redaction.redact_text(
            "; ".join(
                str(each.get("message", each) if isinstance(each, dict) else each)
                for each in message
            )
        )[:300]
    return redaction.redact_text(str(message))[:300]
