"""What the registration pages say about postcodes, which is the same for everybody."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.areas.types import AreaKind
from app.registration import draft as drafts
from tests.factories import areas
from tests.integration.registration.registering import AREA, fill_in, pages

INSIDE = "IP24 1JD is in Breckland."
OUTSIDE = "NR1 3JU is in Norwich, which is outside the district. You can still join."
UNKNOWN = "IP24 9ZZ is not in our directory. If you let us keep it, we will look it up later."
NAMELESS = "NR35 9ZZ is outside the district. You can still join."


def read(reply: Any) -> str:
    """Return the text of the page."""
    return unescape(reply.get_data(as_text=True))


def row(page: str, key: str) -> list[str]:
    """Return the lines of an answer on "Check your answers"."""
    found = re.search(rf">{key}</dt>\s*<dd [^>]*>(.*?)</dd>", page, re.DOTALL)
    assert found is not None, key
    return re.sub(r"</?span[^>]*>", "", found.group(1)).strip().split("<br>")


def fill_until_wards(client: FlaskClient, places: dict[str, Any]) -> str:
    """Complete every page before the one about wards, and return that page."""
    input_by_page = pages(places=places)
    input_by_page.pop("area")
    fill_in(client, input_by_page)
    return read(client.get("/register/area"))


@pytest.mark.parametrize(
    ("places", "sentences"),
    [
        ({"home": "ip241jd"}, [INSIDE]),
        ({"home": "NR1 3JU"}, [OUTSIDE]),
        ({"home": "IP24 9ZZ"}, [UNKNOWN]),
        ({"home": "ip241jd", "work": "NR1 3JU"}, [INSIDE, OUTSIDE]),
        ({"home": "NR1 3JU", "work": "IP24 9ZZ"}, [OUTSIDE, UNKNOWN]),
        ({"work": "ip24 9zz", "wards": []}, [UNKNOWN]),
        ({"home": "ip241jd", "work": "IP24 1JD"}, [INSIDE]),
        ({"home": "NR35 9ZZ"}, [NAMELESS]),
    ],
)
def test_ward_page_explains_each_postcode(
    client: FlaskClient, session: Session, places: dict[str, Any], sentences: list[str]
) -> None:
    areas.postcode("NR35 9ZZ", district="E06000099")
    page = fill_until_wards(client, places)
    for sentence in sentences:
        assert page.count(sentence) == 1
    for other in {INSIDE, OUTSIDE, UNKNOWN, NAMELESS} - set(sentences):
        assert other not in page


@pytest.mark.parametrize("protected", ["no", "yes"])
@pytest.mark.parametrize(
    ("postcode", "known"),
    [
        ("IP24 1JD", ["Breckland", "Ward not known"]),
        ("NR1 3JU", ["Norwich", "Outside the district"]),
        ("IP24 9ZZ", ["Area not known"]),
    ],
)
def test_check_your_answers_is_the_same_for_protected_people(
    client: FlaskClient, postcode: str, known: list[str], protected: str
) -> None:
    area = AREA | {"protected": protected, "work_near": "unknown"}
    fill_in(client, pages(places={"home": postcode, "work": postcode}, area=area))
    page = read(client.get("/register/check"))
    kept = [postcode] if protected == "no" else []
    assert row(page, "Home") == [*kept, *known]
    assert row(page, "Work") == [*kept, *known]
    assert (postcode in page) is (protected == "no")


def test_draft_of_a_protected_person_holds_no_postcode_details(
    client: FlaskClient,
) -> None:
    fill_in(client, pages(places={"home": "NR1 3JU"}, area={"protected": "yes"}))
    client.get("/register/check")
    with client.application.test_request_context(headers={"Cookie": cookie(client)}) as context:
        draft = drafts.read_draft(context.request)
    assert draft is not None
    assert "3JU" not in str(draft).upper().replace(" ", "")
    again = read(client.get("/register/area"))
    assert "3JU" not in again


def cookie(client: FlaskClient) -> str:
    """Return the draft's cookie as the browser sends it."""
    found = client.get_cookie(drafts.COOKIE)
    assert found is not None
    return f"{drafts.COOKIE}={found.value}"


def test_postcode_with_a_known_ward_needs_no_question(client: FlaskClient) -> None:
    ward = areas.area(AreaKind.WARD, name="Thetford Priory")
    areas.postcode("IP24 1JD", ward=ward.code)
    page = fill_until_wards(client, {"home": "IP24 1JD"})
    assert INSIDE in page
    assert "Which ward do you live in?" not in page
    client.post("/register/area", data={"protected": "no"})
    check = read(client.get("/register/check"))
    assert row(check, "Home") == ["IP24 1JD", "Thetford Priory ward", "Breckland"]


def test_ward_can_be_selected_for_an_unknown_postcode(client: FlaskClient) -> None:
    ward = areas.area(AreaKind.WARD, name="Attleborough Picked")
    area = {"protected": "no", "home_any": ward.code}
    fill_in(client, pages(places={"home": "IP24 9ZZ"}, area=area))
    page = read(client.get("/register/check"))
    assert row(page, "Home") == [
        "IP24 9ZZ",
        "Attleborough Picked ward",
        "District not known",
    ]


def test_ward_list_explains_its_order(client: FlaskClient) -> None:
    page = fill_until_wards(client, {"home": "IP24 1JD", "work": "IP24 1JD"})
    for question in ("home_near", "work_near"):
        choices = re.findall(rf'name="{question}"[^>]*value="([^"]+)"', page)
        assert len(choices) <= 7
        assert choices[-1] == "unknown"
    assert page.count("The wards nearest to your") == 2
    assert page.count("You can select “I do not know”") == 2


def test_check_your_answers_shows_that_they_are_18(client: FlaskClient) -> None:
    fill_in(client, pages())
    page = read(client.get("/register/check"))
    assert row(page, "18 or over") == ["Yes"]
    assert 'href="/register?change=yes"' in page


def test_person_who_selected_no_by_mistake_can_go_back(client: FlaskClient) -> None:
    reply = client.post("/register", data={"over_18": "no", "name": "Ann"}, follow_redirects=True)
    back = re.search(r'<a href="([^"]+)"[^>]*class="govuk-back-link"', read(reply))
    assert back is not None
    assert back.group(1) == "/register"
