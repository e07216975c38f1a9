"""Fictional names and unused contact details."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, field

from app.demo.definition import NamesPart
from app.people.types import ContactKind

DOMAIN = "demo.example"
# Ofcom's numbers for drama are 07700 900000 to 900999 and 01632 960000 to 960999. The first mobile
# numbers are left out, because GOV.UK Notify uses some of them for tests.
MOBILES = range(300, 1000)
LANDLINES = range(100, 1000)


@dataclass(frozen=True)
class ContactDetails:
    """A person's contact details. At least one of them is set."""

    email: str | None
    phone: str | None
    post: str | None
    preferred: ContactKind | None


@dataclass
class Names:
    """A source of unique names and unused phone numbers."""

    rng: random.Random
    lists: NamesPart
    _complete: list[str] = field(default_factory=list)
    _used_names: set[str] = field(default_factory=set)
    _emails: set[str] = field(default_factory=set)
    _mobiles: list[int] = field(default_factory=list)
    _landlines: list[int] = field(default_factory=list)
    _shared: str | None = None  # the phone number of the last household, which some people share

    def __post_init__(self) -> None:
        self._complete = self.rng.sample(self.lists.complete, len(self.lists.complete))
        self._mobiles = self.rng.sample(MOBILES, len(MOBILES))
        self._landlines = self.rng.sample(LANDLINES, len(LANDLINES))

    def next_name(self) -> str:
        """Return a new name. One name in ten is unusual, until there are none of these left."""
        if self._complete and self.rng.random() < 0.1:
            return self._complete.pop()
        while True:
            name = f"{self.rng.choice(self.lists.first)} {self.rng.choice(self.lists.last)}"
            if name not in self._used_names:
                self._used_names.add(name)
                return name

    def contact_details(
        self, name: str, only_contact: ContactKind | None, *, needs_email: bool
    ) -> ContactDetails:
        """Return contact details for this name, or only those of the kind ``only_contact``."""
        if only_contact is ContactKind.PHONE:
            shared = self._shared if self.rng.random() < 0.3 else None
            self._shared = shared or self._landline()
            return ContactDetails(None, self._shared, None, None)
        if only_contact is ContactKind.POST:
            return ContactDetails(None, None, self._address(), None)
        draw = self.rng.random()
        if draw < 0.04 and not needs_email:
            return ContactDetails(None, self._mobile(), None, None)
        phone = self._mobile() if draw < 0.45 else None
        preferred = ContactKind.PHONE if phone and self.rng.random() < 0.08 else None
        return ContactDetails(self._email(name), phone, None, preferred)

    def _email(self, name: str) -> str:
        plain = unicodedata.normalize("NFKD", name.translate(_LETTERS))
        letters = "".join(c if c.isascii() and c.isalnum() else "." for c in plain if c != "'")
        stem = ".".join(part for part in letters.lower().split(".") if part)[:40]
        number = 1
        while (email := f"{stem}{'' if number == 1 else number}@{DOMAIN}") in self._emails:
            number += 1
        self._emails.add(email)
        return email

    def _mobile(self) -> str:
        return f"+447700900{self._mobiles.pop():03}"

    def _landline(self) -> str:
        return f"+441632960{self._landlines.pop():03}"

    def _address(self) -> str:
        return f"{self.rng.randint(1, 80)} Made-up Row\nExample Village"


_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "Þ": "Th", "þ": "th", "ð": "d", "ø": "o"})
