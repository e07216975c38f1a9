"""Every letter is easy to read. Pages are checked in tests/integration/site/test_reading_age.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.core import programme
from app.messages.letters import LETTERS
from app.messages.rendering import ProgrammeFacts, render
from app.messages.types import Attachment, Channel
from tests import reading
from tests.factories.messages import made_up_letters

MAX_AGE = 12
LINK = {"endpoint": "accounts.use_link", "purpose": "sign-in", "link_id": "0" * 32}
PAGE = {"endpoint": "profile.me"}
FULL: dict[str, Any] = {
    "about": ["A champion for the village hall on Mondays."],
    "answer": LINK,
    "asked_by": "Sam Field",
    "area": "Thetford",
    "because": "We do not have an in-date certificate for you.",
    "certificates": [
        {
            "name": "Mental Health First Aider",
            "body": "MHFA England",
            "expires": "3 March 2027",
            "when": "in 30 days",
            "lapsed": False,
            "booked": None,
        }
    ],
    "all_booked": False,
    "course": "MHFA two-day (Adult)",
    "courses": PAGE,
    "day": "3 March 2027",
    "days": ["Monday 8 March 2027, 9:30am to 4:30pm"],
    "given": True,
    "holds": True,
    "kind": "Mental Health First Aider (Adult)",
    "known": True,
    "link": LINK,
    "mine": PAGE,
    "network": "Farming and rural work",
    "others": [
        {
            "course": "MHFA two-day (Adult)",
            "day": "Monday 15 March 2027",
            "venue": "Town Hall, Thetford",
            "page": PAGE,
        }
    ],
    "own": True,
    "page": PAGE,
    "places": 2,
    "problem": "You have a place on another course at that time.",
    "cancelled": True,
    "privacy": PAGE,
    "queue": PAGE,
    "reason": "The trainer is ill.",
    "recorded_by": "Sam Field",
    "register": PAGE,
    "role": "Trainer",
    "runs": [
        {
            "name": "MHFA refresher",
            "day": "Monday 8 March 2027",
            "venue": "Town Hall, Thetford",
            "page": PAGE,
        }
    ],
    "safe": True,
    "sign_in": PAGE,
    "stop": LINK,
    "to_renew": [],
    "trainer": "Sam Field",
    "venue": "Town Hall, Thetford",
    "waits": True,
    "when": "4 March 2027 at 9am",
    "who": "Ann Smith",
    "why": "unconfirmed",
}
# Contexts that change the text of letters: without optional values, and with other reasons.
BARE = {key: False if isinstance(value, bool) else [] if isinstance(value, list)
        else 1 if isinstance(value, int) else None
        for key, value in FULL.items()} | {
    key: FULL[key]
    for key in (
        "area", "course", "courses", "day", "days", "link", "network", "privacy", "role", "who"
    )
}  # fmt: skip


def _renewing(*groups: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the context of a reminder that says how to renew certificates."""
    group = {"what": None, "runs": [], "farther": [], "late": False, "contact_by": None}
    return FULL | {"to_renew": [group | each for each in groups]} | more


_RUNS, _SOON = {"runs": FULL["runs"]}, {"farther": FULL["runs"], "contact_by": "4 March 2027"}
_WAYS = [_RUNS, _SOON, {}, _SOON | {"late": True}, {"late": True}]
RENEWING = [
    *(_renewing(each) for each in _WAYS),
    _renewing(
        *({"what": "Mental Health First Aider (Adult)"} | each for each in _WAYS),
        certificates=FULL["certificates"] * 2,
    ),
]
PLACE = {**FULL["runs"][0], "late": False}
BOOKED = FULL | {
    "certificates": [
        {**FULL["certificates"][0], "booked": {**PLACE, "late": late}} for late in (False, True)
    ],
    "all_booked": True,
    "runs": [],
}
EXPIRED = FULL | {"certificates": [{**FULL["certificates"][0], "lapsed": True}], "runs": []}
REASONS = [FULL | {"why": why} for why in ("declined", "password", "closed", "unknown")]


def _versions_of(letter: str) -> Iterator[list[str]]:
    """Yield the sentences of a letter for each channel and each reason."""
    facts = ProgrammeFacts.current()
    for context in (FULL, BARE, EXPIRED, BOOKED, *RENEWING, *REASONS):
        for channel in (Channel.EMAIL, Channel.PHONE):
            sent = render(letter, channel, "Ann", context, facts, signs_in=bool(context["sign_in"]))
            text = sent.text.rpartition("\n\n")[0] if channel is Channel.EMAIL else sent.text
            yield reading.letter_text(text)
            if sent.html:
                yield reading.running_text(sent.html)


def _age_above_limit(letter: str) -> float | None:
    """Return the reading age of a letter's hardest version, or None if it is low enough."""
    known = reading.names()
    ages = [
        reading.reading_age(reading.without_names(text, known) for text in texts)
        for texts in _versions_of(letter)
        if texts
    ]
    assert ages, f"{letter} says nothing"
    return age if (age := round(max(ages), 1)) > MAX_AGE else None


def test_every_letter_has_a_reading_age_of_twelve_or_less(app: Flask, monkeypatch: Any) -> None:
    file = Attachment("training.ics", "text/calendar", b"")
    monkeypatch.setattr("app.messages.letters.make_attachments", lambda *_: (file,))
    with app.app_context():
        assert programme.current() is not None
        ages = {name: _age_above_limit(name) for name in LETTERS}
    assert {name: age for name, age in ages.items() if age} == {}


HARD = (
    "Notwithstanding the aforementioned considerations, participation in accredited educational"
    " activities necessitates the retention of documentary evidence by whichever organisation"
    " originally administered the corresponding registration."
)


def test_a_hard_letter_is_found(app: Flask) -> None:
    with app.app_context(), made_up_letters(app) as add:
        add("planted", text=f"Hello Ann,\n\n{HARD}")
        add(
            "easy",
            text="Hello Ann,\n\nYou have a place on this course. Please tell us if you can’t come.",
        )
        assert _age_above_limit("planted")
        assert _age_above_limit("easy") is None


@pytest.mark.parametrize("html", [f"<p>{HARD}</p>", f"<ul><li>{HARD[:-1]}</li></ul>"])
def test_paragraphs_and_list_items_are_running_text(html: str) -> None:
    assert reading.reading_age(reading.running_text(f"<main>{html}</main>")) > MAX_AGE


@pytest.mark.parametrize(
    "html",
    [
        f"<main><h1>{HARD}</h1></main>",
        f"<main><section class='app-crisis'><p>{HARD}</p></section></main>",
        f"<footer><p>{HARD}</p></footer><main></main>",
        "<main><p>01362 656870</p></main>",
    ],
)
def test_headings_and_phone_numbers_are_not_running_text(html: str) -> None:
    assert reading.prose(reading.running_text(html)) == ""
