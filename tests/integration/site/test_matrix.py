"""Every endpoint for every reader and kind of row, by GET and POST.

The expected results come from the table of permissions and from the rules in `matrix_cast` and
`matrix_readers`. A row that the reader may not read gets the same response as a row that does not
exist: the same status, bytes and statements, so that neither text nor timing reveals it. A new
endpoint fails here until its tables are in the cast and its body is in `matrix_bodies`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
from flask import Flask, abort, redirect
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from app.core import audit, clock, public_ids
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.permissions import Role, permissions_for_roles
from app.people.models import Person
from app.signin.sessions import UNLOCKED_AT as WORD_GIVEN
from app.web.http import declared_permission, requires
from tests.addresses import public_id
from tests.integration.conftest import Browser, rolled_back
from tests.integration.site import matrix_bodies, matrix_cast
from tests.integration.site.matrix_bodies import CHANGES_NOTHING, PREFILLED, REFUSED, Body
from tests.integration.site.matrix_cast import Cast
from tests.integration.site.matrix_readers import (
    ASKS_FOR,
    FARMER,
    HIDDEN,
    OPENED,
    READERS,
    ROLES,
    SAME_PERMISSIONS,
    VARIANTS,
    WAITING,
)
from tests.integration.site.matrix_requests import IDENTIFIER, RecordedResponse, RequestSender

pytestmark = pytest.mark.usefixtures("no_attempts")
ABSENT = 10**12  # no row has a number from here on
GARBAGE = "a2" * (public_ids.LENGTH // 2)  # has the form of an identifier, but was never issued
OPEN = frozenset({200, 302, 303})
NOT_OPEN = frozenset({404, 409, 410, 422, 503})
SHUT = frozenset({404})
ASKED_TO_SIGN_IN = frozenset({302, 401})
OTHER_PARTS = {"kind": "named", "number": 1, "name": "training.ics", "token": "not-a-token"}
BY_ENDPOINT = {
    "coverage.people": {"slug": "dereham"},
    "courses.schedule_run": {"slug": "mhfa-two-day-adult"},
    "registration.register": {"step": "networks"},
}
TRACES = frozenset({"audit_entries", "submissions"})  # rows that a second press may add
LEFT_OUT = frozenset({"static"})


@dataclass
class Matrix:
    """The checks for one reader."""

    app: Flask
    cast: Cast
    reader: str
    asker: RequestSender
    bodies: Mapping[str, Body]
    more: Mapping[str, Mapping[str, Body]]  # family → endpoint → body

    def rules(self) -> Iterator[tuple[Rule, str]]:
        """Yield the (rule, method) of every endpoint to check."""
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda each: each.rule):
            if self._is_checked(rule):
                for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                    yield rule, method

    def _is_checked(self, rule: Rule) -> bool:
        """Return whether to check a rule for this reader.

        Readers with the same role skip pages that do not depend on who they are: public pages
        without a row, and endpoints that neither may open.
        """
        if rule.endpoint in LEFT_OUT:
            return False
        if self.reader in SAME_PERMISSIONS and not self.holds(rule.endpoint):
            return False
        is_public = declared_permission(self.app, rule.endpoint) is None
        return bool(tables_of(rule)) or not (is_public and self.reader in VARIANTS)

    @cached_property
    def permissions(self) -> frozenset[str]:
        """Return the reader's permissions."""
        return permissions_for_roles(ROLES[self.reader], waiting=self.reader in WAITING)

    def holds(self, endpoint: str) -> bool:
        """Return whether the reader has the endpoint's permission."""
        permission = declared_permission(self.app, endpoint)
        return permission is None or permission in self.permissions

    def _first_reader(self, endpoint: str) -> str:
        """Return the first reader with the endpoint's permission."""
        permission = declared_permission(self.app, endpoint)
        return next(
            reader
            for reader in READERS
            if reader not in WAITING
            and (permission is None or permission in permissions_for_roles(ROLES[reader]))
        )

    def failures(self, rule: Rule, method: str) -> Iterator[str]:
        """Yield the failures at one endpoint."""
        if not self.holds(rule.endpoint):
            yield from self._check_forbidden(rule, method)
        elif tables_of(rule):
            yield from self._rows(rule, method)
        else:
            yield from self._check_allowed(rule, method, {}, "")

    def _check_forbidden(self, rule: Rule, method: str) -> Iterator[str]:
        """Check that an endpoint without permission does not reveal whether a row exists.

        Signed-in readers get the same response everywhere. Others are redirected to the sign-in
        page, with the URL in the response.
        """
        names = tables_of(rule)
        answer = self._ask(rule, method, self._numbers(rule, HIDDEN))
        yield from _changed(answer)
        if self.reader != "public":
            told = answer.differs_from(self.missing_response)
            if told:
                yield f"may not be opened, and yet {told}"
            return
        if answer.status not in ASKED_TO_SIGN_IN:
            yield f"may not be opened, and yet {answer.status}"
        if names and (told := answer.differs_from(self._ask(rule, method, absent_of(names)))):
            yield f"{HIDDEN}: told from nothing there without the permission: {told}"

    @cached_property
    def missing_response(self) -> RecordedResponse:
        """Return the response to a URL that does not exist, for this reader."""
        shut = (rule for rule, _method in self.rules() if not self.holds(rule.endpoint))
        rule = next(each for each in shut if tables_of(each) and "GET" in (each.methods or ()))
        answer = self._ask(rule, "GET", absent_of(tables_of(rule)))
        nowhere = self.asker.ask("GET", "/there/is/nothing")
        assert (answer.status, answer.said) == (nowhere.status, nowhere.said)
        return answer

    def _rows(self, rule: Rule, method: str) -> Iterator[str]:
        names = tables_of(rule)
        absent = self._ask(rule, method, absent_of(names))
        if absent.status not in SHUT:
            yield f"nothing there, and yet {absent.status}"
        yield from _changed(absent)
        first = method == sorted((rule.methods or set()) & {"GET", "POST"})[0]
        if first and self.reader == self._first_reader(rule.endpoint):
            yield from self._check_identifiers(rule, method, absent)
        for family in ASKS_FOR[self.reader]:
            numbers = self._numbers(rule, family)
            known = self._readable(rule, family)
            if len(known) == len(names):
                yield from self._check_allowed(rule, method, numbers, family)
                continue
            none = absent_of(names)
            without = {name: numbers[name] if name in known else none[name] for name in names}
            beside = self._ask(rule, method, without) if known else absent
            told = self._ask(rule, method, numbers).differs_from(beside)
            if told:
                yield f"{family}: is told from nothing there: {told}"
        yield from self._check_nested(rule, method)

    def _check_nested(self, rule: Rule, method: str) -> Iterator[str]:
        """Check a hidden row under the URL of a readable row."""
        *above, last = tables_of(rule)
        families = ASKS_FOR[self.reader]
        mine = next((each for each in families if self._readable(rule, each) >= {*above}), None)
        hidden = next((each for each in families if last not in self._readable(rule, each)), None)
        if not above or mine is None or hidden is None:
            return
        numbers = self._numbers(rule, mine)
        absent = self._ask(rule, method, numbers | {last: ABSENT})
        yield from _changed(absent)
        numbers[last] = self._numbers(rule, hidden)[last]
        told = self._ask(rule, method, numbers).differs_from(absent)
        if told:
            yield f"{hidden} beneath {mine}: is told from nothing there: {told}"

    def _check_identifiers(
        self, rule: Rule, method: str, absent: RecordedResponse
    ) -> Iterator[str]:
        """Check identifiers that were never issued, and consecutive row ids."""
        path = self._path(rule, absent_of(tables_of(rule)))
        body = self._body(rule, method, path, FARMER)
        last = IDENTIFIER.findall(path)[-1]
        garbage = self.asker.ask(method, path.replace(last, GARBAGE), body)
        told = garbage.differs_from(absent)
        if told:
            yield f"an identifier nobody gave out: {told}"
        numbers = iter(self._numbers(rule, FARMER).values())
        old = self.asker.ask(method, IDENTIFIER.sub(lambda _found: str(next(numbers)), path), body)
        none = self.asker.ask(method, IDENTIFIER.sub(str(ABSENT), path), body)
        if old.status not in SHUT or old.differs_from(none):
            yield f"an old number: {old.differs_from(none) or old.status}"

    def _check_allowed(
        self, rule: Rule, method: str, numbers: Mapping[str, int], family: str
    ) -> Iterator[str]:
        """Check that a readable row is shown, and that a valid body is accepted."""
        answer = self._ask(rule, method, numbers, family)
        may = self.cast.may_do(self.reader, family, rule.endpoint)
        if rule.endpoint in REFUSED or not may:
            if answer.status not in OPEN | NOT_OPEN:
                yield f"{family}: {answer.status}"
            if method == "POST" and not may:
                yield from (f"{family}: {each}" for each in _changed(answer))
        elif answer.status not in OPEN:
            yield f"{family}: may be opened, and yet {answer.status}"
        elif method == "POST" and bool(answer.changes) == (rule.endpoint in CHANGES_NOTHING):
            yield f"{family}: {answer.status}, and changed {answer.changes or 'nothing'}"

    def created_twice(self, rule: Rule) -> Iterator[str]:
        """Yield the tables to which a second press of the same button adds rows again."""
        if not self.holds(rule.endpoint) or rule.endpoint in REFUSED:
            return
        path = self._path(rule, self._numbers(rule, FARMER))
        body = self._body(rule, "POST", path, FARMER)
        assert body is not None
        (_, first), (status, second) = self.asker.press_twice(path, body)
        if first - TRACES:
            yield from (f"{table} ({status})" for table in sorted((first & second) - TRACES))

    def without_token(self, rule: Rule) -> Iterator[str]:
        """Yield a failure for each endpoint that accepts a form without its token."""
        hidden, absent = (
            self.asker.ask("POST", self._path(rule, numbers), {})
            for numbers in (self._numbers(rule, HIDDEN), absent_of(tables_of(rule)))
        )
        yield from _changed(hidden)
        told = hidden.differs_from(absent)
        if told or hidden.status != 400:
            yield told or f"status {hidden.status}"

    def _ask(
        self, rule: Rule, method: str, numbers: Mapping[str, int], family: str = FARMER
    ) -> RecordedResponse:
        path = self._path(rule, numbers)
        return self.asker.ask(method, path, self._body(rule, method, path, family or FARMER))

    def _path(self, rule: Rule, numbers: Mapping[str, int]) -> str:
        values = dict(OTHER_PARTS) | BY_ENDPOINT.get(rule.endpoint, {})
        if rule.endpoint in self.cast.secrets:
            values["code"] = values["token"] = self.cast.secrets[rule.endpoint]
        values |= numbers
        values = {name: values[name] for name in rule.arguments}
        return self.app.url_map.bind("").build(rule.endpoint, values)

    def _body(self, rule: Rule, method: str, path: str, family: str) -> Body | None:
        """Return the body to send, merged into the page's form if necessary."""
        if method != "POST":
            return None
        body = {**self.bodies[rule.endpoint], **self.more[family].get(rule.endpoint, {})}
        if rule.endpoint in PREFILLED and self.holds(rule.endpoint):
            return {**self.asker.form(path), **body}
        return body

    def _numbers(self, rule: Rule, family: str) -> dict[str, int]:
        """Return the family's row ids for the arguments of a URL."""
        found = {
            name: self.cast.row(family, table, rule.endpoint)
            for name, table in tables_of(rule).items()
        }
        if "other_id" in found:  # two people: the second belongs to another family
            found["other_id"] = self.cast.families[family].twin.id
        return found

    def _readable(self, rule: Rule, family: str) -> set[str]:
        """Return the arguments of a URL whose rows the reader may read."""
        return {
            name
            for name, table in tables_of(rule).items()
            if self.cast.may_read(self.reader, table, family, rule.endpoint)
        }


