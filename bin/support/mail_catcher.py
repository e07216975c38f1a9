"""A mail server for local use only: mail_catcher.py FOLDER PORT.

It accepts every message and stores it unchanged as FOLDER/<time>-<random>.eml. A message is
acknowledged only after its file is on disk under its final name, so acknowledged messages cannot be
lost. FOLDER/index.jsonl has one line for each message: file, at, from, to, subject, bytes. If PORT
is 0, a free port is used. The port is printed when the server is ready.
"""

from __future__ import annotations

import asyncio
import datetime
import email
import email.policy
import json
import logging
import os
import secrets
import signal
import sys
import traceback
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

MAX_MESSAGE_BYTES = 25 * 1024 * 1024


class StoringHandler:
    """A handler for aiosmtpd that stores messages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Store a message and return the SMTP response."""
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        try:
            self.store_message(raw, envelope.mail_from or "", list(envelope.rcpt_tos))
        except OSError as problem:
            return f"451 The message could not be stored: {problem.strerror}"
        return "250 Message kept"

    def store_message(self, raw: bytes, sender: str, recipients: list[str]) -> Path:
        """Write the message to disk, and then its line in the index.

        Return the path of the message.
        """
        at = datetime.datetime.now(datetime.UTC)
        path = self.folder / f"{at:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}.eml"
        unfinished = path.with_suffix(".part")
        write_to_disk(unfinished, raw, os.O_CREAT | os.O_EXCL)
        unfinished.replace(path)
        sync_folder(self.folder)
        entry = {
            "file": path.name,
            "at": at.isoformat(),
            "from": sender,
            "to": recipients,
            "subject": decode_subject(raw),
            "bytes": len(raw),
        }
        line = json.dumps(entry, ensure_ascii=False) + "\n"
        write_to_disk(self.folder / "index.jsonl", line.encode(), os.O_CREAT | os.O_APPEND)
        return path


class ContentlessFormatter(logging.Formatter):
    """Formats the log lines of the mail library without their text, which may quote a message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the level, the logger, and the type and traceback of the exception."""
        kind, _, trace = record.exc_info or (None, None, None)
        name = kind.__name__ if kind else "warning"
        where = "".join(traceback.format_tb(trace)).rstrip()
        return f"{record.levelname} {record.name}: {name}\n{where}".rstrip()


def sync_folder(path: Path) -> None:
    """Sync a folder to disk, so that renamed files in it survive a crash."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_to_disk(path: Path, content: bytes, flags: int) -> None:
    """Write to a file and sync it to disk. `flags` are added to those of `os.open`."""
    descriptor = os.open(path, os.O_WRONLY | flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def decode_subject(raw: bytes) -> str:
    """Return the decoded subject, or "" if it is missing or cannot be decoded."""
    try:
        return str(email.message_from_bytes(raw, policy=email.policy.default)["subject"] or "")
    except (ValueError, LookupError, AttributeError):
        return ""


async def serve(folder: Path, port: int) -> None:
    """Accept messages until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    output = logging.StreamHandler()
    output.setFormatter(ContentlessFormatter())
    logging.basicConfig(handlers=[output], level=logging.WARNING)
    handler = StoringHandler(folder)
    server = await loop.create_server(
        lambda: SMTP(handler, data_size_limit=MAX_MESSAGE_BYTES, enable_SMTPUTF8=True, loop=loop),
        host="127.0.0.1",
        port=port,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await stop.wait()
    server.close()


def main(arguments: list[str]) -> None:
    """Run the server with the arguments FOLDER and PORT."""
    folder, port = Path(arguments[0]), int(arguments[1])
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for unfinished in folder.glob("*.part"):  # was never acknowledged
        unfinished.unlink()
    asyncio.run(serve(folder, port))


if __name__ == "__main__":
    main(sys.argv[1:])
