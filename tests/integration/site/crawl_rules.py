"""What each reader of the crawl may see, by rules independent of the application."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.models import User
from app.courses.models import Attendee, CourseRun
from app.organisations.models import Network, Organisation, Site
from app.people.membership_models import MembershipApplication
from app.people.models import Block, GeneralAnswer, Person, Presence
from tests.factories import organisations as partners
from tests.integration.site import canaries
from tests.integration.site.canaries import Canaries
from tests.integration.site.crawling import ForbiddenWords, both_layouts, whole_names

PUBLIC, LAPSED = "public", "partner of a lapsed agreement"
ROLES = (
    PUBLIC, "champion", "trainer", "coordinator", "coordinator2", "partner", "partner2", LAPSED,
    "analyst", "admin", "safeguarding",
)  # fmt: skip
# Readers who may read people of the hidden network. The partner is its approver.
KNOWING = {"coordinator", "partner2"}
# Pages on which anybody chooses networks or reads about them.
CHOOSING = ("registration.register", "profile.edit_own_networks", "site.")
# The report that nobody has opened.
WORRY = frozenset({"slept in a shed"})


def user_of(role: str) -> User | None:
    """Return the user of a role, or None for the public."""
    if role == PUBLIC:
        return None
    if role == LAPSED:
        lapsed = partners.organisation("MAP")
        return partners.partner(lapsed, email="partner3@demo.example", name="Ash Demo")
    return accounts.user_by_email(f"{role}@demo.example")


@dataclass(frozen=True)
class World:
    """The people, and the words that would reveal them or their network."""

    people: dict[int, Person]
    sensitive_only: frozenset[int]
    homes: frozenset[str]
    sensitive_names: frozenset[str]


def read_world(session: Session) -> World:
    """Return the world as it is in the database."""
    people = {person.id: person for person in session.scalars(select(Person))}
    networks = {network.id: network for network in session.scalars(select(Network))}
    public = set(session.scalars(select(CourseRun.venue_postcode)))
    public |= set(session.scalars(select(Site.postcode)))
    homes = {each for each in session.scalars(select(Presence.postcode)) if each}
    said_yes = select(GeneralAnswer.person_id).where(
        GeneralAnswer.general.is_(True), GeneralAnswer.until_on.is_(None)
    )
    seen = set(session.scalars(said_yes))
    return World(
        people=people,
        sensitive_only=frozenset(
            person.id
            for person in people.values()
            if person.memberships
            and person.id not in seen
            and all(networks[each.network_id].sensitive for each in person.memberships)
        ),
        homes=both_layouts((homes | {canaries.POSTCODE}) - public),
        sensitive_names=frozenset(n.name for n in networks.values() if n.sensitive),
    )


def forbidden_words(
    role: str, user: User | None, world: World, aviary: Canaries, session: Session
) -> ForbiddenWords:
    """Return the names, postcodes and words that the reader must not see."""
    homes, words = world.homes, world.sensitive_names | WORRY
    if role in KNOWING:
        words = WORRY
    readable = _readable_people(role, user, world, session)
    if role == "champion":
        (own,) = (world.people[person_id] for person_id in readable)
        homes -= both_layouts(each.postcode for each in own.presences if each.postcode)
    if role == "safeguarding":  # they read the name in a report
        readable |= {aviary.canaries[0].person.id}
    allowed = whole_names(world.people[person_id] for person_id in readable)
    hidden = whole_names(world.people[person_id] for person_id in set(world.people) - readable)
    return ForbiddenWords(hidden - allowed, allowed, homes, words, CHOOSING)


def _readable_people(role: str, user: User | None, world: World, session: Session) -> set[int]:
    """Return the ids of the people whose names the reader may see."""
    if role == "coordinator":
        return set(world.people)
    general = set(world.people) - world.sensitive_only
    if role == "safeguarding":
        return general
    if user is None:
        return set()
    if role == "coordinator2":
        blocked = set(session.scalars(select(Block.person_id).where(Block.user_id == user.id)))
        assert blocked
        return general - blocked
    if role == "trainer":
        own_runs = (
            select(Attendee.person_id)
            .join(CourseRun)
            .where(CourseRun.trainer_user_id == user.id, Attendee.person_id.is_not(None))
        )
        booked = {person_id for person_id in session.scalars(own_runs) if person_id is not None}
        return booked - world.sensitive_only
    if role in ("partner", "partner2"):
        return _people_of_partner(role, world, session)
    if role == "champion":
        return {one.id for one in world.people.values() if one.user_id == user.id}
    return set()


def _people_of_partner(role: str, world: World, session: Session) -> set[int]:
    """Return the members of the partner's networks, and those who applied to join them."""
    slug = {"partner": "yana", "partner2": "leeway"}[role]
    approver = select(Organisation.id).where(Organisation.slug == slug).scalar_subquery()
    networks = select(Network.id).where(Network.approver_id == approver)
    theirs = set(session.scalars(networks))
    applied = select(MembershipApplication.person_id).where(
        MembershipApplication.network_id.in_(theirs),
        MembershipApplication.decided_at.is_(None),
        MembershipApplication.withdrawn_at.is_(None),
    )
    members = {
        person.id
        for person in world.people.values()
        if any(each.network_id in theirs for each in person.memberships)
    }
    return members | set(session.scalars(applied))


def words_of_canaries(role: str, aviary: Canaries) -> tuple[set[str], set[str]]:
    """Return the words about canaries that the role (may not, may) read."""
    everything = {word for each in aviary.canaries for word in each.words} | aviary.secrets
    everything |= aviary.hidden | aviary.about_all
    if role not in KNOWING:
        everything |= aviary.quiet
    allowed = set(_allowed_of_canaries(role, aviary))
    return (everything - allowed) | {canaries.POSTCODE, "IP241JD"}, allowed


def _allowed_of_canaries(role: str, aviary: Canaries) -> set[str] | frozenset[str]:
    everybody = {word for each in aviary.canaries for word in each.words}
    only_hidden, both, _by_choice, typed = aviary.canaries
    if role == "coordinator":
        return everybody | aviary.secrets | aviary.hidden | aviary.about_all
    general = set().union(*(each.words for each in aviary.canaries if each.general))
    if role == "coordinator2":
        return general | aviary.about_all
    if role == "safeguarding":  # they read the text of a message and the person it is about
        said = {canaries.WORRY, canaries.WHY_PAUSED, only_hidden.person.full_name}
        return general | aviary.about_all | said
    if role == "partner":
        return both.words | typed.words | aviary.about_all
    if role == "partner2":
        hidden = aviary.hidden | aviary.about_all | {canaries.WHY_DENIED}
        return everybody | hidden | {canaries.AREA, canaries.OUTCOME}
    if role == "admin":  # manages all users, including partner coordinators
        return {canaries.PARTNER}
    if role == "trainer":  # the canaries are booked on the trainer's run
        return general
    return set()
