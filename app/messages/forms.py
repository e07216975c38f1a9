"""Forms of the messages room."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core.fields import FilterForm, SearchField
from app.core.limits import LONGEST_EMAIL


class SentFilter(FilterForm):
    """Filters of the list of sent messages."""

    to = SearchField(_l("Name or address"), max_length=LONGEST_EMAIL)
