"""Why a place stays empty, as a key and one plain sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.words import listed, number
from app.matching.optimum.answer import Unfilled

RULES: Mapping[str, Callable[[int], str]] = {
    "certificate": lambda people: ngettext(
        "%(count)s has no in-date certificate",
        "%(count)s have no in-date certificate",
        people,
        count=number(people),
    ),
    "inactive": lambda people: ngettext(
        "%(count)s has not confirmed in the last year, or is away",
        "%(count)s have not confirmed in the last year, or are away",
        people,
        count=number(people),
    ),
    "reach": lambda people: ngettext(
        "%(count)s lives further away than they offered to travel",
        "%(count)s live further away than they offered to travel",
        people,
        count=number(people),
    ),
    "answered": lambda people: ngettext(
        "%(count)s already helps here, has already been asked, or said no",
        "%(count)s already help here, have already been asked, or said no",
        people,
        count=number(people),
    ),
    "busy": lambda people: ngettext(
        "%(count)s already helps in as many places as one person can",
        "%(count)s already help in as many places as one person can",
        people,
        count=number(people),
    ),
    "unavailable": lambda people: ngettext(
        "%(count)s does not want to help in this area, or has given no place we know",
        "%(count)s do not want to help in this area, or have given no place we know",
        people,
        count=number(people),
    ),
}
"""The hard rules a person can be left out by, in the order in which they are told.

`unavailable` stands for what must not be told apart: a place the person ruled out, a protected
person without a chosen ward. People whom the reader may not know of (they block the reader or
hide from them) must not be counted under any key.
"""


class Reason(NamedTuple):
    key: str
    sentence: str


def explain_unfilled(unfilled: Unfilled, excluded: Mapping[str, int]) -> Reason:
    """Why the places of one need stay empty.

    `excluded`: how many people each hard rule (a key of RULES) left out, each counted once, under
    the first rule that applies. Keys: `nobody` (no one to look at), `all_excluded` (the rules left
    nobody), `too_few` (all who could are proposed here), `elsewhere` (the others are worth more
    where they are), `too_dear`, `too_dear_again` (the distance, or one more assignment, outweighs
    the place). Where several apply, the one that holds back most people. Raises KeyError for
    an unknown rule, ValueError for a negative count.
    """
    counts = {rule: number for rule, number in excluded.items() if number}
    if any(number < 0 for number in counts.values()):
        raise ValueError("A count of people can't be negative.")
    if unknown := sorted(set(counts) - set(RULES)):
        raise KeyError(f"No rule is called {unknown[0]}.")
    if not unfilled.candidates:
        if not counts:
            return Reason("nobody", _("Nobody in the network matches what this need asks for."))
        said = _("Nobody can be asked: %(reasons)s.", reasons=_left_out(counts))
        return Reason("all_excluded", said)
    return _held_back(unfilled, counts)


def _held_back(unfilled: Unfilled, counts: Mapping[str, int]) -> Reason:
    could = unfilled.candidates
    people, key = max(
        (unfilled.elsewhere, "elsewhere"),
        (unfilled.too_dear, "too_dear"),
        (unfilled.too_dear_again, "too_dear_again"),
        key=lambda pair: pair[0],
    )
    if not people:
        said = ngettext(
            "The only person who can be asked has already been suggested for this need.",
            "All %(count)s people who can be asked have already been suggested for this need.",
            could,
            count=number(could),
        )
        if counts:
            said = f"{said} {_('Of the others, %(reasons)s.', reasons=_left_out(counts))}"
        return Reason("too_few", said)
    return Reason(key, _of_one(key) if could == 1 else _of_several(key, could, people))


def _of_one(key: str) -> str:
    return {
        "elsewhere": _(
            "The only person who can be asked already helps, or has been suggested, somewhere they "
            "are needed more."
        ),
        "too_dear": _("The only person who can be asked is available but too far away."),
        "too_dear_again": _(
            "The only person who can be asked already helps somewhere, and a second place would be "
            "too much for them."
        ),
    }[key]


def _of_several(key: str, could: int, people: int) -> str:
    counted = {"all": number(could), "count": number(people)}
    if key == "elsewhere":
        return ngettext(
            "Of %(all)s people, %(count)s already helps, or has been suggested, somewhere they are "
            "needed more.",
            "Of %(all)s people, %(count)s already help, or have been suggested, somewhere they are "
            "needed more.",
            people,
            **counted,
        )
    if key == "too_dear":
        return ngettext(
            "Of %(all)s people, %(count)s is available but too far away.",
            "Of %(all)s people, %(count)s are available but too far away.",
            people,
            **counted,
        )
    return ngettext(
        "Of %(all)s people, %(count)s already helps somewhere, and a second place would be too "
        "much for them.",
        "Of %(all)s people, %(count)s already help somewhere, and a second place would be too "
        "much for them.",
        people,
        **counted,
    )


def _left_out(counts: Mapping[str, int]) -> str:
    return listed([said(counts[rule]) for rule, said in RULES.items() if rule in counts])
