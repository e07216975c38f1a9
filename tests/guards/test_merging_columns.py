"""Merging two records loses no column: each is moved, or stays behind for a stated reason."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table

from app.applications import merging, merging_rows
from app.certificates import hooks as certificates
from app.core.db import Base
from app.identity import service as identity
from app.people import general
from app.safeguarding import hooks as safeguarding
from tests.guards.endpoints import application

REMAINING_ROWS = (merging_rows.move_remaining_rows, "in tables_referring_to_people()")
# Column → the file that moves it, and the code in it that does so.
MOVED: dict[str, tuple[Any, str]] = {
    "people.id": (merging._close_record, "closed_id=closed.id"),
    "people.user_id": (identity.move_user, "target.user_id = user_id"),
    "people.submission": (merging._close_record, "submission=closed.submission"),
    "people.registered_at": (merging._close_record, "registered_at=closed.registered_at"),
    "people.over_18_at": (merging_rows.move_rows, "or closed.over_18_at"),
    "people.confirmed_at": (merging_rows.move_rows, "or closed.confirmed_at"),
    "people.protected_at": (merging._protect_both, "closed.protected_at"),
    "person_contacts.person_id": (
        merging_rows._merge_contacts,
        "_current_rows(PersonContact, closed, on)",
    ),
    "presences.person_id": (merging_rows._merge_places, "_current_rows(Presence, closed, on)"),
    "safe_contacts.person_id": (merging_rows._merge_wishes, "closed.id"),
    "memberships.person_id": (merging_rows, "(Membership, lambda"),
    "membership_applications.person_id": (merging_rows, "find_open_applications(closed.id)"),
    "affiliations.person_id": (merging_rows, "(Affiliation, _organisation_key)"),
    "blocks.person_id": (merging_rows, "(Block, _blocked_key)"),
    "excluded_areas.person_id": (merging_rows, "(ExcludedArea, lambda"),
    "notices_given.person_id": (merging_rows, "(NoticeGiven, lambda"),
    "call_attempts.person_id": (merging_rows, "(CallAttempt, _call_key)"),
    "training_claims.person_id": (merging_rows.move_rows, "(TrainingClaim, Suspension)"),
    "suspensions.person_id": (merging_rows.move_rows, "(TrainingClaim, Suspension)"),
    "general_answers.person_id": (general.merge_general_answers, "closed_person.id"),
    "joined_registrations.person_id": (merging._close_record, "earlier.person_id = kept.id"),
    "certificates.person_id": (certificates._on_merge, "move_certificates"),
    "messages.person_id": (merging._merge_locked_records, "messages.reassign_messages"),
    "stays.person_id": (merging_rows, "(ActivityConfirmation, lambda"),
    "absences.person_id": REMAINING_ROWS,
    "proposals.person_id": REMAINING_ROWS,
    "assignments.person_id": REMAINING_ROWS,
    "attendees.person_id": REMAINING_ROWS,
    "attendee_links.person_id": REMAINING_ROWS,
    "reminders.person_id": REMAINING_ROWS,
    "record_merges.kept_id": REMAINING_ROWS,
    "safeguarding_decisions.person_id": (safeguarding._on_merge, "move_decisions"),
}
KEPT_RECORDS_VALUE = "the record keeps its own, and both are shown before they are merged"
KEPT_RECORDS_STATUS = (
    "the record keeps its own status; the history says what was decided on the other"
)
STAYS_BEHIND = {
    "people.full_name": KEPT_RECORDS_VALUE,
    "people.folded_name": "generated from the name",
    "people.name_keys": "generated from the name",
    "people.interest": KEPT_RECORDS_VALUE,
    "people.source": "how the record came about stays true",
    "people.reach_km": KEPT_RECORDS_VALUE,
    "people.preferred": KEPT_RECORDS_VALUE,
    "people.approved_at": KEPT_RECORDS_STATUS,
    "people.declined_at": KEPT_RECORDS_STATUS,
    "people.decided_by_user_id": KEPT_RECORDS_STATUS,
    "people.decision_reason": KEPT_RECORDS_STATUS,
    "people.left_on": KEPT_RECORDS_STATUS,
    "people.left_reason": KEPT_RECORDS_STATUS,
    "not_duplicates.first_id": "said of a registration that no longer exists",
    "not_duplicates.second_id": "said of a registration that no longer exists",
    "private_words.person_id": "a word opens the record that it was chosen for, and no other",
    "loosenings.person_id": "what makes somebody less safe is asked for again on the record",
}


def columns_of_a_person(tables: Iterable[Table]) -> dict[str, Column[Any]]:
    """Return the columns of `people`, and of every table that points to a person."""
    return {
        f"{table.name}.{column.name}": column
        for table in tables
        for column in table.columns
        if table.name == "people"
        or column.name == "person_id"
        or any(key.target_fullname == "people.id" for key in column.foreign_keys)
    }


def undecided(columns: Iterable[str]) -> set[str]:
    """Return columns without a decision, and decisions without a column."""
    return {*columns} ^ {*MOVED, *STAYS_BEHIND}


def not_moved(moved: Mapping[str, tuple[Any, str]]) -> set[str]:
    """Return columns that the named code no longer moves."""
    return {name for name, (code, words) in moved.items() if words not in inspect.getsource(code)}


@pytest.fixture(scope="module")
def columns() -> dict[str, Column[Any]]:
    """The columns in the models of all rooms."""
    application()
    return columns_of_a_person(Base.metadata.sorted_tables)


def test_every_column_is_moved_or_left_for_a_reason(columns: dict[str, Column[Any]]) -> None:
    assert undecided(columns) == set()
    assert MOVED.keys() & STAYS_BEHIND.keys() == set()
    assert not_moved(MOVED) == set()


def test_only_tables_with_a_reason_are_left_behind() -> None:
    reasons = {name.partition(".")[0] for name in STAYS_BEHIND}
    merged_otherwise = {"safe_contacts", "general_answers"}
    assert reasons | merged_otherwise == merging_rows.TABLES_NOT_MOVED


def test_the_guard_finds_a_new_column_and_code_that_moves_nothing(
    columns: dict[str, Column[Any]],
) -> None:
    nickname = Table("people", MetaData(), Column("nickname"))
    hobby = Table("hobbies", MetaData(), Column("person_id"))
    planted = columns_of_a_person([nickname, hobby])
    assert undecided(columns | planted) == {"people.nickname", "hobbies.person_id"}
    assert not_moved({"blocks.person_id": (merging_rows.move_rows, "(Block, _blocked_key)")}) == {
        "blocks.person_id"
    }
