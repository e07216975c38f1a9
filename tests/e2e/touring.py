"""Follow links through a site as one visitor, and check every page."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from flask import Flask
from playwright.sync_api import APIResponse, Error, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.e2e.conftest import Visitor

AT_MOST = 2  # pages of each endpoint
# The mailbox of the demonstration shows everybody's letters, and exit leads to another site.
LEFT_OUT = ("messages.dev_", "site.exit")
# One call instead of three, because each waits for the browser.
READ = """
() => [
  document.documentElement.outerHTML,
  document.querySelector("main").innerText,
  [...document.querySelectorAll("a[href]")].map(a => a.getAttribute("href")),
]
"""


@dataclass(frozen=True)
class Stop:
    """A page that was visited, with its endpoint, URL, content and links."""

    endpoint: str
    address: str
    html: str
    text: str
    links: list[str]


@dataclass
class Tour:
    """One visitor's walk."""

    visitor: Visitor
    app: Flask
    failures: list[str] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)

    def walk(self, starts: Sequence[str] = ("/",), *, check: Callable[[Stop], None]) -> None:
        """Visit pages breadth-first from `starts`, and fail with a list of everything wrong."""
        waiting = deque(starts)
        known = set(starts)
        visits: Counter[str] = Counter()
        while waiting:
            address = waiting.popleft()
            endpoint = self.endpoint(address)
            if endpoint is None or endpoint.startswith(LEFT_OUT) or visits[endpoint] >= AT_MOST:
                continue
            visits[endpoint] += 1
            stop = self._visit(endpoint, address)
            if stop is None:
                continue
            self.stops.append(stop)
            self._run_check(check, stop)
            for link in self._links(stop):
                if link not in known:
                    known.add(link)
                    waiting.append(link)
        assert self.failures == [], "\n".join(self.failures)

    def endpoint(self, address: str) -> str | None:
        """Return the endpoint of a URL of the site, or None if it has none for GET."""
        parts = urlsplit(address)
        adapter = self.app.url_map.bind("localhost")
        try:
            with self.app.app_context():  # public identifiers are read with the site's key
                found, _values = adapter.match(parts.path, method="GET")
        except RequestRedirect as moved:
            return self.endpoint(urlsplit(moved.new_url).path)
        except HTTPException:
            self.failures.append(f"{address} is linked and not there")
            return None
        return str(found)

    def _visit(self, endpoint: str, address: str) -> Stop | None:
        """Open a page and check it. Return None for a file, which only has to exist."""
        whole = self.visitor.url + address
        page = self.visitor.page
        reply: Response | APIResponse | None
        try:
            reply = page.goto(whole)
        except Error:  # a file, which the browser downloads
            reply = self.visitor.context.request.get(whole)
        if reply is None or reply.status != 200:
            self.failures.append(f"{address} answered {reply and reply.status}")
            return None
        if not reply.headers["content-type"].startswith("text/html"):
            return None
        content = page.evaluate(READ)
        try:
            self.visitor.check_at_both_widths()
        except AssertionError as error:
            self.failures.append(_in_one_line(error))
            self.visitor.console_errors.clear()
        return Stop(endpoint, address, *content)

    def _run_check(self, check: Callable[[Stop], None], stop: Stop) -> None:
        try:
            check(stop)
        except AssertionError as error:
            self.failures.append(f"{stop.address}: {_in_one_line(error)}")

    def _links(self, stop: Stop) -> Iterator[str]:
        """Yield the URLs of the site that the page links to, without fragments."""
        here = urlsplit(self.visitor.url)
        for href in stop.links:
            parts = urlsplit(urljoin(self.visitor.page.url, href))
            if parts.netloc == here.netloc and parts.scheme == here.scheme:
                yield parts._replace(scheme="", netloc="", fragment="").geturl() or "/"


def _in_one_line(error: AssertionError) -> str:
    return " ".join(str(error).split())[:1000]
