"""Mail server URLs, the sender of emails, and the parts of an email."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from typing import cast

import pytest

from app.messages.carriers import CarrierUnavailable, OutgoingMessage, make_reference
from app.messages.smtp import MailServer, Sender, compose
from app.messages.types import Attachment, Channel, RenderedMessage

SENDER = Sender("Breckland Champion Network", "team@example.org", None, "example.org")


def outgoing_email(
    name: str = "Ann Smith", address: str = "ann@example.org", **more: object
) -> OutgoingMessage:
    words = {"subject": "A message for you", "text": "Hello – €5\n", "html": "<p>Hello</p>"}
    rendered = RenderedMessage(**words, **more)  # type: ignore[arg-type]  # a test's keywords
    return OutgoingMessage(Channel.EMAIL, address, name, rendered, "message-1-abc")


def composed_mail(*args: object, **more: object) -> EmailMessage:
    mail = compose(outgoing_email(*args, **more), SENDER, "<message-1-abc@example.org>")  # type: ignore[arg-type]  # a test's keywords
    assert b"\r\n" in mail
    assert not [line for line in mail.split(b"\r\n") if b"\n" in line or len(line) > 998]
    return cast(EmailMessage, message_from_bytes(mail, policy=policy.default))


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "user", "password"),
    [
        ("smtp://127.0.0.1:8025", "smtp", "127.0.0.1", 8025, "", ""),
        ("smtp://mail.example.org", "smtp", "mail.example.org", 25, "", ""),
        ("smtps://a%40b:p%2Fw@mail.example.org", "smtps", "mail.example.org", 465, "a@b", "p/w"),
        (
            "smtp+starttls://u:p@mail.example.org",
            "smtp+starttls",
            "mail.example.org",
            587,
            "u",
            "p",
        ),
    ],
)
def test_mail_urls(url: str, scheme: str, host: str, port: int, user: str, password: str) -> None:
    server = MailServer.from_url(url)
    assert (server.scheme, server.host, server.port) == (scheme, host, port)
    assert (server.user, server.password) == (user, password)


@pytest.mark.parametrize("url", ["", "mail.example.org:25", "http://mail.example.org", "smtp://"])
def test_an_invalid_mail_url_is_refused(url: str) -> None:
    with pytest.raises(CarrierUnavailable, match="MAIL_URL"):
        MailServer.from_url(url)


@pytest.mark.parametrize(
    ("url", "contact", "host", "address"),
    [
        ("smtp://h?from=team@council.example", None, "x.example", "team@council.example"),
        ("smtp://h", "team@council.example", "x.example", "team@council.example"),
        ("smtp://h", None, "champions.example", "no-reply@champions.example"),
        ("smtp://h", None, "127.0.0.1", "no-reply@champion-network.example"),
        ("smtp://h", None, "localhost", "no-reply@champion-network.example"),
    ],
)
def test_the_sender_of_an_email(url: str, contact: str | None, host: str, address: str) -> None:
    assert (
        Sender.from_settings("Network", MailServer.from_url(url), contact, host).address == address
    )


def test_an_email_has_both_texts_and_is_marked_as_automatic() -> None:
    mail = composed_mail()
    assert mail["To"] == "Ann Smith <ann@example.org>"
    assert mail["Message-ID"] == "<message-1-abc@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "A message for you"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and plain.get_content().split() == ["Hello", "–", "€5"]
    assert html is not None and html.get_content().strip() == "<p>Hello</p>"


@pytest.mark.parametrize(
    "name",
    ["O’Brien, Zoë", "Ann\r\nBcc: everybody@example.org", "李小龍", "x" * 40 + " " + "y" * 40],
)
def test_any_name_is_allowed_and_cannot_inject_a_header(name: str) -> None:
    mail = composed_mail(name)
    assert mail["Bcc"] is None
    assert mail["To"].addresses[0].addr_spec == "ann@example.org"


def test_a_calendar_file_keeps_its_method() -> None:
    file = Attachment("course.ics", "text/calendar; method=REQUEST", b"BEGIN:VCALENDAR\r\n")
    mail = composed_mail(attachments=(file,))
    [part] = list(mail.iter_attachments())
    assert part.get_content_type() == "text/calendar"
    assert part.get_param("method") == "REQUEST"
    assert part.get_filename() == "course.ics"


@pytest.mark.parametrize("address", ["nobody", "a b@example.org", "ann@example.org, bob@x.org", ""])
def test_an_invalid_address_is_refused(address: str) -> None:
    with pytest.raises((ValueError, IndexError, MessageError)):
        composed_mail("Ann", address)


def test_a_reference_is_the_same_at_every_attempt_and_differs_between_rows() -> None:
    at = datetime(2027, 3, 27, 9, 30, tzinfo=UTC)
    first = make_reference("breckland", "seven", "sign-in:1", at, 0)
    assert first == make_reference("breckland", "seven", "sign-in:1", at, 0)
    assert re.fullmatch(r"message-[0-9a-f]{20}", first)
    assert first != make_reference("breckland", "eight", "sign-in:1", at, 0)
    assert first != make_reference("elsewhere", "seven", "sign-in:1", at, 0)
    assert first != make_reference("breckland", "seven", "sign-in:2", at, 0)
    assert first != make_reference("breckland", "seven", "sign-in:1", at, 1)
