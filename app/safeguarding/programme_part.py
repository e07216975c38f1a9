"""The safeguarding part of a programme file."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from app.core.programme_types import Line, Many, Part, Prose


class SafeguardingContact(Part):
    """A phone number outside the programme for people who are worried about somebody.

    ``when`` describes when to call it. ``checked_on`` is the date of the latest source for the
    number, and ``checked_by`` is the person who looked it up. ``confirmed`` is true if the source
    is the number's owner. If it is false, staff see that the number is not confirmed.
    """

    name: Annotated[Line, Field(max_length=120)]
    number: Annotated[Line, Field(max_length=60)]
    when: Prose
    checked_on: date
    checked_by: Line
    confirmed: bool = False


class SafeguardingPart(Part):
    """Bank holidays (as on GOV.UK), and contacts for people who are worried about somebody."""

    contacts: Annotated[Many[SafeguardingContact], Field(min_length=1)]
    bank_holidays: Many[date] = ()
