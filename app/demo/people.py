"""Generate the people in the demonstration from a fixed seed.

This module uses neither the database nor the clock. Days are counted from the anchor, and are
negative in the past. With another anchor, the people are the same and their dates are different.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from app.demo.definition import Definition, ExternalTrainingPart, NetworkPart
from app.demo.names import ContactDetails, Names
from app.demo.outlines import Outcome, Outline, make_outlines
from app.demo.places import DemoPlaces, Ward
from app.people.types import TRAVEL_KM, Basis, Interest, PlaceAnswer, Source

SEED = 2028
PEOPLE = 400
HISTORY = 1095  # days
Item = TypeVar("Item")
EventDays = tuple[int, int, int | None, int | None]


@dataclass(frozen=True)
class PriorTraining:
    """Earlier training with another provider.

    ``expiry_day`` is the day on which its certificate expires, or None. ``unchecked`` is whether
    staff still have to check it. ``month_only`` is whether the certificate shows only a month.
    """

    kind: str
    course: str
    provider: str
    expiry_day: int | None
    number: str | None = None
    unchecked: bool = False
    month_only: bool = False


@dataclass(frozen=True)
class FictionalPerson:
    """A fictional person and the days of their main events, counted from the anchor."""

    number: int
    outcome: Outcome
    name: str
    contact_details: ContactDetails
    registered: int
    decided: int
    ended: int | None = None  # the day they left, paused, were declined or were last in touch
    pause_end: int | None = None  # the last day of a pause
    networks: tuple[str, ...] = ()
    organisation: str | None = None
    interest: Interest = Interest.CHAMPION
    places: tuple[PlaceAnswer, ...] = ()
    protected: bool = False
    source: Source = Source.SELF
    prior_training: PriorTraining | None = None
    courses: tuple[str, ...] = ()
    travel_km: int = TRAVEL_KM
    signs_in: bool = False

    @property
    def home(self) -> str | None:
        """Return the code of the ward where they live, or None if it is not known."""
        return next((each.ward for each in self.places if each.basis is Basis.LIVES), None)


def make_people(
    definition: Definition,
    all_places: DemoPlaces,
    sensitive: str | None,
    partner_network: str | None,
) -> Population:
    """Return all people, in the order of registration."""
    rng = random.Random(SEED)
    names = Names(rng, definition.names)
    outlines = list(make_outlines(sensitive, partner_network))
    outlines += [Outline()] * (PEOPLE - 1 - len(outlines))
    rng.shuffle(outlines)
    generator = PeopleGenerator(rng, definition, all_places, names, sensitive, partner_network)
    people = [generator.make_person(outline) for outline in outlines] + [generator.make_champion()]
    people.sort(key=lambda each: (each.registered, each.name))
    return Population(tuple(replace(each, number=number) for number, each in enumerate(people, 1)))


@dataclass(frozen=True)
class Population:
    """All people in the demonstration."""

    people: tuple[FictionalPerson, ...]

    def find_people(self, matches: Callable[[FictionalPerson], bool]) -> list[FictionalPerson]:
        """Return the people that ``matches`` accepts."""
        return [each for each in self.people if matches(each)]

    @property
    def champion(self) -> FictionalPerson:
        """Return the champion who can sign in."""
        return next(each for each in self.people if each.signs_in)


@dataclass
class PeopleGenerator:
    """Generates the fictional people from the seed."""

    rng: random.Random
    definition: Definition
    all_places: DemoPlaces
    names: Names
    sensitive: str | None
    partner_network: str | None
    _wards: dict[str, list[Ward]] = field(default_factory=dict)

    def make_person(self, outline: Outline) -> FictionalPerson:
        """Return a person with the facts in the outline. All other facts are random."""
        training = self._training(outline)
        registered, decided, ended, pause_end = self._event_days(outline, training)
        networks = self._networks(outline) if outline.networks is None else outline.networks
        protected = self._is_protected(networks)
        places = tuple(self._places(outline, networks, protected))
        if any(each.ward in self._wards_near_champion() for each in places):
            # Nobody else nearby is in this network, so that matching proposes the champion.
            networks = tuple(exclude_networks(networks, self.definition.champion.networks))
        name = self.names.next_name()
        prior_training = self._prior_training(outline, training, registered)
        return FictionalPerson(
            number=0,
            outcome=outline.outcome,
            name=name,
            contact_details=self.names.contact_details(
                name, outline.only_contact, needs_email=outline.outcome is Outcome.UNCONFIRMED
            ),
            registered=registered,
            decided=decided,
            ended=ended,
            pause_end=pause_end,
            networks=networks,
            organisation=self._organisation(outline),
            interest=self._interest(prior_training),
            places=places,
            protected=protected,
            source=outline.source,
            prior_training=prior_training,
            courses=self._courses(networks, prior_training),
            travel_km=self.rng.choice((5, 10, 15, 15, 15, 25)),
        )

    def make_champion(self) -> FictionalPerson:
        """Return the champion who can sign in. Their certificate expires soon."""
        definition = self.definition.champion
        ward = self.all_places.wards_in_town(definition.town)[0]
        return FictionalPerson(
            number=0,
            outcome=Outcome.ACTIVE,
            name=definition.name,
            contact_details=ContactDetails(definition.email, "+447700900555", None, None),
            registered=-702,
            decided=-698,
            networks=definition.networks,
            interest=Interest.TRAINED,
            places=(PlaceAnswer(Basis.LIVES, ward.postcodes[0], ward.code),),
            prior_training=PriorTraining(
                definition.kind,
                definition.course,
                definition.provider,
                definition.expires_in_days,
                "MHFA-104217",
            ),
            signs_in=True,
        )

    def _event_days(self, outline: Outline, training: ExternalTrainingPart | None) -> EventDays:
        """Return (registered, decided, ended, pause_end). See FictionalPerson."""
        rng, outcome = self.rng, outline.outcome
        if outcome is Outcome.UNCONFIRMED:
            return -rng.randint(1, 20), 0, None, None
        if outcome is Outcome.WAITING:
            return -rng.randint(1, 25), 0, None, None
        oldest, newest = {
            Outcome.DECLINED: (900, 40),
            Outcome.LEFT: (HISTORY, 220),
            Outcome.QUIET: (HISTORY, 560),
            Outcome.AWAY: (1000, 70),
        }.get(outcome, (HISTORY, 800 if outline.registered_early else 32))
        if outline.expiry_day is not None and training is not None:
            # Their training came before their registration.
            oldest = min(oldest, _validity_days(training) - outline.expiry_day - 3)
        registered = -rng.randint(min(newest, oldest), oldest)
        decided = registered + rng.randint(1, 12)
        if outcome is Outcome.LEFT:
            return registered, decided, rng.randint(decided + 60, -6), None
        if outcome is Outcome.QUIET:
            return registered, decided, rng.randint(decided, -400), None
        if outcome is Outcome.AWAY:
            paused = -rng.randint(3, 45)
            return registered, decided, paused, rng.choice((None, rng.randint(8, 120)))
        return registered, decided, None, None

    def _networks(self, outline: Outline) -> tuple[str, ...]:
        """Choose up to three networks. People approved by the partner have separate outlines."""
        slugs = [
            each.slug
            for each in self.definition.networks
            if self._chance(each.share)
            and (outline.expiry_day is None or each.slug != self.partner_network)
        ]
        self.rng.shuffle(slugs)
        return tuple(sorted(slugs[:3]))

    def _wards_near_champion(self) -> set[str]:
        return {ward.code for ward in self.all_places.wards_in_town(self.definition.champion.town)}

    def _chance(self, percent: float) -> bool:
        return self.rng.random() * 100 < percent

    def _is_protected(self, networks: Sequence[str]) -> bool:
        return self._chance(65 if self.sensitive in networks else 3)

    def _organisation(self, outline: Outline) -> str | None:
        groups = self.definition.organisations
        if outline.in_organisation:
            groups = tuple(each for each in groups if each.deprived)
        elif not self._chance(15):
            return None
        return self._choose_weighted(groups, [each.members for each in groups]).name

    def _choose_weighted(self, items: Sequence[Item], weights: Sequence[int]) -> Item:
        return self.rng.choices(items, weights)[0]

    def _training(self, outline: Outline) -> ExternalTrainingPart | None:
        """Choose training with another provider, or None."""
        trained = self._chance(12) if outline.trained is None else outline.trained
        if outline.expiry_day is None and not trained:
            return None
        kinds = self.definition.external_training
        if outline.kind is not None:
            return next((each for each in kinds if each.kind == outline.kind), None)
        if outline.expiry_day is not None or outline.networks:
            return kinds[0]  # for the people of partners, and for people who get reminders
        return self._choose_weighted(kinds, [each.share for each in kinds])

    def _prior_training(
        self, outline: Outline, training: ExternalTrainingPart | None, registered: int
    ) -> PriorTraining | None:
        """Return the certificate from earlier training. Staff check it after approval."""
        if training is None:
            return None
        expiry_day = outline.expiry_day
        if expiry_day is None:
            latest = min(1050, registered + _validity_days(training) - 3)
            expiry_day = self.rng.randint(min(260, latest - 90), latest)
        return PriorTraining(
            training.kind,
            training.course,
            training.provider,
            expiry_day,
            number=f"{self.rng.randint(100_000, 999_999)}" if self._chance(60) else None,
            unchecked=outline.outcome in (Outcome.UNCONFIRMED, Outcome.WAITING)
            or (outline.expiry_day is None and self._chance(16)),
            month_only=outline.expiry_day is None and self._chance(30),
        )

    def _interest(self, prior_training: PriorTraining | None) -> Interest:
        if prior_training is not None:
            return Interest.TRAINED
        return self.rng.choice((Interest.MHFA, Interest.CHAMPION))

    def _courses(
        self, networks: Sequence[str], prior_training: PriorTraining | None
    ) -> tuple[str, ...]:
        """Choose the courses that the person would take, in order."""
        if prior_training is not None:
            return (
                ("mhfa-refresher",)
                if prior_training.expiry_day is not None and prior_training.expiry_day < 0
                else ()
            )
        offered = [each for each in self.definition.networks if each.slug in networks]
        courses: list[str] = []
        for each in offered or [
            NetworkPart(slug="any", share=0, outside=0, courses=DEFAULT_COURSES)
        ]:
            courses += [course for course in each.courses if course not in courses]
        return tuple(courses[: self.rng.choice((1, 1, 1, 2))])

    def _places(
        self, outline: Outline, networks: Sequence[str], protected: bool
    ) -> Iterator[PlaceAnswer]:
        if self._is_outside(outline, networks):
            postcode = self.rng.choice(self.all_places.outside)
            yield PlaceAnswer(Basis.LIVES, None if protected else postcode)
            if self._chance(10):
                ward = self._ward()
                yield PlaceAnswer(Basis.WORKS, self.rng.choice(ward.postcodes), ward.code)
            return
        ward = self._ward()
        postcode = self.rng.choice(ward.postcodes)
        if protected:
            yield PlaceAnswer(Basis.LIVES, ward=ward.code)
        else:
            unknown = outline.ward_unknown or self._chance(4)
            yield PlaceAnswer(Basis.LIVES, postcode, None if unknown else ward.code)
        if self._chance(18):
            yield PlaceAnswer(Basis.COULD_HELP, ward=self._ward().code)

    def _is_outside(self, outline: Outline, networks: Sequence[str]) -> bool:
        if outline.outside is not None:
            return outline.outside
        if outline.ward_unknown or outline.expiry_day is not None:
            return False
        shares = [each.outside for each in self.definition.networks if each.slug in networks]
        return self._chance(max(shares, default=6))

    def _ward(self) -> Ward:
        homes = self.definition.homes
        town = self._choose_weighted(list(homes), list(homes.values()))
        wards = self._wards.setdefault(
            town, self.all_places.wards_in_town(town) or list(self.all_places.wards)
        )
        if town == "" and len(wards) > EMPTY_WARDS:
            wards = wards[:-EMPTY_WARDS]  # leave a few wards without people
        return self.rng.choice(wards)


def exclude_networks(networks: Sequence[str], excluded: Sequence[str]) -> list[str]:
    """Return the networks that are not in ``excluded``."""
    return [each for each in networks if each not in excluded]


def _validity_days(training: ExternalTrainingPart) -> int:
    return training.months * 365 // 12


EMPTY_WARDS = 3
DEFAULT_COURSES = ("community-champion", "mhfa-two-day-adult")
