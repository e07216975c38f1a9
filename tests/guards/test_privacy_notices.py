"""A version of the privacy notice that people have been given never changes."""

from __future__ import annotations

import hashlib

from app.site.programme import load_programme
from config import ROOT

# SHA-256 of the JSON of each version. Add a line for a new version. Never change one, because
# `notices_given` records only the version (UK GDPR Articles 13 and 14).
GIVEN = {1: "2d9ae8f7b85f2b11dfbaf55a105a8dfbce80cf8977456ac9b52c25d450345d2a"}


def test_no_version_of_the_privacy_notice_has_changed() -> None:
    programme = load_programme(ROOT / "app/programmes/breckland.toml")
    digests = {
        notice.version: hashlib.sha256(notice.model_dump_json().encode()).hexdigest()
        for notice in programme.privacy_notices
    }
    assert digests == GIVEN
