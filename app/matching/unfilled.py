"""Explain why the vacancies of a need could not be filled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.words import join_list, number
from app.matching.optimum.answer import UnfilledNeed

RULES: Mapping[str, Callable[[int], str]] = {
    "certificate": lambda people: ngettext(
        "%(count)s person does not have an in-date certificate",
        "%(count)s people do not have an in-date certificate",
        people,
        count=number(people),
    ),
    "inactive": lambda people: ngettext(
        "%(count)s person has not been in touch in the last year, or is away",
        "%(count)s people have not been in touch in the last year, or are away",
        people,
        count=number(people),
    ),
    "reach": lambda people: ngettext(
        "%(count)s person lives further away than they are willing to travel",
        "%(count)s people live further away than they are willing to travel",
        people,
        count=number(people),
    ),
    "answered": lambda people: ngettext(
        "%(count)s person already helps here, or has already been asked",
        "%(count)s people already help here, or have already been asked",
        people,
        count=number(people),
    ),
    "busy": lambda people: ngettext(
        "%(count)s person already helps in the maximum number of places",
        "%(count)s people already help in the maximum number of places",
        people,
        count=number(people),
    ),
    "unavailable": lambda people: ngettext(
        "%(count)s person does not want to help in this area, or we do not know where they are",
        "%(count)s people do not want to help in this area, or we do not know where they are",
        people,
        count=number(people),
    ),
}
"""The hard rules that can exclude a person, in the order in which they are explained.

Each has a function that returns the text for a number of people. "unavailable" combines two reasons
that readers must not be able to tell apart: the person ruled out the area, or is protected and has
not chosen a ward. People the reader must not know about, such as people who blocked the reader,
must not be counted at all.
"""


class Reason(NamedTuple):
    """The reason for a vacancy, as a key and a sentence for staff."""

    key: str
    sentence: str


def explain_unfilled(unfilled: UnfilledNeed, excluded: Mapping[str, int]) -> Reason:
    """Return the reason why a need could not be filled.

    ``excluded`` is the number of people excluded by each hard rule (a key of RULES). Each person is
    counted once. The keys of the result are:

    - "nobody": there is nobody to consider
    - "all_excluded": the rules exclude everyone
    - "too_few": all candidates are proposed for this need
    - "elsewhere": the other candidates are needed more elsewhere
    - "too_costly": the other candidates live too far away
    - "too_costly_again": the other candidates already have an assignment

    If several of the last three apply, the one that affects the most people is returned. Raises
    KeyError for an unknown rule, and ValueError for a negative count.
    """
    counts = {rule: number for rule, number in excluded.items() if number}
    if any(number < 0 for number in counts.values()):
        raise ValueError("A count of people cannot be negative.")
    if unknown := sorted(set(counts) - set(RULES)):
        raise KeyError(f"There is no rule {unknown[0]}.")
    if not unfilled.candidates:
        if not counts:
            return Reason("nobody", _("Nobody in the network meets the requirements of this need."))
        sentence = _("Nobody can be asked: %(reasons)s.", reasons=_describe_exclusions(counts))
        return Reason("all_excluded", sentence)
    return _explain_shortage(unfilled, counts)


def _explain_shortage(unfilled: UnfilledNeed, counts: Mapping[str, int]) -> Reason:
    candidates = unfilled.candidates
    people, key = max(
        (unfilled.elsewhere, "elsewhere"),
        (unfilled.too_costly, "too_costly"),
        (unfilled.too_costly_again, "too_costly_again"),
        key=lambda pair: pair[0],
    )
    if not people:
        sentence = ngettext(
            "The only person who can be asked has already been suggested for this need.",
            "All %(count)s people who can be asked have already been suggested for this need.",
            candidates,
            count=number(candidates),
        )
        if counts:
            others = _("Of the others, %(reasons)s.", reasons=_describe_exclusions(counts))
            sentence = f"{sentence} {others}"
        return Reason("too_few", sentence)
    return Reason(
        key,
        _explain_for_one(key) if candidates == 1 else _explain_for_several(key, candidates, people),
    )


def _explain_for_one(key: str) -> str:
    return {
        "elsewhere": _(
            "The only person who can be asked already helps, or has been suggested, somewhere they "
            "are needed more."
        ),
        "too_costly": _("The only person who can be asked is available but too far away."),
        "too_costly_again": _(
            "The only person who can be asked already helps somewhere else, so we have not "
            "suggested them."
        ),
    }[key]


def _explain_for_several(key: str, candidates: int, people: int) -> str:
    numbers = {"all": number(candidates), "count": number(people)}
    if key == "elsewhere":
        return ngettext(
            "Of %(all)s people, %(count)s already helps, or has been suggested, somewhere they are "
            "needed more.",
            "Of %(all)s people, %(count)s already help, or have been suggested, somewhere they are "
            "needed more.",
            people,
            **numbers,
        )
    if key == "too_costly":
        return ngettext(
            "Of %(all)s people, %(count)s is available but too far away.",
            "Of %(all)s people, %(count)s are available but too far away.",
            people,
            **numbers,
        )
    return ngettext(
        "Of %(all)s people, %(count)s already helps somewhere else, so we have not suggested them.",
        "Of %(all)s people, %(count)s already help somewhere else, so we have not suggested them.",
        people,
        **numbers,
    )


def _describe_exclusions(counts: Mapping[str, int]) -> str:
    return join_list([describe(counts[rule]) for rule, describe in RULES.items() if rule in counts])
