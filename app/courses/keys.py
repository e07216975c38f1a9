"""Build the unique keys of letters about courses (pure functions)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.courses.models import CourseRun


def booking_key(attendee_id: int) -> str:
    """Return the key of the letter that confirms a booking."""
    return f"booking-confirmed:{attendee_id}"


def giving_up_key(attendee_id: int) -> str:
    """Return the key of the letter that confirms that a person has given up their place."""
    return f"booking-cancelled:{attendee_id}"


def linked_giving_up_key(attendee_id: int) -> str:
    """Return the key of the letter to a linked person about a lost place (not in `all_keys`)."""
    return f"linked-booking-cancelled:{attendee_id}"


def change_key(run_id: int, revision: int, attendee_id: int) -> str:
    """Return the key of the letter about a change to a run."""
    return f"run-changed:{run_id}:{revision}:{attendee_id}"


def linked_change_key(run_id: int, revision: int, attendee_id: int) -> str:
    """Return the key of the letter that tells the person linked to an attendee about a change.

    `all_keys` leaves out this key, because the run's page must not show that there is a link.
    """
    return f"linked-run-changed:{run_id}:{revision}:{attendee_id}"


def lost_place_key(run_id: int, revision: int, attendee_id: int) -> str:
    """Return the key of the letter to a person who has lost their place because of a change."""
    return f"run-place-lost:{run_id}:{revision}:{attendee_id}"


def cancellation_key(run_id: int, attendee_id: int) -> str:
    """Return the key of the letter about the cancellation of a run."""
    return f"run-cancelled:{run_id}:{attendee_id}"


def linked_cancellation_key(run_id: int, attendee_id: int) -> str:
    """Return the key of the cancellation letter to a linked person. `all_keys` leaves it out."""
    return f"linked-run-cancelled:{run_id}:{attendee_id}"


def recording_key(attendee_id: int, completion: int) -> str:
    """Return the key of the letter that confirms that training was recorded."""
    return f"training-recorded:{attendee_id}:{completion}"


def attendance_key(attendee_id: int) -> str:
    """Return the key of the letter that confirms attendance without a certificate."""
    return f"attendance-recorded:{attendee_id}"


def correction_key(attendee_id: int, completion: int) -> str:
    """Return the key of the letter that says training was recorded by mistake."""
    return f"training-corrected:{attendee_id}:{completion}"


def hidden_recording_key(attendee_id: int, completion: int, link_id: int | None) -> str:
    """Return the key of a letter about recorded training that the run's page does not look up."""
    link = f":{link_id}" if link_id is not None else ""
    return f"certificate-followed:{attendee_id}:{completion}{link}"


def hidden_correction_key(attendee_id: int, completion: int, link_id: int | None) -> str:
    """Return the key of the letter that corrects a letter with a `hidden_recording_key`."""
    link = f":{link_id}" if link_id is not None else ""
    return f"certificate-corrected:{attendee_id}:{completion}{link}"


def linked_keys(run: CourseRun, attendee_id: int, link_id: int) -> list[str]:
    """Return the keys of all letters about a run to a person who is linked to an attendee."""
    return [
        linked_giving_up_key(attendee_id),
        linked_cancellation_key(run.id, attendee_id),
        *(linked_change_key(run.id, each, attendee_id) for each in range(1, run.revision + 1)),
        *(
            key(attendee_id, number, link_id)
            for key in (hidden_recording_key, hidden_correction_key)
            for number in range(1, run.completions + 1)
        ),
    ]


def all_keys(run_id: int, revision: int, completions: int, attendee_id: int) -> list[str]:
    """Return the keys of all letters that an attendee may have received about a run."""
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
