"""The body that the matrix sends to each POST endpoint, and the expected exceptions.

For endpoints in PREFILLED, the body is merged into what the page's form would send.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from app.areas.models import Area
from app.attendance.forms import input_name
from app.core import clock, public_ids
from app.core.db import db
from app.courses.models import Attendance, Attendee
from app.people.models import PersonContact
from tests.integration.site.matrix_cast import Cast
from tests.telling import TOLD_BY_PHONE

Body = Mapping[str, Any]
NOTHING: Body = {}
PASSWORD = "violet kettle 7291 orbit lantern"
REASON: Body = {"reason": "Because we were told"}


def day(name: str, on: date) -> dict[str, str]:
    """Return a date as the three inputs of a form."""
    return {
        f"{name}-day": str(on.day),
        f"{name}-month": str(on.month),
        f"{name}-year": str(on.year),
    }


def bodies() -> dict[str, Body]:
    """Return the body for each endpoint."""
    today = clock.today()
    training = {
        "kind": "mhfa-adult",
        "known": "day",
        "provider": "MHFA England",
        "expiry": "none",
        **day("day", date(2025, 3, 1)),
    }
    need = {
        "places": "4",
        "priority": "60",
        "what_for": "To listen",
        "contact": "The team, 01362 000000",
    }
    runs = {"trainer_reads": "name"}
    return {
        "accounts.approve_role": NOTHING,
        "accounts.request_retry_link": {"email": "nobody@example.org"},
        "accounts.reactivate": NOTHING,
        "accounts.cancel_grant": NOTHING,
        "accounts.change_password": {"password": PASSWORD},
        "accounts.change_second_factor": {"code": "123456"},
        "accounts.code": {"code": "123456"},
        "accounts.deactivate": NOTHING,
        "accounts.deputy": {
            "role": "analyst",
            **day("from_on", today),
            **day("until_on", today + timedelta(days=9)),
        },
        "accounts.invitation": {"password": PASSWORD, "code": "123456"},
        "accounts.invite": {
            "name": "Iris Invited",
            "email": "iris@example.org",
            "roles": ["analyst"],
        },
        "accounts.invite_again": NOTHING,
        "accounts.offer": {"name": "Olive Offered", "password": PASSWORD},
        "accounts.reauthenticate": {"password": PASSWORD},
        "accounts.recovery_codes": NOTHING,
        "accounts.refuse_role": NOTHING,
        "accounts.roles": {"roles": ["trainer", "analyst"]},
        "accounts.save_recovery_codes": NOTHING,
        "accounts.sign_in": {"email": "nobody@example.org"},
        "accounts.sign_out": NOTHING,
        "accounts.sign_out_elsewhere": NOTHING,
        "accounts.staff_sign_in": {"email": "nobody@example.org", "password": "wrong"},
        "accounts.reset_sign_in": NOTHING,
        "accounts.try_now": NOTHING,
        "accounts.use_link": NOTHING,
        "accounts.withdraw_offer": NOTHING,
        "certificates.adjust_expiry": {"days": "30", "reason": "Illness"},
        "certificates.confirm_claim": training,
        "certificates.numbers": {"number": "N 1", "course_reference": "C 1"},
        "certificates.record_training": training,
        "certificates.revoke_certificate": REASON,
        "certificates.reject_claim": REASON,
        "certificates.undo_adjustment": NOTHING,
        "attendance.accept_earlier_certificate": {"kind": "mhfa-youth", **REASON},
        "attendance.link_attendee": NOTHING,
        "attendance.unlink_attendee": NOTHING,
        "courses.add_attendee": {"name": "Bob Brown", **runs},
        "attendance.attendance": NOTHING,
        "courses.add_known_person": NOTHING,
        "courses.book_place": runs,
        "courses.book_person": runs,
        "rescheduling.cancel_run": REASON,
        "rescheduling.change_run": {"venue": "Town Hall, Watton"},
        "attendance.sign_off_run": NOTHING,
        "rescheduling.check_change": {"seen": "0"},
        "courses.give_up_place": NOTHING,
        "courses.hold_places": {"organisation": "team", "headcount": "1"},
        "courses.choose_course_type": {"course_type": "mhfa-two-day-adult"},
        "courses.publish_run": NOTHING,
        "courses.schedule_run": {
            "venue": "Town Hall, Watton",
            **day("day_1", today + timedelta(days=60)),
            **day("day_2", today + timedelta(days=61)),
            **day("cut_off_on", today + timedelta(days=50)),
        },
        "courses.release_places": NOTHING,
        "courses.remove_attendee": NOTHING,
        "attendance.reopen_run": REASON,
        "attendance.trainer_access": {"trainer_reads": "nothing"},
        "attendance.person_needs": {**TOLD_BY_PHONE, "trainer_reads": "nothing"},
        "matching.answer": {"answer": "yes"},
        "matching.send_requests": NOTHING,
        "matching.close_need": {"serving": "end"},
        "matching.edit_need": need,
        "matching.end_assignment": REASON,
        "matching.add_need": need,
        "matching.record_answer": {"answer": "yes"},
        "matching.request": {"answer": "yes"},
        "matching.start_run": NOTHING,
        "matching.withdraw_request": NOTHING,
        "standing.decide_assignment": {"decision": "end"},
        "organisations.add_organisation": {"name": "Another Charity", "kind": "charity"},
        "organisations.add_agreement": {
            "purpose": "To look after people together",
            **day("signed", date(2025, 3, 1)),
            **day("starts", date(2025, 4, 1)),
            **day("ends", date(2045, 4, 1)),
        },
        "organisations.add_coordinator": {"name": "Petra New", "email": "petra.new@example.org"},
        "organisations.add_site": {"name": "Hall", "postcode": "IP24 1JD"},
        "organisations.confirm_agreement": NOTHING,
        "organisations.edit_organisation": {"name": "Another Name"},
        "organisations.end_agreement": REASON,
        "organisations.end_coordinator": NOTHING,
        "organisations.end_site": NOTHING,
        "organisations.refuse_agreement": NOTHING,
        "organisations.withdraw_invitation": NOTHING,
        "records.accept_directory_ward": NOTHING,
        "records.end_person_block": NOTHING,
        "records.edit_person_blocks": NOTHING,
        "records.organisation_name": {"what": "none"},
        "records.edit_person_organisations": {**TOLD_BY_PHONE, "organisation": "The Thursday Club"},
        "records.remove_organisation": TOLD_BY_PHONE,
        "records.remove_place": TOLD_BY_PHONE,
        "records.unlink_organisation": NOTHING,
        "profile.add_own_organisation": {"organisation": "The Thursday Club"},
        "applications.approve": NOTHING,
        "records.check_change": {"why": "I have met them before"},
        "records.choose_ward": NOTHING,
        "profile.end_absence": NOTHING,
        "registration.confirm": NOTHING,
        "registration.resend_confirmation": {"email": "nobody@example.org"},
        "profile.confirm_change": {"answer": "yes"},
        "profile.confirm_contact": NOTHING,
        "applications.accept_membership": NOTHING,
        "applications.decline": REASON,
        "applications.decline_membership": REASON,
        "records.add_person": {
            "name": "Enid Entered",
            "over_18": "yes",
            "interest": "champion",
            "notice": "on paper",
            "phone": "07700 900777",
        },
        "records.export": {"kind": "csv", "reason": "To see what is in it"},
        "profile.hide_private_details": NOTHING,
        "applications.merge": NOTHING,
        "applications.undo_merge": NOTHING,
        "records.keep_current_ward": NOTHING,
        "profile.leave": NOTHING,
        "profile.leave_organisation": NOTHING,
        "applications.mark_confirmed": NOTHING,
        "applications.record_call": {"result": "failed"},
        "profile.edit_own_contact": {"phone": "07700 900321"},
        "profile.edit_own_general_answer": {"general": "yes"},
        "profile.edit_own_blocks": NOTHING,
        "profile.edit_own_name": {"name": "Somebody Else"},
        "profile.edit_own_networks": {"networks": ["farming"]},
        "profile.add_own_place": {"basis": "works", "postcode": "IP24 1JD"},
        "profile.edit_own_protection": {"protected": "yes"},
        "profile.edit_own_travel_distance": {"reach": "5"},
        "profile.show_private_details": {"word": "marmalade sky"},
        "profile.edit_own_safe_contact": {"how": "none"},
        "profile.edit_own_word": {"proof": "marmalade sky", "word": "tangerine trees"},
        "profile.pause": day("until", today + timedelta(days=9)),
        "records.edit_person_contact": {
            **TOLD_BY_PHONE,
            "email": "new@example.org",
            "phone": "07700 900123",
        },
        "records.edit_person_general_answer": {**TOLD_BY_PHONE, "general": "yes"},
        "records.end_person_absence": TOLD_BY_PHONE,
        "records.edit_person_name": {**TOLD_BY_PHONE, "name": "Somebody Else"},
        "records.edit_person_networks": {**TOLD_BY_PHONE, "networks": ["silver-social"]},
        "records.mark_as_different": NOTHING,
        "records.record_person_absence": {
            **TOLD_BY_PHONE,
            **day("until", today + timedelta(days=9)),
        },
        "records.add_person_place": {**TOLD_BY_PHONE, "basis": "works", "postcode": "IP24 1JD"},
        "records.protect_person": {**TOLD_BY_PHONE, "ward": ""},
        "records.remove_person": REASON,
        "records.edit_person_safe_contact": {**TOLD_BY_PHONE, "how": "none"},
        "records.confirm_person_activity": TOLD_BY_PHONE,
        "records.edit_person_travel_distance": {**TOLD_BY_PHONE, "reach": "5"},
        "records.end_person_protection": NOTHING,
        "records.replace_person_word": NOTHING,
        "registration.correct_address": {"email": "ann@example.org"},
        "registration.register": NOTHING,
        "registration.resume_registration": NOTHING,
        "registration.request_saved_link": {"email": "nobody@example.org"},
        "registration.save_registration": {"email": "nobody@example.org"},
        "registration.register_start": {"over_18": "yes", "name": "Nora New"},
        "profile.remove_contact": NOTHING,
        "profile.remove_place": NOTHING,
        "records.confirm_wards": NOTHING,
        "profile.end_block": NOTHING,
        "profile.confirm_activity": NOTHING,
        "profile.stop_change": NOTHING,
        "profile.cancel_own_change": NOTHING,
        "records.cancel_person_change": NOTHING,
        "reminders.contact_person": {"outcome": "Told her"},
        "reminders.still_here": {"answer": "here"},
        "safeguarding.open_report": NOTHING,
        "safeguarding.person": {"words": "We decided it together", **day("from_on", today)},
        "safeguarding.report": {"words": "We decided it together"},
        "safeguarding.report_concern": {"what": "I heard shouting"},
    }


def of_family(cast: Cast, family: str) -> dict[str, Body]:
    """Return the additional values for each endpoint, from the family's rows."""
    rows = cast.families[family].rows
    number = db.session.get_one(PersonContact, rows["person_contacts"])
    called = {"number": public_ids.encode("person_contacts", number.id)}
    ward = db.session.get_one(Area, rows["ward"]).code
    mark = db.session.scalars(
        select(Attendance)
        .join(Attendee, Attendee.id == Attendance.attendee_id)
        .where(
            Attendee.run_id == cast.families[family].special["course_runs", "attendance.attendance"]
        )
    ).first()
    assert mark is not None
    return {
        "attendance.attendance": {input_name(mark.attendee_id, mark.session_id): "absent"},
        "courses.add_known_person": {
            "person": public_ids.encode("people", cast.families[family].person.id)
        },
        "courses.book_person": {"run": public_ids.encode("course_runs", rows["free run"])},
        "matching.send_requests": {"proposal": public_ids.encode("proposals", rows["unasked"])},
        "matching.add_need": {"area": ward},
        "records.check_change": {**called, "time": "0:00", "sure": "yes"},
        "records.choose_ward": {"ward": ward},
        "records.edit_person_blocks": {
            **TOLD_BY_PHONE,
            "viewer": public_ids.encode("organisations", rows["organisations"]),
        },
        "profile.edit_own_blocks": {
            "viewer": public_ids.encode("organisations", rows["organisations"])
        },
        "records.replace_person_word": {"number": number.point.value},
    }


