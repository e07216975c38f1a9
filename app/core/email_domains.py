"""Find likely misspellings of common email domains without network access.

A domain is compared with a short list, part by part. Each part may have one typing mistake, so
"gmial.con" is probably "gmail.com".
"""

from __future__ import annotations

# The most common email domains in the United Kingdom.
COMMON_DOMAINS = (
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.co.uk",
    "outlook.com",
    "live.com",
    "live.co.uk",
    "yahoo.com",
    "yahoo.co.uk",
    "icloud.com",
    "btinternet.com",
    "sky.com",
    "talktalk.net",
    "virginmedia.com",
    "aol.com",
    "msn.com",
    "nhs.net",
)
# These are never reported as misspelt. They include real domains that look like a common one.
REAL_DOMAINS = frozenset(
    {
        *COMMON_DOMAINS,
        "ymail.com",
        "mail.com",
        "gmx.com",
        "gmx.co.uk",
        "email.com",
        "me.com",
        "aol.co.uk",
    }
)


def suggest_address(address: str) -> str | None:
    """Return the address with the correct domain, or None if the domain looks right."""
    name, _at, domain = address.rpartition("@")
    domain = domain.casefold()
    if domain in REAL_DOMAINS:
        return None
    intended = next((each for each in COMMON_DOMAINS if _is_similar_domain(domain, each)), None)
    return f"{name}@{intended}" if intended else None


def _is_similar_domain(domain: str, common: str) -> bool:
    typed, intended = domain.split("."), common.split(".")
    if len(typed) == len(intended):
        return all(
            _differ_by_one_mistake(one, other) for one, other in zip(typed, intended, strict=True)
        )
    return _differ_by_one_mistake(domain, common)  # a dot is missing or doubled


def _differ_by_one_mistake(first: str, second: str) -> bool:
    """Return whether the words differ by one added, missing, wrong or swapped letter."""
    if first == second:
        return True
    start = next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
        min(len(first), len(second)),
    )
    rest, intended = first[start:], second[start:]
    return (
        rest[1:] == intended[1:]
        or rest[1:] == intended
        or rest == intended[1:]
        or (rest[:2] == intended[1::-1] and rest[2:] == intended[2:] and len(intended) > 1)
    )
