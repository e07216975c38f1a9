"""Submitting a form and pressing a button: the verb, the message, the redirect, a broken rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

import pytest
from flask import Flask, Response, get_flashed_messages
from flask_babel import Babel
from werkzeug.datastructures import MultiDict

from app.core.errors import Conflict, InvalidInput, NotFound, TooManyAttempts
from app.web.fields import PageForm, TextField
from app.web.form_page import press, submit

FORM_DATA = {"name": "Ann"}


class NameForm(PageForm):
    name = TextField("Full name", required="Enter your full name")


@pytest.fixture
def site() -> Flask:
    app = Flask("form_page")
    app.config.update(SECRET_KEY="for-tests-only", WTF_CSRF_ENABLED=False)
    Babel(app, default_locale="en_GB")
    return app


@pytest.fixture
def post_request(site: Flask) -> Iterator[None]:
    with site.test_request_context("/", method="POST", data=FORM_DATA):
        yield


def flashed_messages() -> list[tuple[str, str]]:
    return get_flashed_messages(with_categories=True)


def fail_if_called() -> NoReturn:
    raise AssertionError("the verb was called")


def raise_error(error: Exception) -> NoReturn:
    raise error


def test_opening_the_page_does_nothing(site: Flask) -> None:
    with site.test_request_context("/"):
        assert submit(NameForm(), fail_if_called, target="/done") is None


@pytest.mark.usefixtures("post_request")
def test_an_invalid_form_does_nothing() -> None:
    form = NameForm(formdata=MultiDict({"name": " "}))
    assert submit(form, fail_if_called, message="Saved.", target="/done") is None
    assert (form.status, flashed_messages()) == (422, [])


@pytest.mark.usefixtures("post_request")
def test_success_shows_a_message_and_redirects() -> None:
    form = NameForm()
    reply = submit(form, lambda: form.name.data, message=lambda name: f"{name}.", target="/done")
    assert reply is not None
    assert (reply.status_code, reply.location, flashed_messages()) == (
        302,
        "/done",
        [("success", "Ann.")],
    )


@pytest.mark.usefixtures("post_request")
def test_the_next_page_may_depend_on_the_result_of_the_verb() -> None:
    reply = submit(NameForm(), lambda: 7, target=lambda number: f"/needs/{number}")
    assert reply is not None and reply.location == "/needs/7"
    page = submit(NameForm(), lambda: "a code", target=Response)
    assert page is not None and (page.status_code, page.get_data(as_text=True)) == (200, "a code")
    assert flashed_messages() == []


@pytest.mark.usefixtures("post_request")
def test_a_broken_rule_is_shown_and_the_input_is_kept() -> None:
    form = NameForm()
    done = submit(
        form, lambda: raise_error(Conflict("It is full", "name")), message="No", target="/"
    )
    assert done is None
    assert list(form.summary()) == [{"text": "It is full", "href": "#name"}]
    assert (form.status, form.name.data, flashed_messages()) == (422, "Ann", [])


@pytest.mark.usefixtures("post_request")
def test_all_faults_are_shown_with_those_of_the_form() -> None:
    wrong = NameForm(formdata=MultiDict({"name": ""}))
    faults = [InvalidInput("Too short", "name"), InvalidInput("Too late")]
    assert submit(wrong, fail_if_called, target="/", more_errors=lambda: faults) is None
    assert [entry["text"] for entry in wrong.summary()] == ["Too late", "Enter your full name"]
    right = NameForm()
    assert submit(right, fail_if_called, target="/", more_errors=lambda: faults) is None
    assert [entry["text"] for entry in right.summary()] == ["Too late", "Too short"]


@pytest.mark.usefixtures("post_request")
def test_the_form_says_how_long_to_wait() -> None:
    form, error = NameForm(), TooManyAttempts("Wait")
    error.retry_after = 60
    assert submit(form, lambda: raise_error(error), target="/") is None
    assert form.retry_after == 60


@pytest.mark.usefixtures("post_request")
def test_not_found_errors_are_raised() -> None:
    with pytest.raises(NotFound):
        submit(NameForm(), lambda: raise_error(NotFound()), target="/")
    with pytest.raises(NotFound):
        press(lambda: raise_error(NotFound()), target="/")


@pytest.mark.usefixtures("post_request")
def test_a_button_shows_the_result_or_the_broken_rule() -> None:
    done = press(lambda: None, message="Stopped.", target="/person")
    refused = press(lambda: raise_error(Conflict("Too late")), message="No", target="/person")
    elsewhere = press(
        lambda: raise_error(Conflict("Full")), target=lambda _: "/list", error_target="/one"
    )
    assert [done.location, refused.location, elsewhere.location] == ["/person", "/person", "/one"]
    assert flashed_messages() == [
        ("success", "Stopped."),
        ("problem", "Too late"),
        ("problem", "Full"),
    ]
