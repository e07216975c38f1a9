"""What the site's own pages tell, read from the programme."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import current_app

from app.core import programme
from app.core.errors import NotFound
from app.site import queries
from app.site.models import CrisisLine

CHECKED_EVERY = timedelta(days=365)
LAST_NEUTRAL_PAGE = "last_neutral_page"  # in the application's extensions
NEUTRAL_PAGE = "https://www.bbc.co.uk/weather"
NOT_FOR_CRAWLERS = ("/check", "/confirm", "/dev", "/jobs", "/me", "/sign-in", "/exit")


def crisis_lines() -> list[CrisisLine]:
    """Whom to call, in the programme's order."""
    return queries.crisis_lines()


def lines_to_check(on: date) -> list[CrisisLine]:
    """The lines whose number nobody has checked for a year."""
    return [one for one in queries.crisis_lines() if one.checked_on + CHECKED_EVERY <= on]


def contact() -> dict[str, Any]:
    """The team's public contact details: its name, website, and any others that are set."""
    return _there("contact")


def area_name() -> str:
    """What the programme calls its area."""
    return str(programme.setting("area_name", ""))


def attributions() -> list[dict[str, Any]]:
    """The sentences that licences of data ask for."""
    found: list[dict[str, Any]] = programme.setting("attributions", [])
    return found


def decided_within() -> str:
    """How long a decision about a registration usually takes; "" where nobody says."""
    return str(programme.setting("decided_within") or "")


def neutral_page() -> str:
    """Where "Exit this page" leads."""
    page = str(programme.setting("exit_to", NEUTRAL_PAGE))
    current_app.extensions[LAST_NEUTRAL_PAGE] = page
    return page


def last_neutral_page() -> str:
    """The same as this process last read it, for when the database is out of reach."""
    return str(current_app.extensions.get(LAST_NEUTRAL_PAGE, NEUTRAL_PAGE))


def privacy_notices(on: date) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The notice in force on a day and the earlier ones, newest first; NotFound without any."""
    notices = [
        notice | {"from_on": date.fromisoformat(notice["from_on"])}
        for notice in programme.setting("privacy_notices", [])
    ]
    begun = [notice for notice in notices if notice["from_on"] <= on] or notices[-1:]
    if not begun:
        raise NotFound()
    return begun[0], begun[1:]


def accessibility_statement() -> dict[str, Any]:
    """The facts of the statement, its dates as dates."""
    found = _there("accessibility")
    return found | {
        "prepared_on": date.fromisoformat(found["prepared_on"]),
        "tested_on": date.fromisoformat(found["tested_on"]),
        "issues": [
            issue | {"fixed_by_on": date.fromisoformat(issue["fixed_by_on"])}
            for issue in found["issues"]
        ],
    }


def _there(name: str) -> dict[str, Any]:
    """A setting of the programme; NotFound while none is loaded."""
    found: dict[str, Any] | None = programme.setting(name)
    if not found:
        raise NotFound()
    return found
