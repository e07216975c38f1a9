"""The verbs of the audit log: what people and the system do, with the wording that readers see."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString


class AuditVerb(StrEnum):
    """A verb of the audit log. The value is stored, and readers see `wording`.

    A row changed outside `audit.acting` has a verb made from its table instead, such as
    `course_runs.change`. Rows keep verbs that were later removed from the code.
    """

    wording: LazyString

    def __new__(cls, value: str, wording: LazyString) -> AuditVerb:
        """Create a verb with its wording, which is required."""
        verb = str.__new__(cls, value)
        verb._value_ = value
        verb.wording = wording
        return verb

    AGREEMENT_CONFIRM = "agreement.confirm", _l("Agreement confirmed")
    AGREEMENT_CREATE = "agreement.create", _l("Agreement added")
    AGREEMENT_END = "agreement.end", _l("Agreement ended early")
    AGREEMENT_REFUSE = "agreement.refuse", _l("Agreement refused")
    ASSIGNMENT_BEGIN = "assignment.begin", _l("Assignment started")
    ASSIGNMENT_CALL = "assignment.call", _l("Call about an assignment requested")
    ASSIGNMENT_END = "assignment.end", _l("Assignment ended")
    ASSIGNMENT_KEEP = "assignment.keep", _l("Assignment kept for now")
    ASSIGNMENT_NOTE = "assignment.note", _l("Assignment checked")
    ATTENDEE_ACCEPT = "attendee.accept", _l("Earlier certificate seen")
    ATTENDEE_LINK = "attendee.link", _l("Attendee linked to a person")
    ATTENDEE_UNLINK = "attendee.unlink", _l("Attendee no longer linked to a person")
    AUDIT_READ = "audit.read", _l("Audit log viewed")
    BOOKING_ADD_NAMED = "booking.add_named", _l("Named person booked")
    BOOKING_BOOK = "booking.book", _l("Booked")
    BOOKING_CHOOSE_TRAINER_READS = (
        "booking.choose_trainer_reads",
        _l("Details the trainer can see changed"),
    )
    BOOKING_DELETE_ACCESS_NEEDS = (
        "booking.forget_access_needs",
        _l("Access requirements deleted after the course"),
    )
    BOOKING_GIVE_UP = "booking.give_up", _l("Booking cancelled")
    BOOKING_HOLD = "booking.hold", _l("Places held for an organisation")
    BOOKING_RELEASE = "booking.release", _l("Held places released")
    CERTIFICATE_ADJUST = "certificate.adjust", _l("Expiry date of a certificate changed")
    CERTIFICATE_SET_NUMBERS = "certificate.describe", _l("Certificate numbers changed")
    CERTIFICATE_EXPORT = "certificate.export", _l("Record of training downloaded")
    CERTIFICATE_ISSUE = "certificate.issue", _l("Certificate issued")
    CERTIFICATE_RECORD = "certificate.record", _l("Certificate recorded")
    CERTIFICATE_REVOKE = "certificate.revoke", _l("Certificate revoked")
    CERTIFICATE_LINK = "certificate.tie", _l("Certificate linked to a person")
    CERTIFICATE_UNLINK = "certificate.unlink", _l("Certificate no longer linked to a person")
    CERTIFICATE_UNDO_ADJUSTMENT = (
        "certificate.undo_adjustment",
        _l("Change to an expiry date undone"),
    )
    CLAIM_CONFIRM = "claim.confirm", _l("Earlier training confirmed")
    CLAIM_KEEP = "claim.keep", _l("Earlier training left to check")
    CLAIM_REJECT = "claim.set_aside", _l("Earlier training rejected")
    CONTACT_POINT_USE = "contact_point.use", _l("Contact details confirmed")
    COVERAGE_PEOPLE = "coverage.people", _l("People behind a figure viewed")
    DEMO_LOAD = "demo.load", _l("Demonstration data created")
    GEOGRAPHY_IMPORT = "geography.import", _l("Areas or boundaries imported")
    GEOGRAPHY_LOAD = "geography.load", _l("Postcode directory imported")
    MATCHING_RUN = "matching.run", _l("Matching run")
    MESSAGE_DONE = "message.done", _l("Call or letter recorded")
    NEED_CHANGE = "need.change", _l("Need changed")
    NEED_CLOSE = "need.close", _l("Need closed")
    NEED_MAKE = "need.make", _l("Need opened")
    ORGANISATION_CHANGE = "organisation.change", _l("Organisation changed")
    ORGANISATION_CREATE = "organisation.create", _l("Organisation added")
    PARTNER_COORDINATOR_CREATE = "partner_coordinator.create", _l("Partner coordinator added")
    PARTNER_COORDINATOR_END = "partner_coordinator.end", _l("Partner coordinator removed")
    PEOPLE_EXPORT = "people.export", _l("List of people downloaded")
    PEOPLE_IMPORT = "people.import", _l("List of people imported")
    PERSON_APPROVE = "person.approve", _l("Approved")
    PERSON_BLOCK = "person.block", _l("Person or organisation blocked")
    PERSON_CALL_READ = "person.call-read", _l("Call list entry opened")
    PERSON_CHANGE = "person.change", _l("Details changed")
    PERSON_COME_BACK = "person.come-back", _l("Marked as back")
    PERSON_CONFIRM = "person.confirm", _l("Registration confirmed")
    PERSON_CONTACT = "person.contact", _l("Contact details changed")
    PERSON_DECLINE = "person.decline", _l("Declined")
    PERSON_FORGET = "person.forget", _l("Unconfirmed registrations deleted")
    PERSON_GENERAL = "person.general", _l("Answer about being seen by the whole team changed")
    PERSON_MEMBERSHIP_ACCEPT = "person.membership-accept", _l("Application to a network accepted")
    PERSON_MEMBERSHIP_DECLINE = "person.membership-decline", _l("Application to a network declined")
    PERSON_MERGE = "person.join", _l("Two records merged")
    PERSON_LEAVE = "person.leave", _l("Left the network")
    PERSON_LOOSEN = "person.loosen", _l("Delayed change took effect")
    PERSON_LOOSEN_ASK = "person.loosen-ask", _l("Delayed change requested")
    PERSON_LOOSEN_CALL = "person.loosen-call", _l("Called about a delayed change")
    PERSON_LOOSEN_SEEN = "person.loosen-seen", _l("Met in person about a delayed change")
    PERSON_LOOSEN_STOP = "person.loosen-stop", _l("Delayed change stopped")
    PERSON_NETWORKS = "person.networks", _l("Networks changed")
    PERSON_NOT_THE_SAME = "person.not-the-same", _l("Marked as different people")
    PERSON_ORGANISATION = "person.organisation", _l("Person’s organisation changed")
    PERSON_PAUSE = "person.pause", _l("Marked as away")
    PERSON_PLACE = "person.place", _l("Person’s places changed")
    PERSON_PROTECT = "person.protect", _l("Person’s places changed")
    PERSON_REACH = "person.reach", _l("Travel distance changed")
    PERSON_READ = "person.read", _l("Record opened")
    PERSON_REFUSE_ADDRESS = "person.refuse-address", _l("New address refused using the old address")
    PERSON_REGISTER = "person.register", _l("Registered")
    PERSON_RENAME = "person.rename", _l("Name changed")
    PERSON_RESUME = "person.resume", _l("No longer paused by us")
    PERSON_SAFE_CONTACT = "person.safe-contact", _l("Safe contact changed")
    PERSON_SIGN_IN = "person.sign-in", _l("Sign-in set up with their email address")
    PERSON_STILL_HERE = "person.still-here", _l("Confirmed as still here")
    PERSON_SUSPEND = "person.suspend", _l("Paused by us")
    PERSON_UNPROTECT = "person.unprotect", _l("Person’s places changed")
    PERSON_VOUCH = "person.vouch", _l("New sign-in address accepted")
    PERSON_WORD = "person.word", _l("Memorable word chosen")
    PERSON_WORD_CODE = "person.word-code", _l("Code for a new memorable word given by phone")
    PERSON_WORD_TRY = "person.word-try", _l("Memorable word entered")
    PRESENCE_KEEP = "presence.keep", _l("Ward of a place left unchanged")
    PRESENCE_SERVE = "presence.start_serving", _l("Started helping in a place")
    PRESENCE_CONFIRM_WARD = "presence.settle", _l("Ward of a place confirmed")
    PRESENCE_STOP_SERVING = "presence.stop_serving", _l("Stopped helping in a place")
    PROGRAMME_LOAD = "programme.load", _l("Programme loaded")
    REMINDERS_RUN = "reminders.run", _l("Daily reminders run")
    REQUEST_ACCEPT = "request.accept", _l("Said yes to a request")
    REQUEST_ASK = "request.ask", _l("Asked to help")
    REQUEST_DECLINE = "request.decline", _l("Said no to a request")
    REQUEST_WITHDRAW = "request.withdraw", _l("Request withdrawn")
    RUN_CANCEL = "run.cancel", _l("Course cancelled")
    RUN_CHANGE = "run.change", _l("Course changed")
    RUN_COMPLETE = "run.complete", _l("Course signed off")
    RUN_EXPORT_SHEET = "run.export_sheet", _l("Class sheet downloaded")
    RUN_MARK = "run.mark", _l("Attendance marked")
    RUN_PUBLISH = "run.publish", _l("Course opened for booking")
    RUN_SCHEDULE = "run.put_on", _l("Course planned")
    RUN_READ_ROLL = "run.read_roll", _l("List of bookings viewed")
    RUN_REOPEN = "run.reopen", _l("Signed-off course reopened")
    SAFEGUARDING_DECIDE = "safeguarding.decide", _l("Safeguarding decision recorded")
    SAFEGUARDING_OPEN = "safeguarding.open", _l("Safeguarding message opened")
    SAFEGUARDING_READ = "safeguarding.read", _l("Safeguarding notes viewed")
    SITE_CREATE = "site.create", _l("Organisation’s place added")
    SITE_END = "site.end", _l("Organisation’s place removed")
    SITE_CONFIRM_WARD = "site.settle", _l("Ward of a place confirmed")
    USER_ACCEPT_INVITATION = "user.accept-invitation", _l("Account set up")
    USER_ACCEPT_OFFER = "user.accept-offer", _l("Invitation accepted")
    USER_AGREE_ROLE = "user.agree-role", _l("Role agreed, or started after 24 hours")
    USER_ASK_ROLE = "user.ask-role", _l("Role requested")
    USER_REACTIVATE = "user.bring-back", _l("Account reactivated")
    USER_CANCEL_ROLE = "user.cancel-role", _l("Future role cancelled")
    USER_CHANGE_ADDRESS = "user.change-address", _l("Sign-in address changed")
    USER_CHANGE_PASSWORD = "user.change-password", _l("Own password changed")
    USER_CHANGE_SECOND_FACTOR = "user.change-second-factor", _l("Own second factor changed")
    USER_CREATE = "user.create", _l("Account created")
    USER_DEACTIVATE = "user.deactivate", _l("Account deactivated")
    USER_END_ROLE = "user.end-role", _l("Role ended")
    USER_FIRST_SIGN_IN = "user.first-sign-in", _l("Signed in for the first time")
    USER_GRANT = "user.grant", _l("Role given")
    USER_INVITE = "user.invite", _l("Invitation sent")
    USER_LIST = "user.list", _l("Accounts listed on the command line")
    USER_OFFER = "user.offer", _l("Invited to work on the service")
    USER_REAUTHENTICATE = "user.prove", _l("Password and code entered again")
    USER_RECOVERY_CODES = "user.recovery-codes", _l("Recovery codes created")
    USER_REFUSE_ROLE = "user.refuse-role", _l("Role refused")
    USER_RENAME = "user.rename", _l("User’s name changed")
    USER_SIGN_IN = "user.sign-in", _l("Signed in")
    USER_SIGN_OUT = "user.sign-out", _l("Signed out")
    USER_RESET_SIGN_IN = "user.start-over", _l("Password and second factor reset")
    USER_TRY_NOW = "user.try-now", _l("Link to try signing in again used")
    USER_WITHDRAW_OFFER = "user.withdraw-offer", _l("Invitation withdrawn")
