"""Sends email by SMTP, over one connection for all messages.

MAIL_URL has the form `smtp://user:password@host:port`. `smtps://` uses TLS from the start,
`smtp+starttls://` requires STARTTLS, and plain `smtp://` uses STARTTLS if the server offers it.
`?from=team@example.org` sets the sender.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

from flask_babel import gettext as _

from app.core import clock, redaction
from app.messages.carriers import (
    CarrierUnavailable,
    OutgoingMessage,
    TemporaryFailure,
    UndeliverableMessage,
    UnknownOutcome,
)
from app.messages.types import Attachment

TIMEOUT = 20  # seconds for each response from the server
DEFAULT_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
ENHANCED_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
SENDER_REFUSED_CODES = {521, 530, 534, 535, 538, 550, 551, 553, 554}  # in response to MAIL FROM
ACCEPTED, WILL_FORWARD, SEND_CONTENT = 250, 251, 354  # RFC 5321 4.2.3
LEADING_DOT = re.compile(rb"(?m)^\.")
PLACEHOLDER_DOMAIN = "champion-network.example"  # RFC 2606: used when the site has no domain


@dataclass(frozen=True)
class MailServer:
    """The connection settings of the mail server."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    sender: str

    @classmethod
    def from_url(cls, url: str) -> MailServer:
        """Parse MAIL_URL. Raises CarrierUnavailable if it is not valid."""
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise CarrierUnavailable("MAIL_URL must have the form smtp://user:password@host:port.")
        return cls(
            parts.scheme,
            parts.hostname,
            parts.port or DEFAULT_PORTS[parts.scheme],
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            parse_qs(parts.query).get("from", [""])[0],
        )

    @property
    def is_local(self) -> bool:
        """Return whether the connection stays on this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


@dataclass(frozen=True)
class Sender:
    """The sender of emails: the same neutral name and address for everybody."""

    name: str
    address: str
    reply_to: str | None
    domain: str

    @classmethod
    def from_settings(
        cls, name: str, server: MailServer, contact_email: str | None, host: str
    ) -> Sender:
        """Return the sender, with an address from MAIL_URL if it has one.

        Otherwise the address is the team's address or no-reply at the site's domain.
        """
        domain = host if "." in host and not host.replace(".", "").isdigit() else PLACEHOLDER_DOMAIN
        address = server.sender or contact_email or f"no-reply@{domain}"
        return cls(name, address, contact_email, address.rpartition("@")[2])


class Smtp:
    """An SMTP connection. It is opened for the first message and reopened after an error."""

    supports_lookup = False

    def __init__(self, server: MailServer, sender: Sender) -> None:
        self._server = server
        self._sender = sender
        self._connection: smtplib.SMTP | None = None

    def send(self, outgoing: OutgoingMessage, before_send: Callable[[], None]) -> str:
        """Send the email. Return its Message-ID."""
        message_id = f"<{outgoing.reference}@{self._sender.domain}>"
        try:
            content = compose(outgoing, self._sender, message_id)
        # Versions of the email package raise different errors for a bad address.
        except (ValueError, IndexError, MessageError) as error:
            raise UndeliverableMessage(_("The address cannot be used.")) from error
        connection = self._connection or self._connect()
        try:
            self._send_envelope(connection, outgoing.address, len(content))
            self._call_before_send(connection, before_send)
            self._transmit(connection, content)
        except (smtplib.SMTPException, OSError) as error:
            raise self._failure(error) from error
        return message_id

    def _send_envelope(self, connection: smtplib.SMTP, address: str, size: int) -> None:
        """Send the sender, the recipient and the DATA command."""
        sender = self._sender.address
        options = [f"size={size}"] if connection.has_extn("size") else []
        code, answer = connection.mail(sender, options)
        if code != ACCEPTED:
            _reset(connection)
            raise smtplib.SMTPSenderRefused(code, answer, sender)
        code, answer = connection.rcpt(address)
        if code not in (ACCEPTED, WILL_FORWARD):
            _reset(connection)
            raise smtplib.SMTPRecipientsRefused({address: (code, answer)})
        code, answer = connection.docmd("DATA")
        if code != SEND_CONTENT:
            raise smtplib.SMTPDataError(code, answer)

    def _call_before_send(self, connection: smtplib.SMTP, before_send: Callable[[], None]) -> None:
        """Call `before_send`. If it fails, close the connection."""
        try:
            before_send()
        except BaseException:
            self._connection = None
            connection.close()
            raise

    def _transmit(self, connection: smtplib.SMTP, content: bytes) -> None:
        """Send the content. Raises UnknownOutcome if the server does not respond."""
        stuffed = LEADING_DOT.sub(b"..", content)  # RFC 5321 4.5.2
        connection.send(stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n")
        connection.send(b".\r\n")
        try:
            code, answer = connection.getreply()
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._connection = None
            connection.close()
            raise UnknownOutcome(_error_text(error)) from error
        if code != ACCEPTED:
            raise smtplib.SMTPDataError(code, answer)

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        tls = ssl.create_default_context()
        try:
            connection: smtplib.SMTP = (
                smtplib.SMTP_SSL(
                    server.host,
                    server.port,
                    local_hostname=self._sender.domain,
                    timeout=TIMEOUT,
                    context=tls,
                )
                if server.scheme == "smtps"
                else smtplib.SMTP(
                    server.host,
                    server.port,
                    local_hostname=self._sender.domain,
                    timeout=TIMEOUT,
                )
            )
            connection.ehlo_or_helo_if_needed()
            self._start_tls(connection, tls)
            if server.user:
                connection.login(server.user, server.password)
        except (smtplib.SMTPException, OSError) as error:
            raise CarrierUnavailable(
                _("There is a problem with the mail server: %(error)s", error=_error_text(error))
            ) from error
        self._connection = connection
        return connection

    def _start_tls(self, connection: smtplib.SMTP, tls: ssl.SSLContext) -> None:
        server = self._server
        if server.scheme == "smtps":
            return
        if connection.has_extn("starttls"):
            connection.starttls(context=tls)
            connection.ehlo()
        elif server.scheme == "smtp+starttls" or (server.user and not server.is_local):
            connection.close()
            raise CarrierUnavailable(
                _("The mail server does not offer encryption, which we require.")
            )

    def _failure(self, error: Exception) -> Exception:
        """Convert the server's refusal to a permanent, temporary or technical failure."""
        words = _error_text(error)
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            code = next(iter(error.recipients.values()))[0]
            return UndeliverableMessage(words) if code >= 500 else TemporaryFailure(words)
        if isinstance(error, smtplib.SMTPSenderRefused) and error.smtp_code in SENDER_REFUSED_CODES:
            self.close()
            return CarrierUnavailable(
                _("The mail server refused the sender: %(answer)s", answer=words)
            )
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return UndeliverableMessage(_("The mail server cannot send to this address."))
        if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500:
            return UndeliverableMessage(words)
        self._connection = None  # lost or closed (421): the next message opens another
        return TemporaryFailure(words)


