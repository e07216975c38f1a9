"""The order of the registration pages. Pure functions."""

from __future__ import annotations

from app.people.types import Interest
from app.registration.draft import RegistrationDraft

START, NETWORKS, TRAINING, CONTACT, PLACES, AREA, CHECK = (
    "start",
    "networks",
    "training",
    "contact",
    "places",
    "area",
    "check",
)
STEPS = (START, NETWORKS, TRAINING, CONTACT, PLACES, AREA)


def steps_for(draft: RegistrationDraft) -> tuple[str, ...]:
    """Return the steps for this person. Only people with earlier training get the training step."""
    interest = draft.typed.get(NETWORKS, {}).get("interest", [])
    trained = Interest.TRAINED.value in interest
    return tuple(step for step in STEPS if trained or step != TRAINING)


def first_incomplete(draft: RegistrationDraft) -> str:
    """Return the first unanswered step, or CHECK when every step is answered."""
    return next((step for step in steps_for(draft) if step not in draft.done), CHECK)


def first_missing_before(draft: RegistrationDraft, step: str) -> str | None:
    """Return the earlier step to answer first, or None if ``step`` can be opened."""
    order = (*steps_for(draft), CHECK)
    if step not in order:
        return first_incomplete(draft)
    earlier = order[: order.index(step)]
    return next((each for each in earlier if each not in draft.done), None)


def next_step(draft: RegistrationDraft, step: str, *, changing: bool) -> str:
    """Return the next step.

    ``changing`` means the person came from "Check your answers". They go back there unless another
    step is unanswered.
    """
    if changing:
        return first_incomplete(draft)
    order = (*steps_for(draft), CHECK)
    return order[order.index(step) + 1]


def previous_step(draft: RegistrationDraft, step: str) -> str | None:
    """Return the previous step, or None on the first."""
    order = (*steps_for(draft), CHECK)
    position = order.index(step)
    return order[position - 1] if position else None


def position_of(draft: RegistrationDraft, step: str) -> tuple[int, int]:
    """Return the number of this page and the total number of pages."""
    order = (*steps_for(draft), CHECK)
    return order.index(step) + 1, len(order)
