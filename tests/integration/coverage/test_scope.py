"""Who is counted, listed and suggested for each reader."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import clock, registry
from app.core.actor import SYSTEM
from app.core.audit import AuditEntry
from app.core.errors import NotFound
from app.core.permissions import Role
from app.coverage import service
from tests.factories import accounts, organisations, people
from tests.integration.coverage.scene import (
    ON,
    actor_for,
    add_certificate,
    add_place,
    figures,
    group,
    held_in,
    person,
    ward,
)

SENSITIVE = "domestic-abuse-support"
SECRET = "Persephone Quillfeather"


@pytest.fixture
def crowd(session: Session) -> dict[str, Any]:
    """Create six YANA members, two also in the sensitive network, and one only in that network."""
    made: dict[str, Any] = {"yana": []}
    for number in range(6):
        networks = ["yana", SENSITIVE] if number < 2 else ["yana"]
        one = person(f"Yana {number}", networks=networks)
        add_place(one, ward("Watton"))
        add_certificate(one)
        made["yana"].append(one)
    made["secret"] = person(SECRET, networks=[SENSITIVE], protected=True)
    add_place(made["secret"], ward("Watton"))
    add_certificate(made["secret"])
    made["other"] = person("Other Champion", groups=[group(ward_id=ward("Watton"))])
    add_place(made["other"], ward("Watton"))
    add_certificate(made["other"])
    return made


@pytest.fixture
def partner(session: Session) -> Any:
    """Return YANA's partner coordinator, with an agreement in force."""
    yana = organisations.organisation("YANA")
    organisations.agreement(yana, organisations.network("yana"))
    return organisations.partner(yana)


def people_page(client: FlaskClient, slug: str) -> str:
    reply = client.get(f"/coverage/{slug}/people?on={ON}")
    assert reply.status_code == 200
    return reply.get_data(as_text=True)


def test_each_coordinator_counts_the_people_they_may_see(crowd: dict[str, Any]) -> None:
    everything = service.report(SYSTEM, ON)
    full = service.report(actor_for(accounts.coordinator()), ON)
    without = service.report(actor_for(accounts.coordinator(sensitive=False)), ON)
    # A report can be passed on, so it counts only general champions and no sensitive targets.
    assert full == everything == without
    assert held_in(full, "watton") == 7
    assert "domestic-abuse-mhfas" not in [row["slug"] for row in full["targets"]]


def test_only_readers_of_sensitive_networks_see_both_numbers(
    crowd: dict[str, Any], sign_in: Any
) -> None:
    both = "7 people, or 8 including sensitive networks"
    for path in ("/", f"/coverage?on={ON}"):
        page = sign_in(accounts.coordinator()).get(path).text
        assert both in page, path
        page = sign_in(accounts.coordinator(sensitive=False)).get(path).text
        assert "including sensitive networks" not in page, path
    page = people_page(sign_in(accounts.coordinator()), "watton")
    assert "the figures that other people see, count only general champions" in page


def test_a_partner_counts_their_own_people(crowd: dict[str, Any], partner: Any) -> None:
    found = service.report(actor_for(partner), ON)
    assert figures(found, "yana-15") == (6, 0)
    assert held_in(found, "watton") == 6
    assert list(service.gaps(actor_for(partner), ON)) == []


def test_people_who_blocked_the_reader_are_not_counted_or_listed(
    crowd: dict[str, Any], client: FlaskClient, sign_in: Any
) -> None:
    coordinator = accounts.coordinator()
    people.block(crowd["yana"][3], user=coordinator)
    assert figures(service.report(actor_for(coordinator), ON), "yana-15") == (5, 0)
    page = people_page(sign_in(coordinator), "yana-15")
    assert "Yana 2" in page
    assert "Yana 3" not in page


def test_the_list_contains_exactly_the_people_counted(
    crowd: dict[str, Any], client: FlaskClient, sign_in: Any, session: Session
) -> None:
    unsettled = person("Somewhere Else", networks=["yana"])
    add_place(unsettled)
    add_certificate(unsettled)
    coordinator = accounts.coordinator()
    browser = sign_in(coordinator)
    page = people_page(browser, "yana-15")
    assert [f"Yana {number}" in page for number in range(6)] == [True] * 6
    assert "Somewhere Else" not in page
    assert SECRET not in page
    page = browser.get(f"/coverage/yana-15/people?on={ON}&which=unsettled").get_data(as_text=True)
    assert "Somewhere Else" in page
    assert "Yana 1" not in page
    page = browser.get(f"/coverage/E07000143/people?on={ON}&which=unsettled")
    assert "Somewhere Else" in page.get_data(as_text=True)
    assert SECRET in people_page(browser, "watton")
    assert SECRET in people_page(browser, "domestic-abuse-mhfas")
    opened = session.scalars(
        select(AuditEntry).where(AuditEntry.verb == "coverage.people").order_by(AuditEntry.id)
    ).all()
    assert [entry.actor_user_id for entry in opened] == [coordinator.id] * 5
    assert opened[0].changes["shown"] == [one.id for one in crowd["yana"]]