def absent_of(names: Mapping[str, str]) -> dict[str, int]:
    """Return ids that no row has, for the arguments of a URL."""
    return {name: ABSENT + place for place, name in enumerate(names)}


def _changed(answer: RecordedResponse) -> Iterator[str]:
    if answer.changes:
        yield f"nothing there, and yet it writes: {answer.changes[0][:120]}"


def tables_of(rule: Rule) -> dict[str, str]:
    """Return the table of each argument of a URL."""
    return {
        name: converter.table
        for name, converter in rule._converters.items()
        if isinstance(converter, public_ids.IdConverter)
    }


@pytest.fixture(scope="module")
def stage(app: Flask) -> Iterator[tuple[Session, Cast]]:
    """Create the cast once. Each request is rolled back, so tests do not affect each other."""
    with pytest.MonkeyPatch.context() as patch, rolled_back(app, patch) as session:
        app.test_client_class = Browser
        cast = matrix_cast.make()
        session.commit()
        yield session, cast


@pytest.fixture
def matrix(app: Flask, stage: tuple[Session, Cast]) -> Callable[[str], Matrix]:
    """Return the checks for a reader."""
    session, cast = stage

    def do(reader: str) -> Matrix:
        asker = RequestSender(app, session, _cookie(app, cast, reader))
        asker.ask("GET", "/")  # fill the caches of the process
        more = {family: matrix_bodies.of_family(cast, family) for family in cast.families}
        return Matrix(app, cast, reader, asker, matrix_bodies.bodies(), more)

    return do


