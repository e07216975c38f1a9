"""The readers of the matrix, and the tables of what each may read and do.

They do not depend on the application's rules.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.core.permissions import Role

FARMER, SOLDIER, HIDDEN, BLOCKING = "farmer", "soldier", "hidden", "blocking"
CHAMPION, APPLICANT = "champion", "applicant"
FAMILIES = (FARMER, SOLDIER, HIDDEN, BLOCKING, CHAMPION, APPLICANT)
ROLES: Mapping[str, frozenset[Role]] = {
    "public": frozenset(),
    "champion": frozenset({Role.CHAMPION}),
    "applicant": frozenset({Role.CHAMPION}),
    "hidden": frozenset({Role.CHAMPION}),
    "hidden, opened": frozenset({Role.CHAMPION}),
    "trainer": frozenset({Role.TRAINER}),
    "coordinator": frozenset({Role.COORDINATOR, Role.SENSITIVE}),
    "coordinator2": frozenset({Role.COORDINATOR}),
    "partner": frozenset({Role.PARTNER}),
    "partner2": frozenset({Role.PARTNER, Role.SENSITIVE}),
    "analyst": frozenset({Role.ANALYST}),
    "admin": frozenset({Role.ADMIN}),
    "safeguarding": frozenset({Role.SAFEGUARDING}),
}
READERS = tuple(ROLES)
WAITING = frozenset({"applicant"})  # their registration has not been decided
OPENED = frozenset({"hidden, opened"})  # they have just entered their memorable word
VARIANTS = WAITING | OPENED | {"hidden", "partner2"}  # another reader has the same role
SAME_PERMISSIONS = VARIANTS & {"hidden", "hidden, opened"}  # as the champion
THEMSELF = {
    "champion": CHAMPION,
    "applicant": APPLICANT,
    "hidden": HIDDEN,
    "hidden, opened": HIDDEN,
}
# The families whose rows each reader requests: their own or readable, others' and hidden.
ASKS_FOR: Mapping[str, tuple[str, ...]] = {
    "public": (FARMER, HIDDEN),
    "champion": (CHAMPION, FARMER, HIDDEN),
    "applicant": (APPLICANT, FARMER, HIDDEN),
    "hidden": (HIDDEN, FARMER),
    "hidden, opened": (HIDDEN, FARMER),
    "trainer": (FARMER, SOLDIER, HIDDEN),
    "coordinator": (FARMER, HIDDEN, BLOCKING),
    "coordinator2": (FARMER, SOLDIER, HIDDEN, BLOCKING),
    "partner": (FARMER, SOLDIER, HIDDEN),
    "partner2": (HIDDEN, FARMER),
    "analyst": (FARMER, HIDDEN),
    "admin": (FARMER, CHAMPION, HIDDEN),
    "safeguarding": (FARMER, SOLDIER, HIDDEN, BLOCKING),
}
# The families that each reader may read, with all their rows.
PEOPLE_OF: Mapping[str, frozenset[str]] = {
    "coordinator": frozenset({FARMER, SOLDIER, HIDDEN, CHAMPION, APPLICANT}),
    "coordinator2": frozenset({FARMER, SOLDIER, CHAMPION, APPLICANT}),
    "partner": frozenset({FARMER}),
    "partner2": frozenset({HIDDEN}),
    "safeguarding": frozenset({FARMER, SOLDIER, CHAMPION, APPLICANT}),
}
COORDINATORS = frozenset({"coordinator", "coordinator2"})
HOLDERS = frozenset({"coordinator", "partner2"})  # of the permission for sensitive networks
# Tables whose rows do not belong to a person. Every coordinator may read them.
OF_ORGANISATIONS = frozenset({"agreements", "offers", "partner_coordinators", "sites"})
OF_NAMED = frozenset(
    f"attendance.{each}"
    for each in ("link_attendee", "unlink_attendee", "accept_earlier_certificate")
)
OF_RUNS = frozenset({"course_runs", "bookings", "attendees"})
# The role that each family requests, and who decides on it.
REQUESTS: Mapping[str, tuple[Role, frozenset[str]]] = {
    FARMER: (Role.TRAINER, COORDINATORS),
    SOLDIER: (Role.SAFEGUARDING, frozenset({"safeguarding"})),
    HIDDEN: (Role.SENSITIVE, frozenset({"coordinator"})),  # a partner’s permission is not enough
    BLOCKING: (Role.SAFEGUARDING, frozenset({"safeguarding"})),
    CHAMPION: (Role.ANALYST, frozenset({"admin"})),
    APPLICANT: (Role.ADMIN, frozenset({"admin"})),
}
OWN_PAGE = (
    "profile.remove_",
    "profile.end_block",
    "profile.leave_organisation",
    "profile.cancel_own_change",
)
PUBLISHED = frozenset(
    {"courses.run", "courses.book_place", "courses.give_up_place", "attendance.trainer_access"}
)
ONCE_TAKEN_ON = frozenset({"profile.end_absence", "profile.pause", "profile.confirm_activity"})
DECISIONS = frozenset(
    {
        "applications.accept_membership",
        "applications.approve",
        "applications.decline",
        "applications.record_call",
        "applications.decline_membership",
        "applications.merge",
    }
)
# The family whose row is in the state that each endpoint needs.
ONLY: Mapping[str, str] = {
    "accounts.reactivate": FARMER,
    "courses.publish_run": SOLDIER,
    "records.edit_person_general_answer": HIDDEN,
    "records.end_person_protection": HIDDEN,
    "safeguarding.report": FARMER,
}
UNCONFIRMED = ("mark_confirmed", "record_call")
OF_APPLICANTS = frozenset(
    {
        "applications.application",
        "applications.approve",
        *(f"applications.{verb}" for verb in UNCONFIRMED),
        "applications.decline",
        "applications.merge",
    }
)
