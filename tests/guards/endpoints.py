"""Every endpoint as one line: its name, its methods, and who may open it.

Run `.venv/bin/python -m tests.guards.endpoints` to update the list.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from flask import Flask

from app import create_app
from app.web.http import declared_permission
from config import read_settings

REVIEWED = Path(__file__).with_name("endpoints.txt")
COMMAND = ".venv/bin/python -m tests.guards.endpoints"


def application() -> Flask:
    """Return the application without servers, which is enough to list its URLs."""
    nowhere = "127.0.0.1:9"
    return create_app(
        read_settings(
            {
                "APP_ENV": "test",
                "SECRET_KEY": "test-only-secret-key-test-only-secret-key",
                "DATABASE_URL": f"postgresql://nobody:nothing@{nowhere}/nothing",
                "REDIS_URL": f"redis://{nowhere}/0",
                "PUBLIC_URL": "http://127.0.0.1:5000",
                "MAIL_URL": f"smtp://{nowhere}",
            }
        )
    )


def list_endpoints(app: Flask) -> list[str]:
    """Return “endpoint METHODS permission” for each endpoint, sorted by name.

    The permission is “public” if anybody may open it, and “UNDECLARED” if the view declares
    nothing. HEAD and OPTIONS are left out, because Flask adds them.
    """
    methods: dict[str, set[str]] = defaultdict(set)
    for rule in app.url_map.iter_rules():
        methods[rule.endpoint] |= (rule.methods or set()) - {"HEAD", "OPTIONS"}
    return [
        f"{name} {','.join(sorted(methods[name]))} {_permission(app, name)}"
        for name in sorted(methods)
    ]


def _permission(app: Flask, endpoint: str) -> str:
    try:
        return declared_permission(app, endpoint) or "public"
    except LookupError:
        return "UNDECLARED"


def difference(reviewed: Iterable[str], now: Iterable[str]) -> str:
    """Return the changes since the list was reviewed, as a diff, or "" if there are none."""
    return "\n".join(
        difflib.unified_diff([*reviewed], [*now], "reviewed", "the application", lineterm="", n=0)
    )


if __name__ == "__main__":
    REVIEWED.write_text("\n".join(list_endpoints(application())) + "\n")
