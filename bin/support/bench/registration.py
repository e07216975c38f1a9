"""Benchmark of a registration page, compared with rendering its template alone.

The complete response includes the session, the CSRF token, the database and the headers. The
template is rendered with the same context. The two run alternately in this process, without a web
server. The ratio shows the cost of everything other than rendering. The page is the second page of
the registration, which reads the draft and the networks.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from flask import Flask, template_rendered

NAME = "registration"
REACH = 0.7
PAGE = "/register/networks"
ROUNDS, REQUESTS = 5, 60


def run() -> list[dict[str, Any]]:
    """Return how many pages per second the site and the template alone produce, and the limit."""
    from app import create_app
    from config import read_settings

    app = create_app(read_settings({"APP_ENV": "test", **os.environ, "SECRET_KEY": "k" * 64}))
    logging.getLogger().setLevel(logging.WARNING)
    client = app.test_client()
    submit_first_page(client)
    template, context = template_and_context(app, client)

    def full_response() -> None:
        reply = client.get(PAGE)
        if reply.status_code != 200:
            raise RuntimeError(f"{PAGE} answered {reply.status_code}.")

    with app.test_request_context(PAGE):

        def render_only() -> None:
            template.render(context)

        best = fastest_times(full_response, render_only)
    figure, limit = (REQUESTS / seconds for seconds in best)
    return [
        {
            "name": "registration page",
            "figure": round(figure, 1),
            "limit": round(limit, 1),
            "ratio": round(figure / limit, 3),
            "unit": "pages/s",
            "reach": f">= {REACH}",
        }
    ]


def submit_first_page(client: Any) -> None:
    """Submit the first page with its CSRF token, as a browser does."""
    page = client.get("/register").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"csrf_token": token, "over_18": "yes", "name": "Ann Bench"}
    reply = client.post("/register", data=form)
    if not reply.headers.get("Location", "").endswith(PAGE):
        raise RuntimeError(f"The first page answered {reply.status_code}.")


def template_and_context(app: Flask, client: Any) -> tuple[Any, dict[str, Any]]:
    """Return the template of the page and its context."""
    rendered: list[tuple[Any, dict[str, Any]]] = []

    def store_context(sender: Flask, template: Any, context: dict[str, Any], **kwargs: Any) -> None:
        loaded = context["programme"]
        plain = {
            name: getattr(loaded, name) for name in ("slug", "name", "organisation", "settings")
        }
        rendered.append((template, context | {"programme": SimpleNamespace(**plain)}))

    with template_rendered.connected_to(store_context, app):
        client.get(PAGE)
    template, context = rendered[-1]
    return template, context


def fastest_times(*functions: Callable[[], None]) -> list[float]:
    """Return the fastest time in seconds of REQUESTS calls, for each function.

    The functions run alternately, in ROUNDS rounds.
    """
    best = [float("inf")] * len(functions)
    for _ in range(ROUNDS):
        for index, function in enumerate(functions):
            began = time.perf_counter()
            for _ in range(REQUESTS):
                function()
            best[index] = min(best[index], time.perf_counter() - began)
    return best
