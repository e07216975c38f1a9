"""The people of the matrix and their rows, and the rules for who may read what.

`Cast.may_read` uses the tables of `matrix_readers`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from app.accounts import invitations, offers
from app.accounts.models import RoleGrant, RoleRequest, User
from app.attendance import signing_off
from app.certificates import service as awarding
from app.certificates.models import Certificate
from app.changes import contact_ends, delayed_changes
from app.core import clock, jobs, links
from app.core.actor import SYSTEM, Actor
from app.core.db import db
from app.core.permissions import Role
from app.courses.models import Booking
from app.identity import service as identity
from app.matching import service
from app.messages.types import Channel
from app.organisations.models import Network, Organisation, PartnerCoordinator
from app.people.models import Affiliation, Person
from app.people.safety.models import DelayedChange
from app.people.safety.types import DelayedChangeKind
from app.people.types import AreaSource, Basis, ContactKind
from app.reminders import yearly
from app.safeguarding.models import SafeguardingReport
from app.signin import retry_links, sign_in_links
from tests.factories import (
    accounts,
    areas,
    certificates,
    courses,
    matching,
    messages,
    organisations,
    people,
)
from tests.factories.accounts import LONG_AGO
from tests.integration.site.matrix_readers import (
    APPLICANT,
    BLOCKING,
    CHAMPION,
    COORDINATORS,
    DECISIONS,
    FAMILIES,
    FARMER,
    HIDDEN,
    HOLDERS,
    OF_APPLICANTS,
    OF_NAMED,
    OF_ORGANISATIONS,
    OF_RUNS,
    ONCE_TAKEN_ON,
    ONLY,
    OWN_PAGE,
    PEOPLE_OF,
    PUBLISHED,
    REQUESTS,
    SOLDIER,
    THEMSELF,
    UNCONFIRMED,
    WAITING,
)

Users = Mapping[str, User | None]
POSTCODE = "IP24 9ZZ"
# Organisations that the hidden person belongs to and has blocked.
SECRET = ("Quiet Refuge", "Quiet Shelter")


@dataclass
class Family:
    """A person with one row of everything that can belong to a person, by table.

    ``applicant`` and ``twin`` are similar people who are waiting for a decision. ``special`` maps
    a table and an endpoint to a row in the state that the endpoint needs.
    """

    name: str
    person: Person
    user: User
    applicant: Person
    twin: Person
    special: dict[tuple[str, str], int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)


@dataclass
class Cast:
    """The readers and families of the matrix."""

    users: Mapping[str, User | None]
    families: Mapping[str, Family]
    secrets: Mapping[str, str]  # endpoint → the token of a valid link, or a code

    def row(self, family: str, table: str, endpoint: str) -> int:
        """Return the family's row of a table for an endpoint."""
        found = self.families[family]
        usual = found.rows[table]
        if table == "people" and endpoint in OF_APPLICANTS:
            usual = found.applicant.id
        return found.special.get((table, endpoint), usual)

    def may_read(self, reader: str, table: str, family: str, endpoint: str) -> bool:
        """Return whether a reader with the endpoint's permission may read the family's row."""
        themself = THEMSELF.get(reader) == family
        if endpoint.startswith("messages.dev_"):
            return False  # no message has been sent yet
        if endpoint.startswith(OWN_PAGE):
            return themself and not self._is_behind_the_word(reader, table)
        if table in OF_RUNS:
            return self._may_read_run(reader, table, family, endpoint)
        if endpoint == "matching.request":
            return themself and not self._is_behind_the_word(reader, table)
        if endpoint == "certificates.record_pdf" and themself:
            return True
        special = self._special(reader, table, family, endpoint)
        return family in PEOPLE_OF.get(reader, frozenset()) if special is None else special

    def _special(self, reader: str, table: str, family: str, endpoint: str) -> bool | None:
        """Return the answer for tables with rules of their own, or None for all others."""
        coordinates, holds = reader in COORDINATORS, reader in HOLDERS
        readable = family in PEOPLE_OF.get(reader, frozenset())
        answers: dict[str, bool] = {
            "users": reader == "admin" and family == FARMER,  # nobody may read those of champions
            "role_grants": reader == "admin" and family == FARMER,
            "jobs": reader == ("coordinator" if family == FARMER else "admin"),
            "role_requests": reader in REQUESTS[family][1],
            "membership_applications": readable and family != APPLICANT,
            "safeguarding_reports": reader == "safeguarding",
            "needs": coordinates and (holds or family != HIDDEN),
            # The soldier's shows that he is protected.
            "loosenings": readable and (holds or family != SOLDIER),
        }
        if endpoint == "accounts.withdraw_offer":
            return True
        if endpoint == "reminders.contact_person" and not coordinates:
            return False  # partners pass on only what they decided
        if (
            endpoint
            in (
                "records.end_person_block",
                "records.end_person_protection",
                "records.replace_person_word",
            )
            and not holds
        ):
            return False
        if table in ("organisations", "matching_runs"):
            return coordinates
        if table in OF_ORGANISATIONS:  # the hidden family's is about the hidden network
            return coordinates and (holds or family != HIDDEN)
        return answers.get(table)

    def may_do(self, reader: str, family: str, endpoint: str) -> bool:
        """Return whether a readable row is also in a state that the endpoint accepts.

        Otherwise nothing changes. ``family`` is "" for endpoints without a row.
        """
        if (family, endpoint) == (HIDDEN, "applications.undo_merge"):
            return False  # they became safer
        themself = THEMSELF.get(reader) == family
        if endpoint.startswith("accounts.") and endpoint.endswith(("_role", "_request")):
            return family != BLOCKING  # it has been decided
        if not family:
            return reader not in WAITING or endpoint not in ONCE_TAKEN_ON
        if endpoint in DECISIONS:
            merges = endpoint == "applications.merge" and reader in COORDINATORS
            return merges or reader == {FARMER: "partner", HIDDEN: "partner2"}.get(family, reader)
        if endpoint in ("courses.give_up_place", "attendance.trainer_access", "courses.book_place"):
            return themself is (endpoint != "courses.book_place")
        if endpoint == "courses.add_known_person":
            return reader == "trainer"  # from their own runs
        if endpoint == "attendance.unlink_attendee":
            return family in PEOPLE_OF[reader]  # no other link is seen
        if endpoint.startswith("organisations.") and family == HIDDEN and reader not in HOLDERS:
            return endpoint == "organisations.organisation"
        if endpoint in ("records.accept_directory_ward", "records.keep_current_ward"):
            return family != HIDDEN
        only = ONLY.get(endpoint)
        return only is None or family == only

    @staticmethod
    def _is_behind_the_word(reader: str, table: str) -> bool:
        """Return whether the row is hidden on the person's own pages without the memorable word."""
        return reader == "hidden" and table in ("affiliations", "blocks", "proposals")

    @staticmethod
    def _may_read_run(reader: str, table: str, family: str, endpoint: str) -> bool:
        if endpoint == "courses.calendar":
            return THEMSELF.get(reader) == family
        if endpoint in PUBLISHED:
            return family != SOLDIER  # the soldier's run is not published
        if table == "attendees" and endpoint in OF_NAMED:
            return reader in COORDINATORS  # who they are is not known
        if table == "attendees" and reader in COORDINATORS:
            return family in PEOPLE_OF[reader]
        if table == "bookings":  # places that somebody else holds for an organisation
            return reader in COORDINATORS & HOLDERS
        return reader in COORDINATORS or (reader == "trainer" and family == FARMER)


