"""On past days, partners see only people who are still theirs, and none before the agreement."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.changes import service as changes
from app.core import clock
from app.core.actor import SYSTEM, Scope
from app.core.permissions import Role
from app.organisations.models import Agreement, Network, Organisation
from app.people import queries
from app.people.models import Affiliation, Membership, Person
from app.signin.sessions import SessionUser
from tests.factories import organisations, people

TODAY = clock.today()
DAY = timedelta(days=1)
BEFORE = TODAY - 30 * DAY
JOINED = datetime(2024, 5, 1, 12, tzinfo=clock.LONDON)


class Yana:
    """A partner with a network, a member of it, and a person affiliated with the partner."""

    def __init__(self) -> None:
        self.organisation: Organisation = organisations.organisation("YANA (You Are Not Alone)")
        self.network: Network = organisations.network("yana")
        self.agreement: Agreement = organisations.agreement(self.organisation, self.network)
        self.user = organisations.partner(self.organisation)
        self.member = people.person(networks=[self.network], registered_at=JOINED)
        self.own = people.person(organisations=[self.organisation], registered_at=JOINED)

    def sees(self, session: Session, on: date) -> set[int]:
        scope = Scope.for_actor(SessionUser(self.user.id, "", frozenset({Role.PARTNER})).actor)
        found = set(session.scalars(select(Person.id).where(queries.visible_to(scope, on))))
        counted = select(func.count(Person.id)).where(queries.visible_to(scope, on))
        assert session.scalar(counted) == len(found)
        return found


@pytest.fixture
def yana(session: Session) -> Yana:
    return Yana()


def test_partner_sees_its_people_on_past_days(yana: Yana, session: Session) -> None:
    for on in (TODAY, BEFORE):
        assert yana.sees(session, on) == {yana.member.id, yana.own.id}
    assert yana.sees(session, date(2024, 4, 30)) == set()


def test_person_who_left_the_network_is_not_seen_on_any_day(yana: Yana, session: Session) -> None:
    for model in (Membership, Affiliation):
        session.query(model).update({"until_on": TODAY - DAY})
    for on in (TODAY, TODAY - DAY, BEFORE):
        assert yana.sees(session, on) == set()


def test_person_who_left_the_programme_is_not_seen_on_any_day(yana: Yana, session: Session) -> None:
    for each in (yana.member, yana.own):
        changes.leave_network(SYSTEM, each.id, "moved away")
    for on in (TODAY, TODAY - DAY, BEFORE):
        assert yana.sees(session, on) == set()


def test_partner_sees_no_day_before_its_agreement(yana: Yana, session: Session) -> None:
    yana.agreement.from_on = BEFORE
    session.flush()
    assert yana.sees(session, BEFORE) == {yana.member.id, yana.own.id}
    assert yana.sees(session, BEFORE - DAY) == set()


def test_renewed_agreement_counts_from_the_first_one(yana: Yana, session: Session) -> None:
    yana.agreement.from_on = TODAY
    parties = yana.organisation, yana.network
    organisations.agreement(*parties, from_on=BEFORE, until_on=TODAY - DAY)
    organisations.agreement(*parties, from_on=BEFORE - 90 * DAY, until_on=BEFORE - 60 * DAY)
    assert yana.sees(session, BEFORE) == {yana.member.id, yana.own.id}
    assert yana.sees(session, BEFORE - 70 * DAY) == set()
