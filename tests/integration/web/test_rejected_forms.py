"""A refused form is shown again on a page of its own, so that going back and reloading work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import clock
from app.web.rejected_forms import COOKIE
from tests.addresses import at
from tests.factories import accounts, matching
from tests.integration.registration.registering import NETWORKS, fill_in, pages

SHORT = {"over_18": "yes", "name": "..."}
PROBLEM = "There is a problem"


@pytest.fixture
def plain(app: Flask, session: Session) -> FlaskClient:
    """A browser that does not follow redirects."""
    return FlaskClient(app, app.response_class, use_cookies=True)


def test_a_refused_form_leads_to_a_page_that_can_be_loaded_again(plain: FlaskClient) -> None:
    reply = plain.post("/register", data=SHORT)
    assert (reply.status_code, reply.location) == (303, "/register?again=yes")
    for _ in range(2):
        page = plain.get(reply.location)
        assert page.status_code == 422
        assert PROBLEM in page.text
        assert "Enter a name that contains letters" in page.text
        assert 'value="..."' in page.text
    assert PROBLEM not in plain.get("/register").text
    other = plain.get("/help-now?again=yes")
    assert other.status_code == 200
    assert PROBLEM not in other.text


def test_the_arguments_of_the_page_are_kept(plain: FlaskClient) -> None:
    reply = plain.post("/register?change=yes&again=yes", data=SHORT)
    assert reply.location == "/register?change=yes&again=yes"


def test_an_accepted_form_ends_the_refused_page(plain: FlaskClient) -> None:
    plain.post("/register", data=SHORT)
    reply = plain.post("/register?again=yes", data={"over_18": "yes", "name": "Ann Smith"})
    assert (reply.status_code, reply.location) == (302, "/register/networks")
    back = plain.get("/register?again=yes")
    assert PROBLEM not in back.text
    assert 'value="Ann Smith"' in back.text


def test_forms_in_two_tabs_are_kept_apart(client: FlaskClient, sign_in: Any) -> None:
    """Previously, the second tab replaced what had been typed in the first."""
    sign_in(accounts.coordinator())
    pages_of_needs = [at(f"/needs/{matching.need().id}/edit") for _tab in range(2)]
    texts = ["Typed in the first tab", "Typed in the second tab"]
    for page, text in zip(pages_of_needs, texts, strict=True):
        assert text in client.post(page, data={"places": "none", "what_for": text}).text
    for _again in range(2):
        for page, text in zip(pages_of_needs, texts, strict=True):
            shown = client.get(f"{page}?again=yes").text
            assert [each in shown for each in texts] == [each == text for each in texts]
    third = {"places": "none", "what_for": "Typed again"}
    assert "Typed again" in client.post(pages_of_needs[1], data=third).text
    assert texts[1] not in client.get(f"{pages_of_needs[1]}?again=yes").text
    assert texts[0] in client.get(f"{pages_of_needs[0]}?again=yes").text


def test_an_accepted_form_in_another_tab_does_not_end_the_refused_page(client: FlaskClient) -> None:
    client.post("/register", data=SHORT)
    assert client.post("/confirm", data={"email": "ann@"}).request.args["again"] == "yes"
    assert client.post("/confirm", data={"email": "ann@tabs.example"}).status_code == 302
    assert PROBLEM in client.get("/register?again=yes").text
    assert PROBLEM not in client.get("/confirm?again=yes").text


def test_the_oldest_refused_forms_make_room_for_new_ones(client: FlaskClient, sign_in: Any) -> None:
    sign_in(accounts.coordinator())
    places = [at(f"/needs/{matching.need().id}/edit") for _tab in range(6)]
    for number, page in enumerate(places):
        text = "".join(chr(0x4E00 + (7919 * (500 * number + each)) % 20_000) for each in range(400))
        client.post(page, data={"places": "none", "what_for": text})
        cookie = client.get_cookie(COOKIE)
        assert cookie is not None
        assert len(cookie.value) <= 3_500
    kept = [PROBLEM in client.get(f"{page}?again=yes").text for page in places]
    assert kept == sorted(kept)
    assert kept[-1] and not kept[0]


def test_signing_out_ends_the_refused_page(client: FlaskClient, sign_in: Any) -> None:
    sign_in(accounts.coordinator())
    client.post(at(f"/needs/{matching.need().id}/edit"), data={"what_for": "A secret"})
    assert client.get_cookie(COOKIE) is not None
    client.post("/sign-out")
    assert client.get_cookie(COOKIE) is None


def _register_after_mistakes(client: FlaskClient) -> None:
    """Complete every page, then make a mistake on one of them without correcting it."""
    fill_in(client, pages())
    mistyped = {"email": "mistyped@", "organisation": "Typed by mistake"}
    assert "Typed by mistake" in client.post("/register/contact", data=mistyped).text
    assert client.get_cookie(COOKIE) is not None


def test_registering_ends_the_refused_pages(client: FlaskClient) -> None:
    """Previously, the next user of the computer could read the pages that were refused."""
    _register_after_mistakes(client)
    sent = client.post("/register/check")
    assert sent.location == "/register/done"
    assert client.get_cookie(COOKIE) is None
    fill_in(client, {"start": pages()["start"], "networks": NETWORKS})
    assert "Typed by mistake" not in client.get("/register/contact?again=yes").text


def test_being_too_young_ends_the_refused_pages(client: FlaskClient) -> None:
    _register_after_mistakes(client)
    reply = client.post("/register", data={"over_18": "no", "name": "Ann Smith"})
    assert reply.location == "/register/under-18"
    assert client.get_cookie(COOKIE) is None


def test_each_form_expires_after_its_own_ten_minutes(client: FlaskClient) -> None:
    client.post("/register", data=SHORT)
    with clock.frozen(clock.now() + timedelta(minutes=9)):
        client.post("/confirm", data={"email": "ann@"})
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert PROBLEM not in client.get("/register?again=yes").text
        assert PROBLEM in client.get("/confirm?again=yes").text


def test_the_page_is_forgotten_after_ten_minutes(
    plain: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain.post("/register", data=SHORT)
    monkeypatch.setattr("app.web.rejected_forms.LIFETIME", -1)
    assert PROBLEM not in plain.get("/register?again=yes").text


def test_leaving_the_site_removes_the_refused_page(plain: FlaskClient) -> None:
    plain.post("/register", data=SHORT)
    assert plain.get_cookie(COOKIE) is not None
    plain.get("/exit")
    assert plain.get_cookie(COOKIE) is None


def test_another_user_of_the_browser_does_not_see_the_refused_page(
    client: FlaskClient, sign_in: Any
) -> None:
    need = matching.need()
    page = at(f"/needs/{need.id}/edit")
    sign_in(accounts.coordinator())
    refused = client.post(page, data={"places": "none", "what_for": "A secret of the first"})
    assert (refused.status_code, "A secret of the first" in refused.text) == (422, True)
    sign_in(accounts.coordinator(email="second@demo.example"))
    assert "A secret of the first" not in client.get(f"{page}?again=yes").text


def test_a_password_is_not_kept(plain: FlaskClient) -> None:
    reply = plain.post("/sign-in/staff", data={"email": "ann@", "password": "a long secret"})
    assert "again=yes" in reply.location
    assert "a long secret" not in plain.get(reply.location).text


def test_codes_and_memorable_words_are_not_kept(client: FlaskClient, sign_in: Any) -> None:
    sign_in(accounts.coordinator())
    data = {"password": "", "code": "a-recovery-code"}
    page = client.post("/your-sign-in/prove", data=data)
    assert page.request.args["again"] == "yes"
    assert "a-recovery-code" not in page.text
    private = {**NETWORKS, "networks": ["domestic-abuse-support"], "general": "yes"}
    fill_in(client, {**pages(), "networks": private})
    page = client.post("/register/check", data={"word": "tree"})
    assert page.request.args["again"] == "yes"
    assert 'value="tree"' not in page.text


def test_a_form_that_is_too_long_for_a_cookie_is_answered_directly(
    client: FlaskClient, sign_in: Any
) -> None:
    sign_in(accounts.coordinator())
    page = at(f"/needs/{matching.need().id}/edit")
    client.post(page, data={"what_for": "earlier"})
    assert client.get_cookie(COOKIE) is not None
    long = "".join(chr(0x4E00 + (7919 * number) % 20_000) for number in range(3_000))
    reply = client.post(page, data={"what_for": long})
    assert reply.status_code == 422
    assert long[:50] in reply.text
    assert client.get_cookie(COOKIE) is None


def test_the_wrong_part_of_a_date_is_marked_again(client: FlaskClient, sign_in: Any) -> None:
    sign_in(accounts.coordinator())
    on = clock.today() + timedelta(days=30)
    data = {"day_1-day": str(on.day), "day_1-month": "13", "day_1-year": str(on.year)}
    reply = client.post("/training/new/mhfa-two-day-adult", data=data)
    assert reply.status_code == 422
    assert reply.request.args["again"] == "yes"
    assert 'href="#day_1-month"' in reply.text