def make() -> Cast:
    """Create the cast in the test's session."""
    yana = organisations.organisation("YANA")
    farming = organisations.network("farming", approver=yana)
    soldiers = organisations.network("ex-forces")
    refuge, shelter = (organisations.organisation(name) for name in SECRET)
    refuge.confidential_location = shelter.confidential_location = True
    secret = organisations.network(sensitive=True, approver=refuge)
    organisations.agreement(yana, farming)
    organisations.agreement(refuge, secret)
    partner2 = organisations.partner(refuge)
    partner2.grants += accounts.user(Role.SENSITIVE).grants
    users: dict[str, User | None] = {
        "public": None,
        "trainer": courses.trainer(),
        "coordinator": accounts.user(Role.COORDINATOR, Role.SENSITIVE),
        "coordinator2": accounts.user(Role.COORDINATOR),
        "partner": organisations.partner(yana),
        "partner2": partner2,
        "analyst": accounts.user(Role.ANALYST),
        "admin": accounts.user(Role.ADMIN),
        "safeguarding": accounts.user(Role.SAFEGUARDING),
    }
    networks = {
        FARMER: farming,
        SOLDIER: soldiers,
        HIDDEN: secret,
        BLOCKING: soldiers,
        CHAMPION: soldiers,
        APPLICANT: soldiers,
    }
    areas.postcode(POSTCODE, "E07000143", areas.area().code)
    families = {name: _family(name, network, users) for name, network in networks.items()}
    for reader, family in THEMSELF.items():
        users[reader] = families[family].user
    blocking = families[BLOCKING]
    others = (blocking.special["people", f"applications.{verb}"] for verb in UNCONFIRMED)
    unproved = [db.session.get_one(Person, person_id) for person_id in others]
    for each in (blocking.person, blocking.applicant, blocking.twin, *unproved):
        for reader in ("coordinator", "coordinator2", "trainer", "safeguarding"):
            people.block(each, user=users[reader])
    db.session.flush()
    return Cast(users, families, _secrets(families[FARMER]))


