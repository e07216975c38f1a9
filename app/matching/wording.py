"""What a proposal's terms say, in words and points. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flask_babel import gettext as _

from app.core import words
from app.matching.optimum.problem import POINT, Prices
from app.matching.types import Against, NeedRow, ProposalState, Suits

MINUS = "−"
TENTH = POINT // 10


class Term(NamedTuple):
    """One line of a score: what for, and how many points with their sign."""

    text: str
    points: str


def points(thousandths: int, *, signed: bool = False) -> str:
    """Points as they read: whole ones as whole, others to the tenth.

    33333 → "33.3", -4000 → "−4"; signed: "+33.3".
    """
    tenths = (abs(thousandths) + TENTH // 2) // TENTH
    whole, rest = divmod(tenths, POINT // TENTH)
    number = f"{whole:,}" + (f".{rest}" if rest else "")
    sign = MINUS if thousandths < 0 and tenths else "+" if signed else ""
    return sign + number


def counted_points(thousandths: int) -> str:
    """1 point, 52.3 points"""
    text = points(thousandths)
    return str(_("1 point")) if text == "1" else str(_("%(points)s points", points=text))


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
        "first_in_area": _("First champion in an area that has none"),
        "distance": _distance(terms.get("distance", 0)),
        "further_assignment": _("Also helps, or has been asked to help, somewhere else"),
        "standing": _("Already helps there"),
    }
    return [
        Term(text, points(terms.get(key, 0), signed=True))
        for key, text in texts.items()
        if terms.get(key) or key == "distance"
    ]


def suits_in_words(suits: Suits, need: NeedRow) -> list[str]:
    """Why somebody may be asked, a line for each fact that speaks for them, or no longer does."""
    return [
        *_training(suits),
        *([_("Belongs to %(network)s", network=need.network)] if suits.member else []),
        _nearness(suits.kilometres),
        _availability(suits),
    ]


def _training(suits: Suits) -> list[str]:
    if suits.certificate is None:
        return [_("Has no certificate in date today")]
    if suits.until is None:
        return [_("Has %(kind)s, which does not expire", kind=suits.certificate)]
    return [
        _(
            "Has %(kind)s, in date until %(day)s",
            kind=suits.certificate,
            day=words.long_date(suits.until),
        )
    ]


def _nearness(kilometres: int) -> str:
    if not kilometres:
        return str(_("Lives or works close by, or offered to help there"))
    return str(_("Lives or works about %(km)s km away", km=kilometres))


def _availability(suits: Suits) -> str:
    if not suits.active:
        return str(_("Is away now, or has not confirmed in the last year"))
    if suits.asked_on is None:
        return str(_("Is available, and has not been asked before"))
    day = words.long_date(suits.asked_on)
    return str(_("Is available, and was last asked on %(day)s", day=day))


def kilometres(terms: Mapping[str, int]) -> int:
    """How far a proposal's person is away, as it was weighed."""
    return -terms.get("distance", 0) // Prices().distance_per_km


def _distance(term: int) -> str:
    away = kilometres({"distance": term})
    if not away:
        return str(_("Close by, or offered to help there"))
    return str(_("About %(km)s km away", km=away))


def state_words() -> dict[ProposalState, tuple[str, str]]:
    """State → (words, colour of its tag)."""
    return {
        ProposalState.PROPOSED: (_("Not asked yet"), "blue"),
        ProposalState.ASKED: (_("Asked"), "amber"),
        ProposalState.ACCEPTED: (_("Said yes"), "green"),
        ProposalState.DECLINED: (_("Said no"), "red"),
        ProposalState.WITHDRAWN: (_("Withdrawn"), "grey"),
    }


def against(why: Against) -> str:
    """Why somebody who was asked can't serve now, for staff."""
    match why:
        case Against.CERTIFICATE:
            return str(_("They have no certificate in date, so they can’t help here now."))
        case Against.INACTIVE:
            return str(_("They are away, paused or have left, so they can’t help here now."))
        case Against.UNAVAILABLE:
            return str(_("They can’t help here now."))


def paused(*, own: bool) -> str:
    """Why somebody who is paused by us cannot say yes, for themself or for staff."""
    if not own:
        return str(_("We have paused their part in the network, so they can’t help here now."))
    return str(
        _(
            "Thank you for saying yes. We have paused your part in the network, so you can’t help"
            " here now. Call the team if you have questions."
        )
    )


def cannot_serve(why: Against) -> str:
    """The same, to the person who has just said yes."""
    thanks = str(_("Thank you for saying yes."))
    match why:
        case Against.CERTIFICATE:
            more = _(
                "To help here you need a certificate that is in date. We do not have one on record "
                "for you. Please talk to the person named below."
            )
        case Against.INACTIVE:
            more = _(
                "Our records say that you are away or do not take part now. Tell us on your page "
                "that you are back, or talk to the person named below."
            )
        case Against.UNAVAILABLE:
            more = _(
                "Something has changed since we asked you. Please talk to the person named below."
            )
    return f"{thanks} {more}"
