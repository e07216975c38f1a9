"""Pages for signing in.

They are on the blueprint of `app.accounts`, because letters that people already have name its
endpoints.
"""

from __future__ import annotations

from app.signin.views import offers, own_sign_in, retry_links, signing_in

__all__ = ["offers", "own_sign_in", "retry_links", "signing_in"]
