"""Which kind of certificate a claim probably means."""

from __future__ import annotations

import pytest

from app.certificates.forms import _likely

KINDS = [
    ("mhfa-adult", "Mental Health First Aider (Adult), MHFA England"),
    ("mhfa-youth", "Mental Health First Aider (Youth), MHFA England"),
    ("mhfa-one-day", "MHFA Champion (one day), MHFA England"),
    ("community-champion", "Community champion, Breckland Champion Network"),
    ("suicide-first-aid", "Suicide First Aid, NCSPET"),
    ("famh-level-2", "First Aid for Mental Health, level 2, Ofqual"),
]


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("MHFA two-day (Adult)", "mhfa-adult"),
        ("mental health first aid", "mhfa-adult"),
        ("Youth MHFA", "mhfa-youth"),
        ("MHFA one-day", "mhfa-one-day"),
        ("Community champion", "community-champion"),
        ("FAMH level 2", "famh-level-2"),
        ("Suicide first aid", "suicide-first-aid"),
        ("Forklift licence", None),
        ("", None),
    ],
)
def test_the_likely_kind(written: str, kind: str | None) -> None:
    assert _likely(KINDS, written) == kind
