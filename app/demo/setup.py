"""Define the staff, organisations and agreements that exist before anybody registers."""

from __future__ import annotations

from datetime import date, time
from functools import partial

from app.accounts import queries as accounts
from app.accounts import service as users
from app.areas import service as areas
from app.core import audit, clock
from app.core.actor import SYSTEM
from app.core.audit_verbs import AuditVerb
from app.core.db import db
from app.core.permissions import Role
from app.demo import queries
from app.demo.definition import AgreementPart, OrganisationPart, StaffPart
from app.demo.people import HISTORY
from app.demo.replay import Replay
from app.organisations.models import (
    Agreement,
    Organisation,
    PartnerCoordinator,
    Site,
)

OPENING = -HISTORY - 5


def plan(replay: Replay, password_hash: str) -> None:
    """Plan the staff, organisations and agreements."""
    replay.plan_on_day(OPENING, time(9), lambda: _add_staff(replay, password_hash))
    replay.plan_on_day(OPENING, time(10), lambda: _add_organisations(replay))
    for agreement in replay.definition.agreements:
        replay.plan_on_day(agreement.from_days, time(8), partial(_add_agreement, replay, agreement))


def set_password(email: str, password_hash: str) -> None:
    """Set the password of a user to the demonstration's password."""
    user = accounts.user_by_email(email)
    if user is not None:
        with audit.acting(SYSTEM, AuditVerb.DEMO_LOAD):
            user.password_hash = password_hash


def _add_staff(replay: Replay, password_hash: str) -> None:
    today = clock.today()
    for part in replay.definition.staff:
        user = users.create_user(SYSTEM, part.email, part.name)
        for role in part.roles:
            users.grant_role(SYSTEM, user, role, today)
        if part.signs_in:
            set_password(part.email, password_hash)
        _add_partner(part, user.id, today)


def _add_partner(part: StaffPart, user_id: int, today: date) -> None:
    organisation = queries.organisation(part.organisation) if part.organisation else None
    if organisation is not None and Role.PARTNER in part.roles:
        with audit.acting(SYSTEM, AuditVerb.DEMO_LOAD):
            db.session.add(
                PartnerCoordinator(user_id=user_id, organisation_id=organisation.id, from_on=today)
            )


def _add_agreement(replay: Replay, part: AgreementPart) -> None:
    """Add an agreement. Skip it if its organisation or network is not in the programme."""
    organisation = queries.organisation(part.organisation)
    network_id = queries.network_id(part.network)
    if organisation is None or (part.network is not None and network_id is None):
        return
    with audit.acting(SYSTEM, AuditVerb.DEMO_LOAD):
        db.session.add(
            Agreement(
                organisation_id=organisation.id,
                network_id=network_id,
                purpose=part.purpose,
                signed_on=replay.day(part.from_days),
                from_on=replay.day(part.from_days),
                until_on=replay.day(part.until_days),
                recorded_at=clock.now(),
                confirmed_at=clock.now(),
            )
        )
    replay.clear_actors()


def _add_organisations(replay: Replay) -> None:
    """Add each organisation, with a site in each of its areas."""
    deprived = list(replay.all_places.deprived)
    used = 0
    for part in replay.definition.organisations:
        organisation = Organisation(
            name=part.name,
            kind=part.kind,
            confidential_location=False,
            from_on=clock.today(),
        )
        with audit.acting(SYSTEM, AuditVerb.DEMO_LOAD):
            db.session.add(organisation)
            db.session.flush()
            for number in range(part.deprived if deprived else 0):
                place = deprived[(used + number) % len(deprived)]
                _add_site(organisation, part, place.postcode, place.ward_id, place.id)
            used += part.deprived
            for town in part.towns:
                ward = replay.all_places.wards_in_town(town)[0]
                _add_site(organisation, part, ward.postcodes[1], ward.id, None)


def _add_site(
    organisation: Organisation,
    part: OrganisationPart,
    postcode: str,
    ward_id: int | None,
    lsoa_id: int | None,
) -> None:
    location = areas.locate(postcode)
    db.session.add(
        Site(
            organisation_id=organisation.id,
            name=part.name,
            postcode=postcode,
            district=location.district,
            ward_id=location.ward_id or ward_id,
            lsoa_id=location.lsoa_id or lsoa_id,
            from_on=clock.today(),
        )
    )
    db.session.flush()
