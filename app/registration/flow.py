"""The order of the registration pages."""

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
    """Return the steps for this applicant. The training step is only for people with training."""
    interest = draft.typed.get(NETWORKS, {}).get("interest", [])
    trained = Interest.TRAINED.value in interest
    return tuple(step for step in STEPS if trained or step != TRAINING)


def first_incomplete(draft: RegistrationDraft) -> str:
    """Return the first incomplete step, or CHECK if every step is complete."""
    return next((step for step in steps_for(draft) if step not in draft.done), CHECK)


def first_incomplete_before(draft: RegistrationDraft, step: str) -> str | None:
    """Return the first incomplete step before ``step``, or None."""
    order = (*steps_for(draft), CHECK)
    if step not in order:
        return first_incomplete(draft)
    earlier = order[: order.index(step)]
    return next((each for each in earlier if each not in draft.done), None)


def next_step(draft: RegistrationDraft, step: str, *, changing: bool) -> str:
    """Return the next step.

    ``changing`` is True if the person came from "Check your answers". They return to that page
    unless another step is incomplete.
    """
    if changing:
        return first_incomplete(draft)
    order = (*steps_for(draft), CHECK)
    return order[order.index(step) + 1]


def previous_step(draft: RegistrationDraft, step: str) -> str | None:
    """Return the previous step, or None for the first step."""
    order = (*steps_for(draft), CHECK)
    position = order.index(step)
    return order[position - 1] if position else None


def step_position(draft: RegistrationDraft, step: str) -> tuple[int, int]:
    """Return the number of a step and the total number of steps."""
    order = (*steps_for(draft), CHECK)
    return order.index(step) + 1, len(order)
