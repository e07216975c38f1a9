"""Merging two records of one person, on a phone without JavaScript and on a desktop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.core import clock
from app.core.permissions import Role
from tests.addresses import public_id
from tests.e2e.conftest import Visitor
from tests.e2e.stack import Stack
from tests.factories import people


@pytest.mark.parametrize("phone", [True, False])
def test_a_second_registration_is_merged_into_the_record(
    visitor: Callable[..., Visitor],
    site: Stack,
    arrange: Callable[[Callable[[], Any]], Any],
    staff: Callable[..., str],
    phone: bool,
) -> None:
    device = "phone" if phone else "desk"
    address = f"ann@{device}.example"

    def ann() -> tuple[str, str]:
        kept = people.person(f"Ann Twice {device}", email=address)
        copy = people.applicant(
            f"Anne Twice {device}",
            email=address,
            phone="+447700900321",
            registered_at=clock.now(),
            protected=True,
        )
        return public_id("people", kept.id), public_id("people", copy.id)

    kept, copy = arrange(ann)
    cora = visitor(phone=phone, scripts=not phone)
    cora.sign_in(
        staff(f"cora@{device}.example", Role.COORDINATOR, Role.SENSITIVE, name="Cora Join")
    )
    cora.open(f"/applications/{copy}")
    page = cora.press(f"Same person: merge the records (Ann Twice {device})")
    assert "Compare the two records" in page.locator("main").inner_text()
    cora.press("Same person: merge the records")
    assert page.url.endswith(f"/people/{kept}")
    text = page.locator("main").inner_text()
    assert "The two records have been merged" in text
    # The second registration asks for protection, so its new number needs a call first.
    assert "07700 900321" not in text
    assert "Use a new address or number" in text
    assert "to check the change." in text
    assert "They asked us not to keep a postcode" in text
    cora.open("/applications")
    assert "Anne Twice" not in page.locator("main").inner_text()
    letter = site.letterbox.wait_for(address)
    assert "07700 900321" not in str(letter.get_body(("plain",)))
