"""Pure functions that build the unique keys of this room's letters."""

from __future__ import annotations


def for_booking(attendee_id: int) -> str:
    """Return the key of the letter that confirms a place."""
    return f"booking-confirmed:{attendee_id}"


def for_giving_up(attendee_id: int) -> str:
    """Return the key of the letter that confirms that a place was given up."""
    return f"booking-cancelled:{attendee_id}"


def for_change(run_id: int, revision: int, attendee_id: int) -> str:
    """Return the key of the letter about one change of a run."""
    return f"run-changed:{run_id}:{revision}:{attendee_id}"


def for_lost_place(run_id: int, revision: int, attendee_id: int) -> str:
    """Return the key of the letter that says a place was lost because of one change of a run."""
    return f"run-place-lost:{run_id}:{revision}:{attendee_id}"


def for_holder(letter: str, run_id: int, revision: int, user_id: int) -> str:
    """Return the key of the letter that tells a user about the places that they hold on a run."""
    return f"{letter}:{run_id}:{revision}:{user_id}"


def for_cancellation(run_id: int, attendee_id: int) -> str:
    """Return the key of the letter that says a run is cancelled."""
    return f"run-cancelled:{run_id}:{attendee_id}"


def for_recording(attendee_id: int, completion: int) -> str:
    """Return the key of the letter that says training was recorded."""
    return f"training-recorded:{attendee_id}:{completion}"


def for_attendance(attendee_id: int) -> str:
    """Return the key of the letter that says a record of attendance was kept."""
    return f"attendance-recorded:{attendee_id}"


def for_late_certificate(attendee_id: int, completion: int) -> str:
    """Return the key of the letter about a certificate that followed a record of attendance.

    `all_keys` leaves it out, so that the run's page does not show when an attendee was linked to a
    record.
    """
    return f"certificate-followed:{attendee_id}:{completion}"


def for_correction(attendee_id: int, completion: int) -> str:
    """Return the key of the letter that says training was recorded by mistake."""
    return f"training-corrected:{attendee_id}:{completion}"


def all_keys(run_id: int, revision: int, completions: int, attendee_id: int) -> list[str]:
    """Return every key that a letter to this attendee can have, given the run's counters."""
    return [
        for_booking(attendee_id),
        for_giving_up(attendee_id),
        for_cancellation(run_id, attendee_id),
        for_attendance(attendee_id),
        *(for_change(run_id, number, attendee_id) for number in range(1, revision + 1)),
        *(for_lost_place(run_id, number, attendee_id) for number in range(1, revision + 1)),
        *(for_recording(attendee_id, number) for number in range(1, completions + 1)),
        *(for_correction(attendee_id, number) for number in range(1, completions + 1)),
    ]
