"""Protected people for a crawl to search for, with rows that could reveal a network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import RoleGrant, User
from app.applications import approval, merging
from app.areas.models import Area
from app.areas.types import AreaKind
from app.certificates.models import Certificate
from app.changes import delayed_changes, protection
from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.core.db import db
from app.core.permissions import Role
from app.courses.models import Booking, CourseRun
from app.matching import service, serving
from app.matching.models import Assignment, Need, Proposal
from app.messages.models import Message
from app.messages.types import Channel
from app.organisations.models import Network, Organisation, Site
from app.people.models import Affiliation, Person, Presence
from app.people.safety import wishes
from app.people.safety.types import ContactMethod, ContactPreferences, DelayedChangeKind
from app.people.types import AreaSource, ContactKind
from app.safeguarding.models import SafeguardingDecision, SafeguardingReport
from app.safeguarding.types import DecisionKind
from tests.factories import certificates, courses, matching, messages, organisations, people

POSTCODE = "IP24 1JD"
NEED_WORDS = ("Zephyrine listening", "The Quillon room", "Vesper Thursdays", "Ask Thaddea")
AREA = "Quillhampton"
AGREED = "Sheltering Xanthe together"
SITE = "Bramblecote safe house"
PARTNER = "Ottoline Quietworker"
OUTCOME = "She can sit with Zephyrine"
REASON = "Wenceslas keeps me busy"
SAY_WE_ARE = "Kestrel Upholstery"
WORRY = "Thaddeus waits at her gate"
WHY_PAUSED = "Ptolemy asked us to wait"
WHY_DENIED = "Ganymede spoke against her"
SECOND_ADDRESS = "second.mailbox@canary.example"
NEW_NUMBER = "01632 960789"
HELD_FOR = 7


@dataclass(frozen=True)
class Canary:
    """A person, with the words that only readers of that person may see.

    ``general`` means that readers without the permission may see them too.
    """

    person: Person
    general: bool
    contacts: frozenset[str]

    @property
    def words(self) -> frozenset[str]:
        """Their name and contact details."""
        return self.contacts | {self.person.full_name}


@dataclass(frozen=True)
class Canaries:
    """All canaries, and what must not be revealed without the permission.

    ``hidden`` has the names of other people who are only in the network, and were declined or
    paused. ``about_all`` has words about safe contact, which readers of their records see.
    ``quiet`` has words that are on no page, or only on those for safeguarding leads. ``secrets``
    has words that occur nowhere else. ``network`` and ``organisation`` are names that everybody can
    read in lists of networks and services. ``ids`` maps an argument of a URL to the canaries' rows.
    """

    canaries: tuple[Canary, ...]
    hidden: frozenset[str]
    about_all: frozenset[str]
    quiet: frozenset[str]
    secrets: frozenset[str]
    network: str
    organisation: str
    ids: dict[str, list[object]]


def fill(session: Session) -> Canaries:
    """Add the canaries to the demonstration."""
    sensitive = session.scalars(select(Network).where(Network.sensitive)).first()
    approved = session.scalars(select(Network).where(Network.approver_id.is_not(None))).first()
    refuge = session.scalars(select(Organisation).where(Organisation.confidential_location)).first()
    assert sensitive and approved and refuge
    home = session.scalars(
        select(Area).where(Area.kind == AreaKind.WARD, Area.in_programme).order_by(Area.id)
    ).first()
    assert home
    needs = _needs(sensitive, home)
    canaries = (
        _canary("Persephone Onlyhidden", [sensitive], refuge, home, general=False),
        _canary("Calliope Inboth", [sensitive, approved], refuge, home, general=True),
        _canary("Melpomene Bychoice", [sensitive], refuge, home, general=True),
        _canary("Terpsichore Typedin", [sensitive, approved], None, home, general=True),
    )
    run = session.scalars(
        select(CourseRun).where(CourseRun.cancelled_at.is_(None)).order_by(CourseRun.id.desc())
    ).first()
    assert run
    for each in canaries:
        person = each.person
        courses.attendee(run, person)
        certificates.certificate(person, awarded_on=clock.today() - timedelta(days=1065))
        _serve(needs.served, person)
        _ask(needs, person)
        _told(person)
        _wishes(person)
    _typed(canaries[-1].person, f"{refuge.name.split()[0]} refuge")
    _registered_again(canaries[0].person, sensitive)
    others = [_denied(sensitive), _paused(sensitive)]
    changes = [_waits(each.person) for each in canaries]
    report = _worry(canaries[0].person)
    _belongings(session, refuge, sensitive, run)
    session.flush()
    return Canaries(
        canaries,
        frozenset(each.full_name for each in others),
        frozenset({SAY_WE_ARE}),
        frozenset({WORRY, WHY_PAUSED, SECOND_ADDRESS, NEW_NUMBER}),
        frozenset({WHY_DENIED, *NEED_WORDS, AREA, AGREED, SITE, PARTNER, OUTCOME, REASON}),
        sensitive.name,
        refuge.name.split()[0],
        _ids(session, canaries, needs, refuge, run)
        | {
            "person_id": [*(each.person.id for each in canaries), *(each.id for each in others)],
            "change_id": list(changes),
            "merge_id": [people.merge(canaries[0].person)],
            "report_id": [report],
        },
    )


@dataclass(frozen=True)
class _Needs:
    """A need that the canaries serve, one that they declined and one that they are asked about."""

    served: Need
    declined: Need
    asked: Need


def _needs(network: Network, home: Area) -> _Needs:
    """Return open needs in a new ward, as near to the canaries as their own ward."""
    ward = matching.ward(name=AREA, easting=home.easting, northing=home.northing)
    what_for, setting, times, contact = NEED_WORDS
    facts: dict[str, Any] = {"setting": setting, "times": times, "contact": contact}
    made = [
        matching.need(ward, network=network, what_for=what_for, places=9, **facts)
        for _number in range(3)
    ]
    return _Needs(*made)


def _canary(
    name: str,
    networks: list[Network],
    refuge: Organisation | None,
    home: Area,
    *,
    general: bool,
) -> Canary:
    """Return a person who became protected after giving a postcode."""
    first = name.split()[0].lower()
    number = sum(map(ord, name)) % 1000
    contacts = {
        ContactKind.EMAIL: f"{first}@canary.example",
        ContactKind.PHONE: f"+447700900{number:03d}",
        ContactKind.POST: f"{number} {name.split()[0]} Cottage\nDereham",
    }
    made = people.person(
        name,
        email=contacts[ContactKind.EMAIL],
        phone=contacts[ContactKind.PHONE],
        post=contacts[ContactKind.POST],
        networks=networks,
        organisations=[refuge] if refuge else [],
        general=general,
        preferred=ContactKind.PHONE,
        registered_at=clock.now() - timedelta(days=900),
        active_on=clock.today(),
    )
    people.presence(made, ward_id=home.id, postcode=POSTCODE, settled=AreaSource.DIRECTORY)
    protection.protect(SYSTEM, made)
    words = {f"{first}@canary.example", f"07700 900{number:03d}", f"{name.split()[0]} Cottage"}
    return Canary(made, general, frozenset(words))


def _serve(need: Need, person: Person) -> None:
    """Record that the person agreed to help with a need."""
    proposal = matching.proposal(need, person, sent=True, accepted_at=clock.now())
    serving.begin_assignment(SYSTEM, proposal, need, clock.today() - timedelta(days=3))


def _ask(needs: _Needs, person: Person) -> None:
    """Record an earlier request, declined by phone, and a later one on the call list."""
    before = matching.proposal(needs.declined, person)
    service.send_requests(SYSTEM, [before.id])
    done = db.session.scalars(select(Message).filter_by(key=serving.message_key(before.id))).one()
    done.sent_at, done.outcome = clock.now(), OUTCOME
    before.declined_at, before.decline_reason = clock.now(), REASON
    db.session.flush()
    sent = service.send_requests(SYSTEM, [matching.proposal(needs.asked, person).id])
    assert sent.by_hand == 1


def _told(person: Person) -> None:
    """Add a letter that was sent, and a postal letter that is waiting."""
    sent = messages.message(letter="approved", person_id=person.id)
    sent.sent_at, sent.subject, sent.neutral = clock.now(), "A message for you", True
    messages.message(
        letter="approved", person_id=person.id, channel=Channel.POST, name=person.full_name
    ).neutral = True


def _wishes(person: Person) -> None:
    """Record their contact wishes."""
    ways = frozenset({ContactMethod.CALL, ContactMethod.EMAIL, ContactMethod.POST})
    wishes.record_wishes(SYSTEM, person, ContactPreferences(ways=ways, say_we_are=SAY_WE_ARE))


def _registered_again(person: Person, network: Network) -> None:
    """Merge another registration of theirs into the record."""
    again = people.applicant(
        person.full_name, networks=[network], general=False, email=SECOND_ADDRESS, protected=True
    )
    merging.merge_records(SYSTEM, person.id, again.id)
    db.session.refresh(person)


def _denied(network: Network) -> Person:
    """Add a declined person who is only in the network."""
    made = people.applicant("Euterpe Denied", networks=[network], general=False, protected=True)
    approval.decline(SYSTEM, made.id, WHY_DENIED)
    return made


def _paused(network: Network) -> Person:
    """Add a paused person who is only in the network."""
    made = people.person("Urania Paused", networks=[network], general=False, protected=True)
    people.suspension(made, clock.today())
    return made


def _waits(person: Person) -> int:
    """Request a change that waits for a call, and return its id."""
    asked = Actor(kind="user", name=person.full_name, person_id=person.id)
    detail = {"kind": ContactKind.PHONE.value, "value": NEW_NUMBER}
    return delayed_changes.request_delayed_change(
        asked, person, DelayedChangeKind.ADD_CONTACT, detail
    ).id


def _worry(person: Person) -> int:
    """Report a concern about the person, and record a decision about it."""
    made = SafeguardingReport(
        what=WORRY, about=person.full_name, received_at=clock.now(), opened_at=clock.now()
    )
    db.session.add(made)
    db.session.flush()
    by = db.session.scalars(
        select(RoleGrant.user_id).where(RoleGrant.role == Role.SAFEGUARDING)
    ).first()
    assert by is not None
    decision = SafeguardingDecision(
        report_id=made.id, kind=DecisionKind.NOTE, words=WHY_PAUSED, at=clock.now(), by_user_id=by
    )
    db.session.add(decision)
    return made.id


def _typed(person: Person, named: str) -> None:
    db.session.add(Affiliation(person_id=person.id, named=named, from_on=clock.today()))


def _belongings(session: Session, refuge: Organisation, sensitive: Network, run: CourseRun) -> None:
    """Add an agreement, a place, a coordinator and course places of the organisation."""
    organisations.agreement(refuge, sensitive).purpose = AGREED
    organisations.site(refuge).name = SITE
    if session.scalar(select(User.id).where(User.name == PARTNER)) is None:
        organisations.partner(refuge, name=PARTNER, email="ottoline@canary.example")
    session.add(
        Booking(run_id=run.id, organisation_id=refuge.id, headcount=HELD_FOR, booked_at=clock.now())
    )


def _ids(
    session: Session,
    canaries: tuple[Canary, ...],
    needs: _Needs,
    refuge: Organisation,
    run: CourseRun,
) -> dict[str, list[object]]:
    theirs = [each.person.id for each in canaries]

    def rows(model: Any) -> list[object]:
        return list(session.scalars(select(model.id).where(model.person_id.in_(theirs))))

    return {
        "person_id": list(theirs),
        "other_id": theirs[:2],
        "need_id": [needs.served.id, needs.asked.id, needs.declined.id],
        "run_id": [run.id],
        "proposal_id": rows(Proposal),
        "assignment_id": rows(Assignment),
        "certificate_id": rows(Certificate),
        "presence_id": rows(Presence),
        "message_id": rows(Message),
        "organisation_id": [refuge.id],
        "site_id": list(session.scalars(select(Site.id).where(Site.organisation_id == refuge.id))),
    }
