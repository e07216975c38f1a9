"""The purpose of each column that holds personal data (UK GDPR Art. 5, 6, 17, 30).

Each such column of a model has `info=CONTACT` or similar. Text, date and JSON columns without
personal data have `info=NOT_PERSONAL`. A test fails for a column that has neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Personal:
    """Why we hold the personal data in a column, and for how long.

    `basis` is the lawful basis (UK GDPR Art. 6, and Art. 9 for special categories). `retention`
    says how long the data is kept, and after which event that time starts. `erasure` says what
    happens to the column when a person is erased. `audited` is whether the audit log can contain
    the values of the column. It is False for contact details and homes.
    """

    purpose: str
    basis: str
    retention: str
    erasure: str
    audited: bool = True


def personal(
    purpose: str,
    *,
    basis: str = "public task",
    retention: str = "two years after the person leaves",
    erasure: str = "emptied",
    audited: bool = False,
) -> dict[str, Any]:
    """Return the `info` argument of a column that holds personal data."""
    return {"personal": Personal(purpose, basis, retention, erasure, audited)}


NOT_PERSONAL: dict[str, Any] = {"personal": None}
IDENTITY = personal("to know who the person is", erasure="replaced by “Removed person”")
CONTACT = personal("to reach the person as they asked")
HOME = personal("to know which community the person can help")
PLACE = personal(
    "to know which community an organisation works in; emptied if its address is confidential",
    retention="as long as the organisation exists, or until its address becomes confidential",
)
TRAINING = personal(
    "to know and show what the person is trained in",
    erasure="kept, without the name",
    audited=True,
)
PARTICIPATION = personal(
    "to run the network: when the person joined, was away, left",
    erasure="kept, without the name",
    audited=True,
)
SENSITIVE_LINK = personal(
    "to reach people through the network the person chose",
    basis="public task; substantial public interest (DPA 2018 Sch. 1 para. 18)",
)
STAFF = personal("to run the service: who works on it", retention="two years after they leave")
MESSAGE = personal("to show what was sent to the person", retention="two years after sending")
EVIDENCE = personal(
    "to show who did what",
    retention="six years",
    erasure="kept, without the name",
    audited=True,
)


def is_hidden_from_audit(info: dict[str, Any]) -> bool:
    """Return whether the audit log must not contain the values of a column with this `info`."""
    declared = info.get("personal")
    return isinstance(declared, Personal) and not declared.audited
