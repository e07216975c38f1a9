"""Benchmark of the home page while eight people export the list of people.

A real gunicorn with the settings of bin/run serves 8,000 people. While eight clients export the
list repeatedly, another client opens the public home page. Then the memory of a web process is
compared with its memory at the start, and again after FORMS forms with random input. The people are
imported from a generated list. BENCH_EXPORTS sets another number of exports.

An export that is refused because others are running (with `Retry-After`) is tried again, and
counted. Any other error of the site stops the benchmark, because the times of pages that failed
are meaningless.
"""

from __future__ import annotations

import csv
import http.client
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from say import Stop
from waiting import wait_until

NAME = "exports"
PEOPLE, CLIENTS = 8_000, 8
EXPORTS = int(os.environ.get("BENCH_EXPORTS", "40"))
FORMS = 300
MEDIAN_LIMIT, SLOWEST_LIMIT = 1.0, 5.0  # seconds for the home page during the exports
MEMORY_LIMIT = 150.0  # MB (PSS) for a web process
SECRET = "k" * 64


def run() -> list[dict[str, Any]]:
    """Return the response times of the home page and the memory use of the web processes."""
    from app import create_app
    from config import read_settings
    from datadir import port_is_free
    from visitors import signed_in_cookie

    port = next(port for port in range(18_200, 18_400) if port_is_free(port))
    environ = {**os.environ, "APP_ENV": "demo", "SECRET_KEY": SECRET}
    environ["PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    site = create_app(read_settings({**environ, "APP_ENV": "test"}))
    import_people(site)
    web = start_web(port, environ)
    try:
        client = Client(f"http://127.0.0.1:{port}", lambda: signed_in_cookie(site))
        client.wait_until_ready()
        for _ in range(20):
            client.open_home()
        before = web_memory(web)
        alone = [client.open_home() for _ in range(30)]
        during, refused, each = client.measure_during_exports()
        after = web_memory(web)
        failures = client.failures + send_random_forms(port)
        last = web_memory(web)
    finally:
        os.killpg(web.pid, signal.SIGTERM)
        web.wait()
    stop_if_failed(failures)
    return [
        result_line("home page alone, median", statistics.median(alone), MEDIAN_LIMIT, "s"),
        result_line(
            "home page during exports, median", statistics.median(during), MEDIAN_LIMIT, "s"
        ),
        result_line("home page during exports, slowest", max(during), SLOWEST_LIMIT, "s"),
        result_line(f"export, median ({refused} refused)", statistics.median(each), 30.0, "s"),
        result_line("web process at the start", before, MEMORY_LIMIT, "MB"),
        result_line(f"web process after {len(each)} exports", after, MEMORY_LIMIT, "MB"),
        result_line(f"web process after {FORMS} random forms", last, MEMORY_LIMIT, "MB"),
    ]


def result_line(name: str, figure: float, limit: float, unit: str) -> dict[str, Any]:
    """Return a result. The figure must not be higher than the limit."""
    return {
        "name": name,
        "figure": round(figure, 3),
        "limit": limit,
        "ratio": round(figure / limit, 3),
        "unit": unit,
        "reach": "at most 1 x",
        "ok": figure <= limit,
    }


def stop_if_failed(failures: Counter[str]) -> None:
    """Raise Stop with the kinds and numbers of the requests that failed, if there are any."""
    if failures:
        kinds = ", ".join(f"{kind} ({many} times)" for kind, many in sorted(failures.items()))
        raise Stop(f"The exports cannot be measured, because requests failed: {kinds}.")


def import_people(site: Any) -> None:
    """Import a list of 8,000 people."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("Name", "Email", "Postcode", "Course", "Date"))
            for number in range(PEOPLE):
                day = f"{1 + number % 28:02}/03/2026"
                person = f"Person {'abcdefghij'[number % 10]}{number}"
                address = f"person{number}@example.org"
                writer.writerow((person, address, "IP24 1JD", "MHFA two-day (Adult)", day))
        result = site.test_cli_runner().invoke(args=["people", "import", str(path)])
    if result.exit_code:
        raise RuntimeError(f"The list was not imported: {result.output[-500:]}")


def send_random_forms(port: int) -> Counter[str]:
    """Send FORMS forms with random input, each from another address. Return the failures."""
    from visitors import PAGES, Browser, Tally, hidden_fields, loopback_address

    rng = random.Random(1)  # noqa: S311 - not a secret
    tally = Tally()
    fields = sorted({name for _path, answers in PAGES for name in answers})
    for number in range(FORMS):
        browser = Browser(port, loopback_address(number), tally)
        _status, _path, page = browser.open("/register")
        form = hidden_fields(page) | {name: random_text(rng) for name in fields}
        browser.open(rng.choice(["/register", "/sign-in", "/register/resume", "/check"]), form)
    return failed_forms(tally.responses)


def failed_forms(responses: Counter[str]) -> Counter[str]:
    """Return the responses that show an error of the site, by kind."""
    return Counter(
        {kind: many for kind, many in responses.items() if kind.startswith(("5", "no response"))}
    )


def random_text(rng: random.Random) -> str:
    """Return random text. Some texts are long, and some have unusual characters."""
    length = rng.choice([0, 1, 40, 2_000, 50_000])
    return "".join(
        chr(rng.choice([rng.randrange(32, 127), rng.randrange(1, 0xD7FF)])) for _ in range(length)
    )


def start_web(port: int, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start gunicorn in the same way as bin/run."""
    import specs

    argv = next(each.argv for each in specs.application(port) if each.name == "web")
    return subprocess.Popen(
        [sys.executable, *argv[1:]],
        cwd=Path(__file__).resolve().parents[3],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def web_memory(web: subprocess.Popen[bytes]) -> float:
    """Return the memory (PSS) of the largest child of the web server in MB."""
    children = Path(f"/proc/{web.pid}/task/{web.pid}/children").read_text().split()
    return max(process_pss(int(child)) for child in children)


def process_pss(pid: int) -> float:
    """Return the proportional set size of a process in MB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.findall(r"^Pss:\s+(\d+) kB", text, re.M)[0]) / 1024


class NotExported(Exception):
    """Raised if a new session gets a page instead of a file."""


class Client:
    """A client of the site, which can send requests with and without a coordinator's session.

    `sign_in` returns the cookie of a new session.
    """

    def __init__(self, url: str, sign_in: Callable[[], str]) -> None:
        self.url, self.sign_in = url, sign_in
        self.times: list[float] = []
        self.refused = 0
        self.failures: Counter[str] = Counter()

    def open(self, path: str, form: dict[str, str] | None = None, *, cookie: str = "") -> Any:
        """Send a request and return the response. Raises HTTPError if the status is an error."""
        content = urllib.parse.urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(self.url + path, content)  # noqa: S310 - our own site
        if cookie:
            request.add_header("Cookie", cookie)
        return urllib.request.urlopen(request, timeout=120)  # noqa: S310 - our own site

    def wait_until_ready(self) -> None:
        """Wait until the site responds."""

        def responds() -> bool:
            try:
                self.open("/healthz").close()
            except OSError:
                return False
            return True

        if not wait_until(responds, within=60):
            raise Stop("The site did not start.")

    def open_home(self) -> float:
        """Open the public home page. Return the time in seconds."""
        began = time.perf_counter()
        with self.open("/") as reply:
            reply.read()
        return time.perf_counter() - began

    def measure_during_exports(self) -> tuple[list[float], int, list[float]]:
        """Return the times of the home page, the number of refused exports, and their times."""
        threads = [threading.Thread(target=self.export_many) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        found = []
        while any(thread.is_alive() for thread in threads):
            with self.count_failure():
                found.append(self.open_home())
            time.sleep(0.2)
        return found, self.refused, self.times

    def export_many(self) -> None:
        """Export the list repeatedly, until all clients together have EXPORTS files."""
        with self.count_failure():  # the other clients continue
            while len(self.times) < EXPORTS:
                self.export_in_one_session()

    @contextmanager
    def count_failure(self) -> Iterator[None]:
        """Count an error of the site in the block, instead of raising it."""
        try:
            yield
        except urllib.error.HTTPError as error:
            self.failures[str(error.code)] += 1
        except (OSError, http.client.HTTPException) as problem:
            self.failures[f"no response ({type(problem).__name__})"] += 1
        except NotExported:
            self.failures["a page instead of a file"] += 1

    def export_in_one_session(self) -> None:
        """Export the list until there are enough files, or the coordinator must sign in again."""
        cookie = self.sign_in()
        with self.open("/people/export", cookie=cookie) as page:
            cookies = page.headers.get_all("Set-Cookie") or []
            text = page.read().decode()
        name = cookie.split("=")[0]
        session_cookie = next(
            (c.split(";")[0] for c in cookies if c.startswith(f"{name}=")), cookie
        )
        token = text.split('name="csrf_token" value="')[1].split('"')[0]
        form = {"csrf_token": token, "reason": "A benchmark", "kind": "csv"}
        files = 0
        while len(self.times) < EXPORTS:
            began = time.perf_counter()
            try:
                with self.open("/people/export", form, cookie=session_cookie) as reply:
                    if "csv" not in reply.headers["Content-Type"]:
                        if not files:
                            raise NotExported
                        return
                    reply.read()
                files += 1
                self.times.append(time.perf_counter() - began)
            except urllib.error.HTTPError as error:
                if error.code != 503 or "Retry-After" not in error.headers:
                    raise
                self.refused += 1
                time.sleep(1)