def _secrets(of: Family) -> dict[str, str]:
    unconfirmed = people.person("Una Unconfirmed", confirmed=False, approved=False)
    unproved = people.contact(of.person, ContactKind.EMAIL, "new@farm.example", confirmed=False)
    opens: dict[str, tuple[str, int | str]] = {
        "accounts.invitation": (invitations.LINK, accounts.user(Role.ANALYST).id),
        "accounts.offer": (offers.LINK, of.rows["offers"]),
        "accounts.try_now": (retry_links.LINK, of.user.id),
        "accounts.use_link": (sign_in_links.LINK, of.user.id),
        "matching.answer": (service.PURPOSE, of.rows["proposals"]),
        "registration.confirm": (
            identity.CONFIRM,
            identity.confirm_subject(unconfirmed.id, unconfirmed.contacts[0].id),
        ),
        "profile.confirm_change": (contact_ends.VOUCH, unproved.id),
        "profile.confirm_contact": (contact_ends.CONFIRM, unproved.id),
        "profile.stop_change": (delayed_changes.STOP, of.rows["loosenings"]),
        "reminders.still_here": (yearly.PURPOSE, of.person.id),
    }
    paper = db.session.get_one(Certificate, of.rows["certificates"])
    return {"certificates.check": paper.code} | {
        endpoint: links.token(purpose, links.create(purpose, subject, timedelta(days=1)))
        for endpoint, (purpose, subject) in opens.items()
    }


def _family(name: str, network: Network, users: Users) -> Family:
    person = people.champion(
        f"Person {name}",
        networks=[network],
        approved=name != APPLICANT,
        protected=name == HIDDEN,
    )
    user = db.session.get_one(User, person.user_id)
    applicant, twin = (
        people.applicant(f"{word} {name}", networks=[network], email=None, phone=_phone())
        for word in ("Applicant", "Twin")
    )
    family = Family(name, person, user, applicant, twin)
    trainer = users["trainer"]
    assert trainer is not None
    family.rows["people"] = person.id
    account = trainer if name == FARMER else user
    family.rows["users"] = account.id
    family.rows["role_grants"] = _grant(account, has_begun=name != FARMER)
    parts = (_of_person, _of_training, _of_matching, _of_courses, _of_organisations, _of_work)
    family.special |= _special(family, network, users)
    for part in parts:
        family.rows |= part(family, network, users)
    return family


