"""A draft comes back as it was put away, and the pages follow one another."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.registration import flow
from app.registration.draft import AreaCodes, RegistrationDraft, pack, unpack

AT = datetime(2027, 3, 27, 9, 30, tzinfo=UTC)
WORDS = st.text(max_size=30)
TYPED = st.dictionaries(WORDS, st.lists(WORDS, max_size=3), max_size=4)


@given(
    st.builds(
        RegistrationDraft,
        key=WORDS,
        typed=st.dictionaries(st.sampled_from(flow.STEPS), TYPED),
        done=st.frozensets(st.sampled_from(flow.STEPS)),
        kept=st.dictionaries(
            st.sampled_from(("lives", "works")), st.builds(AreaCodes, ward=WORDS, district=WORDS)
        ),
        sent=st.none() | st.just("email"),
    )
)
def test_round_trip(draft: RegistrationDraft) -> None:
    assert unpack(pack(draft, AT)) == (draft, AT)


def _answered(*steps: str, interest: str = "champion") -> RegistrationDraft:
    return RegistrationDraft("key", {"networks": {"interest": [interest]}}, frozenset(steps))


def test_the_pages_of_somebody_new() -> None:
    assert flow.steps_of(_answered()) == ("start", "networks", "contact", "places", "area")


def test_the_pages_of_somebody_trained_are_seven_with_the_check() -> None:
    steps = flow.steps_of(_answered(interest="trained"))
    assert len([*steps, flow.CHECK]) == 7
    assert flow.number_of(_answered(interest="trained"), flow.CHECK) == (7, 7)


def test_a_page_waits_for_those_before_it() -> None:
    draft = _answered("start", "networks")
    assert flow.missing_before(draft, "contact") is None
    assert flow.missing_before(draft, "check") == "contact"
    assert flow.missing_before(draft, "training") == "contact"


def test_who_changes_an_answer_goes_back_to_the_check() -> None:
    everything = _answered("start", "networks", "contact", "places", "area")
    assert flow.after(everything, "networks", changing=True) == "check"
    assert flow.after(everything.opened("area"), "places", changing=True) == "area"
    assert flow.after(everything, "networks", changing=False) == "contact"


def test_what_is_left_after_sending_holds_nothing_typed() -> None:
    left = _answered("start").finished("email")
    assert (left.typed, left.done, left.kept, left.sent) == ({}, frozenset(), {}, "email")
