"""Staff can change everything about a person that the person can change themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.permissions import PERMISSIONS, USE_ACCOUNT, Role
from app.courses.models import Attendee
from app.people.types import Basis
from app.web.http import declared_permission
from tests.addresses import at
from tests.factories import accounts, courses, organisations, people
from tests.integration.people.private_words import open_private_word
from tests.telling import TOLD_BY_PHONE

SignIn = Callable[[Any], FlaskClient]
# Permissions with which champions change something about themselves.
OWN_PERMISSIONS = PERMISSIONS[Role.CHAMPION] - {USE_ACCOUNT, "own:read", "requests:answer"}
# The endpoint with which staff make the same change. It asks for the same fields.
SAME_FORM = {
    "attendance.trainer_access": "attendance.person_needs",
    "profile.edit_own_blocks": "records.edit_person_blocks",
    "profile.edit_own_contact": "records.edit_person_contact",
    "profile.edit_own_general_answer": "records.edit_person_general_answer",
    "profile.edit_own_name": "records.edit_person_name",
    "profile.edit_own_networks": "records.edit_person_networks",
    "profile.add_own_organisation": "records.edit_person_organisations",
    "profile.add_own_place": "records.add_person_place",
    "profile.edit_own_protection": "records.protect_person",
    "profile.edit_own_safe_contact": "records.edit_person_safe_contact",
    "profile.edit_own_travel_distance": "records.edit_person_travel_distance",
    "profile.pause": "records.record_person_absence",
}
# The endpoint with which staff make the same change in another way.
OTHER_FORM = {
    "courses.book_place": "courses.book_person",
    "courses.give_up_place": "courses.remove_attendee",
    "profile.cancel_own_change": "records.cancel_person_change",
    "profile.confirm_activity": "records.confirm_person_activity",
    "profile.end_absence": "records.end_person_absence",
    "profile.end_block": "records.end_person_block",
    "profile.leave": "records.remove_person",
    "profile.leave_organisation": "records.remove_organisation",
    "profile.edit_own_word": "records.replace_person_word",
    "profile.remove_contact": "records.edit_person_contact",
    "profile.remove_place": "records.remove_place",
}
# Fields that staff do not need.
NOT_FOR_STAFF = {"protected": "staff have one page to protect somebody and another to end it"}


def fields_of(page: str) -> set[str]:
    """Return the names of the fields of a page's form."""
    names = set(re.findall(r'<(?:input|select|textarea)[^>]* name="([^"]+)"', page))
    return {each for each in names if each not in ("csrf_token", "once", "press")}


def test_staff_can_make_every_change_that_people_can_make_themselves(app: Flask) -> None:
    rules = {each.endpoint: each for each in app.url_map.iter_rules()}
    own = {
        name
        for name, rule in rules.items()
        if "POST" in (rule.methods or ()) and declared_permission(app, name) in OWN_PERMISSIONS
    }
    assert own == SAME_FORM.keys() | OTHER_FORM.keys()
    for staff in (*SAME_FORM.values(), *OTHER_FORM.values()):
        assert declared_permission(app, staff) in ("people:change", "courses:manage")


def test_staff_are_offered_every_field_that_the_person_is_offered(
    app: Flask, session: Session, sign_in: SignIn
) -> None:
    person = people.champion(networks=[organisations.network("domestic-abuse-support")])
    organisations.organisation("Some Partner")
    people.presence(person, Basis.LIVES, district="E07000143")
    run = courses.run(clock.today() + timedelta(days=20))
    courses.attendee(run, person)
    values = {"person_id": person.id, "run_id": run.id}
    rules = {each.endpoint: each for each in app.url_map.iter_rules()}

    def address(endpoint: str) -> str:
        path = rules[endpoint].rule
        for name, value in values.items():
            path = re.sub(rf"<[^>]*:{name}>", str(value), path)
        return path if path == rules[endpoint].rule else at(path)

    own_client = open_private_word(sign_in(session.get_one(User, person.user_id)))
    own = {each: fields_of(own_client.get(address(each)).text) for each in SAME_FORM}
    staff = sign_in(accounts.coordinator())
    for endpoint, same in SAME_FORM.items():
        assert own[endpoint], endpoint
        offered = fields_of(staff.get(address(same)).text)
        assert own[endpoint] - NOT_FOR_STAFF.keys() <= offered, f"{same} lacks fields of {endpoint}"
        assert {"told_by", "told_how"} <= offered, f"{same} does not ask who told staff"


def test_people_and_staff_can_change_what_somebody_needs_on_a_course(
    session: Session, sign_in: SignIn
) -> None:
    person, run = people.champion(), courses.run(clock.today() + timedelta(days=20))
    attendee = courses.attendee(run, person)
    attendee.access_needs = "Step-free access"
    session.flush()
    own_client = sign_in(session.get_one(User, person.user_id))
    own = at(f"/courses/{run.id}/trainer")
    assert "Step-free access" in own_client.get(own).text
    own_client.post(own, data={"access_needs": "A hearing loop", "trainer_reads": "needs"})
    place = session.scalars(select(Attendee).where(Attendee.person_id == person.id)).one()
    session.refresh(place)
    assert (place.access_needs, place.trainer_reads) == ("A hearing loop", "needs")
    staff, path = sign_in(accounts.coordinator()), at(f"/people/{person.id}")
    page = at(f"/people/{person.id}/courses/{run.id}/needs")
    assert page in staff.get(path).text
    assert "A hearing loop" not in staff.get(page).text
    data = {"access_needs": "Large print", "trainer_reads": "name"}
    assert staff.post(page, data=data).status_code == 422
    assert staff.post(page, data=TOLD_BY_PHONE | data).location == path
    session.refresh(place)
    assert (place.access_needs, place.trainer_reads) == ("Large print", "name")
    assert "Changed what a person needs on a course. Reported by the person" in staff.get(path).text
    other = people.champion()
    wrong = at(f"/people/{other.id}/courses/{run.id}/needs")
    assert (
        staff.get(wrong).status_code
        == staff.post(wrong, data=TOLD_BY_PHONE | data).status_code
        == 404
    )
