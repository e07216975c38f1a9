"""Facts from the programme file for the pages of the site."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import current_app

from app.core import programme
from app.core.errors import NotFound
from app.site import queries
from app.site.models import CrisisLine

CHECK_INTERVAL = timedelta(days=365)
LAST_NEUTRAL_PAGE = "last_neutral_page"  # a key of the application's extensions
DEFAULT_NEUTRAL_PAGE = "https://www.bbc.co.uk/weather"
DISALLOWED_PATHS = ("/check", "/confirm", "/dev", "/jobs", "/me", "/sign-in", "/exit")


def crisis_lines() -> list[CrisisLine]:
    """Return the help lines, in the order of the programme file."""
    return queries.crisis_lines()


def help_lines_to_check(on: date) -> list[CrisisLine]:
    """Return the help lines whose numbers have not been checked in the last year."""
    return [line for line in queries.crisis_lines() if line.checked_on + CHECK_INTERVAL <= on]


def contact() -> dict[str, Any]:
    """Return the team's public contact details: its name, website and any other details."""
    return _required_setting("contact")


def area_name() -> str:
    """Return the name of the programme's area."""
    return str(programme.setting("area_name", ""))


def attributions() -> list[dict[str, Any]]:
    """Return the attributions required by data licences."""
    found: list[dict[str, Any]] = programme.setting("attributions", [])
    return found


def decided_within() -> str:
    """Return the usual time for a decision about a registration, or "" if it is not known."""
    return str(programme.setting("decided_within") or "")


def neutral_page() -> str:
    """Return the URL that "Exit this page" redirects to."""
    page = str(programme.setting("exit_to", DEFAULT_NEUTRAL_PAGE))
    current_app.extensions[LAST_NEUTRAL_PAGE] = page
    return page


def last_known_neutral_page() -> str:
    """Return the cached URL that "Exit this page" redirects to.

    Use it when the database is down.
    """
    return str(current_app.extensions.get(LAST_NEUTRAL_PAGE, DEFAULT_NEUTRAL_PAGE))


def privacy_notices(on: date) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the current privacy notice, and the earlier notices, newest first.

    Raises NotFound if there is no notice.
    """
    notices = [
        notice | {"from_on": date.fromisoformat(notice["from_on"])}
        for notice in programme.setting("privacy_notices", [])
    ]
    started = [notice for notice in notices if notice["from_on"] <= on] or notices[-1:]
    if not started:
        raise NotFound()
    return started[0], started[1:]


def accessibility_statement() -> dict[str, Any]:
    """Return the facts for the accessibility statement. Dates are parsed."""
    found = _required_setting("accessibility")
    return found | {
        "prepared_on": date.fromisoformat(found["prepared_on"]),
        "tested_on": date.fromisoformat(found["tested_on"]),
        "issues": [
            issue | {"fixed_by_on": date.fromisoformat(issue["fixed_by_on"])}
            for issue in found["issues"]
        ],
    }


def _required_setting(name: str) -> dict[str, Any]:
    """Return a setting of the programme. Raises NotFound if no programme is loaded."""
    found: dict[str, Any] | None = programme.setting(name)
    if not found:
        raise NotFound()
    return found
