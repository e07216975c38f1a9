"""Simulated visitors who register over HTTP while a drill disturbs the servers.

A visitor behaves like a person whose browser does not run JavaScript. They fill in one page after
another. If a page fails, they wait a moment and press the same button again. Each visitor has their
own loopback address, because the site limits requests by address.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import re
import threading
import time
import urllib.parse
from collections import Counter
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

from waiting import wait_until

HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
ATTRIBUTE = re.compile(r'(name|value)="([^"]*)"')
PAGES: tuple[tuple[str, dict[str, str]], ...] = (
    ("/register", {"over_18": "yes", "name": "{name}"}),
    ("/register/networks", {"networks": "none", "interest": "champion"}),
    ("/register/contact", {"email": "{email}"}),
    ("/register/places", {"home": "IP24 1JD"}),
    ("/register/area", {"protected": "no", "home_near": "unknown"}),
    ("/register/check", {}),
)
DONE = "/register/done"
HELPFUL = ("Sorry, this site is not available", "116 123")  # text on the error page
PAUSE = 0.2  # seconds before a visitor presses the button again
TIMEOUT = 30  # seconds to wait for a response
RETRY_TIMEOUT = 120  # seconds to keep trying to open a page


@dataclass
class Tally:
    """The results of all visitors."""

    registered: dict[str, float] = field(default_factory=dict)  # time by email address
    responses: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    worked_at: list[float] = field(default_factory=list)  # times of pages that worked
    problems: list[str] = field(default_factory=list)

    def first_success_after(self, since: float) -> float:
        """Return the seconds from `since` until the next page that worked."""
        times = [at - since for at in list(self.worked_at) if at > since]
        return min(times, default=float("inf"))


class Browser:
    """A simple browser with cookies and its own address."""

    def __init__(self, port: int, address: str, tally: Tally) -> None:
        self._port, self._address, self._tally = port, address, tally
        self._cookies: dict[str, str] = {}

    def set_cookie(self, text: str) -> None:
        """Add a cookie in the form name=value."""
        name, _, value = text.partition("=")
        self._cookies[name] = value

    def open(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Return the status of a page, the path it redirects to (or ""), and its content.

        The status is 0 if there was no response.
        """
        began = time.time()
        connection = http.client.HTTPConnection(
            "127.0.0.1", self._port, timeout=TIMEOUT, source_address=(self._address, 0)
        )
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request("GET" if form is None else "POST", path, body, headers)
            reply = connection.getresponse()
            page = reply.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as problem:
            self._tally.responses[f"no response ({type(problem).__name__})"] += 1
            return 0, "", ""
        finally:
            connection.close()
        for cookie in reply.headers.get_all("Set-Cookie") or []:
            self._cookies |= {name: each.value for name, each in SimpleCookie(cookie).items()}
        self._count(reply.status, page, began)
        target = urllib.parse.urlsplit(reply.headers.get("Location") or "").path
        return reply.status, target, page

    def _count(self, status: int, page: str, began: float) -> None:
        kind = str(status)
        if status == 503:
            kind += " with help" if all(each in page for each in HELPFUL) else " without help"
        self._tally.responses[kind] += 1
        self._tally.slowest = max(self._tally.slowest, time.time() - began)
        if status < 400:
            self._tally.worked_at.append(time.time())

    def open_with_retries(
        self, path: str, form: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        """Open a page. Try again until the site responds without an error."""
        answer = (0, "", "")

        def works() -> bool:
            nonlocal answer
            answer = self.open(path, form)
            return 0 < answer[0] < 500

        wait_until(works, within=RETRY_TIMEOUT, pause=PAUSE)
        return answer


class Crowd:
    """Visitors who register one after another, several at the same time."""

    def __init__(self, port: int, *, at_a_time: int) -> None:
        self.tally = Tally()
        self._port = port
        self._stopped = threading.Event()
        self._numbers = itertools.count(1)
        self._threads = [threading.Thread(target=self._register_visitors) for _ in range(at_a_time)]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop starting visitors, and wait until the current visitors have finished."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _register_visitors(self) -> None:
        while not self._stopped.is_set():
            number = next(self._numbers)
            try:
                self._register(number)
            except Exception as problem:
                self.tally.problems.append(f"Visitor {number} failed: {problem!r}.")
                return

    def _register(self, number: int) -> None:
        browser = Browser(self._port, loopback_address(number), self.tally)
        about = {
            "name": f"Visitor {number_to_letters(number)}",
            "email": f"visitor{number}@example.org",
        }
        target = ""
        for path, answers in PAGES:
            status, _, page = browser.open_with_retries(path)
            if status != 200:
                self.tally.problems.append(f"Visitor {number}: {path} responded with {status}.")
                return
            form = hidden_fields(page) | {k: v.format(**about) for k, v in answers.items()}
            status, target, _ = browser.open_with_retries(path, form)
            if status != 302:
                self.tally.problems.append(
                    f"Visitor {number}: {path} responded to a form with {status}."
                )
                return
        if target == DONE:
            self.tally.registered[about["email"]] = time.time()
        else:
            self.tally.problems.append(f"Visitor {number} was redirected to {target}.")


def hidden_fields(page: str) -> dict[str, str]:
    """Return the hidden fields in the forms of a page."""
    found = {}
    for field_ in HIDDEN.findall(page):
        each = dict(ATTRIBUTE.findall(field_))
        with contextlib.suppress(KeyError):
            found[each["name"]] = each.get("value", "")
    return found


def loopback_address(number: int) -> str:
    """Return the loopback address of a visitor."""
    return f"127.{10 + number // 62_500}.{1 + number // 250 % 250}.{1 + number % 250}"


def number_to_letters(number: int) -> str:
    """Return a number in letters, so that it can be used in a name."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number)).capitalize()


def signed_in_cookie(site: Any) -> str:
    """Return the session cookie of a coordinator who has just signed in."""
    from app.core import clock
    from app.core.db import transaction
    from app.core.public_ids import encode
    from tests.factories import accounts

    with site.app_context(), transaction():
        user = accounts.coordinator()
        identifier = encode("users", user.id)
    now = clock.now().isoformat()
    session = {"_user_id": identifier, "_fresh": True, "signed_in_at": now, "proved_at": now}
    serializer = site.session_interface.get_signing_serializer(site)
    return f"{site.config['SESSION_COOKIE_NAME']}={serializer.dumps(session)}"