def _special(family: Family, network: Network, users: Users) -> dict[tuple[str, str], int]:
    """Return rows in the state that an endpoint needs, by table and endpoint."""
    person = family.person
    postcode = None if family.name == HIDDEN else POSTCODE  # protected people have no postcode
    elsewhere = people.presence(person, postcode=postcode, ward_id=areas.area().id).id
    unproved, mistyped = (
        people.applicant(networks=[network], email=email, phone=_phone(), confirmed=False)
        for email in (None, f"{family.name}@mistyped.example")
    )
    found = {
        ("people", "applications.mark_confirmed"): unproved.id,
        ("people", "applications.record_call"): mistyped.id,
        ("presences", "records.accept_directory_ward"): elsewhere,
        ("presences", "records.keep_current_ward"): elsewhere,
        ("offers", "accounts.withdraw_offer"): _offer(None),
        ("affiliations", "records.organisation_name"): _typed_name(person),
    }
    if family.name == FARMER:
        gone = courses.trainer()
        gone.deactivated_at = clock.now()
        found["users", "accounts.reactivate"] = gone.id
    return found


def _typed_name(person: Person) -> int:
    """Return an affiliation with a name that is not linked to an organisation."""
    made = Affiliation(person_id=person.id, named=f"Group of {person.id}", from_on=LONG_AGO)
    db.session.add(made)
    db.session.flush()
    return made.id


def _grant(user: User, *, has_begun: bool) -> int:
    """Return a role of the user. A role that has not started begins tomorrow."""
    if has_begun:
        return user.grants[0].id
    made = RoleGrant(user_id=user.id, role=Role.ANALYST, from_on=clock.today() + timedelta(days=1))
    db.session.add(made)
    db.session.flush()
    return made.id


_numbers = itertools.count(100_000)


def _phone() -> str:
    return f"+447700{next(_numbers)}"


def _of_person(family: Family, network: Network, users: Users) -> dict[str, int]:
    person = family.person
    theirs, avoided = (
        organisations.organisation(name if network.sensitive else None) for name in SECRET
    )
    affiliation = Affiliation(person_id=person.id, organisation_id=theirs.id, from_on=LONG_AGO)
    db.session.add(affiliation)
    db.session.flush()
    unsettled = people.presence(
        person, Basis.WORKS, district="E07000143", settled=AreaSource.UNSETTLED
    )
    call = messages.message(
        "+441362000000",
        channel=Channel.PHONE,
        person_id=person.id,
        letter="something-changed",
        context={"day": "1 March 2026"},
    )
    phone = people.contact(person, ContactKind.PHONE, _phone(), on=LONG_AGO)
    phone.safe_at = clock.now() - timedelta(days=400)  # while none of them was protected
    return {
        "person_contacts": phone.id,
        "presences": unsettled.id,
        "blocks": people.block(person, organisation=avoided).id,
        "affiliations": affiliation.id,
        "membership_applications": people.membership_application(person, network).id,
        "messages": call.id,
        "loosenings": _change(family, users["coordinator2"]),
        "record_merges": people.merge(person),
    }


def _change(family: Family, by: User | None) -> int:
    telling = family.name in (SOLDIER, HIDDEN)
    made = DelayedChange(
        person_id=family.person.id,
        kind=DelayedChangeKind.END_BLOCK if telling else DelayedChangeKind.SET_PREFERENCE,
        detail={"block_id": 1} if telling else {"preferred": "phone"},
        asked_at=clock.now(),
        asked_by_user_id=by.id if by else None,
    )
    db.session.add(made)
    db.session.flush()
    return made.id


def _of_training(family: Family, network: Network, users: Users) -> dict[str, int]:
    made = certificates.certificate(family.person)
    return {
        "certificates": made.id,
        "adjustments": awarding.adjust_expiry(SYSTEM, made.id, 30, "Illness"),
        "training_claims": people.claim(family.person).id,
    }


def _of_matching(family: Family, network: Network, users: Users) -> dict[str, int]:
    asks = network if network.sensitive else None
    need, served = matching.need(network=asks, places=3), matching.need(network=asks, places=3)
    people.presence(family.person, Basis.WORKS, ward_id=need.area_id)  # within reach of both
    proposal = matching.proposal(need, family.person, sent=True)
    return {
        "ward": matching.ward().id,
        "unasked": matching.proposal(matching.need(network=asks), family.person).id,
        "needs": need.id,
        "proposals": proposal.id,
        "assignments": matching.assignment(served, family.person).id,
        "matching_runs": proposal.run_id,
    }


