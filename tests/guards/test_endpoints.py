"""The methods and the permission of every endpoint have been reviewed."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.permissions import PERMISSIONS, Role
from app.web.http import public
from tests.guards.endpoints import COMMAND, REVIEWED, application, difference, list_endpoints


@pytest.fixture(scope="module")
def site() -> Flask:
    """The application, without servers."""
    return application()


def assert_reviewed(reviewed: str, now: list[str]) -> None:
    """Fail with the changes, and with the command that rewrites the list."""
    changed = difference(reviewed.splitlines(), now)
    if changed:
        pytest.fail(
            f"Endpoints differ from tests/guards/endpoints.txt:\n{changed}\n\n"
            f"If you mean it, run  {COMMAND}  and have the new lines reviewed.",
            pytrace=False,
        )


def test_endpoints_are_as_reviewed(site: Flask) -> None:
    assert_reviewed(REVIEWED.read_text(), list_endpoints(site))


def test_every_endpoint_declares_who_may_open_it(site: Flask) -> None:
    assert [line for line in list_endpoints(site) if line.endswith("UNDECLARED")] == []


def test_every_required_permission_belongs_to_a_role(site: Flask) -> None:
    granted = frozenset().union(*PERMISSIONS.values())
    required = {line.split()[2] for line in list_endpoints(site)} - {"public"}
    assert required - granted == set()


def test_the_public_has_no_permission() -> None:
    assert set(PERMISSIONS) == set(Role)


def test_the_guard_finds_new_opened_and_undeclared_endpoints() -> None:
    planted = application()
    planted.add_url_rule("/planted", "planted.silent", lambda: "", methods=["POST"])
    planted.view_functions["records.export"] = public(lambda: "")
    with pytest.raises(pytest.fail.Exception) as failure:
        assert_reviewed(REVIEWED.read_text(), list_endpoints(planted))
    said = str(failure.value)
    assert "+planted.silent POST UNDECLARED" in said
    assert "-records.export GET,POST people:export\n+records.export GET,POST public" in said
    assert COMMAND in said
