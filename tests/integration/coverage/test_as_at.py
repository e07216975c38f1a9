"""Figures for a past day do not change later."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.certificates import service as certificates
from app.core import clock
from app.core.actor import SYSTEM
from app.coverage import service
from app.organisations import service as organisations
from app.organisations.models import Organisation, Site
from app.organisations.types import OrganisationCommand
from app.people.models import Affiliation, Membership, Person, Presence
from app.records import ward_confirmation
from app.targets.models import Target
from tests.factories import areas, people
from tests.factories import certificates as awards
from tests.integration.coverage.scene import (
    AWARDED,
    DEPRIVED,
    OURS,
    add_certificate,
    add_place,
    figures,
    group,
    held_in,
    person,
    ward,
)

pytestmark = pytest.mark.usefixtures("session")
MARCH = date(2026, 3, 31)
LATER = date(2026, 9, 1)
NEW = {"settles": "IP25 9ZZ", "agrees": "IP25 9ZY"}
WATTON_LSOA = "E01026488"  # among the most deprived areas


@pytest.fixture
def people_who_change(session: Session) -> dict[str, Any]:
    """Create a person for each kind of change, who all count on 31 March 2026."""
    made: dict[str, Any] = {}
    settled: dict[str, dict[str, Any]] = {
        "settles": {},
        "agrees": {"ward_id": ward("Watton"), "district": OURS},
    }
    staying = ("leaves", "moves", "quits", "revoked", "adjusted", "away", "stays")
    for name in (*staying, *settled):
        one = person(name, networks=["yana"], last_heard_on=date(2026, 1, 15))
        if name in staying:
            add_place(one, ward("Watton"), district=OURS)
        else:  # the postcode is in a directory imported later
            add_place(one, postcode=NEW[name], **settled[name])
        made[name] = one
        certificate = awards.certificate(one, "mhfa-adult", awarded_on=AWARDED)
        made[f"{name}'s"] = certificate
    made["group"] = group(lsoa=DEPRIVED)
    made["champion"] = person("champion", groups=[made["group"]], last_heard_on=date(2026, 1, 15))
    add_certificate(made["champion"], "community-champion")
    session.flush()
    return made


def make_changes(session: Session, made: dict[str, Any]) -> None:
    """Make changes that take effect on 1 July 2026."""

    def close_organisation(model: Any, of: Person) -> None:
        for row in session.query(model).filter_by(person_id=of.id):
            row.until_on = date(2026, 6, 30)

    with clock.frozen(clock.london_instant(date(2026, 7, 1), time(10))):
        made["leaves"].left_on = date(2026, 7, 1)
        close_organisation(Presence, made["moves"])
        close_organisation(Membership, made["quits"])
        certificates.revoke_certificate(SYSTEM, made["revoked's"].id, "Awarded by mistake.")
        certificates.adjust_expiry(
            SYSTEM, made["adjusted's"].id, -365, "Counted from the wrong course."
        )
        people.absence(made["away"], date(2026, 7, 1))
        for postcode in NEW.values():
            areas.postcode(postcode, OURS, "E05010263", WATTON_LSOA)
        assert ward_confirmation.confirm_wards(SYSTEM, save=True) == 2
        close_organisation(Affiliation, made["champion"])
        session.query(Site).filter_by(organisation_id=made["group"].id).one().until_on = date(
            2026, 6, 30
        )
        newcomer = person("newcomer", networks=["yana"], joined_on=date(2026, 7, 1))
        add_place(newcomer, ward("Watton"), district=OURS)
        awards.certificate(newcomer, "mhfa-adult", awarded_on=AWARDED, confirmed_at=clock.now())
        session.flush()


def test_later_changes_do_not_affect_31_march(
    session: Session, people_who_change: dict[str, Any]
) -> None:
    before = service.report(SYSTEM, MARCH)
    assert figures(before, "yana-15") == (8, 1)
    assert figures(before, "yana-15-in-date") == (8, 1)
    assert figures(before, "champions-50") == (1, 0)
    assert held_in(before, "watton") == 8
    make_changes(session, people_who_change)
    session.expire_all()
    assert service.report(SYSTEM, MARCH) == before


def test_changes_affect_figures_from_the_day_they_take_effect(
    session: Session, people_who_change: dict[str, Any]
) -> None:
    make_changes(session, people_who_change)
    after = service.report(SYSTEM, LATER)
    # No longer counted: leaves, quits, revoked. Without a home: moves. New: settles, newcomer.
    assert figures(after, "yana-15") == (6, 1)
    # Also, the certificate of "adjusted" expired on 1 June 2026.
    assert figures(after, "yana-15-in-date") == (5, 1)
    assert figures(after, "champions-50") == (0, 0)
    # Active and in date in Watton: quits (no YANA needed), settles, agrees, stays, newcomer;
    # not "away".
    assert held_in(after, "watton") == 5


def test_a_target_is_not_counted_after_its_last_day(session: Session) -> None:
    target = session.query(Target).filter_by(slug="armed-forces").one()
    target.until_on = MARCH
    session.flush()
    slugs = [row["slug"] for row in service.report(SYSTEM, MARCH)["targets"]]
    assert "armed-forces" in slugs
    slugs = [row["slug"] for row in service.report(SYSTEM, LATER)["targets"]]
    assert "armed-forces" not in slugs


def close_organisation(organisation: Organisation, last_day: date) -> None:
    """Close an organisation on its last day."""
    command = OrganisationCommand(organisation.name, organisation.kind, False, last_day)
    with clock.frozen(last_day):
        organisations.change_organisation(SYSTEM, organisation.id, command)


def test_the_site_of_a_closed_organisation_does_not_count(
    session: Session, people_who_change: dict[str, Any]
) -> None:
    organisation: Organisation = people_who_change["group"]
    close_organisation(organisation, MARCH)
    assert figures(service.report(SYSTEM, MARCH), "champions-50") == (1, 0)
    assert figures(service.report(SYSTEM, LATER), "champions-50") == (0, 0)
