"""Pages for signing in.

They use the blueprint of `app.accounts`, because links in old letters refer to its endpoints.
"""

from __future__ import annotations

from app.signin.views import offers, own_sign_in, retry_links, signing_in

__all__ = ["offers", "own_sign_in", "retry_links", "signing_in"]
