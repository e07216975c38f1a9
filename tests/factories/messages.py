"""Messages, test letters, and servers that receive email."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import update

from app.core import clock
from app.core.db import db
from app.messages import letters, service
from app.messages.models import Message
from app.messages.types import Attachment, Channel, Letter, NewMessage, Recipient

_number = itertools.count(1)
PLAIN = "test-plain"
FOOTER = "From Breckland Council. Call 01362 656870."  # the end of every letter


@contextmanager
def made_up_letters(app: Flask) -> Iterator[Callable[..., None]]:
    """Register letters for the duration of a test: `add(name, text=..., can_wait=True, ...)`."""
    before = dict(letters.LETTERS)
    texts: dict[str, str] = {}
    loader = cast(ChoiceLoader, app.jinja_loader)
    ours = DictLoader(texts)
    loader.loaders = [ours, *loader.loaders]

    def add(
        name: str = PLAIN,
        *,
        text: str = "Hello {{ name }}.",
        can_wait: bool = False,
        repeatable: bool = False,
        attachments: Callable[[dict[str, Any]], tuple[Attachment, ...]] | None = None,
        objection: letters.Objection | None = None,
        **parts: str,
    ) -> None:
        texts[f"messages/{name}/subject.txt"] = parts.get("subject", "A message\nfor you")
        texts[f"messages/{name}/body.txt"] = text
        texts[f"messages/{name}/body.html"] = parts.get("html", f"<p>{text}</p>")
        if "sms" in parts:
            texts[f"messages/{name}/sms.txt"] = parts["sms"]
        made = Letter(name, "a test", at_any_hour=not can_wait, repeatable=repeatable)
        letters.add_letter(made, attachments, objection)

    try:
        yield add
    finally:
        loader.loaders.remove(ours)
        letters.LETTERS.clear()
        letters.LETTERS.update(before)
        app.jinja_env.cache = (
            None if app.jinja_env.cache is None else type(app.jinja_env.cache)(400)
        )


def draft(
    address: str | None = None,
    *,
    letter: str = PLAIN,
    channel: Channel = Channel.EMAIL,
    key: str | None = None,
    name: str = "Ann Smith",
    person_id: int | None = None,
    **more: Any,
) -> NewMessage:
    """Return a new message, as a room posts it. The key is unique unless one is given."""
    number = next(_number)
    recipient = Recipient(channel, address or f"to{number}@example.org", name, person_id)
    return NewMessage(letter=letter, recipient=recipient, key=key or f"test:{number}", **more)


def message(address: str | None = None, **more: Any) -> Message:
    """Add a message that is waiting to be sent, and return it."""
    message_id = service.post(draft(address, **more))
    assert message_id is not None
    return db.session.get_one(Message, message_id)


def deliver() -> None:
    """Mark every waiting message as sent now."""
    waiting = [Message.sent_at.is_(None), Message.voided_at.is_(None), Message.failed_at.is_(None)]
    db.session.execute(update(Message).where(*waiting).values(sent_at=clock.now()))
    db.session.expire_all()


@dataclass
class Mailbox:
    """A mail server that stores what it accepts.

    `refuse` maps an address to the answer to RCPT, such as "550 5.1.1 no such user".
    """

    port: int = 0
    accepted: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    drop_after: int | None = None  # accept this many, then cut the connection
    delay: float = 0  # seconds before each "accepted"

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, host: str, answers: list[str]
    ) -> list[str]:
        """Answer the greeting of a client."""
        self.connections += 1
        session.host_name = host
        return answers

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept or refuse the recipient."""
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Store the email."""
        if self.drop_after is not None and len(self.accepted) >= self.drop_after:
            self.drop_after = None
            assert server.transport is not None
            server.transport.abort()
            return "421 going away"
        if self.delay:
            await asyncio.sleep(self.delay)
        mail = message_from_bytes(cast(bytes, envelope.content), policy=policy.default)
        self.accepted += [(to, cast(EmailMessage, mail)) for to in envelope.rcpt_tos]
        return "250 accepted"

    @property
    def message_ids(self) -> list[str]:
        """Return the Message-ID of each email, in order."""
        return [str(mail["Message-ID"]) for _, mail in self.accepted]

    @property
    def addresses(self) -> list[str]:
        """Return the recipients, in order."""
        return [to for to, _ in self.accepted]


@contextmanager
def mailbox(port: int = 0) -> Iterator[Mailbox]:
    """Run a mail server on this machine, and yield the mailbox that it fills."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=port, ready_timeout=10)
    if port == 0:
        controller.port = free_port()
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop(no_assert=True)


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
