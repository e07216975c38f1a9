"""A local stand-in for GOV.UK Notify's API, with the same checks.

It checks the JWT (HS256, the service's id as `iss`, `iat` within 30 seconds), the template and its
kind, the personalisation that the template needs, and the form of the recipient. It answers with
Notify's statuses and error bodies, and finds notifications by reference.
"""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

SERVICE = "11111111-2222-4333-8444-555555555555"
SECRET = "99999999-8888-4777-8666-000000000000"
KEY = f"a_key-{SERVICE}-{SECRET}"
TEMPLATES = {
    "email": "aaaaaaaa-0000-4000-8000-000000000001",
    "sms": "aaaaaaaa-0000-4000-8000-000000000002",
    "letter": "aaaaaaaa-0000-4000-8000-000000000003",
}
PERSONALISATION = {
    "email": {"subject", "body"},
    "sms": {"body"},
    "letter": {"subject", "body", "address_line_1", "address_line_2", "address_line_3"},
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
_PHONE = re.compile(r"\+?[0-9 ]{10,16}\Z")

Answer = tuple[int, dict[str, Any]]


def problem(status: int, error: str, message: str) -> Answer:
    """Return an error as Notify words it."""
    return status, {"status_code": status, "errors": [{"error": error, "message": message}]}


@dataclass
class Notify:
    """A stand-in for the service at Notify. `next_answers` replace the usual responses, in order.

    With `die_after_accepting` it accepts a notification and then closes the connection, so that the
    client gets no response.
    """

    url: str = ""
    accepted: list[dict[str, Any]] = field(default_factory=list)
    next_answers: list[Answer] = field(default_factory=list)
    die_after_accepting: bool = False

    def find(self, reference: str) -> list[dict[str, Any]]:
        """Return the notifications with this reference."""
        return [each for each in self.accepted if each.get("reference") == reference]

    def post(self, kind: str, request: dict[str, Any]) -> Answer:
        """Accept a notification, or return what is wrong with it."""
        if self.next_answers:
            return self.next_answers.pop(0)
        problem_found = self._problem_with(kind, request)
        if problem_found:
            return problem_found
        made = request | {"id": str(uuid.uuid4()), "type": kind}
        self.accepted.append(made)
        return 201, {
            "id": made["id"],
            "reference": request.get("reference"),
            "content": {"body": request["personalisation"]["body"]},
            "uri": f"{self.url}/v2/notifications/{made['id']}",
            "template": {"id": request["template_id"], "version": 1, "uri": self.url},
        }

    def _problem_with(self, kind: str, request: dict[str, Any]) -> Answer | None:
        """Return the error for a notification that is not valid, or None."""
        if request.get("template_id") != TEMPLATES[kind]:
            return problem(400, "BadRequestError", "Template not found")
        missing = PERSONALISATION[kind] - set(request.get("personalisation", {}))
        if missing:
            names = ", ".join(sorted(missing))
            return problem(400, "BadRequestError", f"Missing personalisation: {names}")
        if kind == "email" and not _EMAIL.match(request.get("email_address", "")):
            return problem(400, "ValidationError", "email_address Not a valid email address")
        if kind == "sms" and not _PHONE.match(request.get("phone_number", "")):
            return problem(400, "ValidationError", "phone_number Not a UK mobile number")
        return None


def _refusal(header: str | None) -> Answer | None:
    """Return why the Authorization header is not valid, or None if it is."""
    if not header or not header.startswith("Bearer "):
        return problem(401, "AuthError", "Unauthorized: authentication token must be provided")
    try:
        claims = jwt.decode(
            header.removeprefix("Bearer "),
            SECRET,
            algorithms=["HS256"],
            options={"verify_iat": False},
        )
    except jwt.InvalidTokenError:
        return problem(403, "AuthError", "Invalid token: signature, api token not found")
    if claims.get("iss") != SERVICE:
        return problem(403, "AuthError", "Invalid token: service not found")
    if abs(time.time() - claims.get("iat", 0)) > 30:
        return problem(403, "AuthError", "Error: Your system clock must be accurate to 30 seconds")
    return None


def _handler(notify: Notify) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """The handler of a request to the stand-in."""

        def do_GET(self) -> None:  # noqa: N802  # the standard library's name
            refused = _refusal(self.headers["Authorization"])
            asked = parse_qs(urlsplit(self.path).query)
            found = notify.find(asked.get("reference", [""])[0])
            self._answer(refused or (200, {"notifications": found, "links": {}}))

        def do_POST(self) -> None:  # noqa: N802  # the standard library's name
            length = int(self.headers["Content-Length"])
            asked = json.loads(self.rfile.read(length))
            kind = urlsplit(self.path).path.rpartition("/")[2]
            answer = _refusal(self.headers["Authorization"]) or notify.post(kind, asked)
            if notify.die_after_accepting:
                notify.die_after_accepting = False
                self.connection.close()
                return
            self._answer(answer)

        def _answer(self, answer: Answer) -> None:
            body = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Log nothing."""

    return Handler


@contextmanager
def notify() -> Iterator[Notify]:
    """Run the stand-in on a free port."""
    service = Notify()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(service))
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
