"""When two venues are the same room."""

from __future__ import annotations

import pytest

from app.courses.rooms import room_key

SAME = [
    (("Village Hall, Watton", "IP25 6AB", None), ("village hall  WATTON", "ip256ab", None)),
    (("St Mary’s Café", None, None), ("ST MARY'S CAFE", "", None)),
    (("The Barn.", None, None), ("The Barn", None, "")),
]
DIFFERENT = [
    (("Village Hall", "IP25 6AB", None), ("Village Hall", "IP24 1JD", None)),
    (("Room 1, Town Hall", None, None), ("Room 2, Town Hall", None, None)),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spelling_does_not_matter(
    one: tuple[str, None, None], other: tuple[str, None, None]
) -> None:
    assert room_key(*one) == room_key(*other) is not None


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_rooms_differ(one: tuple[str, None, None], other: tuple[str, None, None]) -> None:
    assert room_key(*one) != room_key(*other)


def test_online_runs_have_no_room() -> None:
    assert room_key("Online", None, None) is None
    assert room_key("Video call", None, "https://meet.example/1") is None
    assert room_key("Town Hall", "IP24 1JD", "https://meet.example/1") is not None
