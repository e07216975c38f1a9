"""Entries for a person's timeline, worded for staff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import writers
from app.changes import change_source
from app.core import clock
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.registry import TimelineEntry
from app.core.words import long_date
from app.people.models import Person
from app.people.queries import is_protection_visible, joining, merged
from app.people.types import Source
from app.records.queries import participation as own_queries

# Changes shown only to readers with the permission for sensitive networks.
SENSITIVE_CHANGES = (AuditVerb.PERSON_BLOCK, AuditVerb.PERSON_PROTECT)
VERB_WORDING = {verb.value: verb.wording for verb in AuditVerb}
SOURCE_WORDING = {
    Source.SELF: _l("Registered"),
    Source.STAFF: _l("Added by staff"),
    Source.IMPORT: _l("Added from a partner’s list"),
}


def timeline_entries(actor: Actor, person_id: int) -> Sequence[TimelineEntry]:
    """Return entries about registration, decisions, absences, activity and leaving.

    The caller must check that the actor is allowed to see the person.
    """
    person = db.session.get(Person, person_id)
    if person is None:
        return []
    found = [
        *_entry_at("registration", str(SOURCE_WORDING[person.source]), person.registered_at),
        *_entry_at("registration", _("Confirmed"), person.confirmed_at),
        *_entry_at("registration", _("Approved"), person.approved_at),
        *_entry_at("registration", _("Declined"), person.declined_at),
    ]
    if is_protection_visible(Scope.for_actor(actor), person):
        found += _entry_at("protection", _("Asked us not to keep a postcode"), person.protected_at)
    found += _application_entries(actor, person_id)
    found += _change_source_entries(actor, person_id)
    for each in merged.registrations_merged_into(person_id):
        text = _("Registered again. Merged into this record")
        found += _entry_at("registration", text, each.joined_at)
    for absence in own_queries.all_absences(person_id):
        text = (
            _("Away until %(day)s", day=long_date(absence.until_on))
            if absence.until_on
            else _("Away")
        )
        found.append(TimelineEntry(absence.from_on, text, "absence"))
    approved_on = clock.london_day(person.approved_at) if person.approved_at else None
    for confirmation in own_queries.activity_confirmations(person_id):
        if confirmation.said and confirmation.on != approved_on:
            found.append(TimelineEntry(confirmation.on, _("Still here"), "stay"))
    if person.left_on is not None:
        found.append(TimelineEntry(person.left_on, _("Left"), "left"))
    return found


def _application_entries(actor: Actor, person_id: int) -> list[TimelineEntry]:
    """Return entries about the person's applications to join a network."""
    found = []
    scope = Scope.for_actor(actor)
    for each in joining.visible_applications(scope, person_id):
        network = each.network
        text = _("Asked to join “%(network)s”", network=network)
        found += _entry_at("network", text, each.applied_at)
        text = _("Withdrew the application to join “%(network)s”", network=network)
        found += _entry_at("network", text, each.withdrawn_at)
        by = each.decided_by or _("The system")
        if each.accepted:
            text = _("%(who)s accepted them into “%(network)s”", who=by, network=network)
        else:
            text = _("%(who)s did not accept them into “%(network)s”", who=by, network=network)
        if each.reason and writers.may_read_notes_by(scope, each.decided_by_user_id):
            text = f"{text}: {each.reason}"
        found += _entry_at("network", text, each.decided_at)
    return found


def _change_source_entries(actor: Actor, person_id: int) -> list[TimelineEntry]:
    """Return entries that say who told staff about a change.

    This includes changes to records that were merged into this one. Some changes are shown only to
    readers with the permission for sensitive networks: changes made by staff with that permission,
    and changes that reveal protection or blocks.
    """
    scope = Scope.for_actor(actor)
    closed = [each.closed_id for each in merged.registrations_merged_into(person_id)]
    entries = own_queries.change_source_entries([person_id, *closed])
    readable = writers.readable_writers(scope, [each.actor_user_id for each in entries])
    found = []
    for each in entries:
        change = each.changes["change"]
        if each.actor_user_id not in readable or (
            change in SENSITIVE_CHANGES and not scope.sensitive
        ):
            continue
        text = _(
            "%(change)s. %(said)s",
            change=VERB_WORDING[change],
            said=change_source.from_audit_entry(each.changes).describe(),
        )
        found += _entry_at("change", text, each.at)
    return found


def _entry_at(kind: str, text: str, instant: datetime | None) -> list[TimelineEntry]:
    return [TimelineEntry(clock.london_day(instant), text, kind, at=instant)] if instant else []
