"""How the audit log reads: groups of verbs for its filter, and what was done to what, in words."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l

from app.core import public_ids
from app.core.audit_verbs import AuditVerb

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
    AuditVerb.CLAIM_SET_ASIDE,
    AuditVerb.BOOKING_ADD_NAMED,
    AuditVerb.REQUEST_ASK,
    AuditVerb.REQUEST_WITHDRAW,
    AuditVerb.USER_INVITE,
    AuditVerb.USER_RENAME,
    AuditVerb.USER_START_OVER,
    AuditVerb.USER_DEACTIVATE,
    AuditVerb.USER_BRING_BACK,
    AuditVerb.USER_OFFER,
    AuditVerb.USER_WITHDRAW_OFFER,
    AuditVerb.PERSON_SUSPEND,
    AuditVerb.PERSON_RESUME,
)
# Done to the account of somebody who works on the service, these would tell that they are a
# champion: it is the champion's role that was given or ended so, or a champion's own address.
UNTOLD = (AuditVerb.USER_GRANT, AuditVerb.USER_END_ROLE, AuditVerb.USER_CHANGE_ADDRESS)
# Protection and other changes of places read alike and stand without their subject, so that nobody
# learns from the audit log who is protected.
PLACES_CHANGED = (AuditVerb.PERSON_PLACE, AuditVerb.PERSON_PROTECT, AuditVerb.PERSON_UNPROTECT)

# Rows of these tables are shown to those only who may know of sensitive networks: whoever changes
# the answer was asked, and whoever was asked chose only sensitive networks.
SENSITIVE_TABLES = ("general_answers", "private_words")

_WORDINGS = {verb.value: verb.wording for verb in AuditVerb}
_KINDS = {"create": _l("added"), "change": _l("changed"), "delete": _l("removed")}
_NOUNS = {
    "people": _l("person"),
    "role_grants": _l("role"),
    "person_contacts": _l("person contact"),
    "audit_entries": _l("the audit"),
}
_SUBJECT = re.compile(r"([a-z][a-z _-]*?)[ #]+(" + public_ids.PATTERN + r")\Z")


def verb_in_words(verb: str) -> str:
    """What was done, as a person says it.

    A verb made from a table, or one that the code has since dropped, is read from its parts.
    """
    if verb in _WORDINGS:
        return str(_WORDINGS[verb])
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
