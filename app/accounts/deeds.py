"""How what was done reads in the trail: verbs, and what they were done to.

The verbs are those that rooms write with `audit.acting` and `audit.record`. One without words of
its own reads as it is written, only more kindly, so a new verb needs nothing here.
"""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l

from app.core import public_ids

# Groups for the filter: label, and the verbs' parts before the point. A write that no room put a
# verb to is called after its table.
GROUPS: dict[str, tuple[object, tuple[str, ...]]] = {
    "people": (
        _l("People and their details"),
        (
            "person", "people", "presence", "contact_point", "affiliations", "memberships",
            "person_contacts", "contact_points", "presences", "stays", "absences", "blocks",
            "excluded_areas", "not_duplicates", "safe_contacts", "loosenings", "general_answers",
            "private_words", "suspensions",
        ),
    ),
    "certificates": (
        _l("Certificates and earlier training"),
        ("certificate", "certificates", "claim", "training_claims", "adjustments"),
    ),
    "courses": (
        _l("Courses and bookings"),
        (
            "run", "booking", "course_runs", "course_sessions", "bookings", "attendees",
            "attendances", "course_types",
        ),
    ),
    "needs": (
        _l("Needs and matching"),
        ("need", "matching", "request", "assignment", "needs", "proposals", "assignments"),
    ),
    "messages": (_l("Letters and reminders"), ("message", "messages", "reminders")),
    "organisations": (
        _l("Organisations and agreements"),
        (
            "organisation", "site", "agreement", "partner_coordinator", "organisations",
            "sites", "agreements", "partner_coordinators",
        ),
    ),
    "users": (
        _l("Users and signing in"),
        ("user", "users", "role_grants", "role_requests", "offers"),
    ),
    "safeguarding": (_l("Safeguarding"), ("safeguarding",)),
    "audit": (_l("Readings of the audit"), ("audit",)),
    "programme": (
        _l("The programme and its figures"),
        ("programme", "programmes", "geography", "coverage", "demo", "crisis_lines", "networks"),
    ),
}  # fmt: skip

# What only those do who work on the service. Somebody who is a champion too is named for these
# alone: by anything else they may have done it as a champion, for themself.
STAFF_GROUPS = (
    "run", "need", "matching", "organisation", "site", "agreement", "partner_coordinator", "audit",
    "programme", "geography", "coverage", "message", "people", "safeguarding",
)  # fmt: skip
STAFF_VERBS = (
    "person.read", "person.call-read", "person.approve", "person.decline", "person.not-the-same",
    "presence.settle", "certificate.issue", "certificate.record", "certificate.revoke",
    "certificate.adjust", "certificate.undo_adjustment", "certificate.describe", "certificate.tie",
    "claim.confirm", "claim.set_aside", "booking.add_named", "request.ask", "request.withdraw",
    "user.invite", "user.rename", "user.start-over", "user.deactivate", "user.bring-back",
    "user.offer", "user.withdraw-offer", "person.suspend", "person.resume",
)  # fmt: skip
# Done to the account of somebody who works on the service, these would tell that they are a
# champion: it is the champion's role that was given or ended so, or a champion's own address.
UNTOLD = ("user.grant", "user.end-role", "user.change-address")
# Protection and other changes of places read alike and stand without their subject, so that nobody
# learns from the trail who is protected.
PLACES_CHANGED = ("person.place", "person.protect", "person.unprotect")

# Rows of these tables are shown to those only who may know of sensitive networks: whoever changes
# the answer was asked, and whoever was asked chose only sensitive networks.
SENSITIVE_TABLES = ("general_answers", "private_words")

