"""12 characters or more, common ones refused, nothing else asked."""

from __future__ import annotations

import pytest

from app.accounts import passwords
from app.core.errors import InvalidInput


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "passwordpassword",
        "P@ssw0rdP@ssw0rd",
        "aaaaaaaaaaaaaa",
        "qwertyuiop123",
        "Breckland1234",
        "Ann Smith ann",
        "x" * 201,
    ],
)
def test_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        passwords.check_new(password, about=("Ann Smith", "ann@breckland.example"))
    assert refusal.value.field == "password"


@pytest.mark.parametrize(
    "password", ["otter lantern gravel", "kV9#pL2!xQ7&mN", "møre ælder ørreder"]
)
def test_taken(password: str) -> None:
    passwords.check_new(password, about=("Ann Smith", "ann@breckland.example"))
    assert passwords.matches(passwords.hashed(password), password)
    assert not passwords.matches(passwords.hashed(password), password + "x")


def test_nobody_matches_nothing() -> None:
    assert not passwords.matches(None, "nobody signs in with this one")
