"""Load a programme file, one room at a time. Only changes are written."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from flask import g
from flask_babel import gettext as _
from sqlalchemy import select

from app.areas import loading as areas
from app.areas.directory import load_packaged_directory
from app.certificates import loading as certificates
from app.core import audit, clock, locks
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.errors import Conflict, InvalidInput
from app.core.locks import Lock
from app.core.programme import DATED_SETTINGS, extend_history, setting
from app.core.programme import Programme as ProgrammeRow
from app.core.reconciliation import Effect, Reconciliation
from app.courses import loading as courses
from app.organisations import loading as organisations
from app.site.models import CrisisLine, DemoLoad
from app.site.programme import ProgrammeError, digest, load_programme
from app.site.programme_schema import Programme
from app.targets import loading as targets


def load_programme_file(actor: Actor, path: Path) -> Reconciliation:
    """Make the database match the programme file at ``path``. Flushes but does not commit.

    Raises InvalidInput with a sentence for each error in the file. Raises Conflict if something was
    removed from the file but is still in use, or if another programme is loaded.
    """
    try:
        programme = load_programme(path)
    except ProgrammeError as error:
        raise InvalidInput(str(error)) from error
    locks.acquire(Lock.PROGRAMME)
    reconciliation = Reconciliation(_effective_days(programme))
    with audit.acting(actor, AuditVerb.PROGRAMME_LOAD):
        _load_rooms(reconciliation, programme)
        _load_help_lines(reconciliation, programme)
        _load_programme_row(reconciliation, programme)
        reconciliation.finish()
    _check_change_date(reconciliation, programme)
    if reconciliation.has_changes:
        audit.record(
            actor,
            AuditVerb.PROGRAMME_LOAD,
            "programmes",
            created=reconciliation.created,
            changed=reconciliation.changed,
            removed=reconciliation.removed,
            digest=digest(programme),
        )
    g.pop("programme", None)
    return reconciliation


def _effective_days(programme: Programme) -> Effect:
    """Return the days on which the changes in this load take effect."""
    first_day = programme.programme.from_on
    if db.session.scalar(select(ProgrammeRow.id)) is None:
        return Effect(first_day)
    today = clock.today()
    return Effect(first_day, today, max(programme.programme.changes_from_on or today, today))


def _check_change_date(reconciliation: Reconciliation, programme: Programme) -> None:
    """Raise InvalidInput if the file changes rules for a day in the past."""
    day = programme.programme.changes_from_on
    if day is not None and reconciliation.has_rule_changes and day < clock.today():
        raise InvalidInput(
            _(
                "programme.changes_from_on: %(day)s is in the past, and figures for past days do"
                " not change. Enter today or a later day, or remove the key.",
                day=day.isoformat(),
            )
        )


def load_postcodes(actor: Actor) -> int:
    """Load the packaged postcode directory for the programme's postcode areas. Idempotent.

    Returns the number of postcodes written, which is 0 if the directory was loaded before. Imported
    directories are not overwritten.
    """
    try:
        return load_packaged_directory(setting("postcode_areas"), actor)
    except InvalidInput as error:
        raise InvalidInput(
            _("programme.postcode_areas: %(message)s", message=error.message)
        ) from error


def record_demonstration(actor: Actor, anchor: date, people: int) -> None:
    """Record that the demonstration was loaded.

    ``anchor`` is the last day of its history, and ``people`` the number of people added.
    """
    db.session.add(DemoLoad(anchor=anchor, finished=True))
    db.session.flush()
    audit.record(actor, AuditVerb.DEMO_LOAD, "demo_loads", anchor=anchor, people=people)


def _load_rooms(reconciliation: Reconciliation, programme: Programme) -> None:
    from_on = programme.programme.from_on
    areas_by_code = areas.load_areas(
        reconciliation,
        areas.ProgrammeAreas(
            district_codes=programme.programme.district_codes,
            districts=programme.districts,
            geography=programme.geography,
            towns=programme.towns,
            villages=programme.villages,
            localities=programme.localities,
            area_sets=programme.area_sets,
        ),
    )
    organisations.load_organisations(
        reconciliation, programme.organisations, programme.networks, from_on
    )
    kinds = certificates.load_kinds(reconciliation, programme.certificate_kinds)
    courses.load_course_types(reconciliation, programme.course_types, kinds)
    targets.load_targets(
        reconciliation, programme.targets, programme.community_status, areas_by_code
    )


def _load_help_lines(reconciliation: Reconciliation, programme: Programme) -> None:
    existing = db.session.scalars(select(CrisisLine))
    reconciliation.reconcile(
        CrisisLine,
        {row.slug: row for row in existing},
        {
            line.slug: {
                "slug": line.slug,
                "name": line.name,
                "number": line.number,
                "hours": line.hours,
                "when": line.when,
                "panel": line.panel,
                "position": position,
                "checked_on": line.checked_on,
            }
            for position, line in enumerate(programme.crisis_lines, start=1)
        },
        part="crisis_lines",
    )


def _load_programme_row(reconciliation: Reconciliation, programme: Programme) -> None:
    """Update the row of the programme. ``loaded_at`` changes only if another column changes."""
    facts = programme.programme
    row = db.session.scalar(select(ProgrammeRow))
    if row is not None and row.slug != facts.slug:
        raise Conflict(
            _(
                "programme.slug: an installation can have only one programme. This one has "
                "“%(slug)s”, but the file is for “%(file)s”.",
                slug=row.slug,
                file=facts.slug,
            )
        )
    values: dict[str, Any] = {
        "slug": facts.slug,
        "name": facts.name,
        "organisation": facts.organisation,
        "settings": settings(programme)
        | {"history": _periods_by_setting(reconciliation, programme, row)},
        "digest": digest(programme),
    }
    if row is None or any(getattr(row, name) != value for name, value in values.items()):
        values["loaded_at"] = clock.now()
    existing = {row.slug: row} if row is not None else {}
    reconciliation.reconcile(ProgrammeRow, existing, {facts.slug: values}, part="programme")


def _periods_by_setting(
    reconciliation: Reconciliation, programme: Programme, row: ProgrammeRow | None
) -> dict[str, Any]:
    """Return the periods of each dated setting, by name. ``row`` is the existing row, or None."""
    effect, new = reconciliation.effect, settings(programme)
    old_settings: dict[str, Any] = row.settings if row is not None else {}
    found = {}
    for name in DATED_SETTINGS:
        history = old_settings.get("history", {}).get(name) or extend_history(
            (), old_settings.get(name, new.get(name)), date.min
        )
        found[name] = extend_history(history, new.get(name), effect.rules_from or date.min)
        reconciliation.has_rule_changes |= effect.rules_from is not None and found[name] != history
    return found


def settings(programme: Programme) -> dict[str, Any]:
    """Return the settings for ``core.programme.setting`` as plain JSON.

    contact, area_name, from_on, district_codes, postcode_areas, active_months, staff_idle_minutes,
    exit_to, decided_within, free_place_after_days: as in [programme].
    districts: name by code. localities, towns: slug and name. community_status: name, kinds,
    bases. privacy_notices: newest first. safeguarding: contacts, bank_holidays. accessibility,
    attributions, geography_note, imd_edition.
    organisation_web: website by slug.
    unconfirmed_lines: slugs of crisis lines to be checked with their owners.
    """
    facts = programme.programme.model_dump(
        mode="json", exclude={"slug", "name", "organisation"}, exclude_none=True
    )
    status = programme.community_status
    notices = sorted(programme.privacy_notices, key=lambda each: -each.version)
    return facts | {
        "districts": {each.code: each.name for each in programme.districts},
        "towns": [{"slug": each.slug, "name": each.name} for each in programme.towns],
        "localities": [{"slug": each.slug, "name": each.name} for each in programme.localities],
        "community_status": status.model_dump(mode="json", include={"name", "kinds", "bases"})
        if status
        else None,
        "privacy_notices": [each.model_dump(mode="json") for each in notices],
        "accessibility": programme.accessibility.model_dump(mode="json"),
        "safeguarding": programme.safeguarding.model_dump(mode="json"),
        "attributions": [each.model_dump(mode="json") for each in programme.attributions],
        "geography_note": programme.geography.note,
        "imd_edition": programme.geography.imd_edition,
        "organisation_web": {
            each.slug: each.web for each in programme.organisations if each.web is not None
        },
        "unconfirmed_lines": [each.slug for each in programme.crisis_lines if not each.confirmed],
    }
