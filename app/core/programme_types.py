"""Types for the parts of the programme file.

This module uses neither Flask nor the database. Values are strict (a quoted number is not a
number), unknown keys are rejected, and a loaded part cannot be changed.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints

Item = TypeVar("Item")

Many = Annotated[tuple[Item, ...], Strict(False)]  # a list in TOML, kept as a tuple
Slug = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", min_length=1, max_length=40),
]
Line = Annotated[str, StringConstraints(min_length=1, max_length=160, pattern=r"^\S[^\n]*$")]
Prose = Annotated[str, StringConstraints(min_length=1)]
AreaCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]\d{8}$")]  # a GSS code
WebAddress = Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$")]
Months = Annotated[int, Field(ge=1, le=600)]


class Part(BaseModel):
    """A table in the programme file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
