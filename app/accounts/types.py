"""What an account's state is called, and which rows of the audit are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

SYSTEM, PUBLIC, CHAMPION = "system", "public", "champion"  # who did it, where nobody is named
USERS, GRANTS = "users", "role_grants"  # tables, as the audit log names them


class AccountState(StrEnum):
    """How far somebody is with signing in. Derived, never stored."""

    SET_UP = "set up"
    NO_CODE = "no second factor"  # in a demonstration; production lets nobody in like this
    INVITED = "invited"
    DEACTIVATED = "deactivated"

    @classmethod
    def of(
        cls, *, password: bool, code_since: datetime | None, deactivated_at: datetime | None
    ) -> AccountState:
        """Work out the state from the stored fields of the account."""
        if deactivated_at is not None:
            return cls.DEACTIVATED
        if not password:
            return cls.INVITED
        return cls.SET_UP if code_since is not None else cls.NO_CODE


@dataclass(frozen=True)
class AuditFilter:
    """The entries to show. who: SYSTEM, PUBLIC, CHAMPION or the id of a user; group: of
    audit_wording.GROUPS.
    """

    group: str = ""
    who: int | str = ""
    subject: tuple[str, int] | None = None
    since: date | None = None
    until: date | None = None
