"""What the forms share that ask for an email address, a phone number and a postal address."""

from __future__ import annotations

from typing import Any

from app.people.types import ContactKind


class WaysFilledIn:
    """Reads the fields email, phone, post and preferred of the form that it is mixed into."""

    email: Any
    phone: Any
    post: Any
    preferred: Any

    def given(self) -> list[tuple[ContactKind, str]]:
        """The ways that were filled in, as they are stored."""
        values = {
            ContactKind.EMAIL: self.email.address,
            ContactKind.PHONE: self.phone.e164,
            ContactKind.POST: self.post.data,
        }
        return [(kind, value) for kind, value in values.items() if value]

    @property
    def wanted(self) -> ContactKind | None:
        """The way they prefer, if they said so."""
        return ContactKind(self.preferred.data) if self.preferred.data else None