def test_the_list_is_paged(session: Session, client: FlaskClient, sign_in: Any) -> None:
    for number in range(30):
        one = person(f"Farmer {number:02}", networks=["yana"])
        add_place(one, ward("Watton"))
        add_certificate(one)
    browser = sign_in(accounts.coordinator())
    first = people_page(browser, "yana-15")
    assert "Farmer 24" in first
    assert "Farmer 25" not in first
    after = first.partition("after=")[2].partition("&")[0]
    second = browser.get(f"/coverage/yana-15/people?on={ON}&after={after}").get_data(as_text=True)
    assert "Farmer 24" not in second
    assert "Farmer 25" in second
    assert "Farmer 29" in second
    assert browser.get(f"/coverage/yana-15/people?on={ON}&after=nonsense").status_code == 200


def test_lists_that_a_reader_may_not_open_give_404(
    crowd: dict[str, Any], client: FlaskClient, sign_in: Any, partner: Any
) -> None:
    browser = sign_in(accounts.coordinator(sensitive=False))
    assert browser.get("/coverage/domestic-abuse-mhfas/people").status_code == 404
    assert browser.get("/coverage/no-such-target/people").status_code == 404
    assert browser.get("/coverage/E07000144/people").status_code == 404  # a neighbouring district
    assert browser.get("/coverage/E01026467/people").status_code == 404  # an LSOA is too small
    assert SECRET not in people_page(browser, "watton")
    browser = sign_in(partner)
    page = people_page(browser, "watton")
    assert "Yana 0" in page
    assert "Other Champion" not in page
    for role in (Role.ANALYST, Role.TRAINER, Role.ADMIN, Role.CHAMPION):
        browser = sign_in(accounts.user(role))
        assert browser.get("/coverage/yana-15/people").status_code == 404


def test_analysts_have_no_report(session: Session) -> None:
    with pytest.raises(NotFound):
        service.report(actor_for(accounts.user(Role.ANALYST)), ON)


def test_gaps_are_suggested_as_needs(crowd: dict[str, Any]) -> None:
    coordinator = actor_for(accounts.coordinator())
    hooks = [gap for find in registry.gaps for gap in find(coordinator, ON)]
    found = {gap.source: gap for gap in hooks}
    assert len(found) == len(hooks)  # each can become a separate need
    watton = found["band:watton"]
    assert (watton.area_name, watton.places, watton.network) == ("Watton", 3, None)
    yana = found["target:yana-15"]
    assert (yana.area_code, yana.places, yana.network) == ("E07000143", 9, "yana")
    fifty = [gap for gap in hooks if gap.source.startswith("target:champions-50:")]
    assert sum(gap.places for gap in fifty) == 50
    assert len(fifty) == 10  # the wards of the fourteen areas
    assert "target:yana-100" not in found  # not tied to an area


def test_the_figures_of_a_home_page(crowd: dict[str, Any]) -> None:
    shown, on = service.home_figures(actor_for(accounts.coordinator()), ON)
    assert on == ON
    assert [figure.slug for figure in shown] == ["champions-50", "yana-15"]
    assert shown[1].held == 6
    assert [one.slug for one in shown[1].beside] == ["yana-15-in-date", "yana-100"]
    assert service.home_figures(actor_for(accounts.user(Role.ANALYST)), clock.today()) == ((), None)


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        ("0001-01-01", "The date of the figures must be 1 January 2000 or later"),
        ("1999-12-31", "The date of the figures must be 1 January 2000 or later"),
        ("9999-12-31", "or earlier"),
        ("xx", "Enter a real date"),
    ],
)
def test_an_invalid_day_is_an_error_and_lists_nobody(
    session: Session, sign_in: Any, on: str, sentence: str
) -> None:
    browser = sign_in(accounts.coordinator())
    page = browser.get(f"/coverage?on={on}")
    assert page.status_code == 200
    assert sentence in page.text
    opened = (
        select(func.count()).select_from(AuditEntry).where(AuditEntry.verb == "coverage.people")
    )
    assert browser.get(f"/coverage/yana-15/people?on={on}").status_code == 404
    assert session.scalar(opened) == 0
    assert browser.get(f"/coverage/yana-15/people?on={ON}").status_code == 200
    assert session.scalar(opened) == 1
