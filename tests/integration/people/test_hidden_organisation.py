"""An organisation that would reveal a sensitive network is hidden like the network."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.permissions import Role
from app.courses import booking
from app.organisations.models import Network, Organisation
from app.people.models import Affiliation, Person
from tests.addresses import at, public_id
from tests.factories import accounts, certificates, courses, organisations, people

REFUGE = "Harbour House"
Make = Callable[[Network], Organisation]


def _confidential(_sensitive: Network) -> Organisation:
    made = organisations.organisation(REFUGE)
    made.confidential_location = True
    return made


def _that_approves(sensitive: Network) -> Organisation:
    made = organisations.organisation(REFUGE)
    sensitive.approver_id = made.id
    return made


def _with_ended_agreement(sensitive: Network) -> Organisation:
    made = organisations.organisation(REFUGE)
    organisations.agreement(made, sensitive, until_on=date(2020, 1, 1))
    return made


@dataclass
class Scene:
    """A person in an open and a sensitive network, and the service of the sensitive one."""

    refuge: Organisation
    open: Network
    person: Person
    applicant: Person
    partner: User


@pytest.fixture(params=[_confidential, _that_approves, _with_ended_agreement])
def scene(request: pytest.FixtureRequest, session: Session) -> Scene:
    sensitive, farming = organisations.network(sensitive=True), organisations.network()
    refuge = request.param(sensitive)
    yana = organisations.organisation(f"{farming.name} charity")
    farming.approver_id = yana.id
    organisations.agreement(yana, farming)
    both = [farming, sensitive]
    return Scene(
        refuge,
        farming,
        people.person("Ruth Refuge", networks=both, organisations=[refuge]),
        people.applicant("Ruth Refuge", networks=both, organisations=[refuge]),
        organisations.partner(yana),
    )


def _names_refuge(text: str) -> bool:
    return REFUGE.lower() in text.lower()


def _pages(scene: Scene) -> list[str]:
    return [
        at(f"/people/{scene.person.id}"),
        "/people?q=Ruth",
        at(f"/applications/{scene.applicant.id}"),
        "/applications",
    ]


def _exports(client: FlaskClient) -> list[str]:
    found = []
    for kind in ("csv", "xlsx"):
        reply = client.post("/people/export?q=Ruth", data={"reason": "To ring", "kind": kind})
        if kind == "csv":
            found.append(reply.get_data(as_text=True))
        else:
            sheet = load_workbook(io.BytesIO(reply.get_data())).active
            assert sheet is not None
            found.append(str([[cell.value for cell in row] for row in sheet.rows]))
    return found


def test_affiliation_is_hidden_everywhere_without_the_permission(
    scene: Scene, sign_in: Any
) -> None:
    client = sign_in(accounts.coordinator(sensitive=False))
    join = at(f"/applications/{scene.applicant.id}/join/{scene.person.id}")
    texts = [client.get(page).text for page in [*_pages(scene), join]] + _exports(client)
    assert all("Ruth Refuge" in text for text in texts)
    assert not any(_names_refuge(text) for text in texts)
    assert "similar name, same organisation" not in "".join(texts).lower()


def test_affiliation_is_hidden_from_a_partner_of_another_network(
    scene: Scene, sign_in: Any
) -> None:
    client = sign_in(scene.partner)
    texts = [client.get(page).text for page in _pages(scene)]
    assert all("Ruth Refuge" in text for text in texts)
    assert not any(_names_refuge(text) for text in texts)


def test_affiliation_is_shown_with_the_permission(scene: Scene, sign_in: Any) -> None:
    client = sign_in(accounts.coordinator())
    assert all(_names_refuge(client.get(page).text) for page in _pages(scene)[:3])
    assert not any(
        _names_refuge(text) for text in _exports(client)
    )  # what is sent on is for everybody
    assert "same organisation" in client.get(at(f"/people/{scene.person.id}")).text.lower()


def test_organisation_with_an_open_network_stays_visible(session: Session, sign_in: Any) -> None:
    church = organisations.organisation("Saint Mary’s Church")
    organisations.agreement(church, organisations.network(sensitive=True))
    organisations.agreement(church, organisations.network())
    person = people.person("Mary Known", organisations=[church])
    client = sign_in(accounts.coordinator(sensitive=False))
    assert "Saint Mary’s Church" in client.get(at(f"/people/{person.id}")).text


@pytest.mark.parametrize(
    "named", ["harbour house", "Harbour-House refuge", "the Harbor House", "Harbour Women"]
)
def test_similar_typed_name_is_hidden_too(scene: Scene, sign_in: Any, named: str) -> None:
    typed = people.person("Tina Typed")
    other = people.person("Olga Other")
    for person, name in ((typed, named), (other, "Harling Harriers")):
        db.session.add(Affiliation(person_id=person.id, named=name, from_on=clock.today()))
    db.session.flush()
    client = sign_in(accounts.coordinator(sensitive=False))
    for page in (at(f"/people/{typed.id}"), "/people?q=Typed"):
        assert named.lower() not in client.get(page).text.lower()
    assert "Harling Harriers" in client.get(at(f"/people/{other.id}")).text
    assert named in sign_in(accounts.coordinator()).get(at(f"/people/{typed.id}")).text


@pytest.mark.parametrize("named", ["Lee Way", "Leaway", "L.E.E.W.A.Y.", "leewya trust", "Leewayy"])
def test_spaces_and_one_wrong_letter_do_not_reveal_a_name(
    session: Session, sign_in: Any, named: str
) -> None:
    leeway = organisations.organisation("Leeway Domestic Violence and Abuse Services")
    leeway.confidential_location = True
    applicant = people.applicant("Tina Typed")
    session.add(Affiliation(person_id=applicant.id, named=named, from_on=clock.today()))
    session.flush()
    page = at(f"/applications/{applicant.id}")
    assert named not in sign_in(accounts.coordinator(sensitive=False)).get(page).text
    assert named in sign_in(accounts.coordinator()).get(page).text


@pytest.mark.parametrize("named", ["Lea Valley Ramblers", "Railway Social Club"])
def test_unrelated_names_are_shown(session: Session, sign_in: Any, named: str) -> None:
    organisations.organisation("Leeway Advice").confidential_location = True
    person = people.person("Tina Typed")
    session.add(Affiliation(person_id=person.id, named=named, from_on=clock.today()))
    session.flush()
    page = at(f"/people/{person.id}")
    assert named in sign_in(accounts.coordinator(sensitive=False)).get(page).text


def test_unmatched_name_is_hidden_with_its_network(session: Session, sign_in: Any) -> None:
    """The name is similar to none on record, but it is the name of a refuge."""
    both = [organisations.network(sensitive=True), organisations.network()]
    named = "Womens Aid refuge"
    hides, likeness = (
        people.applicant("Wilma Wood", networks=both, general=True),
        people.applicant("Olga Other", networks=both[1:]),
    )
    for each in (hides, likeness):
        session.add(Affiliation(person_id=each.id, named=named, from_on=clock.today()))
    session.flush()
    client = sign_in(accounts.coordinator(sensitive=False))
    for page in (at(f"/applications/{hides.id}"), "/people?q=Wilma&state=any"):
        text = client.get(page).text
        assert "Wilma Wood" in text
        assert named not in text
    assert named in client.get(at(f"/applications/{likeness.id}")).text
    assert named in sign_in(accounts.coordinator()).get(at(f"/applications/{hides.id}")).text


def test_audit_keeps_no_value_of_an_affiliation(session: Session) -> None:
    refuge = organisations.organisation(REFUGE)
    people.person("Ann Audited", organisations=[refuge])
    rows = session.query(AuditEntry).filter_by(subject_type="affiliations").all()
    assert rows
    assert all(row.changes["organisation_id"] == [None, "(hidden)"] for row in rows)


# --- courses ---


def test_class_list_and_its_forms_do_not_name_it(scene: Scene, sign_in: Any) -> None:
    day = clock.today().replace(year=clock.today().year + 1)
    trainer = courses.trainer()
    run = courses.run(day, trainer_user=trainer)
    holder = courses.actor_of(accounts.coordinator(), Role.COORDINATOR, Role.SENSITIVE)
    booking.hold_places(holder, run.id, scene.refuge.id, 3)
    for reader in (accounts.coordinator(sensitive=False), trainer):
        client = sign_in(reader)
        pages = {
            address: client.get(at(f"/training/{run.id}{address}")).text
            for address in ("", "/add/named", "/places", "/cancel")
        }
        assert not any(_names_refuge(text) for text in pages.values())
        assert "3 places are not listed." in " ".join(pages[""].split())
        data = {"organisation": public_id("organisations", scene.refuge.id), "headcount": "2"}
        absent = {"organisation": public_id("organisations", 987654), "headcount": "2"}
        replies = [
            client.post(at(f"/training/{run.id}/places"), data=one) for one in (data, absent)
        ]
        assert [reply.status_code for reply in replies] == [422, 422]
    assert _names_refuge(sign_in(accounts.coordinator()).get(at(f"/training/{run.id}")).text)


# --- training ---


def test_its_training_claims_are_decided_only_with_the_permission(
    session: Session, scene: Scene, sign_in: Any
) -> None:
    own_claim = people.claim(scene.person, "Sitting with survivors", provider="Harbour House")
    other = people.claim(scene.person, "First aid", provider="Saint John")
    applied = people.claim(scene.applicant, "Harbour-House listening", provider="Friends")
    record = at(f"/people/{scene.person.id}")
    join = at(f"/applications/{scene.applicant.id}/join/{scene.person.id}")
    client = sign_in(accounts.coordinator(sensitive=False))
    page = client.get(record).text
    assert "First aid" in page
    texts = [page, *(client.get(each).text for each in (join, "/applications", "/"))]
    assert not any(_names_refuge(text) or "Sitting with" in text for text in texts)
    for claim, status in ((own_claim, 404), (applied, 404), (other, 200)):
        assert client.get(at(f"/claims/{claim.id}/confirm")).status_code == status
        assert client.get(at(f"/claims/{claim.id}/set-aside")).status_code == status
    assert (
        client.post(at(f"/claims/{own_claim.id}/set-aside"), data={"reason": "No"}).status_code
        == 404
    )
    assert "Sitting with" in sign_in(accounts.coordinator()).get(record).text


def test_certificate_does_not_name_it_as_the_provider(scene: Scene, sign_in: Any) -> None:
    certificate = certificates.certificate(scene.person)
    certificate.provider = "Harbour House"
    for reader, is_named in (
        (accounts.coordinator(sensitive=False), False),
        (scene.partner, False),
    ):
        page = sign_in(reader).get(at(f"/certificates/{certificate.id}")).text
        assert (_names_refuge(page), "MHFA" in page) == (is_named, True)
    assert _names_refuge(
        sign_in(accounts.coordinator()).get(at(f"/certificates/{certificate.id}")).text
    )