_VERBS = {
    "agreement.create": _l("Agreement added"),
    "agreement.confirm": _l("Agreement confirmed"),
    "agreement.refuse": _l("Agreement refused"),
    "agreement.end": _l("Agreement ended early"),
    "assignment.begin": _l("Place taken up"),
    "assignment.end": _l("Place ended"),
    "audit.read": _l("Audit read"),
    "person.suspend": _l("Paused by us"),
    "person.resume": _l("Pause by us ended"),
    "safeguarding.open": _l("Safeguarding message opened"),
    "safeguarding.read": _l("Safeguarding notes read"),
    "safeguarding.decide": _l("Safeguarding decision noted"),
    "booking.add_named": _l("Somebody booked by name"),
    "booking.book": _l("Booked"),
    "booking.choose_trainer_reads": _l("Chose what the trainer may read"),
    "booking.forget_access_needs": _l("Access needs forgotten after the course"),
    "booking.give_up": _l("Booking given up"),
    "booking.hold": _l("Places held for an organisation"),
    "booking.release": _l("Held places released"),
    "certificate.adjust": _l("Last day of a certificate changed"),
    "certificate.describe": _l("Certificate described"),
    "certificate.export": _l("Record of training downloaded"),
    "certificate.issue": _l("Certificate issued"),
    "certificate.record": _l("Certificate recorded"),
    "certificate.revoke": _l("Certificate revoked"),
    "certificate.tie": _l("Certificate tied to a person"),
    "certificate.undo_adjustment": _l("Last day of a certificate changed back"),
    "claim.confirm": _l("Earlier training confirmed"),
    "claim.set_aside": _l("Earlier training set aside"),
    "contact_point.use": _l("Contact details taken in"),
    "coverage.people": _l("People behind a figure read"),
    "demo.load": _l("Demonstration made up"),
    "geography.import": _l("Areas or boundaries read in"),
    "geography.load": _l("Postcode directory read in"),
    "matching.run": _l("Matching run"),
    "message.done": _l("Rung or written to by hand"),
    "need.change": _l("Need changed"),
    "need.close": _l("Need closed"),
    "need.make": _l("Need opened"),
    "organisation.change": _l("Organisation changed"),
    "organisation.create": _l("Organisation added"),
    "partner_coordinator.create": _l("Partner coordinator added"),
    "partner_coordinator.end": _l("Partner coordinator ended"),
    "people.export": _l("List of people downloaded"),
    "people.import": _l("List of people read in"),
    "person.approve": _l("Approved"),
    "person.block": _l("Somebody shut out"),
    "person.call-read": _l("Entry of the call list opened"),
    "person.change": _l("Details changed"),
    "person.come-back": _l("Back from being away"),
    "person.confirm": _l("Registration confirmed"),
    "person.contact": _l("Contact details changed"),
    "person.decline": _l("Declined"),
    "person.forget": _l("Unconfirmed registrations forgotten"),
    "person.word": _l("Private word chosen"),
    "person.word-code": _l("Code for a new private word given on the phone"),
    "person.word-try": _l("Private word given"),
    "person.general": _l("Answer about the whole team changed"),
    "person.leave": _l("Left"),
    "person.loosen": _l("Change that waited took effect"),
    "person.loosen-ask": _l("Change asked for that has to wait"),
    "person.loosen-call": _l("Called about a change that waits"),
    "person.loosen-seen": _l("Met in person about a change that waits"),
    "person.loosen-stop": _l("Change that waited was stopped"),
    "person.networks": _l("Networks changed"),
    "person.not-the-same": _l("Said not to be the same person"),
    "person.organisation": _l("Organisation of a person changed"),
    "person.pause": _l("Away for a time"),
    "person.place": _l("Places of a person changed"),
    "person.protect": _l("Places of a person changed"),
    "person.reach": _l("How far they go changed"),
    "person.read": _l("Record opened"),
    "person.register": _l("Registered"),
    "person.rename": _l("Name changed"),
    "person.vouch": _l("New address for signing in accepted"),
    "person.refuse-address": _l("New address refused at the old one"),
    "person.sign-in": _l("Signs in with their address"),
    "person.safe-contact": _l("Safe contact changed"),
    "person.still-here": _l("Still here"),
    "person.unblock": _l("Somebody let in again"),
    "person.unprotect": _l("Places of a person changed"),
    "presence.keep": _l("Place kept as it is"),
    "presence.serve": _l("Began to serve a place"),
    "presence.settle": _l("Area of a place settled"),
    "presence.stop_serving": _l("Stopped serving a place"),
    "programme.load": _l("Programme loaded"),
    "reminders.run": _l("Reminders of the day"),
    "request.accept": _l("Said yes to a request"),
    "request.ask": _l("Asked to help"),
    "request.decline": _l("Said no to a request"),
    "request.withdraw": _l("Request taken back"),
    "run.cancel": _l("Course cancelled"),
    "run.change": _l("Course changed"),
    "run.complete": _l("Course signed off"),
    "run.export_sheet": _l("Class sheet downloaded"),
    "run.mark": _l("Attendance marked"),
    "run.publish": _l("Course opened for booking"),
    "run.put_on": _l("Course put on"),
    "run.read_roll": _l("List of who is booked read"),
    "run.reopen": _l("Signed-off course opened again"),
    "site.create": _l("Place of an organisation added"),
    "site.end": _l("Place of an organisation ended"),
    "site.settle": _l("Area of a place settled"),
    "user.accept-invitation": _l("Account set up"),
    "user.accept-offer": _l("Invitation accepted"),
    "user.bring-back": _l("Account brought back"),
    "user.change-address": _l("Sign-in address changed"),
    "user.create": _l("Account made"),
    "user.deactivate": _l("Account deactivated"),
    "user.end-role": _l("Role ended"),
    "user.cancel-role": _l("Role to come cancelled"),
    "user.first-sign-in": _l("Signed in for the first time"),
    "user.grant": _l("Role given"),
    "user.invite": _l("Invitation sent"),
    "user.offer": _l("Invited to work on the service"),
    "user.rename": _l("Name of a user changed"),
    "user.sign-in": _l("Signed in"),
    "user.sign-out": _l("Signed out"),
    "user.change-password": _l("Own password changed"),
    "user.change-second-factor": _l("Own second factor changed"),
    "user.agree-role": _l("Agreed to a role, or let it count after 24 hours"),
    "user.ask-role": _l("Role asked for"),
    "user.list": _l("Accounts listed on the command line"),
    "user.refuse-role": _l("Role refused"),
    "user.prove": _l("Password and code given again"),
    "user.recovery-codes": _l("Recovery codes made"),
    "user.try-now": _l("Used a link to try signing in again"),
    "user.withdraw-offer": _l("Invitation withdrawn"),
    "user.start-over": _l("Password and second factor taken away"),
}
_KINDS = {"create": _l("added"), "change": _l("changed"), "delete": _l("removed")}
_NOUNS = {
    "people": _l("person"),
    "role_grants": _l("role"),
    "person_contacts": _l("person contact"),
    "audit_entries": _l("the audit"),
}
_SUBJECT = re.compile(r"([a-z][a-z _-]*?)[ #]+(" + public_ids.PATTERN + r")\Z")