def _reset(connection: smtplib.SMTP) -> None:
    """Cancel the current message, so that the connection can be used for another one."""
    with contextlib.suppress(smtplib.SMTPException, OSError):
        connection.rset()


def _error_text(error: Exception) -> str:
    """Return the codes of the server's response, such as "550 5.1.1" (RFC 5321 4.2, RFC 3463).

    The server's text is left out, because it often contains the address or a name.
    """
    answer: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, answer = error.smtp_code, error.smtp_error
    else:
        return redaction.describe_error(error)
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    enhanced = ENHANCED_CODE.match(text)
    return f"{code} {enhanced.group()}" if enhanced else str(code)


def compose(outgoing: OutgoingMessage, sender: Sender, message_id: str) -> bytes:
    """Return the email as bytes. Raises ValueError for an invalid address."""
    rendered = outgoing.rendered
    mail = EmailMessage()
    name = outgoing.sender or sender.name
    mail["From"] = Address(name, addr_spec=sender.address)
    mail["To"] = Address(" ".join(outgoing.name.split()), addr_spec=outgoing.address)
    if sender.reply_to:
        mail["Reply-To"] = Address(name, addr_spec=sender.reply_to)
    mail["Subject"] = rendered.subject
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply to this
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(rendered.text, cte="quoted-printable")
    mail.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    for attachment in rendered.attachments:
        _attach(mail, attachment)
    return mail.as_bytes(policy=policy.SMTP)


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    """Add a file. Its media type may have parameters ("text/calendar; method=REQUEST")."""
    kind, *parameters = (part.strip() for part in attachment.media_type.split(";"))
    main, _, sub = kind.partition("/")
    pairs = (parameter.partition("=") for parameter in parameters)
    mail.add_attachment(
        attachment.content,
        maintype=main,
        subtype=sub,
        filename=attachment.name,
        params={name.strip(): value.strip(' "') for name, _, value in pairs},
    )
