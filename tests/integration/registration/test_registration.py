"""The public registration form: its questions, validation and stored data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, encryption
from app.messages.models import Message
from app.people.models import (
    Affiliation,
    Membership,
    NoticeGiven,
    Person,
    TrainingClaim,
)
from app.people.types import AreaSource, Basis, ContactKind, Interest, PersonState
from tests.factories import organisations
from tests.integration.registration.registering import (
    NETWORKS,
    START,
    TRAINED,
    TRAINING,
    fill_in,
    pages,
    send,
)


def newest_person(session: Session) -> Person:
    return session.scalars(select(Person).order_by(Person.id.desc())).first() or pytest.fail("none")


def text(reply: Any) -> str:
    return reply.get_data(as_text=True)


def test_a_registration_from_end_to_end(client: FlaskClient, session: Session) -> None:
    reply = send(client)
    assert reply.status_code == 200
    assert "Registration sent" in text(reply)
    person = newest_person(session)
    assert person.full_name == "Ann Smith"
    assert person.interest is Interest.CHAMPION
    assert person.state(clock.today()) is PersonState.UNCONFIRMED
    (contact,) = person.contacts
    assert (contact.point.kind, contact.point.value) == (
        ContactKind.EMAIL,
        "ann.smith@example.org",
    )
    (home,) = person.presences
    assert (home.basis, home.postcode, home.district) == (Basis.LIVES, "IP24 1JD", "E07000143")
    networks = session.scalars(select(Membership).where(Membership.person_id == person.id)).all()
    assert [one.network_id for one in networks] == [organisations.network("farming").id]
    notice = session.scalars(select(NoticeGiven).where(NoticeGiven.person_id == person.id)).one()
    assert notice.version == 1
    letter = session.scalars(select(Message).where(Message.person_id == person.id)).one()
    assert letter.letter == "registration-confirm"
    assert letter.address == "ann.smith@example.org"


def test_a_registration_takes_seven_pages_at_most(client: FlaskClient) -> None:
    fill_in(client, pages(networks=TRAINED, training=TRAINING))
    assert "page 7 of 7" in text(client.get("/register/check"))


def test_only_trained_people_are_asked_about_earlier_training(
    client: FlaskClient, session: Session
) -> None:
    fill_in(client, pages(networks=TRAINED, training=TRAINING))
    client.post("/register/check")
    claim = session.scalars(select(TrainingClaim)).all()[-1]
    assert (claim.course, claim.month, claim.year, claim.certificate_number) == (
        "Adult MHFA",
        3,
        2024,
        "MH-123",
    )


def test_training_can_be_entered_without_a_date(client: FlaskClient, session: Session) -> None:
    training = {"course": "MHFA", "provider": "Mind", "unknown": "yes"}
    send(client, pages(networks=TRAINED, training=training))
    claim = session.scalars(select(TrainingClaim)).all()[-1]
    assert (claim.month, claim.year, claim.certificate_number) == (None, None, None)


def test_a_year_alone_says_when_somebody_was_trained(client: FlaskClient, session: Session) -> None:
    training = TRAINING | {"awarded-month": "", "awarded-year": "2021"}
    fill_in(client, pages(networks=TRAINED, training=training))
    check = text(client.get("/register/check"))
    assert "2021" in check and "January" not in check and "Date unknown" not in check
    client.post("/register/check")
    claim = session.scalars(select(TrainingClaim)).all()[-1]
    assert (claim.month, claim.year) == (None, 2021)


def test_saying_that_the_date_is_not_known_clears_it(client: FlaskClient, session: Session) -> None:
    """Somebody who typed something that cannot be read can continue by ticking the box."""
    wrong = TRAINING | {"awarded-month": "spring", "awarded-year": "20"}
    fill_in(client, pages(networks=TRAINED))
    assert client.post("/register/training", data=wrong).status_code == 422
    reply = client.post("/register/training", data=wrong | {"unknown": "yes"})
    assert reply.status_code == 302
    page = text(client.get("/register/training"))
    assert "spring" not in page and 'value="20"' not in page


@pytest.mark.parametrize(
    ("step", "data", "sentence"),
    [
        ("start", {"name": "Ann"}, "Select yes if you are 18 or over"),
        ("start", {"over_18": "yes", "name": " "}, "Enter your full name"),
        ("networks", {"interest": "mhfa"}, "Select the networks you belong to"),
        ("networks", {"networks": "none"}, "Select the role you would like"),
        (
            "networks",
            {"networks": ["none", "farming"], "interest": "mhfa"},
            "Select the answers that apply, or only “None of these”",
        ),
        ("networks", {"networks": ["gardening"], "interest": "mhfa"}, "Choose one of the answers"),
        ("contact", {}, "Enter an email address, a phone number or a postal address"),
        ("contact", {"email": "ann@"}, "Enter an email address in the correct format"),
        ("contact", {"phone": "12"}, "Enter a phone number, like"),
        ("contact", {"phone": "01362 656870 ext 12"}, "We cannot store an extension"),
        ("contact", {"phone": "07700 900982 (mum)"}, "without any words"),
        ("contact", {"email": "o’brien@example.org"}, "must be straight"),
        ("start", {"over_18": "yes", "name": "..."}, "Enter a name that contains letters"),
        (
            "contact",
            {"email": "a@example.org", "phone": "07700 900123"},
            "Select whether we should try email, phone or post first",
        ),
        (
            "contact",
            {"email": "a@example.org", "preferred": "post"},
            "Enter the address or number we should try first, or select a different one",
        ),
        ("contact", {"post": "x" * 251}, "250 characters or less"),
        ("places", {}, "Enter a postcode, or select an area where you could help"),
        ("places", {"home": "ZZ1 1ZZ"}, "No UK postcode begins with ZZ"),
        ("places", {"home": "Dereham"}, "Enter a full UK postcode"),
        ("places", {"work": "NR1"}, "Enter a full UK postcode"),
        ("area", {}, "Select yes if we should not keep your postcode"),
    ],
)
def test_an_error_is_explained_and_the_input_is_kept(
    client: FlaskClient, step: str, data: dict[str, Any], sentence: str
) -> None:
    everything = pages()
    fill_in(
        client,
        {each: everything[each] for each in list(everything)[: list(everything).index(step)]},
    )
    reply = client.post("/register" if step == "start" else f"/register/{step}", data=data)
    assert reply.status_code == 422
    page = text(reply)
    assert sentence in page
    assert "There is a problem" in page
    assert "<title>Error: " in page
    for value in data.values():
        for item in value if isinstance(value, list) else [value]:
            assert item.strip() in page or item == "gardening"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"course": "MHFA", "provider": "Mind"}, "Enter the month and year, or only the year"),
        ({"course": "", "provider": "Mind", "unknown": "yes"}, "Enter the name of the course"),
        (
            {"course": "MHFA", "provider": "Mind", "awarded-month": "13", "awarded-year": "2024"},
            "must be a real date",
        ),
        (
            {"course": "MHFA", "provider": "Mind", "awarded-month": "²", "awarded-year": "2024"},
            "must be a real date",
        ),
        (
            {
                "course": "MHFA",
                "provider": "Mind",
                "awarded-month": "9" * 20,
                "awarded-year": "2024",
            },
            "must be a real date",
        ),
        (
            {"course": "MHFA", "provider": "Mind", "awarded-month": "1", "awarded-year": "2099"},
            "or earlier",
        ),
    ],
)
def test_invalid_training_is_explained(
    client: FlaskClient, data: dict[str, str], sentence: str
) -> None:
    fill_in(client, {"start": START, "networks": TRAINED})
    reply = client.post("/register/training", data=data)
    assert reply.status_code == 422
    assert sentence in text(reply)


@pytest.mark.parametrize("name", ["Cher", "Ng", "O’Brien-Łukasiewicz van der Something-Very-Long"])
def test_unusual_names_are_accepted(client: FlaskClient, session: Session, name: str) -> None:
    send(client, pages(start={"over_18": "yes", "name": name}))
    assert newest_person(session).full_name == name


def test_invisible_and_stray_characters_are_not_stored(
    client: FlaskClient, session: Session
) -> None:
    name = "\ufeffAnn\u200b \u202eSmith\u202c,"
    contact = {"email": "<ann.smith\u200b@example.org>"}
    send(client, pages(start={"over_18": "yes", "name": name}, contact=contact))
    person = newest_person(session)
    assert person.full_name == "Ann Smith"
    assert [each.point.value for each in person.contacts] == ["ann.smith@example.org"]


def test_a_postcode_of_the_forces_is_accepted(client: FlaskClient, session: Session) -> None:
    send(client, pages(places={"home": "bf1 4aa"}))
    assert newest_person(session).presences[0].postcode == "BF1 4AA"


def test_under_18s_are_told_why_and_nothing_is_stored(
    client: FlaskClient, session: Session
) -> None:
    people = session.query(Person).count()
    client.post("/register", data=START)
    reply = client.post("/register", data={"over_18": "no", "name": ""}, follow_redirects=True)
    assert "You can join when you are 18" in text(reply)
    assert "0800 1111" in text(reply)
    assert client.get_cookie("registration") is None
    assert session.query(Person).count() == people


def test_a_page_redirects_to_the_first_unanswered_page(client: FlaskClient) -> None:
    assert client.get("/register/check").location == "/register"
    client.post("/register", data=START)
    assert client.get("/register/area").location == "/register/networks"
    assert client.post("/register/check").location == "/register/networks"
    assert client.get("/register/nonsense").location == "/register"


def test_changing_an_answer_keeps_the_other_answers(client: FlaskClient) -> None:
    fill_in(client, pages())
    page = text(client.get("/register/check"))
    assert "/register/contact?change=yes" in page
    shown = text(client.get("/register/contact?change=yes"))
    assert 'value="ann.smith@example.org"' in shown
    reply = client.post(
        "/register/contact?change=yes", data={"email": "ann2@example.org", "organisation": "WI"}
    )
    assert reply.location == "/register/check"
    page = text(client.get("/register/check"))
    assert "ann2<wbr>@example<wbr>.org" in page
    assert "Ann Smith" in page
    assert "IP24 1JD" in page


def test_a_change_that_needs_another_page_goes_there_first(client: FlaskClient) -> None:
    fill_in(client, pages())
    reply = client.post("/register/networks?change=yes", data=TRAINED)
    assert reply.location == "/register/training?change=yes"
    reply = client.post(reply.location, data=TRAINING)
    assert reply.location == "/register/check"


def test_a_new_postcode_reopens_the_area_page_and_keeps_protection(
    client: FlaskClient,
) -> None:
    fill_in(client, pages())
    reply = client.post("/register/places?change=yes", data={"home": "NR19 1AE"})
    assert reply.location == "/register/area?change=yes"
    assert 'value="no" checked' in text(client.get(reply.location))


def test_going_back_keeps_the_input(client: FlaskClient) -> None:
    fill_in(client, pages())
    assert 'value="Ann Smith"' in text(client.get("/register"))
    assert 'value="ip241jd"' in text(client.get("/register/places"))


@pytest.mark.parametrize("typed", ["IP24 1JD", "ip241jd", " Ip24-1jd "])
def test_postcodes_are_stored_in_standard_form(
    client: FlaskClient, session: Session, typed: str
) -> None:
    send(client, pages(places={"home": typed}))
    assert newest_person(session).presences[0].postcode == "IP24 1JD"


def test_a_person_outside_the_district_can_register(client: FlaskClient, session: Session) -> None:
    fill_in(client, pages(places={"home": "NR1 3JU"}))
    assert "Norwich" in text(client.get("/register/check"))
    client.post("/register/check")
    home = newest_person(session).presences[0]
    assert (home.settled, home.district, home.ward_id) == (AreaSource.OUTSIDE, "E07000148", None)


def test_an_unknown_postcode_is_accepted_without_a_ward(
    client: FlaskClient, session: Session
) -> None:
    send(client, pages(places={"home": "IP24 9ZZ"}))
    home = newest_person(session).presences[0]
    assert (home.settled, home.postcode, home.district) == (AreaSource.UNSETTLED, "IP24 9ZZ", None)


def test_the_nearest_wards_are_offered(client: FlaskClient, session: Session) -> None:
    fill_in(client, {step: typed for step, typed in pages().items() if step != "area"})
    page = text(client.get("/register/area"))
    assert page.count('name="home_near"') == 7
    assert "Thetford" in page
    client.post("/register/area", data={"protected": "no", "home_near": "E05010259"})
    client.post("/register/check")
    home = newest_person(session).presences[0]
    assert home.settled is AreaSource.CHOSEN
    assert home.ward_id is not None
    assert home.postcode == "IP24 1JD"


def test_a_person_may_not_know_their_ward(client: FlaskClient, session: Session) -> None:
    send(client, pages(area={"protected": "no", "home_near": "unknown"}))
    home = newest_person(session).presences[0]
    assert (home.settled, home.ward_id) == (AreaSource.UNSETTLED, None)


def test_work_and_wards_where_the_person_could_help_are_stored(
    client: FlaskClient, session: Session
) -> None:
    places = {"home": "IP24 1JD", "work": "NR19 1AE", "wards": ["E05010260", "E05010263"]}
    area = {"protected": "no", "home_near": "unknown", "work_near": "unknown"}
    send(client, pages(places=places, area=area))
    bases = [one.basis for one in newest_person(session).presences]
    assert bases == [Basis.LIVES, Basis.WORKS, Basis.COULD_HELP, Basis.COULD_HELP]


def test_a_home_without_a_postcode_is_stored(client: FlaskClient, session: Session) -> None:
    area = {"protected": "no", "home_any": "E05010263"}
    send(client, pages(places={"wards": ["E05010260"]}, area=area))
    places = newest_person(session).presences
    assert [(one.basis, one.postcode) for one in places] == [
        (Basis.LIVES, None),
        (Basis.COULD_HELP, None),
    ]


def test_known_and_unknown_organisations_are_stored(client: FlaskClient, session: Session) -> None:
    known = organisations.organisation("Hockering Village Hall")
    send(
        client, pages(contact={"email": "a1@example.org", "organisation": "hockering village hall"})
    )
    (first,) = session.scalars(
        select(Affiliation).where(Affiliation.person_id == newest_person(session).id)
    ).all()
    assert (first.organisation_id, first.named) == (known.id, None)
    send(client, pages(contact={"email": "a2@example.org", "organisation": "Elsing Bowls"}))
    (second,) = session.scalars(
        select(Affiliation).where(Affiliation.person_id == newest_person(session).id)
    ).all()
    assert (second.organisation_id, second.named) == (None, "Elsing Bowls")


def test_a_misspelt_organisation_is_asked_about(client: FlaskClient, session: Session) -> None:
    known = organisations.organisation("Hockering Village Hall")
    data = {"email": "a1@example.org", "organisation": "Hockerng Village Hall"}
    fill_in(client, {"start": START, "networks": NETWORKS})
    reply = client.post("/register/contact", data=data)
    assert reply.status_code == 422
    assert "Did you mean one of these organisations?" in reply.text
    assert "Hockerng Village Hall" in reply.text  # what was typed is kept
    send(client, pages(contact=data | {"meant": "Hockering Village Hall"}))
    row = session.scalars(select(Affiliation).order_by(Affiliation.id.desc())).first()
    assert row is not None
    assert (row.organisation_id, row.named) == (known.id, None)


def test_without_an_email_address_no_email_is_sent(client: FlaskClient, session: Session) -> None:
    reply = send(client, pages(contact={"phone": "+44 7700 900123"}))
    assert "We will call you or write to you" in text(reply)
    person = newest_person(session)
    assert person.state(clock.today()) is PersonState.WAITING
    assert person.contacts[0].point.value == "+447700900123"
    assert not session.scalars(select(Message).where(Message.person_id == person.id)).all()


def test_pressing_send_twice_registers_once(client: FlaskClient, session: Session) -> None:
    fill_in(client, pages())
    before = session.query(Person).count()
    first = client.get_cookie("registration")
    assert first is not None
    client.post("/register/check")
    again = client.post("/register/check", follow_redirects=True)
    assert "Registration sent" in text(again)
    client.set_cookie("registration", first.value)
    third = client.post("/register/check", follow_redirects=True)
    assert "Registration sent" in text(third)
    assert session.query(Person).count() == before + 1


def test_sending_removes_the_answers_from_the_browser(client: FlaskClient) -> None:
    send(client)
    page = text(client.get("/register"))
    assert "Ann Smith" not in page


def test_a_draft_expires_after_three_hours(client: FlaskClient) -> None:
    client.post("/register", data=START)
    with clock.frozen(clock.now() + timedelta(hours=2, minutes=59)):
        assert client.get("/register/networks").status_code == 200
    with clock.frozen(clock.now() + timedelta(hours=3, minutes=1)):
        assert client.get("/register/networks").location == "/register"


def test_the_draft_cookie_is_encrypted_short_and_for_the_session(client: FlaskClient) -> None:
    longest = {
        "start": {"over_18": "yes", "name": "Ń" * 120},
        "networks": {"networks": ["farming", "yana", "young-people"], "interest": "trained"},
        "training": TRAINING | {"course": "Ķ" * 100, "provider": "ž" * 100, "number": "9" * 60},
        "contact": {
            "email": "a" * 60 + "@example.org",
            "phone": "07700 900123",
            "post": "Ünter Street\n" * 15,
            "preferred": "email",
            "organisation": "ő" * 120,
        },
        "places": {"home": "IP24 1JD", "work": "NR19 1AE"},
        "area": {"protected": "no", "home_near": "unknown", "work_near": "unknown"},
    }
    fill_in(client, longest)
    cookie = client.get_cookie("registration")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert cookie.expires is None
    assert len(cookie.value) <= 3500
    assert "Ann" not in cookie.value
    assert client.get("/register/check").status_code == 200


def test_a_tampered_cookie_is_ignored(client: FlaskClient) -> None:
    client.post("/register", data=START)
    cookie = client.get_cookie("registration")
    assert cookie is not None
    client.set_cookie("registration", cookie.value[:-6] + "AAAAA=")
    assert client.get("/register/networks").location == "/register"


def test_answers_too_long_for_a_cookie_are_an_error(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.registration.draft.MAX_BYTES", 200)
    reply = client.post("/register", data=START)
    assert reply.status_code == 422
    assert "Shorten this answer" in text(reply)
    assert "Ann Smith" in text(reply)


def test_exit_this_page_clears_the_draft(client: FlaskClient) -> None:
    fill_in(client, pages())
    for path in ("/register", "/register/area", "/register/check"):
        assert 'href="/exit"' in text(client.get(path))
    client.get("/exit")
    assert client.get_cookie("registration") is None
    assert "Ann Smith" not in text(client.get("/register"))


def test_a_draft_from_an_older_version_of_the_site_is_ignored(
    client: FlaskClient, app: Flask
) -> None:
    with app.app_context():
        client.set_cookie("registration", encryption.encrypt("registration-draft", b"another form"))
    assert client.get("/register/networks").location == "/register"
    assert client.get("/register").status_code == 200
