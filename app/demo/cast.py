"""The people of the demonstration, made up from a fixed seed. Pure: no database, no clock.

Days are counted from the anchor, negative in the past, so that the same people come out whatever
the anchor; only dates move.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from app.demo.names import Names, Reach
from app.demo.places import Ward, World
from app.demo.roles import Fate, Part, cast_list
from app.demo.script import ElsewherePart, NetworkPart, Script
from app.people.types import TRAVEL_KM, Basis, Interest, PlaceAnswer, Source

SEED = 2028
PEOPLE = 400
HISTORY = 1095  # days
Item = TypeVar("Item")
Days = tuple[int, int, int | None, int | None]


@dataclass(frozen=True)
class Held:
    """Training done elsewhere. lapses: the day it does, or None where it never does.

    open: staff have not looked at it yet. by_month: the paper gives the month only.
    """

    kind: str
    course: str
    provider: str
    lapses: int | None
    number: str | None = None
    open: bool = False
    by_month: bool = False


@dataclass(frozen=True)
class MadeUp:
    """Somebody, and when what happened to them. Days from the anchor."""

    number: int
    fate: Fate
    name: str
    reach: Reach
    registered: int
    decided: int
    ended: int | None = None  # left, away from, declined, last heard of
    back: int | None = None  # away until
    networks: tuple[str, ...] = ()
    organisation: str | None = None
    interest: Interest = Interest.CHAMPION
    places: tuple[PlaceAnswer, ...] = ()
    protected: bool = False
    source: Source = Source.SELF
    held: Held | None = None
    courses: tuple[str, ...] = ()
    reach_km: int = TRAVEL_KM
    signs_in: bool = False

    @property
    def home(self) -> str | None:
        """The code of the ward they live in, where it is known."""
        return next((each.ward for each in self.places if each.basis is Basis.LIVES), None)


def make_cast(script: Script, world: World, sensitive: str | None, by_partner: str | None) -> Cast:
    """All the people, in the order in which they registered."""
    rng = random.Random(SEED)
    names = Names(rng, script.names)
    settled = list(cast_list(sensitive, by_partner))
    settled += [Part()] * (PEOPLE - 1 - len(settled))
    rng.shuffle(settled)
    drawing = Drawing(rng, script, world, names, sensitive, by_partner)
    people = [drawing.person(part) for part in settled] + [drawing.champion()]
    people.sort(key=lambda each: (each.registered, each.name))
    return Cast(tuple(replace(each, number=number) for number, each in enumerate(people, 1)))


@dataclass(frozen=True)
class Cast:
    """Everybody."""

    people: tuple[MadeUp, ...]

    def who(self, like: Callable[[MadeUp], bool]) -> list[MadeUp]:
        """Those of whom something is true."""
        return [each for each in self.people if like(each)]

    @property
    def champion(self) -> MadeUp:
        """The one who signs in."""
        return next(each for each in self.people if each.signs_in)


@dataclass
class Drawing:
    """Draws people one after the other."""

    rng: random.Random
    script: Script
    world: World
    names: Names
    sensitive: str | None
    by_partner: str | None
    _wards: dict[str, list[Ward]] = field(default_factory=dict)

    def person(self, part: Part) -> MadeUp:
        """Somebody with what `part` settles; the rest is drawn."""
        training = self._training(part)
        registered, decided, ended, back = self._days(part, training)
        networks = self._networks(part) if part.networks is None else part.networks
        protected = self._protected(networks)
        places = tuple(self._places(part, networks, protected))
        if any(each.ward in self._champions_wards() for each in places):
            # Nobody else near the champion who signs in has their network: they will be asked.
            networks = tuple(set_aside(networks, self.script.champion.networks))
        name = self.names.next()
        held = self._held(part, training, registered)
        return MadeUp(
            number=0,
            fate=part.fate,
            name=name,
            reach=self.names.reach(name, part.only, needs_email=part.fate is Fate.UNCONFIRMED),
            registered=registered,
            decided=decided,
            ended=ended,
            back=back,
            networks=networks,
            organisation=self._organisation(part),
            interest=self._interest(held),
            places=places,
            protected=protected,
            source=part.source,
            held=held,
            courses=self._courses(networks, held),
            reach_km=self.rng.choice((5, 10, 15, 15, 15, 25)),
        )

    def champion(self) -> MadeUp:
        """The one who signs in: approved long ago, with a certificate about to lapse."""
        lead = self.script.champion
        ward = self.world.in_town(lead.town)[0]
        return MadeUp(
            number=0,
            fate=Fate.ACTIVE,
            name=lead.name,
            reach=Reach(lead.email, "+447700900555", None, None),
            registered=-702,
            decided=-698,
            networks=lead.networks,
            interest=Interest.TRAINED,
            places=(PlaceAnswer(Basis.LIVES, ward.postcodes[0], ward.code),),
            held=Held(lead.kind, lead.course, lead.provider, lead.lapses_in_days, "MHFA-104217"),
            signs_in=True,
        )

    def _days(
        self, part: Part, training: ElsewherePart | None
    ) -> tuple[int, int, int | None, int | None]:
        """(registered, decided, ended, back): see MadeUp."""
        rng, fate = self.rng, part.fate
        if fate is Fate.UNCONFIRMED:
            return -rng.randint(1, 20), 0, None, None
        if fate is Fate.WAITING:
            return -rng.randint(1, 25), 0, None, None
        oldest, newest = {
            Fate.DECLINED: (900, 40),
            Fate.LEFT: (HISTORY, 220),
            Fate.QUIET: (HISTORY, 560),
            Fate.AWAY: (1000, 70),
        }.get(fate, (HISTORY, 800 if part.early else 32))
        if part.lapses is not None and training is not None:
            # They were trained before they registered.
            oldest = min(oldest, _days_good(training) - part.lapses - 3)
        registered = -rng.randint(min(newest, oldest), oldest)
        decided = registered + rng.randint(1, 12)
        if fate is Fate.LEFT:
            return registered, decided, rng.randint(decided + 60, -6), None
        if fate is Fate.QUIET:
            return registered, decided, rng.randint(decided, -400), None
        if fate is Fate.AWAY:
            gone = -rng.randint(3, 45)
            return registered, decided, gone, rng.choice((None, rng.randint(8, 120)))
        return registered, decided, None, None

    def _networks(self, part: Part) -> tuple[str, ...]:
        """Up to three. The partner's people are cast one by one, to come to a plausible number."""
        drawn = [
            each.slug
            for each in self.script.networks
            if self._chance(each.share) and (part.lapses is None or each.slug != self.by_partner)
        ]
        self.rng.shuffle(drawn)
        return tuple(sorted(drawn[:3]))

    def _champions_wards(self) -> set[str]:
        return {ward.code for ward in self.world.in_town(self.script.champion.town)}

    def _chance(self, percent: float) -> bool:
        return self.rng.random() * 100 < percent

    def _protected(self, networks: Sequence[str]) -> bool:
        return self._chance(65 if self.sensitive in networks else 3)

    def _organisation(self, part: Part) -> str | None:
        groups = self.script.organisations
        if part.grouped:
            groups = tuple(each for each in groups if each.deprived)
        elif not self._chance(15):
            return None
        return self._weighted(groups, [each.members for each in groups]).name

    def _weighted(self, among: Sequence[Item], weights: Sequence[int]) -> Item:
        return self.rng.choices(among, weights)[0]

    def _training(self, part: Part) -> ElsewherePart | None:
        """What they learned elsewhere, if anything."""
        trained = self._chance(12) if part.trained is None else part.trained
        if part.lapses is None and not trained:
            return None
        kinds = self.script.elsewhere
        if part.kind is not None:
            return next((each for each in kinds if each.kind == part.kind), None)
        if part.lapses is not None or part.networks:
            return kinds[0]  # what a partner's people hold, and what reminders are about
        return self._weighted(kinds, [each.share for each in kinds])

    def _held(self, part: Part, training: ElsewherePart | None, registered: int) -> Held | None:
        """The certificate they have from there; a claim that is still open while they wait."""
        if training is None:
            return None
        lapses = part.lapses
        if lapses is None:
            latest = min(1050, registered + _days_good(training) - 3)
            lapses = self.rng.randint(min(260, latest - 90), latest)
        return Held(
            training.kind,
            training.course,
            training.provider,
            lapses,
            number=f"{self.rng.randint(100_000, 999_999)}" if self._chance(60) else None,
            open=part.fate in (Fate.UNCONFIRMED, Fate.WAITING)
            or (part.lapses is None and self._chance(16)),
            by_month=part.lapses is None and self._chance(30),
        )

    def _interest(self, held: Held | None) -> Interest:
        if held is not None:
            return Interest.TRAINED
        return self.rng.choice((Interest.MHFA, Interest.CHAMPION))

    def _courses(self, networks: Sequence[str], held: Held | None) -> tuple[str, ...]:
        """Courses they would take here, in this order."""
        if held is not None:
            return ("mhfa-refresher",) if held.lapses is not None and held.lapses < 0 else ()
        offered = [each for each in self.script.networks if each.slug in networks]
        wanted: list[str] = []
        for each in offered or [NetworkPart(slug="any", share=0, outside=0, courses=ANY)]:
            wanted += [course for course in each.courses if course not in wanted]
        return tuple(wanted[: self.rng.choice((1, 1, 1, 2))])

    def _places(
        self, part: Part, networks: Sequence[str], protected: bool
    ) -> Iterator[PlaceAnswer]:
        if self._is_outside(part, networks):
            postcode = self.rng.choice(self.world.outside)
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
            unknown = part.unsettled or self._chance(4)
            yield PlaceAnswer(Basis.LIVES, postcode, None if unknown else ward.code)
        if self._chance(18):
            yield PlaceAnswer(Basis.COULD_HELP, ward=self._ward().code)

    def _is_outside(self, part: Part, networks: Sequence[str]) -> bool:
        if part.outside is not None:
            return part.outside
        if part.unsettled or part.lapses is not None:
            return False
        shares = [each.outside for each in self.script.networks if each.slug in networks]
        return self._chance(max(shares, default=6))

    def _ward(self) -> Ward:
        homes = self.script.homes
        town = self._weighted(list(homes), list(homes.values()))
        wards = self._wards.setdefault(town, self.world.in_town(town) or list(self.world.wards))
        if town == "" and len(wards) > SPARED:
            wards = wards[:-SPARED]  # some places nobody has come from yet
        return self.rng.choice(wards)


def set_aside(networks: Sequence[str], without: Sequence[str]) -> list[str]:
    """The networks but those."""
    return [each for each in networks if each not in without]


def _days_good(training: ElsewherePart) -> int:
    return training.months * 365 // 12


SPARED = 3
ANY = ("community-champion", "mhfa-two-day-adult")
