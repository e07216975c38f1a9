"""Likely misspellings of common email domains."""

from __future__ import annotations

import pytest

from app.core.email_domains import COMMON_DOMAINS, REAL_DOMAINS, suggest_address


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ann@gmial.con", "ann@gmail.com"),
        ("ann@gmail.co", "ann@gmail.com"),
        ("ann@gmailcom", "ann@gmail.com"),
        ("Ann.B@HOTMIAL.CO.UK", "Ann.B@hotmail.co.uk"),
        ("ann@yaho.co.uk", "ann@yahoo.co.uk"),
        ("ann@btinternet.con", "ann@btinternet.com"),
        ("ann@outlok.com", "ann@outlook.com"),
    ],
)
def test_a_misspelling_is_noticed(typed: str, meant: str) -> None:
    assert suggest_address(typed) == meant


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.org",
        "ann@breckland.gov.uk",
        "ann@ymail.com",
        "ann@mail.com",
        "ann@gmail.example.com",
        "ann@leeway.support",
    ],
)
def test_other_domains_are_not_questioned(address: str) -> None:
    assert suggest_address(address) is None


def test_no_common_domain_is_questioned() -> None:
    assert [each for each in REAL_DOMAINS if suggest_address(f"ann@{each}")] == []
    assert set(COMMON_DOMAINS) <= REAL_DOMAINS
