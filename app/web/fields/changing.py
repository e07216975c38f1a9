"""Forms that change stored data without overwriting other people's changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.core.errors import Conflict
from app.web.fields.form import PageForm
from app.web.fields.text import HiddenField

MAX_HASHES_LENGTH = 4_000  # characters, of all hashes in a form


class ChangeForm(PageForm):
    """A form for changing stored data. `data` is the current data.

    The hidden field `shown` holds a hash of each value when the page was shown, to detect later
    changes. If it is empty, no values are compared.
    """

    shown = HiddenField(max_length=MAX_HASHES_LENGTH)

    def __init__(self, *, data: Mapping[str, Any] | None = None, **more: Any) -> None:
        self.stored = dict(data or {})
        super().__init__(data=self.stored | {"shown": _hash_values(self.stored)}, **more)

    def check_unchanged(self) -> None:
        """Check that the data has not changed since the page was shown.

        Raises Conflict if it has, with an error that gives the new value on each changed field. The
        submitted values are kept, and the user can save them by submitting the form again.
        """
        seen = set((self.shown.data or "").split())
        current = _hash_values(self.stored)
        if not seen or seen == set(current.split()):
            return
        for name, value in self.stored.items():
            if _hash(name, value) not in seen and name in self:
                self[name].errors = [*self[name].errors, _change_notice(value)]
        self.shown.data = current
        raise Conflict(
            _(
                "Somebody has changed these details since you opened the page. We have not saved"
                " what you typed, but it is still here. Save again to replace their changes with"
                " yours."
            )
        )


def _hash(name: str, value: object) -> str:
    return f"{name}:{hashlib.sha256(repr(value).encode()).hexdigest()[:12]}"


def _hash_values(stored: Mapping[str, Any]) -> str:
    return " ".join(_hash(name, value) for name, value in stored.items())


def _change_notice(value: object) -> str:
    if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
        return str(_("Somebody has changed this answer. It now says: %(value)s", value=value))
    return str(_("Somebody has changed this answer"))
