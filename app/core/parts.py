"""What the parts of a programme file are made of. Each room describes its own part with these.

Pure: no Flask, no database. Values are strict (a quoted number is no number), unknown keys are
refused, and what was read can't be changed.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints

Item = TypeVar("Item")

Many = Annotated[tuple[Item, ...], Strict(False)]  # TOML gives lists; we keep tuples
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
    """A table of the programme file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
