"""Registering on the web: what is written, what is asked, what is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, encryption, links
from app.messages.models import Message
from app.people.models import (
    Affiliation,
    Membership,
    NoticeGiven,
    Person,
    SavedDraft,
    TrainingClaim,
)
from app.people.types import Basis, ContactKind, Interest, PersonState, Settled
from app.registration import saved
from tests.factories import organisations
from tests.integration.registration.registering import (
    START,
    TRAINED,
    TRAINING,
    fill_in,
    pages,
    send,
)


def the_person(session: Session) -> Person:
    return session.scalars(select(Person).order_by(Person.id.desc())).first() or pytest.fail("none")


def text(reply: Any) -> str:
    return reply.get_data(as_text=True)


def test_a_registration_from_end_to_end(client: FlaskClient, session: Session) -> None:
    reply = send(client)
    assert reply.status_code == 200
    assert "Registration sent" in text(reply)
    person = the_person(session)
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


def test_it_takes_seven_pages_at_most(client: FlaskClient) -> None:
    fill_in(client, pages(networks=TRAINED, training=TRAINING))
    assert "page 7 of 7" in text(client.get("/register/check"))


def test_training_before_is_asked_of_the_trained_only(
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


def test_training_at_an_unknown_time(client: FlaskClient, session: Session) -> None:
    training = {"course": "MHFA", "provider": "Mind", "unknown": "yes"}
    send(client, pages(networks=TRAINED, training=training))
    claim = session.scalars(select(TrainingClaim)).all()[-1]
    assert (claim.month, claim.year, claim.certificate_number) == (None, None, None)


@pytest.mark.parametrize(
    ("step", "typed", "sentence"),
    [
        ("start", {"name": "Ann"}, "Select yes if you are 18 or over"),
        ("start", {"over_18": "yes", "name": " "}, "Enter your full name"),
        ("networks", {"interest": "mhfa"}, "Select the networks you belong to"),
        ("networks", {"networks": "none"}, "Select what you would like to be"),
        (
            "networks",
            {"networks": ["none", "farming"], "interest": "mhfa"},
            "Select other answers, or “None of these”",
        ),
        ("networks", {"networks": ["gardening"], "interest": "mhfa"}, "Choose one of the answers"),
        ("contact", {}, "Enter an email address, a phone number or a postal address"),
        ("contact", {"email": "ann@"}, "Enter an email address in the correct format"),
        ("contact", {"phone": "12"}, "Enter a phone number, like"),
        (
            "contact",
            {"email": "a@example.org", "phone": "07700 900123"},
            "Select which way we should use first",
        ),
        (
            "contact",
            {"email": "a@example.org", "preferred": "post"},
            "Select a way to contact you that you have filled in",
        ),
        ("contact", {"post": "x" * 251}, "250 characters or less"),
        ("places", {}, "Enter a postcode, or select an area where you could help"),
        ("places", {"home": "ZZ1 1ZZ"}, "No UK postcode begins with ZZ"),
        ("places", {"home": "Dereham"}, "Enter a full UK postcode"),
        ("places", {"work": "NR1"}, "Enter a full UK postcode"),
        ("area", {}, "Select no if we may keep your postcode"),
    ],
)
def test_what_is_wrong_gets_a_sentence_and_keeps_what_was_typed(
    client: FlaskClient, step: str, typed: dict[str, Any], sentence: str
) -> None:
    everything = pages()
    fill_in(
        client,
        {each: everything[each] for each in list(everything)[: list(everything).index(step)]},
    )
    reply = client.post("/register" if step == "start" else f"/register/{step}", data=typed)
    assert reply.status_code == 422
    page = text(reply)
    assert sentence in page
    assert "There is a problem" in page
    assert "<title>Error: " in page
    for value in typed.values():
        for item in value if isinstance(value, list) else [value]:
            assert item.strip() in page or item == "gardening"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"course": "MHFA", "provider": "Mind"}, "Enter the month and year, or select"),
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
def test_wrong_training(client: FlaskClient, typed: dict[str, str], sentence: str) -> None:
    fill_in(client, {"start": START, "networks": TRAINED})
    reply = client.post("/register/training", data=typed)
    assert reply.status_code == 422
    assert sentence in text(reply)


@pytest.mark.parametrize("name", ["Cher", "Ng", "O’Brien-Łukasiewicz van der Something-Very-Long"])
def test_names_of_all_kinds(client: FlaskClient, session: Session, name: str) -> None:
    send(client, pages(start={"over_18": "yes", "name": name}))
    assert the_person(session).full_name == name


def test_under_18_is_told_kindly_and_nothing_is_kept(client: FlaskClient, session: Session) -> None:
    people = session.query(Person).count()
    client.post("/register", data=START)
    reply = client.post("/register", data={"over_18": "no", "name": ""}, follow_redirects=True)
    assert "You can join when you are 18" in text(reply)
    assert "0800 1111" in text(reply)
    assert client.get_cookie("registration") is None
    assert session.query(Person).count() == people


def test_a_page_that_needs_an_earlier_one_leads_there(client: FlaskClient) -> None:
    assert client.get("/register/check").location == "/register"
    client.post("/register", data=START)
    assert client.get("/register/area").location == "/register/networks"
    assert client.post("/register/check").location == "/register/networks"
    assert client.get("/register/nonsense").location == "/register"


def test_changing_an_answer_returns_to_the_check_and_keeps_the_rest(client: FlaskClient) -> None:
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


def test_a_change_that_asks_more_goes_there_first(client: FlaskClient) -> None:
    fill_in(client, pages())
    reply = client.post("/register/networks?change=yes", data=TRAINED)
    assert reply.location == "/register/training?change=yes"
    reply = client.post(reply.location, data=TRAINING)
    assert reply.location == "/register/check"


def test_a_new_postcode_asks_about_the_area_again_and_keeps_protection(
    client: FlaskClient,
) -> None:
    fill_in(client, pages())
    reply = client.post("/register/places?change=yes", data={"home": "NR19 1AE"})
    assert reply.location == "/register/area?change=yes"
    assert 'value="no" checked' in text(client.get(reply.location))


def test_going_back_keeps_what_was_typed(client: FlaskClient) -> None:
    fill_in(client, pages())
    assert 'value="Ann Smith"' in text(client.get("/register"))
    assert 'value="ip241jd"' in text(client.get("/register/places"))


@pytest.mark.parametrize("typed", ["IP24 1JD", "ip241jd", " Ip24-1jd "])
def test_one_postcode_however_typed(client: FlaskClient, session: Session, typed: str) -> None:
    send(client, pages(places={"home": typed}))
    assert the_person(session).presences[0].postcode == "IP24 1JD"


def test_someone_from_outside_the_district_is_welcome(
    client: FlaskClient, session: Session
) -> None:
    fill_in(client, pages(places={"home": "NR1 3JU"}))
    assert "Norwich" in text(client.get("/register/check"))
    client.post("/register/check")
    home = the_person(session).presences[0]
    assert (home.settled, home.district, home.ward_id) == (Settled.OUTSIDE, "E07000148", None)


def test_a_postcode_nobody_knows_is_accepted_and_settled_later(
    client: FlaskClient, session: Session
) -> None:
    send(client, pages(places={"home": "IP24 9ZZ"}))
    home = the_person(session).presences[0]
    assert (home.settled, home.postcode, home.district) == (Settled.UNSETTLED, "IP24 9ZZ", None)


def test_the_ward_is_picked_from_the_nearest_few(client: FlaskClient, session: Session) -> None:
    fill_in(client, {step: typed for step, typed in pages().items() if step != "area"})
    page = text(client.get("/register/area"))
    assert page.count('name="home_near"') == 7
    assert "Thetford" in page
    client.post("/register/area", data={"protected": "no", "home_near": "E05010259"})
    client.post("/register/check")
    home = the_person(session).presences[0]
    assert home.settled is Settled.CHOSEN
    assert home.ward_id is not None
    assert home.postcode == "IP24 1JD"


def test_i_do_not_know_my_ward(client: FlaskClient, session: Session) -> None:
    send(client, pages(area={"protected": "no", "home_near": "unknown"}))
    home = the_person(session).presences[0]
    assert (home.settled, home.ward_id) == (Settled.UNSETTLED, None)


def test_work_and_where_one_could_help(client: FlaskClient, session: Session) -> None:
    places = {"home": "IP24 1JD", "work": "NR19 1AE", "wards": ["E05010260", "E05010263"]}
    area = {"protected": "no", "home_near": "unknown", "work_near": "unknown"}
    send(client, pages(places=places, area=area))
    bases = [one.basis for one in the_person(session).presences]
    assert bases == [Basis.LIVES, Basis.WORKS, Basis.COULD_HELP, Basis.COULD_HELP]


def test_a_home_without_a_postcode(client: FlaskClient, session: Session) -> None:
    area = {"protected": "no", "home_any": "E05010263"}
    send(client, pages(places={"wards": ["E05010260"]}, area=area))
    places = the_person(session).presences
    assert [(one.basis, one.postcode) for one in places] == [
        (Basis.LIVES, None),
        (Basis.COULD_HELP, None),
    ]


def test_an_organisation_we_know_and_one_we_do_not(client: FlaskClient, session: Session) -> None:
    known = organisations.organisation("Hockering Village Hall")
    send(
        client, pages(contact={"email": "a1@example.org", "organisation": "hockering village hall"})
    )
    (first,) = session.scalars(
        select(Affiliation).where(Affiliation.person_id == the_person(session).id)
    ).all()
    assert (first.organisation_id, first.named) == (known.id, None)
    send(client, pages(contact={"email": "a2@example.org", "organisation": "Elsing Bowls"}))
    (second,) = session.scalars(
        select(Affiliation).where(Affiliation.person_id == the_person(session).id)
    ).all()
    assert (second.organisation_id, second.named) == (None, "Elsing Bowls")


def test_without_email_no_letter_goes_and_the_person_waits(
    client: FlaskClient, session: Session
) -> None:
    reply = send(client, pages(contact={"phone": "+44 7700 900123"}))
    assert "We will call you or write to you" in text(reply)
    person = the_person(session)
    assert person.state(clock.today()) is PersonState.WAITING
    assert person.contacts[0].point.value == "+447700900123"
    assert not session.scalars(select(Message).where(Message.person_id == person.id)).all()


def test_a_second_press_of_the_button_sends_nothing_more(
    client: FlaskClient, session: Session
) -> None:
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


def test_after_sending_nothing_typed_is_left_in_the_browser(client: FlaskClient) -> None:
    send(client)
    page = text(client.get("/register"))
    assert "Ann Smith" not in page


def test_the_draft_ends_after_three_hours(client: FlaskClient) -> None:
    client.post("/register", data=START)
    with clock.frozen(clock.now() + timedelta(hours=2, minutes=59)):
        assert client.get("/register/networks").status_code == 200
    with clock.frozen(clock.now() + timedelta(hours=3, minutes=1)):
        assert client.get("/register/networks").location == "/register"


def test_the_cookie_is_sealed_short_and_ends_with_the_browser(client: FlaskClient) -> None:
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


def test_a_changed_cookie_is_no_draft(client: FlaskClient) -> None:
    client.post("/register", data=START)
    cookie = client.get_cookie("registration")
    assert cookie is not None
    client.set_cookie("registration", cookie.value[:-6] + "AAAAA=")
    assert client.get("/register/networks").location == "/register"


def test_more_than_a_cookie_holds_is_said_on_the_page(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.registration.draft.LONGEST", 200)
    reply = client.post("/register", data=START)
    assert reply.status_code == 422
    assert "Shorten this one" in text(reply)
    assert "Ann Smith" in text(reply)


def test_exit_this_page_clears_the_draft(client: FlaskClient) -> None:
    fill_in(client, pages())
    for path in ("/register", "/register/area", "/register/check"):
        assert 'href="/exit"' in text(client.get(path))
    client.get("/exit")
    assert client.get_cookie("registration") is None
    assert "Ann Smith" not in text(client.get("/register"))


def test_save_and_come_back(client: FlaskClient, session: Session, app: Flask) -> None:
    fill_in(client, {"start": START})
    reply = client.post("/register/networks", data={"networks": ["farming"], "save": "yes"})
    assert reply.location == "/register/save"
    page = client.post("/register/save", data={"email": "ann@example.org"}, follow_redirects=True)
    assert "We have sent you a link" in text(page)
    saved = session.scalars(select(SavedDraft)).one()
    assert "Ann" not in saved.content
    letter = session.scalars(select(Message).where(Message.letter == "draft-saved")).one()
    with app.test_request_context():
        link = letter.context["link"]
        token = links.token(link["purpose"], link["link_id"])
    client.get("/exit")
    for _ in range(3):
        assert "Bring back my answers" in text(client.get(f"/register/resume/{token}"))
    reply = client.post(f"/register/resume/{token}")
    assert reply.location == "/register/networks"
    page = text(client.get(reply.location))
    assert 'value="farming" checked' not in page  # whoever reads the mailbox can open the link
    assert session.scalars(select(SavedDraft)).all() == []
    assert client.get(f"/register/resume/{token}").status_code == 410
    assert client.post(f"/register/resume/{token}").status_code == 410


def test_a_saved_draft_is_gone_after_a_week(client: FlaskClient, session: Session) -> None:
    fill_in(client, {"start": START})
    client.post("/register/save", data={"email": "ann@example.org"})
    saved.forget_old(clock.now() + timedelta(days=6))
    assert session.query(SavedDraft).count() == 1
    saved.forget_old(clock.now() + timedelta(days=7, minutes=1))
    assert session.query(SavedDraft).count() == 0


def test_a_draft_of_an_older_version_of_the_site_is_no_error(
    client: FlaskClient, app: Flask
) -> None:
    with app.app_context():
        client.set_cookie("registration", encryption.encrypt("registration-draft", b"another form"))
    assert client.get("/register/networks").location == "/register"
    assert client.get("/register").status_code == 200
