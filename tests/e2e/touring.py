"""Walks through a site from page to page, as one visitor, and looks at each."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from flask import Flask
from playwright.sync_api import APIResponse, Error, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.e2e.conftest import Visitor

AT_MOST = 2  # pages of one endpoint
# The mailbox of a demonstration shows whatever was sent, and leaving goes to another site.
LEFT_OUT = ("messages.dev_", "site.exit")
FLEETING = re.compile(r'name="csrf_token" value="[^"]*"|nonce="[^"]*"|href="#[^"]*"')


@dataclass(frozen=True)
class Stop:
    """A page as it was found: its endpoint, its address, and what it says."""

    endpoint: str
    address: str
    text: str
    html: str


@dataclass
class Tour:
    """One visitor's walk. `seen` is shared by all: what was looked at once isn't again."""

    visitor: Visitor
    app: Flask
    seen: set[str]
    failures: list[str] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)

    def walk(self, starts: Sequence[str] = ("/",), *, judge: Callable[[Stop], None]) -> None:
        """Breadth first from `starts`, a few pages of each endpoint; all that is wrong is told."""
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
            self._told(judge, stop)
            for link in self._links():
                if link not in known:
                    known.add(link)
                    waiting.append(link)
        assert self.failures == [], "\n".join(self.failures)

    def endpoint(self, address: str) -> str | None:
        """The endpoint behind an address of the site; None where it answers no GET."""
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
        """Open a page and look; a file is fetched and only has to be there."""
        whole = self.visitor.url + address
        page = self.visitor.page
        reply: Response | APIResponse | None
        try:
            reply = page.goto(whole)
        except Error:  # a file, which a page can't show
            reply = self.visitor.context.request.get(whole)
        if reply is None or reply.status != 200:
            self.failures.append(f"{address} answered {reply and reply.status}")
            return None
        if not reply.headers["content-type"].startswith("text/html"):
            return None
        html = page.content()
        if self._is_new():
            try:
                self.visitor.look_at_both()
            except AssertionError as error:
                self.failures.append(_in_one_line(error))
                self.visitor.complaints.clear()
        return Stop(endpoint, address, page.locator("main").inner_text(), html)

    def _is_new(self) -> bool:
        """Whether nobody has looked at a page with these contents."""
        body = FLEETING.sub("", self.visitor.page.locator("main").inner_html())
        digest = hashlib.sha256(body.encode()).hexdigest()
        fresh = digest not in self.seen
        self.seen.add(digest)
        return fresh

    def _told(self, judge: Callable[[Stop], None], stop: Stop) -> None:
        try:
            judge(stop)
        except AssertionError as error:
            self.failures.append(f"{stop.address}: {_in_one_line(error)}")

    def _links(self) -> Iterator[str]:
        """The site's own addresses that the page links to, without fragments."""
        here = urlsplit(self.visitor.url)
        page = self.visitor.page
        hrefs = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
        for href in hrefs:
            parts = urlsplit(urljoin(page.url, href))
            if parts.netloc == here.netloc and parts.scheme == here.scheme:
                yield parts._replace(scheme="", netloc="", fragment="").geturl() or "/"


def _in_one_line(error: AssertionError) -> str:
    return " ".join(str(error).split())[:1000]
