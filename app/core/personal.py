"""The purpose of every column that holds personal data (UK GDPR Art. 5, 6, 17, 30).

A model column carries `info=CONTACT` or similar. A text, date or JSON column without personal data
carries `info=NOT_PERSONAL`. A guard test fails for a column with neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Personal:
    """Why a column may hold personal data, and for how long.

    `purpose` is what it is used for. `basis` is the lawful basis (UK GDPR Art. 6, and Art. 9 for
    special categories). `retention` is how long it is kept, and after which event. `erasure` is
    what erasing the person does to the column. `audited` is whether its values may be copied into
    the audit log, which contact details and homes may not.
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
    """Return the `info` of a column that holds personal data."""
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


def hidden_from_audit(info: dict[str, Any]) -> bool:
    """Return whether values of a column with this `info` must not be copied into the audit log."""
    declared = info.get("personal")
    return isinstance(declared, Personal) and not declared.audited
