"""What somebody gets who asks for a link to sign in: a link, or a letter that says why not.

Whoever asks on the site learns nothing. For every address the same statements are made and one
letter is written; only its text, which the owner of the mailbox reads, differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from app.accounts import queries
from app.accounts.models import User
from app.core import clock, links, ratelimit, registry, slowing
from app.core.permissions import STAFF_ROLES, Role
from app.core.registry import Standing, Stands
from app.messages import ceiling
from app.messages import service as messages
from app.messages.letters import register
from app.messages.types import NOBODY, Channel, Letter, NewMessage, Recipient

LINK = LETTER = "sign-in"
LINK_LIFETIME = timedelta(minutes=30)
NO_LINK = "sign-in-none"
A_DAY = 24 * 60 * 60  # seconds
NO_LINKS_A_DAY = 2  # letters without a link to one address


class Why(StrEnum):
    """Why a letter holds no link to sign in."""

    UNKNOWN = "unknown"
    UNCONFIRMED = "unconfirmed"
    DECLINED = "declined"
    PASSWORD = "password"  # noqa: S105  # they sign in with one
    CLOSED = "closed"


@dataclass(frozen=True)
class Answer:
    """What to write. why: None for a link to sign in. subject: what the letter's link opens.
    address: as we know it, "" where we don't.
    """

    why: Why | None
    purpose: str = LINK
    subject: str = "0"
    endpoint: str = "accounts.use_link"
    lifetime: timedelta = LINK_LIFETIME
    name: str = ""
    address: str = ""
    user_id: int | None = None
    person_id: int | None = None


def register_letters() -> None:
    """Make the letters known: each is for whoever reads this very mailbox."""
    register(Letter(LETTER, _l("Sign in"), only_there=True, even_if_silent=True))
    register(
        Letter(
            NO_LINK, _l("Say why they got no link to sign in"), only_there=True, even_if_silent=True
        )
    )


def answer(email: str, *, unconfirmed_first: bool = False) -> None:
    """Write the letter that this address gets, within the ceiling of the mailbox.

    Each kind of letter is counted by itself, so that none holds back one that says something else:
    anybody can have letters without a link sent to an address that registers later.

    unconfirmed_first: a registration that waits for its address to be confirmed comes before an
    account that somebody else has at a shared mailbox.
    """
    user = queries.user_by_email(email, lock=True)
    roles = queries.roles_on(user.id if user else 0, clock.today())
    found = [
        each for find in registry.standing for each in find(email, user.id if user else 0)
    ]  # always one statement
    decided = _decide(user, roles, found, unconfirmed_first)
    kind = ceiling.SIGN_IN + (f":{decided.why}" if decided.why else "")
    if not ceiling.has_room(kind, email):
        return
    link_id = links.make(decided.purpose, decided.subject, decided.lifetime)
    messages.post(
        NewMessage(
            letter=NO_LINK if decided.why else LETTER,
            recipient=_recipient(email, decided),
            key=f"sign-in:{link_id}",
            context=_context(decided, str(link_id)),
        )
    )


def _no_link(email: str, why: Why | None) -> str:
    """The name of the count of letters to an address that say why there is no link."""
    return f"no-link:{why}:{slowing.digest(email.strip().lower())}"


def _recipient(email: str, decided: Answer) -> Recipient:
    """The mailbox; nobody, once an address that gets no link was told so often enough."""
    opens_nothing = decided.why not in (None, Why.UNCONFIRMED)
    if opens_nothing and ratelimit.count(_no_link(email, decided.why), A_DAY) > NO_LINKS_A_DAY:
        return Recipient(Channel.EMAIL, NOBODY, "")
    return Recipient(
        Channel.EMAIL,
        decided.address or email.strip(),
        decided.name,
        decided.person_id,
        decided.user_id,
    )


def _context(decided: Answer, link_id: str) -> dict[str, Any]:
    link = {"endpoint": decided.endpoint, "purpose": decided.purpose, "link_id": link_id}
    if decided.why is None:
        return {"link": link}
    context: dict[str, Any] = {"why": decided.why.value}
    match decided.why:
        case Why.UNCONFIRMED:
            context["link"] = link
        case Why.UNKNOWN:
            context["page"] = {"endpoint": "registration.register_start", "values": {}}
        case Why.PASSWORD:
            context["page"] = {"endpoint": "accounts.staff_sign_in", "values": {}}
    return context


def _decide(
    user: User | None, roles: frozenset[Role], found: Sequence[Standing], unconfirmed_first: bool
) -> Answer:
    unconfirmed = next((each for each in found if each.stands is Stands.UNCONFIRMED), None)
    if unconfirmed is not None and unconfirmed_first:
        return _confirm(unconfirmed)
    if user is not None and user.deactivated_at is not None:
        return Answer(Why.CLOSED)
    if user is not None and roles & STAFF_ROLES:
        return Answer(Why.PASSWORD, user_id=user.id)
    own = [each for each in found if user is not None and each.user_id == user.id]
    if user is not None and Role.CHAMPION in roles and (not own or own[0].may_sign_in):
        return Answer(
            None, subject=str(user.id), name=user.name, address=user.email, user_id=user.id
        )
    others = [each for each in found if each not in own]
    first = next((each for each in others if each.may_sign_in), None)
    if first is not None:
        return Answer(
            None,
            subject=first.subject,
            name=first.name,
            address=first.address,
            person_id=first.person_id,
        )
    if unconfirmed is not None:
        return _confirm(unconfirmed)
    if any(each.stands is Stands.DECLINED for each in found):
        return Answer(Why.DECLINED)
    return Answer(Why.UNKNOWN)


def _confirm(who: Standing) -> Answer:
    return Answer(
        Why.UNCONFIRMED,
        purpose=who.confirm_purpose,
        subject=str(who.person_id),
        endpoint="registration.confirm",
        lifetime=who.confirm_lifetime,
        address=who.address,
        person_id=who.person_id,
    )


def user_of(subject: str) -> User | None:
    """The user that a spent link opens; a person's first link makes their user.

    None where nobody may sign in by it any more.
    """
    if subject.isdigit():
        user = queries.user(int(subject))
    else:
        made = next((found for let in registry.let_in if (found := let(subject))), None)
        user = queries.user(made) if made is not None else None
    return user if user is not None and user.deactivated_at is None else None
