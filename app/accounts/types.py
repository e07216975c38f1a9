"""Account states, the purposes of sign-in links, and the audit log's filter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

# Purposes of the links that sign a user in or set up an account. The signin room uses them.
# Deactivating an account, or changing how its owner signs in, revokes the links.
INVITATION_LINK, SIGN_IN_LINK, RETRY_LINK = "invitation", "sign-in", "try-now"
ENTRY_LINKS = (INVITATION_LINK, SIGN_IN_LINK, RETRY_LINK)

SYSTEM, PUBLIC, CHAMPION = "system", "public", "champion"  # actors that the audit log does not name
USERS, GRANTS = "users", "role_grants"  # table names, as the audit log stores them


class AccountState(StrEnum):
    """The progress of a user in setting up their account. It is derived and never stored."""

    SET_UP = "set up"
    NO_CODE = "no second factor"  # possible in the demonstration only; production refuses it
    INVITED = "invited"
    DEACTIVATED = "deactivated"

    @classmethod
    def derive(
        cls, *, password: bool, code_since: datetime | None, deactivated_at: datetime | None
    ) -> AccountState:
        """Return the state for these fields of a user."""
        if deactivated_at is not None:
            return cls.DEACTIVATED
        if not password:
            return cls.INVITED
        return cls.SET_UP if code_since is not None else cls.NO_CODE


@dataclass(frozen=True)
class AuditFilter:
    """The filter for the audit log.

    ``who`` is SYSTEM, PUBLIC, CHAMPION or the ID of a user. ``group`` is a key of
    `audit_wording.GROUPS`. ``subject`` is a table and a row number.
    """

    group: str = ""
    who: int | str = ""
    subject: tuple[str, int] | None = None
    since: date | None = None
    until: date | None = None
