"""Each verb of the audit log has wording, is used, and is never written as a string."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from enum import StrEnum

import pytest

from app.accounts import audit_wording
from app.core.audit_verbs import AuditVerb
from tests.guards.sources import production

DECLARED = "app/core/audit_verbs.py"
WORDING = "app/accounts/audit_wording.py"  # it names verbs but writes no entries
WRITING_FUNCTIONS = {"acting", "record", "record_all"}


def unused_verbs(sources: Mapping[str, str], verbs: Iterable[str]) -> set[str]:
    """Return the names of verbs that no code uses."""
    used = {
        node.attr
        for path, source in sources.items()
        if path not in (DECLARED, WORDING)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == AuditVerb.__name__
    }
    return set(verbs) - used


def verbs_as_strings(sources: Mapping[str, str]) -> list[str]:
    """Return the lines on which a verb is written as a string, which may have no wording."""
    return [
        f"{path}:{node.lineno}"
        for path, source in sources.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WRITING_FUNCTIONS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "audit"
        and any(
            isinstance(argument, (ast.Constant, ast.JoinedStr)) for argument in verb_arguments(node)
        )
    ]


def verb_arguments(call: ast.Call) -> list[ast.expr]:
    """Return the verb in a call that writes to the audit log, as a list of at most one argument."""
    return call.args[1:2] + [keyword.value for keyword in call.keywords if keyword.arg == "verb"]


def test_every_wording_is_used() -> None:
    assert unused_verbs(production(), AuditVerb.__members__) == set()


def test_no_verb_is_a_plain_string() -> None:
    assert verbs_as_strings(production()) == []


def test_wordings_are_not_empty() -> None:
    assert [verb for verb in AuditVerb if not str(verb.wording).strip()] == []
    assert {verb.value: audit_wording.describe_verb(verb.value) for verb in AuditVerb} == {
        verb.value: str(verb.wording) for verb in AuditVerb
    }


def test_old_rows_with_any_verb_can_be_read() -> None:
    assert audit_wording.describe_verb("course_runs.change") == "Changed: course run"
    assert audit_wording.describe_verb("person.dropped-long-ago") == "Person: dropped long ago"


def test_unused_verbs_strings_and_verbs_without_wording_are_found() -> None:
    assert unused_verbs({"app/x.py": "AuditVerb.PERSON_READ"}, {"PERSON_READ", "PERSON_FLY"}) == {
        "PERSON_FLY"
    }
    planted = 'audit.record(actor, "person.fly", "people")\naudit.acting(actor, verb="person.fly")'
    assert verbs_as_strings({"app/x.py": planted}) == ["app/x.py:1", "app/x.py:2"]
    with pytest.raises(TypeError):
        StrEnum("Planted", {"__new__": AuditVerb.__new__, "FLY": "person.fly"})