# Endpoints whose body is merged into what the page's form would send.
PREFILLED = frozenset(
    {
        "rescheduling.change_run",
        "courses.schedule_run",
        "matching.edit_need",
        "organisations.edit_organisation",
        "records.add_person",
    }
)
_COOKIE = "what it keeps is in the browser's cookie"
_SECOND_FACTOR = "it needs a code of an authenticator app"
# Why an endpoint is not expected to succeed. Hidden and missing rows must still look the same.
REFUSED: dict[str, str] = {
    "accounts.change_second_factor": _SECOND_FACTOR,
    "accounts.invitation": _SECOND_FACTOR,
    "accounts.offer": _SECOND_FACTOR,
    "accounts.reauthenticate": "the readers have no password",
    "accounts.recovery_codes": "the readers have no second factor",
    "accounts.sign_out": "who is signed out already has nothing to leave",
    "accounts.staff_sign_in": "nobody has this password",
    "registration.resume_registration": "nobody saved a draft",
    "coverage.progress_file": "nothing is published",
    "profile.edit_own_general_answer": "asked only about sensitive networks, behind the word",
    "site.readyz": "no worker runs beside the tests",
}
# Why a successful POST changes no row.
CHANGES_NOTHING: dict[str, str] = {
    "standing.decide_assignment": "the person meets the rules, so there is nothing to decide",
    "accounts.code": "without a password before it, it leads back",
    "accounts.save_recovery_codes": "without new codes before it, it leads back",
    "courses.choose_course_type": "it leads on to the form of the course type",
    "profile.hide_private_details": _COOKIE,
    "registration.correct_address": "without a registration just sent, it leads back",
    "registration.register": _COOKIE,
    "rescheduling.change_run": "it leads on to the page that shows who is affected",
    "rescheduling.check_change": "without a draft in the session, it leads back",
    "registration.save_registration": "without a draft, it leads back",
    "registration.register_start": _COOKIE,
}
