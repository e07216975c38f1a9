"""Why a place stays empty, as a key and one plain sentence. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from app.matching.optimum.answer import Unfilled

RULES = {
    "certificate": ("has no in-date certificate", "have no in-date certificate"),
    "inactive": (
        "has not confirmed in the last year, or is away",
        "have not confirmed in the last year, or are away",
    ),
    "reach": (
        "lives further away than they offered to travel",
        "live further away than they offered to travel",
    ),
    "answered": (
        "already helps here, has already been asked, or said no",
        "already help here, have already been asked, or said no",
    ),
    "busy": (
        "already helps in as many places as one person can",
        "already help in as many places as one person can",
    ),
    "unavailable": (
        "does not want to help in this area, or has given no place we know",
        "do not want to help in this area, or have given no place we know",
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
            return Reason("nobody", "Nobody in the network matches what this need asks for.")
        return Reason("all_excluded", f"Nobody can be asked: {_left_out(counts)}.")
    return _held_back(unfilled, counts)


def _held_back(unfilled: Unfilled, counts: Mapping[str, int]) -> Reason:
    could = unfilled.candidates
    number, key = max(
        (unfilled.elsewhere, "elsewhere"),
        (unfilled.too_dear, "too_dear"),
        (unfilled.too_dear_again, "too_dear_again"),
        key=lambda pair: pair[0],
    )
    if not number:
        others = f" Of the others, {_left_out(counts)}." if counts else ""
        who = f"All {could:,} people who can be asked have"
        if could == 1:
            who = "The only person who can be asked has"
        return Reason("too_few", f"{who} already been suggested for this need.{others}")
    of = "The only person who can be asked" if could == 1 else f"Of {could:,} people, {number:,}"
    one = number == 1
    sentences = {
        "elsewhere": (
            f"{of} already {'helps, or has' if one else 'help, or have'} been suggested, somewhere "
            "they are needed more."
        ),
        "too_dear": f"{of} {'is' if one else 'are'} available but too far away.",
        "too_dear_again": (
            f"{of} already {'helps' if one else 'help'} somewhere, and a second place would be too "
            "much for them."
        ),
    }
    return Reason(key, sentences[key])


def _left_out(counts: Mapping[str, int]) -> str:
    parts = [
        f"{counts[rule]:,} {RULES[rule][0 if counts[rule] == 1 else 1]}"
        for rule in RULES
        if rule in counts
    ]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
