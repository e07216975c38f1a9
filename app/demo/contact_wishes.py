"""Plan contact wishes, and a change that staff must check by phone."""

from __future__ import annotations

from datetime import time
from functools import partial

from app.changes import service as changes
from app.changes.change_source import ChangeSource, Informant, ReportMethod, StaffChange
from app.core import audit, clock
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.permissions import Role
from app.demo.outlines import Outcome
from app.demo.people import FictionalPerson
from app.demo.replay import Replay
from app.people.models import Person
from app.people.safety import wishes
from app.people.safety.types import ContactMethod, ContactPreferences, Days, Hours
from app.people.types import ContactKind

WISHES_ON = -40  # days from the anchor
END_PROTECTION_ON = -1
WISHES = (
    ContactPreferences(
        ways=frozenset({ContactMethod.CALL}),
        days=frozenset({Days.WEEKDAYS}),
        hours=frozenset({Hours.MORNING}),
        say_we_are="Jo from the library",
    ),
    ContactPreferences(
        ways=frozenset({ContactMethod.CALL, ContactMethod.TEXT}),
        voicemail=True,
        others_may_answer=True,
    ),
    ContactPreferences(ways=frozenset({ContactMethod.EMAIL})),
)


def plan(replay: Replay) -> None:
    """Plan contact wishes, and a request to end protection that staff must check by phone."""
    reachable = replay.population.find_people(
        lambda each: (
            each.outcome is Outcome.ACTIVE
            and not each.protected
            and bool(each.contact_details.phone and each.contact_details.email)
        )
    )
    for number, (member, preferences) in enumerate(zip(reachable[2:], WISHES, strict=False)):
        replay.plan_on_day(
            WISHES_ON, time(19, number), partial(_record_wishes, replay, member, preferences)
        )
    protected = replay.population.find_people(
        lambda each: (
            each.outcome is Outcome.ACTIVE and each.protected and bool(each.contact_details.phone)
        )
    )
    if protected:
        replay.plan_on_day(
            WISHES_ON, time(19, 30), partial(_mark_phone_safe, replay, protected[-1])
        )
        replay.plan_on_day(
            END_PROTECTION_ON, time(19, 45), partial(_end_protection, replay, protected[-1])
        )


def _record_wishes(
    replay: Replay, member: FictionalPerson, preferences: ContactPreferences
) -> None:
    """Record a person's contact wishes.

    If the person wants only emails, the coordinator records this.
    """
    person_id = replay.person_id(member)
    if preferences.ways == {ContactMethod.EMAIL}:
        source = ChangeSource(Informant.PERSON, ReportMethod.PHONE, clock.today())
        by_staff = replay.actor_with_roles(Role.COORDINATOR, Role.SENSITIVE)
        changes.set_contact_wishes(by_staff, StaffChange(person_id, source), preferences)
        return
    changes.set_contact_wishes(replay.actor_for_person(person_id), None, preferences)


def _mark_phone_safe(replay: Replay, member: FictionalPerson) -> None:
    """Record that it is safe to call the person."""
    person = db.session.get_one(Person, replay.person_id(member))
    with audit.acting(replay.actor_with_roles(Role.COORDINATOR), AuditVerb.PERSON_SAFE_CONTACT):
        for each in person.contacts:
            if each.point.kind is ContactKind.PHONE:
                wishes.mark_safe(each, safe=True)


def _end_protection(replay: Replay, member: FictionalPerson) -> None:
    changes.unprotect(replay.actor_for_person(replay.person_id(member)), None)