def _cookie(app: Flask, cast: Cast, reader: str) -> str | None:
    """Return a session cookie, or None if signed out."""
    user = cast.users[reader]
    if user is None:
        return None
    browser, now = app.test_client(), clock.now().isoformat()
    with browser.session_transaction() as given:
        given["_user_id"], given["_fresh"] = public_id("users", user.id), True
        given["signed_in_at"] = given["proved_at"] = now
        if reader in OPENED:
            given[WORD_GIVEN] = now
    kept = browser.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert kept is not None
    return kept.value


@pytest.mark.parametrize("reader", READERS)
def test_hidden_and_missing_rows_look_the_same(
    matrix: Callable[[str], Matrix], reader: str
) -> None:
    part = matrix(reader)
    failures = [
        f"{method} {rule.rule}: {failure}"
        for rule, method in part.rules()
        for failure in part.failures(rule, method)
    ]
    assert failures == [], f"{len(failures)}:\n" + "\n".join(failures)


@pytest.mark.parametrize("reader", ["public", "champion", "coordinator", "admin"])
def test_a_second_press_of_a_button_adds_nothing(
    matrix: Callable[[str], Matrix], reader: str
) -> None:
    part = matrix(reader)
    failures = [
        f"{rule.rule} adds again to {table}"
        for rule, method in part.rules()
        if method == "POST"
        for table in part.created_twice(rule)
    ]
    assert failures == [], f"{len(failures)}:\n" + "\n".join(failures)


