"""People who say how to contact them safely, and one whose change waits for a call."""

from __future__ import annotations

from datetime import time
from functools import partial

from app.changes import service as changes
from app.core import audit
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.permissions import Role
from app.demo.cast import MadeUp
from app.demo.roles import Fate
from app.demo.story import Story
from app.people.models import Person
from app.people.safety import wishes
from app.people.safety.types import Days, Hours, Way, Wishes
from app.people.types import ContactKind

TOLD_US = -40  # days from the anchor
ASKED = -1
WISHES = (
    Wishes(
        ways=frozenset({Way.CALL}),
        days=frozenset({Days.WEEKDAYS}),
        hours=frozenset({Hours.MORNING}),
        say_we_are="Jo from the library",
    ),
    Wishes(ways=frozenset({Way.CALL, Way.TEXT}), voicemail=True, others_may_answer=True),
    Wishes(ways=frozenset({Way.EMAIL})),
)


def live(story: Story) -> None:
    """Put it into the story."""
    told = story.cast.who(
        lambda each: (
            each.fate is Fate.ACTIVE
            and not each.protected
            and bool(each.reach.phone and each.reach.email)
        )
    )
    for number, (who, wanted) in enumerate(zip(told[2:], WISHES, strict=False)):
        story.then(TOLD_US, time(19, number), partial(_say, story, who, wanted))
    asks = story.cast.who(
        lambda each: each.fate is Fate.ACTIVE and each.protected and bool(each.reach.phone)
    )
    if asks:
        story.then(TOLD_US, time(19, 30), partial(_may_call, story, asks[-1]))
        story.then(ASKED, time(19, 45), partial(_ask, story, asks[-1]))


def _say(story: Story, who: MadeUp, wanted: Wishes) -> None:
    changes.contact_safely(story.as_themself(story.person_id(who)), None, wanted)


def _may_call(story: Story, who: MadeUp) -> None:
    """They told us that their phone number is safe."""
    person = db.session.get_one(Person, story.person_id(who))
    with audit.acting(story.with_role(Role.COORDINATOR), AuditVerb.PERSON_SAFE_CONTACT):
        for each in person.contacts:
            if each.point.kind is ContactKind.PHONE:
                wishes.mark(each, safe=True)


def _ask(story: Story, who: MadeUp) -> None:
    changes.unprotect(story.as_themself(story.person_id(who)), None)
