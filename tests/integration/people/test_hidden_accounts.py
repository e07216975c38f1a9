"""The audit log shows nothing about accounts of champions that its reader may not know about."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.accounts import service as account_rules
from app.accounts.models import User
from app.core import clock
from app.core.actor import SYSTEM
from app.core.permissions import Role
from app.identity import service as identity
from app.people.models import Person
from tests.factories import accounts, organisations, people
from tests.integration.people import letters

ACCOUNT_MADE = (
    "Created an account",
    "Signed in",
    "Signed in for the first time",
    "Gave a role",
    "an account",
)
QUERIES = ("", "?group=users", "?group=users&who=public", "?who=public", "?who=champion")


def shown(client: Any, query: str = "") -> str:
    """Return the rows of the audit log."""
    page: str = client.get(f"/audit{query}").text
    return page.partition("<tbody")[2].partition("</tbody>")[0]


def signed_in_person(session: Session, client: Any, *, general: bool) -> Person:
    """Return a person who has signed in for the first time, and once more."""
    address = f"hilda{int(general)}@untold.example"
    survivors = organisations.network(sensitive=True)
    person = people.person("Hilda Came", networks=[survivors], general=general, email=address)
    for _twice in range(2):
        letters.sign_in(client, session, address)
    session.refresh(person)
    assert person.user_id is not None
    return person


def administrator(*, with_permission: bool = False) -> Any:
    return accounts.user(Role.ADMIN, *([Role.SENSITIVE] if with_permission else []))


def test_hidden_champions_sign_in_is_not_shown(session: Session, client: Any, sign_in: Any) -> None:
    signed_in_person(session, client, general=False)
    admin = sign_in(administrator())
    for query in QUERIES:
        rows = shown(admin, query)
        assert not [words for words in ACCOUNT_MADE if words in rows], query


def test_other_sign_ins_are_shown_and_all_of_them_with_the_permission(
    session: Session, client: Any, sign_in: Any
) -> None:
    signed_in_person(session, client, general=True)
    rows = shown(sign_in(administrator()))
    assert not [words for words in ACCOUNT_MADE if words not in rows]
    signed_in_person(session, client, general=False)
    whole, part = (
        shown(sign_in(administrator(with_permission=with_permission)), "?group=users")
        for with_permission in (True, False)
    )
    assert (whole.count("Created an account"), part.count("Created an account")) == (2, 1)


def test_account_without_its_champion_is_not_shown(
    session: Session, client: Any, sign_in: Any
) -> None:
    identity.move_user(signed_in_person(session, client, general=False), None)
    session.flush()
    rows = shown(sign_in(administrator()), "?group=users")
    assert not [words for words in (*ACCOUNT_MADE, "Ended a role") if words in rows]


def test_hidden_champions_history_stays_hidden_after_they_join_the_staff(
    session: Session, client: Any, sign_in: Any
) -> None:
    """The end of their champion role stays hidden too."""
    with clock.frozen(clock.now().replace(year=2025)):
        person = signed_in_person(session, client, general=False)
    user = session.get_one(User, person.user_id)
    account_rules.grant_role(SYSTEM, user, Role.TRAINER, clock.today())
    account_rules.end_role(SYSTEM, user.id, Role.CHAMPION, clock.today())
    rows = shown(sign_in(administrator()), "?group=users&who=public")
    assert not [words for words in ACCOUNT_MADE if words in rows]
    rows = shown(sign_in(administrator()), "?group=users&who=system")
    assert "Gave a role" in rows
    assert "Ended a role" not in rows
