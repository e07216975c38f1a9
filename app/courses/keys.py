"""The unique keys of this room's letters. Pure."""

from __future__ import annotations


def booked(attendee_id: int) -> str:
    """They have a place."""
    return f"booking-confirmed:{attendee_id}"


def given_up(attendee_id: int) -> str:
    """They no longer have it."""
    return f"booking-cancelled:{attendee_id}"


def changed(run_id: int, revision: int, attendee_id: int) -> str:
    """Times or venue are others."""
    return f"run-changed:{run_id}:{revision}:{attendee_id}"


def cancelled(run_id: int, attendee_id: int) -> str:
    """The run does not take place."""
    return f"run-cancelled:{run_id}:{attendee_id}"


def recorded(attendee_id: int, completion: int) -> str:
    """Their training was recorded."""
    return f"training-recorded:{attendee_id}:{completion}"


def corrected(attendee_id: int, completion: int) -> str:
    """It was recorded by mistake."""
    return f"training-corrected:{attendee_id}:{completion}"


def every(run_id: int, revision: int, completions: int, attendee_id: int) -> list[str]:
    """All there may be for somebody on a run that was changed and signed off so often."""
    return [
        booked(attendee_id),
        given_up(attendee_id),
        cancelled(run_id, attendee_id),
        *(changed(run_id, number, attendee_id) for number in range(1, revision + 1)),
        *(recorded(attendee_id, number) for number in range(1, completions + 1)),
        *(corrected(attendee_id, number) for number in range(1, completions + 1)),
    ]
