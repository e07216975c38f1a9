"""A version of the privacy notice that people have been given never changes."""

from __future__ import annotations

import hashlib
import json
import tomllib

from config import ROOT

# SHA-256 of each version in the programme file, as JSON. Add a line for a new version. Never change
# one, because `notices_given` records only the version (UK GDPR Articles 13 and 14).
PUBLISHED = {1: "a4b2f2a7d764de8e7373c7c64a1f98581b993f8052e89b7ff672086f30c7b73e"}


def test_no_version_of_the_privacy_notice_has_changed() -> None:
    programme = tomllib.loads((ROOT / "app/programmes/breckland.toml").read_text())
    digests = {
        notice["version"]: hashlib.sha256(
            json.dumps(notice, default=str, sort_keys=True).encode()
        ).hexdigest()
        for notice in programme["privacy_notices"]
    }
    assert digests == PUBLISHED