def verb_in_words(verb: str) -> str:
    """What was done, as a person says it."""
    if verb in _VERBS:
        return str(_VERBS[verb])
    table, _point, kind = verb.partition(".")
    said = str(_KINDS[kind]) if kind in _KINDS else kind.replace("_", " ").replace("-", " ")
    return f"{noun(table).capitalize()}: {said}" if said else noun(table).capitalize()


def noun(table: str) -> str:
    """One row of a table, in a word: "person" of people."""
    if table in _NOUNS:
        return str(_NOUNS[table])
    return table.removesuffix("s").replace("_", " ")


def subject_in_words(table: str, number: int | None) -> str:
    """What it was done to: "person" with its public identifier; without a number "reminders"."""
    if number is None:
        return noun(table) if table in _NOUNS else table.replace("_", " ")
    return f"{noun(table)} {public_ids.encode(table, number)}"


def read_subject(text: str) -> tuple[str, int] | None:
    """The table and number that “person” with a public identifier means; None for anything else."""
    found = _SUBJECT.match(text.strip().lower())
    if found is None:
        return None
    word, identifier = found.group(1).strip(), found.group(2)
    tables = {str(said): table for table, said in _NOUNS.items()}
    table = tables.get(word) or word.replace(" ", "_").replace("-", "_")
    known = table in _NOUNS or table.endswith("s")
    table = table if known else f"{table}s"
    try:
        number = public_ids.decode(table, identifier)
    except LookupError:
        return None
    return None if number is None else (table, number)
