"""Forms that change what is known: nobody's change is lost because somebody saved another page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.core.errors import Conflict
from app.core.fields.form import PageForm
from app.core.fields.text import HiddenField

LONGEST = 4_000  # of the marks of a form


class ChangeForm(PageForm):
    """A form that shows what is known and changes it. data: what is known now.

    shown: a mark for each field of what the page showed, so that a change made meanwhile is found;
    without it (a form for something new) nothing is compared.
    """

    shown = HiddenField(max_length=LONGEST)

    def __init__(self, *, data: Mapping[str, Any] | None = None, **more: Any) -> None:
        self.known = dict(data or {})
        super().__init__(data=self.known | {"shown": _marks(self.known)}, **more)

    def check_unchanged(self) -> None:
        """Say on each field what somebody has made of it since the page was shown.

        Raises Conflict if there is one. What was typed is kept, and saving again puts it in place.
        """
        seen = set((self.shown.data or "").split())
        now = _marks(self.known)
        if not seen or seen == set(now.split()):
            return
        for name, value in self.known.items():
            if _mark(name, value) not in seen and name in self:
                self[name].errors = [*self[name].errors, _meanwhile(value)]
        self.shown.data = now
        raise Conflict(
            _(
                "Somebody has changed this since you opened the page. What you typed is still "
                "here, and nothing is saved yet. Save again to keep it as it is on this page."
            )
        )


def _mark(name: str, value: object) -> str:
    return f"{name}:{hashlib.sha256(repr(value).encode()).hexdigest()[:12]}"


def _marks(known: Mapping[str, Any]) -> str:
    return " ".join(_mark(name, value) for name, value in known.items())


def _meanwhile(value: object) -> str:
    if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
        return str(_("Changed meanwhile. It now says: %(value)s", value=value))
    return str(_("Changed meanwhile"))
