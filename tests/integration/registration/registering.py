"""Helpers that register a person page by page, as a browser without JavaScript does."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

START = {"over_18": "yes", "name": "Ann Smith"}
NETWORKS: dict[str, Any] = {"networks": ["farming"], "interest": "champion"}
TRAINED: dict[str, Any] = {"networks": ["none"], "interest": "trained"}
TRAINING = {
    "course": "Adult MHFA",
    "provider": "St Elsewhere Training",
    "awarded-month": "3",
    "awarded-year": "2024",
    "number": "MH-123",
}
CONTACT = {"email": "ann.smith@example.org"}
PLACES: dict[str, Any] = {"home": "ip241jd"}
AREA = {"protected": "no", "home_near": "unknown"}

Pages = dict[str, dict[str, Any]]


def pages(**changed: dict[str, Any]) -> Pages:
    """Return the input for each page. Pass a page by name to replace it."""
    everything: Pages = {
        "start": START,
        "networks": NETWORKS,
        "contact": CONTACT,
        "places": PLACES,
        "area": AREA,
    }
    order = ("start", "networks", "training", "contact", "places", "area")
    everything |= changed
    return {step: everything[step] for step in order if step in everything}


def address(step: str) -> str:
    """Return the URL of a page."""
    return "/register" if step == "start" else f"/register/{step}"


def fill_in(client: FlaskClient, input_by_page: Pages) -> None:
    """Submit each page and check that it is accepted."""
    for step, answers in input_by_page.items():
        reply = client.post(address(step), data=answers)
        assert reply.status_code == 302, (step, reply.get_data(as_text=True))


def send(client: FlaskClient, input_by_page: Pages | None = None) -> Any:
    """Complete every page, send the registration and return the response."""
    fill_in(client, pages() if input_by_page is None else input_by_page)
    return client.post("/register/check", follow_redirects=True)
