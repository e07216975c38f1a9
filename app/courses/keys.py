"""Pure functions that build the unique keys of this room's letters."""

from __future__ import annotations


def booking_key(attendee_id: int) -> str:
    """Return the key of the letter that confirms a place."""
    return f"booking-confirmed:{attendee_id}"


def giving_up_key(attendee_id: int) -> str:
    """Return the key of the letter that confirms that a place was given up."""
    return f"booking-cancelled:{attendee_id}"


def change_key(run_id: int, revision: int, attendee_id: int) -> str:
    """Return the key of the letter about one change of a run."""
    return f"run-changed:{run_id}:{revision}:{attendee_id}"


def lost_place_key(run_id: int, revision: int, attendee_id: int) -> str:
    """Return the key of the letter that says a place was lost because of one change of a run."""
    return f"run-place-lost:{run_id}:{revision}:{attendee_id}"


def holder_key(letter: str, run_id: int, revision: int, user_id: int) -> str:
    """Return the key of the letter that tells a user about the places that they hold on a run."""
    return f"{letter}:{run_id}:{revision}:{user_id}"


def cancellation_key(run_id: int, attendee_id: int) -> str:
    """Return the key of the letter that says a run is cancelled."""
    return f"run-cancelled:{run_id}:{attendee_id}"


def recording_key(attendee_id: int, completion: int) -> str:
    """Return the key of the letter that says training was recorded."""
    return f"training-recorded:{attendee_id}:{completion}"


def attendance_key(attendee_id: int) -> str:
    """Return the key of the letter that says a record of attendance was kept."""
    return f"attendance-recorded:{attendee_id}"


def late_certificate_key(attendee_id: int, completion: int) -> str:
    """Return the key of the letter about a certificate that followed a record of attendance.

    `all_keys` leaves it out, so that the run's page does not show when an attendee was linked to a
    record.
    """
    return f"certificate-followed:{attendee_id}:{completion}"


def correction_key(attendee_id: int, completion: int) -> str:
    """Return the key of the letter that says training was recorded by mistake."""
    return f"training-corrected:{attendee_id}:{completion}"


def all_keys(run_id: int, revision: int, completions: int, attendee_id: int) -> list[str]:
    """Return every key that a letter to this attendee can have, given the run's counters."""
    return [
        booking_key(attendee_id),
        giving_up_key(attendee_id),
        cancellation_key(run_id, attendee_id),
        attendance_key(attendee_id),
        *(change_key(run_id, number, attendee_id) for number in range(1, revision + 1)),
        *(lost_place_key(run_id, number, attendee_id) for number in range(1, revision + 1)),
        *(recording_key(attendee_id, number) for number in range(1, completions + 1)),
        *(correction_key(attendee_id, number) for number in range(1, completions + 1)),
    ]
