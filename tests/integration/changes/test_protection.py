"""A protected person's postcode never reaches the database."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core import encryption
from app.core.db import Base
from app.people.models import Person
from app.people.types import AreaSource, Basis
from app.registration import draft, saved
from app.registration.models import SavedDraft
from tests.integration.registration.registering import fill_in, pages, send

POSTCODE = "IP24 1JD"
WORK = "NR19 1AE"
SENSITIVE = {"networks": ["domestic-abuse-support"], "interest": "champion", "general": "no"}
PROTECTED = {"protected": "yes", "home_near": "E05010259", "work_near": "unknown"}


def everything_written(session: Session) -> str:
    """Return every row of every table but the directory, as text."""
    return "\n".join(
        str(value)
        for table in Base.metadata.sorted_tables
        if table.name not in ("postcodes", "areas", "area_indicators", "area_parts")
        for value in session.scalars(text(f"SELECT t::text FROM {table.name} t"))  # noqa: S608 - our table's name
    ).upper()


def test_postcode_is_dropped_before_the_first_write(client: FlaskClient, session: Session) -> None:
    places = {"home": POSTCODE, "work": WORK}
    send(client, pages(networks=SENSITIVE, places=places, area=PROTECTED))
    person = session.scalars(select(Person).order_by(Person.id.desc()).limit(1)).one()
    assert person.protected_at is not None
    home, work = person.presences
    assert (home.basis, home.settled, home.postcode, home.lsoa_id) == (
        Basis.LIVES,
        AreaSource.CHOSEN,
        None,
        None,
    )
    assert home.ward_id is not None
    assert (work.postcode, work.ward_id, work.district) == (None, None, "E07000143")
    written = everything_written(session)
    assert "ANN SMITH" in written
    for postcode in (POSTCODE, WORK):
        assert postcode not in written
        assert postcode.replace(" ", "") not in written


def test_browser_forgets_the_postcode_too(client: FlaskClient) -> None:
    fill_in(client, pages(places={"home": POSTCODE}, area=PROTECTED))
    page = client.get("/register/places").get_data(as_text=True)
    assert POSTCODE not in page
    assert "we have deleted it" in page
    check = client.get("/register/check").get_data(as_text=True)
    assert POSTCODE not in check
    assert "Thetford Burrell" in check
    reply = client.post("/register/places?change=yes", data={"wards": ["E05010260"]})
    assert reply.location == "/register/check"
    assert "Thetford Burrell" in client.get("/register/check").get_data(as_text=True)


def test_another_ward_can_be_chosen_later(client: FlaskClient, session: Session) -> None:
    fill_in(client, pages(places={"home": POSTCODE}, area=PROTECTED))
    page = client.get("/register/area?change=yes").get_data(as_text=True)
    assert '<option value="E05010259" selected>' in page
    client.post("/register/area?change=yes", data={"protected": "yes", "ward": "E05010260"})
    assert "Thetford Castle" in client.get("/register/check").get_data(as_text=True)


def test_protected_person_outside_the_area_keeps_only_the_district(
    client: FlaskClient, session: Session
) -> None:
    send(client, pages(places={"home": "NR1 3JU"}, area={"protected": "yes"}))
    person = session.scalars(select(Person).order_by(Person.id.desc()).limit(1)).one()
    (home,) = person.presences
    assert (home.settled, home.district, home.postcode) == (AreaSource.OUTSIDE, "E07000148", None)


def test_saved_draft_of_a_protected_person_holds_no_postcode(
    client: FlaskClient, session: Session
) -> None:
    fill_in(client, pages(places={"home": POSTCODE}, area=PROTECTED))
    client.post("/register/save", data={"email": "ann@example.org"})
    row = session.scalars(select(SavedDraft)).one()
    opened = encryption.decrypt(saved.PURPOSE, row.content)
    assert opened is not None
    kept, _at = draft.unpack_draft(opened)
    assert "IP24" not in str(kept).upper()
    assert kept.kept_areas["lives"].ward == "E05010259"


def test_draft_saved_before_protection_loses_its_postcode(
    client: FlaskClient, session: Session
) -> None:
    everything = pages(networks=SENSITIVE, places={"home": "ip241jd"})
    fill_in(client, {step: typed for step, typed in everything.items() if step != "area"})
    client.post("/register/save", data={"email": "ann@example.org"})
    opened = encryption.decrypt(saved.PURPOSE, session.scalars(select(SavedDraft)).one().content)
    assert opened is not None
    kept, _at = draft.unpack_draft(opened)
    assert "IP24" not in str(kept).upper()
    assert kept.kept_areas["lives"].district == "E07000143"
    assert "area" not in kept.done