def _of_courses(family: Family, network: Network, users: Users) -> dict[str, int]:
    trainer = (users["trainer"] if family.name == FARMER else None) or courses.trainer()
    first = clock.today() + timedelta(days=30 + 5 * FAMILIES.index(family.name))
    run = courses.run(first, trainer_user=trainer, published=family.name != SOLDIER)
    held = Booking(
        run_id=run.id,
        headcount=2,
        organisation_id=organisations.organisation().id,
        booked_at=clock.now(),
    )
    db.session.add(held)
    db.session.flush()
    for endpoint in ("attendance.attendance", "attendance.sign_off_run", "attendance.reopen_run"):
        family.special["course_runs", endpoint] = _ended(
            family, trainer, completed=endpoint == "attendance.reopen_run"
        )
    family.special["course_runs", "courses.add_known_person"] = courses.run(
        first + timedelta(days=45), trainer_user=trainer
    ).id
    refresher = courses.run(first + timedelta(days=50), "mhfa-refresher", trainer_user=trainer)
    for endpoint in sorted(OF_NAMED):
        named = courses.attendee(refresher, name=f"Named {family.name}")
        family.special["course_runs", endpoint] = refresher.id
        family.special["attendees", endpoint] = named.id
        if endpoint == "attendance.unlink_attendee":
            courses.link(named, family.person)
    return {
        "course_runs": run.id,
        "free run": courses.run(first + timedelta(days=40)).id,
        "bookings": held.id,
        "attendees": courses.attendee(run, family.person).id,
    }


def _ended(family: Family, trainer: User, *, completed: bool) -> int:
    """Return a run that has ended, with an attendee who was present."""
    run = courses.run(clock.today() - timedelta(days=9), trainer_user=trainer)
    courses.mark_attendance(courses.attendee(run, name=f"Named {family.name}"), trainer)
    if completed:
        signing_off.sign_off(SYSTEM, run.id)
    return run.id


def _of_organisations(family: Family, network: Network, users: Users) -> dict[str, int]:
    of = organisations.organisation()
    agreement = organisations.agreement(of, network if network.sensitive else None)
    recorded = organisations.agreement(of, network if network.sensitive else None)
    recorded.confirmed_at = None
    recorded.recorded_by_user_id = accounts.user(Role.COORDINATOR, Role.SENSITIVE).id
    for verb in ("confirm", "refuse"):
        family.special["agreements", f"organisations.{verb}_agreement"] = recorded.id
    acts = organisations.partner(of)
    coordinator = db.session.scalars(
        select(PartnerCoordinator).where(PartnerCoordinator.user_id == acts.id)
    ).one()
    return {
        "organisations": of.id,
        "sites": organisations.site(of).id,
        "agreements": agreement.id,
        "partner_coordinators": coordinator.id,
        "offers": _offer(of),
    }


def _offer(of: Organisation | None) -> int:
    number = next(_numbers)
    return offers.make_offer(
        SYSTEM,
        f"offered{number}@example.org",
        f"Offered {number}",
        frozenset({Role.PARTNER if of else Role.ANALYST}),
        organisation_id=of.id if of else None,
        on_behalf_of=of.name if of else None,
    )


def _of_work(family: Family, network: Network, users: Users) -> dict[str, int]:
    owner = users["coordinator" if family.name == FARMER else "admin"]
    assert owner is not None
    started = jobs.start_job(Actor("user", user_id=owner.id), "matching", on="2027-03-29")
    started.finished_at = clock.now()
    request = RoleRequest(
        user_id=accounts.user(Role.ANALYST).id,
        role=REQUESTS[family.name][0],
        asked_by_user_id=accounts.user(Role.ADMIN).id,
        asked_at=clock.now(),
        from_on=clock.today(),
        claimed=False,
    )
    report = SafeguardingReport(what="A worry", received_at=clock.now())
    if family.name == BLOCKING:  # decided
        request.decided_at, request.given = clock.now(), False
    if family.name == FARMER:
        report.opened_at = clock.now()
    db.session.add_all([request, report])
    db.session.flush()
    return {"jobs": started.id, "role_requests": request.id, "safeguarding_reports": report.id}
