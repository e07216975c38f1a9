"""The hard rules give the same answer for one person and for arrays of people."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module

import pytest
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.areas.models import Area
from app.core import clock
from app.core.actor import EVERYONE, SYSTEM
from app.matching import eligibility
from app.matching.models import Need
from app.matching.optimum.problem import Prices
from app.matching.queries.candidates import Case
from app.matching.rules import Stage
from app.organisations.models import Network, Organisation
from app.people.models import ExcludedArea, Person
from app.people.types import Basis
from tests.factories import accounts, certificates, matching, organisations, people

TODAY = clock.today()
PEOPLE = 70
REACH_KM = 15


def days_from_today(number: int) -> timedelta:
    return timedelta(days=number)


class World:
    """Needs, and people who each differ from a good candidate in a few random facts."""

    def __init__(self, seed: int, session: Session) -> None:
        self.draw, self.session = random.Random(seed), session
        self.creator: User = accounts.coordinator()
        self.approver: Organisation = organisations.organisation()
        self.network: Network = organisations.network()
        self.network.approver_id = self.approver.id
        self.areas = [matching.ward(east=each) for each in (0, 9_000, 20_000)]
        self.needs = [
            matching.need(self.areas[0], by=self.creator),
            matching.need(self.areas[1], kind="mhfa-adult"),
            matching.need(self.areas[2], network=self.network, kind="community-champion"),
        ]
        self.people = [self.person(number) for number in range(PEOPLE)]
        session.flush()

    def person(self, number: int) -> Person:
        home = self.draw.choice([0, REACH_KM * 1_000, REACH_KM * 1_000 + 1, -3_000, 24_000, None])
        made = matching.candidate(
            None if home is None else matching.ward(east=home),
            kind=None,
            travel_km=REACH_KM,
            approved=self.draw.random() > 0.05,
            networks=[self.network] if self.draw.random() > 0.4 else [],
            registered_at=clock.now() - days_from_today(800),
            active_on=TODAY - days_from_today(self.draw.choice([30, 30, 30, 30, 500])),
        )
        self.train(made)
        for change in self.draw.sample(self.changes(), self.draw.choice([0, 1, 1, 2])):
            change(made)
        return made

    def train(self, person: Person) -> None:
        kind = self.draw.choice(["mhfa-adult", "mhfa-adult", "community-champion", "connect-5"])
        last_day = TODAY + days_from_today(self.draw.choice([-1, 0, 1, 400]))
        certificate = certificates.certificate(
            person, kind, awarded_on=TODAY - days_from_today(300), expires_on=last_day
        )
        if self.draw.random() < 0.1:
            certificate.revoked_at, certificate.revoked_reason = clock.now(), "forged"
        elif self.draw.random() < 0.1:
            certificate.confirmed_at = None

    def changes(self) -> list[Callable[[Person], object]]:
        area, need = self.draw.choice(self.areas), self.draw.choice(self.needs)
        return [
            lambda person: people.absence(person, TODAY, TODAY + days_from_today(7)),
            lambda person: people.absence(
                person, TODAY - days_from_today(7), TODAY - days_from_today(1)
            ),
            lambda person: people.suspension(person, TODAY),
            lambda person: setattr(person, "left_on", TODAY),
            lambda person: setattr(person, "protected_at", clock.now()),
            lambda person: self.rule_out(person, area),
            lambda person: people.block(person, user=self.creator),
            lambda person: people.block(person, organisation=self.approver),
            lambda person: people.presence(person, Basis.COULD_HELP, ward_id=area.id),
            lambda person: people.presence(person, Basis.SERVES, ward_id=area.id),
            lambda person: matching.assignment(need, person),
            lambda person: matching.proposal(need, person, sent=True),
            lambda person: matching.proposal(need, person, declined_at=clock.now()),
            lambda person: matching.proposal(need, person, withdrawn_at=clock.now(), sent=True),
            self.burden,
        ]

    def rule_out(self, person: Person, area: Area) -> None:
        self.session.add(ExcludedArea(person_id=person.id, area_id=area.id))

    def burden(self, person: Person) -> None:
        for _each in Prices().assignments:
            matching.assignment(matching.need(closed_on=TODAY), person)


def pairs_by_rows(needs: list[Need], persons: list[Person]) -> set[tuple[int, int]]:
    cases = [
        Case(number, person.id, need.id, None)
        for number, (need, person) in enumerate((n, p) for n in needs for p in persons)
    ]
    scope = EVERYONE.for_sharing()
    found = eligibility.find_obstacles(scope, cases, Stage.ASK, TODAY)
    return {(each.need_id, each.person_id) for each in cases if each.id not in found}


@pytest.mark.parametrize("seed", range(6))
def test_both_forms_of_the_hard_rules_select_the_same_people(seed: int, session: Session) -> None:
    candidates = import_module("app.matching.candidates")
    world = World(seed, session)
    ours = {need.id for need in world.needs}
    for need in world.needs:  # full needs are not matched
        need.places = 1_000
    session.flush()
    solver_input = candidates.build_general_input(SYSTEM, TODAY, Prices())
    by_arrays = {(each.need, each.person) for each in solver_input.candidates if each.need in ours}
    by_rows = pairs_by_rows(world.needs, world.people)
    assert by_rows == by_arrays
    assert 0 < len(by_rows) < len(world.needs) * PEOPLE
