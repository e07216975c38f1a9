"""Drafts of a registration can be saved and read back, and lead to the right pages."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.registration import flow
from app.registration.draft import AreaCodes, RegistrationDraft, pack_draft, unpack_draft

AT = datetime(2027, 3, 27, 9, 30, tzinfo=UTC)
WORDS = st.text(max_size=30)
TYPED = st.dictionaries(WORDS, st.lists(WORDS, max_size=3), max_size=4)


@given(
    st.builds(
        RegistrationDraft,
        key=WORDS,
        typed=st.dictionaries(st.sampled_from(flow.STEPS), TYPED),
        done=st.frozensets(st.sampled_from(flow.STEPS)),
        kept_areas=st.dictionaries(
            st.sampled_from(("lives", "works")), st.builds(AreaCodes, ward=WORDS, district=WORDS)
        ),
        sent=st.none() | st.just("email"),
    )
)
def test_a_saved_draft_can_be_read_back(draft: RegistrationDraft) -> None:
    assert unpack_draft(pack_draft(draft, AT)) == (draft, AT)


def _answered(*steps: str, interest: str = "champion") -> RegistrationDraft:
    return RegistrationDraft("key", {"networks": {"interest": [interest]}}, frozenset(steps))


def test_without_earlier_training_the_training_page_is_left_out() -> None:
    assert flow.steps_for(_answered()) == ("start", "networks", "contact", "places", "area")


def test_earlier_training_adds_a_seventh_page() -> None:
    steps = flow.steps_for(_answered(interest="trained"))
    assert len([*steps, flow.CHECK]) == 7
    assert flow.step_position(_answered(interest="trained"), flow.CHECK) == (7, 7)


def test_a_page_requires_the_pages_before_it() -> None:
    draft = _answered("start", "networks")
    assert flow.first_incomplete_before(draft, "contact") is None
    assert flow.first_incomplete_before(draft, "check") == "contact"
    assert flow.first_incomplete_before(draft, "training") == "contact"


def test_changing_an_answer_returns_to_check_your_answers() -> None:
    everything = _answered("start", "networks", "contact", "places", "area")
    assert flow.next_step(everything, "networks", changing=True) == "check"
    assert flow.next_step(everything.with_page_reopened("area"), "places", changing=True) == "area"
    assert flow.next_step(everything, "networks", changing=False) == "contact"


def test_a_sent_draft_holds_no_answers() -> None:
    left = _answered("start").as_sent("email")
    assert (left.typed, left.done, left.kept_areas, left.sent) == ({}, frozenset(), {}, "email")
