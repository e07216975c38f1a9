"""Fields keep what was typed, say what is wrong, and draw accessible markup."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from enum import StrEnum
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import MultiDict

from app.core.errors import InvalidInput
from app.web.fields import (
    CheckboxesField,
    Choice,
    ConfirmField,
    DateField,
    EmailField,
    FileField,
    FilterForm,
    HiddenField,
    MonthYearField,
    NumberField,
    PageForm,
    PasswordField,
    PhoneField,
    PostcodeField,
    RadiosField,
    SelectField,
    TextAreaField,
    TextField,
    TimeField,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Everything(PageForm):
    name = TextField("Full name", required="Enter your full name", max_length=20)
    email = EmailField("Email address", optional=True)
    phone = PhoneField("Phone")
    postcode = PostcodeField("Postcode")
    notes = TextAreaField("Notes", max_length=50)
    places = NumberField("Places", minimum=1, maximum=25)
    when = DateField("Date", earliest=date(2026, 1, 1), latest=lambda: date(2028, 1, 1))
    month = MonthYearField("Month", latest=date(2026, 11, 22), error_name="Month")
    at = TimeField("Time")
    colour = RadiosField(
        "Colour",
        choices=[(Colour.RED, "Red"), Choice(Colour.BLUE, "Blue", "Like the sky")],
        coerce=Colour,
    )
    networks = CheckboxesField(
        "Networks",
        choices=[("a", "A"), ("b", "B"), Choice("none", "None of these", exclusive=True)],
    )
    kind = SelectField("Kind", choices=[(1, "One"), (2, "Two")], coerce=int, blank="Choose")
    agreed = ConfirmField("I have read it")
    secret = PasswordField("Password")
    token = HiddenField()
    upload = FileField("List", accept=(".csv",))


@pytest.fixture(autouse=True)
def _context() -> Iterator[None]:
    app = Flask("fields")
    app.config.update(SECRET_KEY="for-tests-only", WTF_CSRF_ENABLED=False)
    Babel(app, default_locale="en_GB")
    with app.test_request_context("/"):
        yield


def posted_form(**values: Any) -> Everything:
    """Return the form as posted.

    An underscore in a name stands for a hyphen, so that `when_day` is the day of `when`.
    """
    pairs = MultiDict({"name": "Ann"})
    for name, value in values.items():
        pairs.setlist(name.replace("_", "-"), value if isinstance(value, list) else [value])
    form = Everything(formdata=pairs)
    form.validate()
    return form


def first_error(form: PageForm, name: str) -> str | None:
    return str(form[name].errors[0]) if form[name].errors else None


def test_only_required_fields_must_be_filled_in() -> None:
    form = posted_form()
    assert form.errors == {}
    assert (form.when.data, form.networks.data, form.agreed.data) == (None, [], False)
    assert (form.email.address, form.phone.e164, form.postcode.postcode) == (None, None, None)


def test_a_missing_value_gives_the_fields_own_message() -> None:
    assert first_error(posted_form(name="  "), "name") == "Enter your full name"


def test_text_is_cleaned_of_spaces_and_control_characters() -> None:
    assert posted_form(name="  Zoe\u0308 \x00  Smith ").name.data == "Zoë Smith"
    assert posted_form(notes="one\r\n\x07two  ").notes.data == "one\n two"


def test_text_that_is_too_long_gives_a_message_with_the_label() -> None:
    assert (
        first_error(posted_form(name="x" * 21), "name") == "Full name must be 20 characters or less"
    )


def test_contact_fields_keep_both_the_typed_and_the_stored_form() -> None:
    form = posted_form(email="A@EXAMPLE.org", phone="07700 900982", postcode="ip241jd")
    assert form.errors == {}
    assert (form.email.address, form.phone.e164) == ("A@example.org", "+447700900982")
    assert (form.postcode.data, form.postcode.postcode) == ("ip241jd", "IP24 1JD")
    wrong = posted_form(postcode="Dereham")
    assert 'value="Dereham"' in wrong.postcode()
    assert wrong.postcode.postcode is None


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("12", None),
        ("1,2", None),
        ("0", "Places must be 1 or more"),
        ("26", "Places must be 25 or less"),
        ("many", "Places must be a whole number"),
        ("2.5", "Places must be a whole number"),
        ("--5", "Places must be a whole number"),
        ("²", "Places must be a whole number"),
    ],
)
def test_numbers_must_be_whole_and_within_their_bounds(typed: str, error: str | None) -> None:
    form = posted_form(places=typed)
    assert first_error(form, "places") == error
    assert f'value="{typed}"' in form.places()


def test_a_date_has_three_inputs_and_its_error_links_to_the_wrong_one() -> None:
    assert posted_form(when_day="27", when_month="3", when_year="2027").when.data == date(
        2027, 3, 27
    )
    form = posted_form(when_day="27", when_month="", when_year="2027")
    assert first_error(form, "when") == "Date must include a month"
    assert list(form.summary()) == [{"text": "Date must include a month", "href": "#when-month"}]
    assert 'id="when-month"' in form.when()
    assert form.submitted_values()["when-day"] == ["27"]


@pytest.mark.parametrize(
    ("year", "error"),
    [
        ("2025", "Date must be 1 January 2026 or later"),
        ("2029", "Date must be 1 January 2028 or earlier"),
    ],
)
def test_a_date_outside_its_bounds_is_refused(year: str, error: str) -> None:
    assert first_error(posted_form(when_day="1", when_month="3", when_year=year), "when") == error


def test_a_month_becomes_its_first_day_and_a_time_is_parsed() -> None:
    assert posted_form(month_month="March", month_year="2024").month.data == date(2024, 3, 1)
    late = posted_form(month_month="3", month_year="2027")
    assert first_error(late, "month") == "Month must be November 2026 or earlier"
    assert posted_form(at="9.30am").at.time == time(9, 30)
    assert first_error(posted_form(at="soon"), "at") == "Enter a time, like 9:30am or 14:00"


def test_radios_return_their_own_values_and_refuse_others() -> None:
    assert posted_form(colour="blue").colour.data is Colour.BLUE
    assert (
        first_error(posted_form(colour="green"), "colour")
        == "Choose one of the answers on this page"
    )
    assert "Like the sky" in posted_form().colour()


def test_none_of_these_excludes_other_checkboxes() -> None:
    assert posted_form(networks=["a", "b", "a"]).networks.data == ["a", "b"]
    clash = first_error(posted_form(networks=["a", "none"]), "networks")
    assert clash == "Select the answers that apply, or only “None of these”"
    assert posted_form(networks="zzz").errors.keys() == {"networks"}
    assert posted_form(networks="b").networks().count("checked") == 1


def test_a_drop_down_list_has_a_blank_entry() -> None:
    assert posted_form(kind="").kind.data is None
    assert posted_form(kind="2").kind.data == 2
    assert "kind" in posted_form(kind="9").errors
    assert "kind" in posted_form(kind="x").errors


def test_a_single_checkbox_and_a_file() -> None:
    assert posted_form(agreed="yes").agreed.data is True
    assert posted_form(upload="not a file").upload.data is None


def test_typed_answers_are_shown_again_but_passwords_are_not() -> None:
    typed = posted_form(
        email="ann@", when_day="31", when_month="2", colour="red", networks=["b"], secret="hush"
    ).submitted_values()
    assert "secret" not in typed and "upload" not in typed
    again = Everything(saved=typed)
    assert 'value="ann@"' in again.email()
    assert 'value="31"' in again.when()
    assert again.colour.data is Colour.RED
    assert again.networks.data == ["b"]


def test_values_given_in_python_fill_the_inputs() -> None:
    form = Everything(data={"when": date(2027, 3, 27), "at": time(14, 5), "kind": 2, "name": None})
    assert 'value="27"' in form.when() and 'value="2027"' in form.when()
    assert 'value="14:05"' in form.at()
    assert 'value="2" selected' in form.kind()
    assert form.name.data == ""


def test_a_rules_error_is_shown_on_its_field_or_above_the_form() -> None:
    form = posted_form()
    form.add_error(InvalidInput("There is no such ward", "postcode"))
    form.add_error(InvalidInput("The course is full"))
    assert list(form.summary()) == [
        {"text": "The course is full"},
        {"text": "There is no such ward", "href": "#postcode"},
    ]
    assert form.status == 422
    assert posted_form().status == 200


def test_markup_links_hint_and_error_and_is_never_marked_required() -> None:
    form = posted_form(name="")
    html = form.name(heading=True)
    assert "required" not in html.replace("Enter", "")
    assert 'aria-describedby="name-error"' in html
    assert "<h1" in html
    assert "(optional)" in form.email()
    assert "govuk-visually-hidden" in form.postcode(label_hidden=True)


def test_an_answer_reveals_its_field_and_typed_html_is_escaped() -> None:
    form = posted_form(networks="a", email='"><script>')
    html = form.networks(conditional={"a": form.email()})
    assert 'data-aria-controls="conditional-networks"' in html
    assert "<script>" not in html
    assert html.count("<input") == 4


def test_characters_of_a_long_text_are_counted() -> None:
    assert 'data-maxlength="50"' in posted_form().notes()


class Filters(FilterForm):
    q = TextField("Name")
    kind = SelectField("Kind", choices=[(1, "One")], coerce=int, blank="Any")


def test_filters_use_only_valid_values() -> None:
    app = Flask("filters")
    app.config["SECRET_KEY"] = "for-tests-only"
    Babel(app, default_locale="en_GB")
    with app.test_request_context("/?q=ann&kind=77"):
        form = Filters()
        assert form.values() == {"q": "ann"}
        assert "csrf_token" not in form
    with app.test_request_context("/"):
        assert Filters().values() == {}
