"""Pages about changes that wait for a second person, and about pauses, at both widths."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from app.core import clock
from app.core.actor import SYSTEM
from app.core.permissions import Role
from app.people.safety import wishes
from app.people.safety.types import ContactMethod, ContactPreferences, Days
from tests.addresses import public_id
from tests.e2e.conftest import Visitor
from tests.factories import courses, matching, organisations, people

Visit = Callable[..., Visitor]
Arrange = Callable[[Callable[[], Any]], Any]
Staff = Callable[..., str]
ROLES = (Role.COORDINATOR, Role.SENSITIVE)


def _press(user: Visitor, name: str) -> str:
    return user.press(name, both=True).locator("main").inner_text()


def _open(user: Visitor, path: str) -> str:
    return user.open(path, both=True).locator("main").inner_text()


def test_an_agreement_waits_for_a_second_person(
    visitor: Visit, arrange: Arrange, staff: Staff
) -> None:
    def write() -> str:
        return public_id("organisations", organisations.organisation("Quiet Support").id)

    path = f"/organisations/{arrange(write)}"
    author, second = visitor(), visitor(phone=True)
    author.sign_in(staff("ann@looks.example", *ROLES, name="Ann Author"))
    staff("sid@looks.example", *ROLES, name="Sid Second")
    page = author.open(f"{path}/agreements/new", both=True)
    page.get_by_label("What is the agreement for?").fill("To look after people together")
    on = clock.today()
    for group, day in (
        ("When was it signed?", on),
        ("First day", on),
        ("Last day", on + timedelta(days=99)),
    ):
        dates = page.get_by_role("group", name=group)
        for label, part in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
            dates.get_by_label(label, exact=True).fill(str(part))
    assert "Waiting for a second person" in _press(author, "Save")
    assert "You made this request" in _open(author, path)
    second.sign_in("sid@looks.example")
    assert "Confirm or refuse 1 data-sharing agreement" in _open(second, "/")
    _open(second, path)
    second.page.get_by_role("button", name="Confirm").click()
    second.check_at_both_widths()
    assert "In force" in second.page.locator("main").inner_text()


def test_a_person_without_a_phone_number_is_met_in_person(
    visitor: Visit, arrange: Arrange, staff: Staff
) -> None:
    known = arrange(lambda: public_id("people", people.champion("Mo Moves").id))
    user = visitor()
    user.sign_in(staff("ann@looks.example", *ROLES))
    page = user.open(f"/people/{known}/contact", both=True)
    page.get_by_label("Email address").fill("new@looks.example")
    page.get_by_label("two of us will meet them in person").check()
    page.get_by_label("They told me themselves").check()
    page.get_by_role("group", name="How did they tell you?").get_by_label("In person").check()
    assert "Two coordinators need to meet this person to check the change." in _press(user, "Save")
    assert "Enter how you know that this is the right person" in _press(user, "Save")


def test_contact_wishes_are_shown_where_staff_call(
    visitor: Visit, arrange: Arrange, staff: Staff
) -> None:
    def write() -> str:
        person = people.champion("Cara Careful", phone="+441362656870")
        careful = ContactPreferences(
            ways=frozenset({ContactMethod.CALL}), days=frozenset({Days.WEEKDAYS}), say_we_are="Jo"
        )
        wishes.record_wishes(SYSTEM, person, careful)
        return public_id("people", person.id)

    known = arrange(write)
    user = visitor()
    user.sign_in(staff("ann@looks.example", *ROLES))
    for page in ("", "/contact", "/word"):
        assert "Say you are “Jo”." in _open(user, f"/people/{known}{page}"), page


def test_the_page_for_pausing_shows_what_the_person_has_booked(
    visitor: Visit, arrange: Arrange, staff: Staff
) -> None:
    def write() -> str:
        person = people.champion("Pat Paused")
        courses.attendee(courses.run(clock.today() + timedelta(days=9)), person)
        matching.proposal(matching.need(), person, sent=True)
        return public_id("people", person.id)

    known = arrange(write)
    lead = visitor()
    lead.sign_in(staff("lee@looks.example", Role.SAFEGUARDING))
    text = _open(lead, f"/safeguarding/people/{known}")
    assert "Cancel these course places" in text
    assert "Withdraw the requests for help that the person has not answered" in text
    assert "Enter what you decided and why" in _press(lead, "Pause")
    lead.page.get_by_label("What did you decide, and why?").fill("An allegation")
    assert "Pat Paused" in _press(lead, "Pause")
    assert "Cancel these course places" not in _open(lead, f"/safeguarding/people/{known}")
