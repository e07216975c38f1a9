"""The safeguarding part of a programme file. Pure."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from app.core.parts import Line, Many, Part, Prose


class SafeguardingContact(Part):
    """Whom to tell of a worry outside the programme.

    when: in which situation. checked_on: the day of the newest source in which this number was seen
    in use, checked_by: who looked. confirmed: the owner of the number was the source; False: still
    to be checked with them, and said so to staff.
    """

    name: Annotated[Line, Field(max_length=120)]
    number: Annotated[Line, Field(max_length=60)]
    when: Prose
    checked_on: date
    checked_by: Line
    confirmed: bool = False


class SafeguardingPart(Part):
    """Numbers for worries, and the days on which nobody is at work (GOV.UK, bank holidays)."""

    contacts: Annotated[Many[SafeguardingContact], Field(min_length=1)]
    bank_holidays: Many[date] = ()
