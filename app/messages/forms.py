"""Forms of the messages room."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core.fields import FilterForm, SearchField


class SentFilter(FilterForm):
    """Which of the sent messages to list."""

    to = SearchField(_l("Name or address"), max_length=254)
