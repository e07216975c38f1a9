"""No address ships without a reviewed decision on its methods and on who may open it."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.permissions import PERMISSIONS, Role
from app.web.http import public
from tests.guards.endpoints import COMMAND, REVIEWED, application, difference, listed


@pytest.fixture(scope="module")
def site() -> Flask:
    """The application, without servers."""
    return application()


def assert_reviewed(reviewed: str, now: list[str]) -> None:
    """Fail with what changed, and with the command that writes the list again."""
    changed = difference(reviewed.splitlines(), now)
    if changed:
        pytest.fail(
            f"Endpoints differ from tests/guards/endpoints.txt:\n{changed}\n\n"
            f"If you mean it, run  {COMMAND}  and have the new lines reviewed.",
            pytrace=False,
        )


def test_endpoints_are_as_reviewed(site: Flask) -> None:
    assert_reviewed(REVIEWED.read_text(), listed(site))


def test_every_endpoint_declares_who_may_open_it(site: Flask) -> None:
    assert [line for line in listed(site) if line.endswith("UNDECLARED")] == []


def test_every_permission_asked_for_is_somebodys(site: Flask) -> None:
    granted = frozenset().union(*PERMISSIONS.values())
    asked = {line.split()[2] for line in listed(site)} - {"public"}
    assert asked - granted == set()


def test_the_public_has_no_permission() -> None:
    assert set(PERMISSIONS) == set(Role)


def test_the_guard_sees_new_opened_and_silent_endpoints() -> None:
    planted = application()
    planted.add_url_rule("/planted", "planted.silent", lambda: "", methods=["POST"])
    planted.view_functions["records.export"] = public(lambda: "")
    with pytest.raises(pytest.fail.Exception) as failure:
        assert_reviewed(REVIEWED.read_text(), listed(planted))
    said = str(failure.value)
    assert "+planted.silent POST UNDECLARED" in said
    assert "-records.export GET,POST people:export\n+records.export GET,POST public" in said
    assert COMMAND in said
