"""The order of a registration's pages. Pure."""

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


def steps_of(draft: RegistrationDraft) -> tuple[str, ...]:
    """The pages this person answers: training done before only of those who have some."""
    interest = draft.typed.get(NETWORKS, {}).get("interest", [])
    trained = Interest.TRAINED.value in interest
    return tuple(step for step in STEPS if trained or step != TRAINING)


def first_open(draft: RegistrationDraft) -> str:
    """The first page still to be answered; CHECK when all are."""
    return next((step for step in steps_of(draft) if step not in draft.done), CHECK)


def missing_before(draft: RegistrationDraft, step: str) -> str | None:
    """An earlier page that must be answered first; None when `step` may be opened."""
    order = (*steps_of(draft), CHECK)
    if step not in order:
        return first_open(draft)
    earlier = order[: order.index(step)]
    return next((each for each in earlier if each not in draft.done), None)


def after(draft: RegistrationDraft, step: str, *, changing: bool) -> str:
    """The page that follows. Who came from "check answers" goes back there if nothing is open."""
    if changing:
        return first_open(draft)
    order = (*steps_of(draft), CHECK)
    return order[order.index(step) + 1]


def before(draft: RegistrationDraft, step: str) -> str | None:
    """The page before; None on the first."""
    order = (*steps_of(draft), CHECK)
    place = order.index(step)
    return order[place - 1] if place else None


def number_of(draft: RegistrationDraft, step: str) -> tuple[int, int]:
    """Which page this is, of how many."""
    order = (*steps_of(draft), CHECK)
    return order.index(step) + 1, len(order)
