"""Forms for the messages room."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core.limits import LONGEST_EMAIL
from app.web.fields import FilterForm, SearchField


class SentFilter(FilterForm):
    """A filter for the list of sent messages."""

    to = SearchField(_l("Name or address"), max_length=LONGEST_EMAIL)
