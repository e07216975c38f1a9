"""What a proposal's terms say, in words and points. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flask_babel import gettext as _

from app.matching.problem import POINT, Prices
from app.matching.types import NeedRow, ProposalState

MINUS = "−"


class Term(NamedTuple):
    """One line of a score: what for, and how many points with their sign."""

    text: str
    points: str


def points(thousandths: int, *, signed: bool = False) -> str:
    """Points as they read: exact, so that the terms shown add up to the score shown.

    33333 → "33.333", -4000 → "−4"; signed: "+33.333".
    """
    whole, rest = divmod(abs(thousandths), POINT)
    number = f"{whole:,}" + (f".{rest:03}".rstrip("0") if rest else "")
    sign = MINUS if thousandths < 0 else "+" if signed else ""
    return sign + number


def in_words(terms: Mapping[str, int], place: int, need: NeedRow) -> list[Term]:
    """The terms of a proposal in the order in which they are told; those of nought are left out,
    but for the distance, which is always named.
    """
    texts = {
        "place": _(
            "Place %(place)s of %(places)s of a need with priority %(priority)s",
            place=place,
            places=need.places,
            priority=need.priority,
        ),
        "first_in_area": _("First champion of an area that has none"),
        "distance": _distance(terms.get("distance", 0)),
        "further_assignment": _("Serves, or was asked to serve, elsewhere too"),
        "standing": _("Serves there already"),
    }
    return [
        Term(text, points(terms.get(key, 0), signed=True))
        for key, text in texts.items()
        if terms.get(key) or key == "distance"
    ]


def _distance(term: int) -> str:
    kilometres = -term // Prices().distance_per_km
    if not kilometres:
        return str(_("Close by, or offered to help there"))
    return str(_("About %(km)s km away", km=kilometres))


def state_words() -> dict[ProposalState, tuple[str, str]]:
    """State → (words, colour of its tag)."""
    return {
        ProposalState.PROPOSED: (_("Not asked yet"), "blue"),
        ProposalState.ASKED: (_("Asked"), "amber"),
        ProposalState.ACCEPTED: (_("Said yes"), "green"),
        ProposalState.DECLINED: (_("Said no"), "red"),
        ProposalState.WITHDRAWN: (_("Withdrawn"), "grey"),
    }
