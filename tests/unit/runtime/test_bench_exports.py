"""The benchmark of exports stops if the site fails, and tries again if it is busy."""

from __future__ import annotations

import http.client
from collections import Counter
from collections.abc import Callable
from email.message import Message
from io import BytesIO
from typing import Any
from urllib.error import HTTPError

import pytest

import benchmarks
from say import Stop

PAGE = b'<input name="csrf_token" value="abc">'


class Reply(BytesIO):
    """A successful response of the site."""

    def __init__(self, content: bytes, kind: str) -> None:
        super().__init__(content)
        self.headers = Message()
        self.headers["Content-Type"] = kind


def page() -> Reply:
    return Reply(PAGE, "text/html")


def file() -> Reply:
    return Reply(b"Name", "text/csv")


def error(code: int, **headers: str) -> HTTPError:
    """Return an error that the site answers."""
    header_values = Message()
    for name, value in headers.items():
        header_values[name.replace("_", "-")] = value
    return HTTPError("http://127.0.0.1/", code, "", header_values, BytesIO())


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that makes a client of a site whose exports give these answers, one by one."""
    bench = benchmarks.load(benchmarks.BENCHES / "exports.py")
    monkeypatch.setattr(bench.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(bench, "EXPORTS", 2)

    def make(*answers: Reply | Exception) -> Any:
        left = list(answers)

        def open_page(path: str, form: object = None, *, cookie: str = "") -> Reply:
            if form is None:
                return page()
            answer = left.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        made = bench.Client("http://127.0.0.1", lambda: "session=1")
        monkeypatch.setattr(made, "open", open_page)
        return made

    return make


def test_an_export_that_is_refused_is_tried_again(client: Callable[..., Any]) -> None:
    made = client(error(503, Retry_After="10"), file(), file())
    made.export_many()
    assert (len(made.times), made.refused, made.failures) == (2, 1, Counter())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(500), "500"),
        (error(503), "503"),
        (http.client.RemoteDisconnected(), "no response (RemoteDisconnected)"),
        (page(), "a page instead of a file"),
    ],
)
def test_an_export_that_fails_is_counted(
    client: Callable[..., Any], answer: Reply | Exception, kind: str
) -> None:
    made = client(answer)
    made.export_many()
    assert made.failures == Counter({kind: 1})


def test_a_session_that_has_ended_begins_again(client: Callable[..., Any]) -> None:
    made = client(file(), page(), file())
    made.export_many()
    assert (len(made.times), made.failures) == (2, Counter())


def test_a_form_that_fails_counts_whatever_the_error_is() -> None:
    bench = benchmarks.load(benchmarks.BENCHES / "exports.py")
    answers = Counter({"200": 9, "302": 1, "400": 2, "502": 1, "503 without help": 3})
    failures = bench.failed_forms(answers)
    with pytest.raises(Stop, match=r"failed: 502 \(1 times\), 503 without help \(3 times\)\.$"):
        bench.stop_if_failed(failures)
    bench.stop_if_failed(Counter())