def test_every_endpoint_is_covered(app: Flask) -> None:
    posts = {
        rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or set())
    }
    assert posts == set(matrix_bodies.bodies())
    assert posts >= set(CHANGES_NOTHING) | PREFILLED
    assert {rule.endpoint for rule in app.url_map.iter_rules()} >= set(REFUSED)


def test_the_readers_are_all_roles() -> None:
    assert frozenset().union(*ROLES.values()) == frozenset(Role)
    assert set(ASKS_FOR) == set(READERS)


# --- deliberate faults that the matrix must detect ---


def _shows_anybody(person_id: int) -> Any:
    return db.session.get_one(Person, person_id).full_name if _is_there(person_id) else abort(404)


def _says_hidden(person_id: int) -> Any:
    if _is_there(person_id):
        raise Conflict("You may not read this person.")
    raise NotFound()


def _looks_twice(person_id: int) -> Any:
    if _is_there(person_id):
        _is_there(person_id)
    raise NotFound()


def _writes_first(person_id: int) -> Any:
    audit.record(SYSTEM, "person.read", "people", person_id)
    raise NotFound()


def _fails(person_id: int) -> Any:
    raise RuntimeError


def _does_nothing(person_id: int) -> Any:
    return redirect("/people")


def _is_there(person_id: int) -> bool:
    return db.session.scalar(select(Person.id).where(Person.id == person_id)) is not None


PLANTED: Mapping[str, tuple[str, str, Callable[[int], Any], str]] = {
    "reads without a scope": ("records.person", "GET", _shows_anybody, "status 200, not 404"),
    "says that it is hidden": ("records.person", "GET", _says_hidden, "status 409, not 404"),
    "one statement more": ("records.person", "GET", _looks_twice, "other statements"),
    "writes for nothing": ("records.person", "GET", _writes_first, "and yet it writes"),
    "fails": ("records.person", "GET", _fails, "and yet 500"),
    "a button that does nothing": (
        "records.confirm_person_activity",
        "POST",
        _does_nothing,
        "changed nothing",
    ),
}


def test_a_deliberate_fault_is_detected(
    matrix: Callable[[str], Matrix], monkeypatch: pytest.MonkeyPatch
) -> None:
    part = matrix("coordinator2")
    rules = {rule.endpoint: rule for rule in part.app.url_map.iter_rules()}
    for name, (endpoint, method, view, told) in PLANTED.items():
        assert list(part.failures(rules[endpoint], method)) == []
        with monkeypatch.context() as planted:
            marked = requires("people:read")(view)
            planted.setitem(part.app.view_functions, endpoint, marked)
            found = list(part.failures(rules[endpoint], method))
        assert any(told in each for each in found), f"{name}: {found}"


def test_an_invalid_body_is_detected(matrix: Callable[[str], Matrix]) -> None:
    part = matrix("coordinator2")
    part.bodies = {**part.bodies, "records.edit_person_name": {"name": ""}}
    rule = next(part.app.url_map.iter_rules("records.edit_person_name"))
    assert any("and yet 422" in each for each in part.failures(rule, "POST"))


def test_an_endpoint_that_ignores_permissions_is_detected(
    matrix: Callable[[str], Matrix], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check of permissions before each view is disabled here."""
    part = matrix("analyst")
    rule = next(part.app.url_map.iter_rules("records.people"))
    assert list(part.failures(rule, "GET")) == []
    hooks = part.app.before_request_funcs[None]
    without = [each for each in hooks if each.__name__ != "_check_permission"]
    monkeypatch.setitem(part.app.before_request_funcs, None, without)
    assert len(without) < len(hooks)
    assert list(part.failures(rule, "GET")) != []


def test_no_form_is_accepted_without_its_token(
    matrix: Callable[[str], Matrix], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The matrix sends no tokens, so their check is disabled there."""
    part = matrix("coordinator2")
    monkeypatch.setitem(part.app.config, "WTF_CSRF_ENABLED", True)
    failures = [
        f"{rule.rule}: {told}"
        for rule, method in part.rules()
        if method == "POST"
        for told in part.without_token(rule)
    ]
    assert failures == []
