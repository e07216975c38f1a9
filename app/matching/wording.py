"""The wording of points, reasons, states and obstacles. It does not use the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.certificates.wording import last_day_in_words
from app.core import words
from app.matching.optimum.problem import POINT, Prices
from app.matching.types import NeedRow, Obstacle, ProposalState, Suitability

MINUS = "−"
TENTH = POINT // 10


class Term(NamedTuple):
    """A line of a score: the reason and its points, with a sign."""

    text: str
    points: str


def format_points(thousandths: int, *, signed: bool = False) -> str:
    """Format thousandths of a point as points, to the nearest tenth.

    33333 gives "33.3" and -4000 gives "−4". If ``signed`` is true, 33333 gives "+33.3".
    """
    tenths = (abs(thousandths) + TENTH // 2) // TENTH
    whole, rest = divmod(tenths, POINT // TENTH)
    number = f"{whole:,}" + (f".{rest}" if rest else "")
    sign = MINUS if thousandths < 0 and tenths else "+" if signed else ""
    return sign + number


def format_points_with_unit(thousandths: int) -> str:
    """Format thousandths of a point with the unit, for example "1 point" or "52.3 points"."""
    text = format_points(thousandths)
    plural = 1 if text == "1" else 2  # "1.0 points" is never written
    return ngettext("%(points)s point", "%(points)s points", plural, points=text)


def describe_terms(terms: Mapping[str, int], place: int, need: NeedRow) -> list[Term]:
    """Return the terms of a proposal in the order in which they are displayed.

    Terms of zero points are left out, except for the distance.
    """
    texts = {
        "place": _(
            "Place %(place)s of %(places)s for a need with priority %(priority)s",
            place=place,
            places=need.places,
            priority=need.priority,
        ),
        "first_in_area": _("First champion in an area that has none"),
        "distance": _describe_distance(terms.get("distance", 0)),
        "further_assignment": _("Also helps, or has been asked to help, somewhere else"),
        "standing": _("Already helps there"),
    }
    return [
        Term(text, format_points(terms.get(key, 0), signed=True))
        for key, text in texts.items()
        if terms.get(key) or key == "distance"
    ]


def describe_suitability(suitability: Suitability, need: NeedRow) -> list[str]:
    """Return the reasons why a person suits a need, or no longer does, one per line."""
    return [
        _describe_training(suitability),
        *([_("Belongs to %(network)s", network=need.network)] if suitability.is_member else []),
        _describe_nearness(suitability.kilometres),
        _describe_availability(suitability),
    ]


def _describe_training(suitability: Suitability) -> str:
    if suitability.certificate is None:
        return str(_("Does not have an in-date certificate today"))
    if suitability.until is None:
        return str(
            _(
                "Has a certificate for %(kind)s, which does not expire",
                kind=suitability.certificate,
            )
        )
    return str(
        _(
            "Has a certificate for %(kind)s, in date until %(day)s",
            kind=suitability.certificate,
            day=last_day_in_words(suitability.until, suitability.until_precision),
        )
    )


def _describe_nearness(kilometres: int) -> str:
    if not kilometres:
        return str(_("Lives or works close by, or offered to help there"))
    return str(_("Lives or works about %(km)s km away", km=kilometres))


def _describe_availability(suitability: Suitability) -> str:
    if not suitability.is_active:
        return str(_("Is away now, or has not been in touch in the last year"))
    if suitability.asked_on is None:
        return str(_("Is available, and has not been asked before"))
    day = words.long_date(suitability.asked_on)
    return str(_("Is available, and was last asked on %(day)s", day=day))


def distance_in_kilometres(terms: Mapping[str, int]) -> int:
    """Return the distance in kilometres that was used for the score."""
    return -terms.get("distance", 0) // Prices().distance_per_km


def _describe_distance(term: int) -> str:
    away = distance_in_kilometres({"distance": term})
    if not away:
        return str(_("Close by, or offered to help there"))
    return str(_("About %(km)s km away", km=away))


def state_labels() -> dict[ProposalState, tuple[str, str]]:
    """Return the text and colour of the tag for each state."""
    return {
        ProposalState.PROPOSED: (_("Not asked yet"), "blue"),
        ProposalState.ASKED: (_("Asked"), "amber"),
        ProposalState.ACCEPTED: (_("Said yes"), "green"),
        ProposalState.DECLINED: (_("Said no"), "red"),
        ProposalState.WITHDRAWN: (_("Withdrawn"), "grey"),
    }


def describe_obstacle(obstacle: Obstacle) -> str:
    """Return a sentence for staff that explains why a person cannot be asked or cannot serve."""
    return {
        Obstacle.PAUSED: explain_pause(is_own=False),
        Obstacle.AWAY: str(_("This person is away, so they can’t help here now.")),
        Obstacle.LEFT: str(_("This person has left the network, so they can’t help here now.")),
        Obstacle.INACTIVE: str(_("This person has not been in touch in the last year.")),
        Obstacle.CERTIFICATE: str(
            _("This person does not have an in-date certificate, so they can’t help here now.")
        ),
        Obstacle.TOO_FAR: str(
            _(
                "This person lives further away than they are willing to travel, so they can’t "
                "help here now."
            )
        ),
        Obstacle.ASKED: str(_("This person has already been asked about this need.")),
        Obstacle.BUSY: str(_("This person already helps in the maximum number of places.")),
        Obstacle.UNAVAILABLE: str(_("This person can’t help here now.")),
    }[obstacle]


def reason_for_person(obstacle: Obstacle) -> str:
    """Return a sentence that tells a person why their assignment is ending, or ""."""
    return {
        Obstacle.PAUSED: str(_("We have paused your role in the network.")),
        Obstacle.AWAY: str(_("You told us that you are away.")),
        Obstacle.CERTIFICATE: str(_("We do not have an in-date certificate for you.")),
        Obstacle.TOO_FAR: str(_("The area is further away than the distance you gave us.")),
    }.get(obstacle, "")


def explain_pause(*, is_own: bool) -> str:
    """Return a sentence that explains why a suspended person cannot accept a request.

    It is written for that person if ``is_own`` is true, and for staff otherwise.
    """
    if not is_own:
        return str(
            _("We have paused this person’s role in the network, so they can’t help here now.")
        )
    return str(
        _(
            "Thank you for saying yes. We have paused your role in the network, so you can’t help"
            " here now. Call the team if you have questions."
        )
    )


def describe_obstacle_to_person(obstacle: Obstacle) -> str:
    """Return a message for a person who has accepted a request but can no longer serve."""
    thanks = str(_("Thank you for saying yes."))
    match obstacle:
        case Obstacle.PAUSED:
            return explain_pause(is_own=True)
        case Obstacle.CERTIFICATE:
            advice = _(
                "To help here, you need an in-date certificate. We do not have one for you. "
                "Please talk to the person named below."
            )
        case Obstacle.AWAY | Obstacle.LEFT | Obstacle.INACTIVE:
            advice = _(
                "Our records say that you are away or not taking part. If that has changed, tell "
                "us on your page, or talk to the person named below."
            )
        case Obstacle.TOO_FAR:
            advice = _(
                "This is further away than the distance you gave us. If you can travel this far, "
                "change the distance on your page, or talk to the person named below."
            )
        case _other:
            advice = _(
                "Something has changed since we asked you. Please talk to the person named below."
            )
    return f"{thanks} {advice}"
