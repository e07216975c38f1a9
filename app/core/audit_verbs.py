"""The verbs of the audit log, and the wording that readers see for them."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString


class AuditVerb(StrEnum):
    """A verb of the audit log. The database stores its value, and readers see its `wording`.

    A change outside an `audit.acting` block has a verb made from its table instead, such as
    `course_runs.change`. Old entries can have verbs that no longer exist in the code.
    """

    wording: LazyString

    def __new__(cls, value: str, wording: LazyString) -> AuditVerb:
        verb = str.__new__(cls, value)
        verb._value_ = value
        verb.wording = wording
        return verb

    AGREEMENT_CONFIRM = "agreement.confirm", _l("Confirmed an agreement")
    AGREEMENT_CREATE = "agreement.create", _l("Added an agreement")
    AGREEMENT_END = "agreement.end", _l("Ended an agreement early")
    AGREEMENT_REFUSE = "agreement.refuse", _l("Refused an agreement")
    ASSIGNMENT_BEGIN = "assignment.begin", _l("Started an assignment")
    ASSIGNMENT_CALL = "assignment.call", _l("Requested a call about an assignment")
    ASSIGNMENT_END = "assignment.end", _l("Ended an assignment")
    ASSIGNMENT_KEEP = "assignment.keep", _l("Kept an assignment for now")
    ASSIGNMENT_NOTE = "assignment.note", _l("Checked an assignment")
    ATTENDEE_ACCEPT = "attendee.accept", _l("Recorded that an earlier certificate was seen")
    ATTENDEE_LINK = "attendee.link", _l("Linked an attendee to a person")
    ATTENDEE_UNLINK = "attendee.unlink", _l("Removed the link between an attendee and a person")
    AUDIT_READ = "audit.read", _l("Viewed the audit log")
    BOOKING_ADD_NAMED = "booking.add_named", _l("Booked a place for a person by name")
    BOOKING_BOOK = "booking.book", _l("Booked a place on a course")
    BOOKING_CHANGE_NEEDS = "booking.change_needs", _l("Changed what a person needs on a course")
    BOOKING_DELETE_ACCESS_NEEDS = (
        "booking.forget_access_needs",
        _l("Deleted access requirements after the course"),
    )
    BOOKING_GIVE_UP = "booking.give_up", _l("Cancelled a booking")
    BOOKING_HOLD = "booking.hold", _l("Held places for an organisation")
    BOOKING_RELEASE = "booking.release", _l("Released held places")
    CERTIFICATE_ADJUST = "certificate.adjust", _l("Changed the expiry date of a certificate")
    CERTIFICATE_SET_NUMBERS = "certificate.describe", _l("Changed the numbers on a certificate")
    CERTIFICATE_EXPORT = "certificate.export", _l("Downloaded a record of training")
    CERTIFICATE_ISSUE = "certificate.issue", _l("Issued a certificate")
    CERTIFICATE_RECORD = "certificate.record", _l("Recorded a certificate")
    CERTIFICATE_REVOKE = "certificate.revoke", _l("Revoked a certificate")
    CERTIFICATE_LINK = "certificate.tie", _l("Linked a certificate to a person")
    CERTIFICATE_UNLINK = (
        "certificate.unlink",
        _l("Removed the link between a certificate and a person"),
    )
    CERTIFICATE_UNDO_ADJUSTMENT = (
        "certificate.undo_adjustment",
        _l("Undid a change to an expiry date"),
    )
    CLAIM_CONFIRM = "claim.confirm", _l("Confirmed earlier training")
    CLAIM_KEEP = "claim.keep", _l("Left earlier training for a later check")
    CLAIM_REJECT = "claim.set_aside", _l("Rejected earlier training")
    CONTACT_POINT_USE = "contact_point.use", _l("Confirmed contact details")
    COVERAGE_PEOPLE = "coverage.people", _l("Viewed the people counted in a figure")
    DEMO_LOAD = "demo.load", _l("Created demonstration data")
    GEOGRAPHY_IMPORT = "geography.import", _l("Imported areas or boundaries")
    GEOGRAPHY_LOAD = "geography.load", _l("Imported the postcode directory")
    MATCHING_RUN = "matching.run", _l("Ran matching")
    MESSAGE_DONE = "message.done", _l("Recorded a call or letter")
    NEED_CHANGE = "need.change", _l("Changed a need")
    NEED_CLOSE = "need.close", _l("Closed a need")
    NEED_MAKE = "need.make", _l("Opened a need")
    ORGANISATION_CHANGE = "organisation.change", _l("Changed an organisation")
    ORGANISATION_CREATE = "organisation.create", _l("Added an organisation")
    PARTNER_COORDINATOR_CREATE = "partner_coordinator.create", _l("Added a partner coordinator")
    PARTNER_COORDINATOR_END = "partner_coordinator.end", _l("Removed a partner coordinator")
    PEOPLE_EXPORT = "people.export", _l("Downloaded a list of people")
    PEOPLE_IMPORT = "people.import", _l("Imported a list of people")
    PERSON_APPROVE = "person.approve", _l("Approved a registration")
    PERSON_BLOCK = "person.block", _l("Blocked a person or an organisation")
    PERSON_CALL = "person.call", _l("Called a person")
    PERSON_CALL_READ = "person.call-read", _l("Opened an entry in the call list")
    PERSON_CHANGE = "person.change", _l("Changed a person’s details")
    PERSON_COME_BACK = "person.come-back", _l("Recorded that a person is back")
    PERSON_CONFIRM = "person.confirm", _l("Confirmed a registration")
    PERSON_CONTACT = "person.contact", _l("Changed a person’s contact details")
    PERSON_DECLINE = "person.decline", _l("Declined a registration")
    PERSON_FORGET = "person.forget", _l("Deleted unconfirmed registrations")
    PERSON_GENERAL = "person.general", _l("Changed whether the whole team can see a person")
    PERSON_MEMBERSHIP_ACCEPT = (
        "person.membership-accept",
        _l("Accepted an application to join a network"),
    )
    PERSON_MEMBERSHIP_DECLINE = (
        "person.membership-decline",
        _l("Declined an application to join a network"),
    )
    PERSON_MERGE = "person.join", _l("Merged two records")
    PERSON_HEARD_FROM = "person.heard-from", _l("Heard from a person")
    PERSON_LEAVE = "person.leave", _l("Recorded that a person left the network")
    PERSON_DELAYED_CHANGE = "person.loosen", _l("Made a delayed change")
    PERSON_DELAYED_CHANGE_REQUEST = "person.loosen-ask", _l("Requested a delayed change")
    PERSON_DELAYED_CHANGE_CALL = "person.loosen-call", _l("Called a person about a delayed change")
    PERSON_DELAYED_CHANGE_MEETING = "person.loosen-seen", _l("Met a person about a delayed change")
    PERSON_DELAYED_CHANGE_CANCEL = "person.loosen-stop", _l("Stopped a delayed change")
    PERSON_NETWORKS = "person.networks", _l("Changed a person’s networks")
    PERSON_NOT_THE_SAME = "person.not-the-same", _l("Marked two records as different people")
    PERSON_ORGANISATION = "person.organisation", _l("Changed a person’s organisations")
    PERSON_PAUSE = "person.pause", _l("Recorded that a person is away")
    PERSON_PLACE = "person.place", _l("Changed a person’s places")
    PERSON_PROTECT = "person.protect", _l("Changed a person’s places")
    PERSON_REACH = "person.reach", _l("Changed how far a person is willing to travel")
    PERSON_READ = "person.read", _l("Opened a record")
    PERSON_REFUSE_ADDRESS = (
        "person.refuse-address",
        _l("Refused a change of address, from the old address"),
    )
    PERSON_REGISTER = "person.register", _l("Registered")
    PERSON_RENAME = "person.rename", _l("Changed a person’s name")
    PERSON_RESUME = "person.resume", _l("Ended the pause of a person’s role in the network")
    PERSON_RETURN = "person.return", _l("Changed their mind about leaving the network")
    PERSON_SAFE_CONTACT = "person.safe-contact", _l("Changed how to contact a person safely")
    PERSON_SIGN_IN = "person.sign-in", _l("Set up sign-in with a person’s email address")
    PERSON_STILL_HERE = "person.still-here", _l("Confirmed that a person still takes part")
    PERSON_SUSPEND = "person.suspend", _l("Paused a person’s role in the network")
    PERSON_TOLD = "person.told", _l("Recorded who reported a change to a person’s details")
    PERSON_UNDO_MERGE = "person.undo-join", _l("Undid a merge of two records")
    PERSON_UNPROTECT = "person.unprotect", _l("Changed a person’s places")
    PERSON_VOUCH = "person.vouch", _l("Accepted a new sign-in address")
    PERSON_WORD = "person.word", _l("Chose a memorable word")
    PERSON_WORD_CODE = "person.word-code", _l("Gave a code for a new memorable word by phone")
    PERSON_WORD_TRY = "person.word-try", _l("Entered a memorable word")
    PRESENCE_KEEP = "presence.keep", _l("Left the ward of a place unchanged")
    PRESENCE_SERVE = (
        "presence.start_serving",
        _l("Recorded that a person started helping in a place"),
    )
    PRESENCE_CONFIRM_WARD = "presence.settle", _l("Confirmed the ward of a place")
    PRESENCE_STOP_SERVING = (
        "presence.stop_serving",
        _l("Recorded that a person stopped helping in a place"),
    )
    PROGRAMME_LOAD = "programme.load", _l("Loaded the programme")
    REMINDERS_RUN = "reminders.run", _l("Ran the daily reminders")
    REQUEST_ACCEPT = "request.accept", _l("Said yes to a request")
    REQUEST_ASK = "request.ask", _l("Asked a person to help")
    REQUEST_DECLINE = "request.decline", _l("Said no to a request")
    REQUEST_WITHDRAW = "request.withdraw", _l("Withdrew a request")
    RUN_CANCEL = "run.cancel", _l("Cancelled a course")
    RUN_CHANGE = "run.change", _l("Changed a course")
    RUN_COMPLETE = "run.complete", _l("Signed off a course")
    RUN_EXPORT_SHEET = "run.export_sheet", _l("Downloaded a class sheet")
    RUN_MARK = "run.mark", _l("Marked attendance")
    RUN_PUBLISH = "run.publish", _l("Opened a course for booking")
    RUN_SCHEDULE = "run.put_on", _l("Planned a course")
    RUN_READ_ROLL = "run.read_roll", _l("Viewed a list of bookings")
    RUN_REOPEN = "run.reopen", _l("Reopened a course")
    SAFEGUARDING_DECIDE = "safeguarding.decide", _l("Recorded a safeguarding decision")
    SAFEGUARDING_OPEN = "safeguarding.open", _l("Opened a safeguarding message")
    SAFEGUARDING_READ = "safeguarding.read", _l("Viewed safeguarding notes")
    SITE_CREATE = "site.create", _l("Added a place to an organisation")
    SITE_END = "site.end", _l("Removed a place from an organisation")
    SITE_CONFIRM_WARD = "site.settle", _l("Confirmed the ward of a place")
    USER_ACCEPT_INVITATION = "user.accept-invitation", _l("Set up an account")
    USER_ACCEPT_OFFER = "user.accept-offer", _l("Accepted an invitation")
    USER_AGREE_ROLE = "user.agree-role", _l("Approved a role, or let it start after 24 hours")
    USER_ASK_ROLE = "user.ask-role", _l("Requested a role")
    USER_REACTIVATE = "user.bring-back", _l("Reactivated an account")
    USER_CANCEL_ROLE = "user.cancel-role", _l("Cancelled a future role")
    USER_CHANGE_ADDRESS = "user.change-address", _l("Changed a sign-in address")
    USER_CHANGE_PASSWORD = "user.change-password", _l("Changed their own password")
    USER_CHANGE_SECOND_FACTOR = "user.change-second-factor", _l("Changed their own second factor")
    USER_CREATE = "user.create", _l("Created an account")
    USER_DEACTIVATE = "user.deactivate", _l("Deactivated an account")
    USER_END_ROLE = "user.end-role", _l("Ended a role")
    USER_FIRST_SIGN_IN = "user.first-sign-in", _l("Signed in for the first time")
    USER_GRANT = "user.grant", _l("Gave a role")
    USER_INVITE = "user.invite", _l("Sent an invitation")
    USER_LIST = "user.list", _l("Listed accounts on the command line")
    USER_OFFER = "user.offer", _l("Invited a person to work on the service")
    USER_REAUTHENTICATE = "user.prove", _l("Entered their password and code again")
    USER_RECOVERY_CODES = "user.recovery-codes", _l("Created recovery codes")
    USER_REFUSE_ROLE = "user.refuse-role", _l("Refused a role")
    USER_RENAME = "user.rename", _l("Changed a user’s name")
    USER_SIGN_IN = "user.sign-in", _l("Signed in")
    USER_SIGN_OUT = "user.sign-out", _l("Signed out")
    USER_RESET_SIGN_IN = "user.start-over", _l("Reset a password and second factor")
    USER_TRY_NOW = "user.try-now", _l("Used a link to try signing in again")
    USER_WITHDRAW_OFFER = "user.withdraw-offer", _l("Withdrew an invitation")
