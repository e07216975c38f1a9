"""Labels for actions and subjects in the audit log, and the groups of actions in the filter."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l

from app.core import public_ids
from app.core.audit_verbs import AuditVerb

# Groups for the filter: the label, and the parts of the verbs before the point. A write without a
# verb of its own is named after its table.
GROUPS: dict[str, tuple[object, tuple[str, ...]]] = {
    "people": (
        _l("People and their details"),
        (
            "person", "people", "presence", "contact_point", "affiliations", "memberships",
            "membership_applications",
            "person_contacts", "contact_points", "presences", "stays", "call_attempts",
            "absences", "blocks", "excluded_areas", "not_duplicates", "safe_contacts",
            "loosenings", "general_answers", "private_words", "suspensions",
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
    "messages": (_l("Messages and reminders"), ("message", "messages", "reminders")),
    "organisations": (
        _l("Organisations and agreements"),
        (
            "organisation", "site", "agreement", "partner_coordinator", "organisations",
            "sites", "agreements", "partner_coordinators",
        ),
    ),
    "users": (
        _l("Users and sign-in"),
        ("user", "users", "role_grants", "role_requests", "offers"),
    ),
    "safeguarding": (_l("Safeguarding"), ("safeguarding",)),
    "audit": (_l("Reading the audit log"), ("audit",)),
    "programme": (
        _l("The programme and its figures"),
        ("programme", "programmes", "geography", "coverage", "demo", "crisis_lines", "networks"),
    ),
}  # fmt: skip

# Actions that only staff take. A member of staff who is also a champion is named only for these,
# because they may have done anything else as a champion, to their own record.
STAFF_GROUPS = (
    "run", "need", "matching", "organisation", "site", "agreement", "partner_coordinator", "audit",
    "programme", "geography", "coverage", "message", "people", "safeguarding",
)  # fmt: skip
STAFF_VERBS = (
    AuditVerb.PERSON_READ,
    AuditVerb.PERSON_CALL_READ,
    AuditVerb.PERSON_APPROVE,
    AuditVerb.PERSON_DECLINE,
    AuditVerb.PERSON_NOT_THE_SAME,
    AuditVerb.PRESENCE_CONFIRM_WARD,
    AuditVerb.CERTIFICATE_ISSUE,
    AuditVerb.CERTIFICATE_RECORD,
    AuditVerb.CERTIFICATE_REVOKE,
    AuditVerb.CERTIFICATE_ADJUST,
    AuditVerb.CERTIFICATE_UNDO_ADJUSTMENT,
    AuditVerb.CERTIFICATE_SET_NUMBERS,
    AuditVerb.CERTIFICATE_LINK,
    AuditVerb.CLAIM_CONFIRM,
    AuditVerb.CLAIM_KEEP,
    AuditVerb.CLAIM_REJECT,
    AuditVerb.BOOKING_ADD_NAMED,
    AuditVerb.REQUEST_ASK,
    AuditVerb.REQUEST_WITHDRAW,
    AuditVerb.USER_INVITE,
    AuditVerb.USER_RENAME,
    AuditVerb.USER_RESET_SIGN_IN,
    AuditVerb.USER_DEACTIVATE,
    AuditVerb.USER_REACTIVATE,
    AuditVerb.USER_OFFER,
    AuditVerb.USER_WITHDRAW_OFFER,
    AuditVerb.PERSON_SUSPEND,
    AuditVerb.PERSON_RESUME,
)
# If the log named the owner of the account for these actions, it would show that they are a
# champion: the role given or ended is the champion's, and so is the address that changed.
OWNER_HIDDEN = (AuditVerb.USER_GRANT, AuditVerb.USER_END_ROLE, AuditVerb.USER_CHANGE_ADDRESS)
# Protection has the same words as other changes to places, and the subject is left out, so that the
# log does not show who is protected.
PLACES_CHANGED = (AuditVerb.PERSON_PLACE, AuditVerb.PERSON_PROTECT, AuditVerb.PERSON_UNPROTECT)

# Only readers with the permission for sensitive networks see rows of these tables. A person is only
# asked for these answers if all their networks are sensitive.
SENSITIVE_TABLES = ("general_answers", "private_words")

_WORDINGS = {verb.value: verb.wording for verb in AuditVerb}
_KINDS = {"create": _l("Added"), "change": _l("Changed"), "delete": _l("Removed")}
_NOUNS = {
    "people": _l("person"),
    "role_grants": _l("role"),
    "person_contacts": _l("person contact"),
    "audit_entries": _l("the audit log"),
}
# The nouns for one row of each of the other tables.
_ROW_NOUNS = {
    "absences": _l("absence"),
    "adjustments": _l("adjustment"),
    "affiliations": _l("affiliation"),
    "agreements": _l("agreement"),
    "area_sets": _l("area set"),
    "areas": _l("area"),
    "assignments": _l("assignment"),
    "attendances": _l("attendance"),
    "attendees": _l("attendee"),
    "bands": _l("band"),
    "blocks": _l("block"),
    "bookings": _l("booking"),
    "certificate_kinds": _l("certificate kind"),
    "certificates": _l("certificate"),
    "community_awards": _l("community award"),
    "contact_points": _l("contact point"),
    "course_runs": _l("course run"),
    "course_sessions": _l("course session"),
    "course_types": _l("course type"),
    "crisis_lines": _l("crisis line"),
    "excluded_areas": _l("excluded area"),
    "general_answers": _l("general answer"),
    "joined_registrations": _l("merged registration"),
    "kind_rules": _l("kind rule"),
    "loosenings": _l("delayed change"),
    "membership_applications": _l("application to join a network"),
    "memberships": _l("membership"),
    "messages": _l("message"),
    "needs": _l("need"),
    "networks": _l("network"),
    "not_duplicates": _l("pair of different people"),
    "offers": _l("offer"),
    "organisations": _l("organisation"),
    "partner_coordinators": _l("partner coordinator"),
    "presences": _l("presence"),
    "private_words": _l("memorable word"),
    "programmes": _l("programme"),
    "proposals": _l("proposal"),
    "reminders": _l("reminder"),
    "role_requests": _l("role request"),
    "safeguarding_reports": _l("safeguarding report"),
    "safe_contacts": _l("safe contact"),
    "sites": _l("site"),
    "stays": _l("stay"),
    "call_attempts": _l("call"),
    "suspensions": _l("suspension"),
    "targets": _l("target"),
    "training_claims": _l("training claim"),
    "users": _l("user"),
}
# The nouns for tables, for actions on all of their rows.
_TABLE_NOUNS = {
    "areas": _l("areas"),
    "messages": _l("messages"),
    "reminders": _l("reminders"),
    "safeguarding_reports": _l("safeguarding reports"),
    "users": _l("users"),
}
_SUBJECT_PATTERN = re.compile(r"([a-z][a-z _-]*?)[ #]+(" + public_ids.PATTERN + r")\Z")


def describe_verb(verb: str) -> str:
    """Return the label of an audit verb.

    A verb without its own label is described by its table and the kind of change.
    """
    if verb in _WORDINGS:
        return str(_WORDINGS[verb])
    table, _point, kind = verb.partition(".")
    if kind in _KINDS:
        return f"{_KINDS[kind]}: {noun_for_table(table)}"
    action = kind.replace("_", " ").replace("-", " ")
    return (
        f"{noun_for_table(table).capitalize()}: {action}"
        if action
        else noun_for_table(table).capitalize()
    )


def noun_for_table(table: str) -> str:
    """Return the noun for a row of a table, such as "person" for people."""
    noun = _NOUNS.get(table) or _ROW_NOUNS.get(table)
    return str(noun) if noun else table.removesuffix("s").replace("_", " ")


def describe_subject(table: str, number: int | None) -> str:
    """Return the noun and public identifier of a subject, or only the noun if it has no number."""
    if number is None:
        return (
            noun_for_table(table)
            if table in _NOUNS
            else str(_TABLE_NOUNS.get(table) or table.replace("_", " "))
        )
    return f"{noun_for_table(table)} {public_ids.encode(table, number)}"


def parse_subject(text: str) -> tuple[str, int] | None:
    """Return the table and row ID for a text such as “person A1B2”, or None if it is not valid."""
    found = _SUBJECT_PATTERN.match(text.strip().lower())
    if found is None:
        return None
    word, identifier = found.group(1).strip(), found.group(2)
    tables = {str(noun): table for table, noun in (_ROW_NOUNS | _NOUNS).items()}
    table = tables.get(word) or word.replace(" ", "_").replace("-", "_")
    is_plural = table in _NOUNS or table.endswith("s")
    table = table if is_plural else f"{table}s"
    try:
        number = public_ids.decode(table, identifier)
    except LookupError:
        return None
    return None if number is None else (table, number)
