"""Signing in by link, for champions (DESIGN 6).

The site never reveals whether it knows an email address. Every request runs the same statements and
sends one letter, so only the owner of the mailbox finds out. The letter contains a link, or says
why there is no link.
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
from app.accounts.types import SIGN_IN_LINK
from app.core import audit, clock, links, ratelimit, registry, throttling
from app.core.actor import PUBLIC
from app.core.audit_verbs import AuditVerb
from app.core.permissions import STAFF_ROLES, Role
from app.core.registry import SignInCandidate, SignInState
from app.messages import mailbox_limits
from app.messages import service as messages
from app.messages.letters import add_letter
from app.messages.types import TO_NOBODY, Channel, Letter, NewMessage, Recipient

LINK = LETTER = SIGN_IN_LINK
LIFETIME = timedelta(minutes=30)
NO_LINK = "sign-in-none"
DAY_SECONDS = 24 * 60 * 60
MAX_REFUSALS_PER_DAY = 2  # letters without a link to one address, for each reason


class NoLinkReason(StrEnum):
    """The reason why a letter does not contain a sign-in link."""

    UNKNOWN = "unknown"
    UNCONFIRMED = "unconfirmed"
    DECLINED = "declined"
    PASSWORD = "password"  # noqa: S105  # staff sign in with a password
    CLOSED = "closed"


@dataclass(frozen=True)
class SignInLetter:
    """The letter to send when a sign-in link is requested.

    ``reason`` is None if the letter contains a link, and ``subject`` is the subject of the link.
    ``address`` is the email address as we store it, or "" if we do not have it.
    """

    reason: NoLinkReason | None
    purpose: str = LINK
    subject: str = "0"
    endpoint: str = "accounts.use_link"
    lifetime: timedelta = LIFETIME
    name: str = ""
    address: str = ""
    user_id: int | None = None
    person_id: int | None = None


def register_letters() -> None:
    """Register the letters. Both are sent only to the mailbox that the user typed."""
    add_letter(Letter(LETTER, _l("Sign in"), fixed_address=True, even_if_silent=True))
    add_letter(
        Letter(
            NO_LINK,
            _l("Explain why we cannot send a sign-in link"),
            fixed_address=True,
            even_if_silent=True,
        )
    )


def send_link(
    email: str,
    source: str,
    *,
    unconfirmed_first: bool = False,
    requester_id: int | None = None,
) -> None:
    """Send a sign-in link to an email address, or a letter that says why there is no link.

    ``source`` is the network address of the request. If ``unconfirmed_first`` is True, an
    unconfirmed registration takes precedence over another person's account in the same (shared)
    mailbox. ``requester_id`` is the ID of the person who is asking for the link, or None if it is
    not known. If it is known, the link cannot confirm anybody else's registration.

    No letter is sent after the mailbox has reached its limit (`app.messages.mailbox_limits`).
    Letters without a link have their own limit. Otherwise a stranger could use up the limit of an
    address before its owner registers. Raises TooManyAttempts.
    """
    mailbox_limits.count_request(source, email)
    user = queries.user_by_email(email, lock=True)
    user_id = user.id if user else 0
    roles = queries.roles_held(user_id, clock.today())
    candidates = [each for find in registry.sign_in_candidates for each in find(email, user_id)]
    letter = _choose_letter(user, roles, candidates, unconfirmed_first, requester_id)
    kind = mailbox_limits.SIGN_IN + (f":{letter.reason}" if letter.reason else "")
    if not mailbox_limits.count_letter(kind, email):
        return
    link_id = links.create(letter.purpose, letter.subject, letter.lifetime)
    messages.post(
        NewMessage(
            letter=NO_LINK if letter.reason else LETTER,
            recipient=_recipient(email, letter),
            key=f"{LETTER}:{link_id}",
            context=_letter_context(letter, str(link_id)),
        )
    )


def _recipient(email: str, letter: SignInLetter) -> Recipient:
    """Return the mailbox, or TO_NOBODY after too many letters without a link today."""
    has_link = letter.reason in (None, NoLinkReason.UNCONFIRMED)
    if (
        not has_link
        and ratelimit.count_attempt(_refusal_counter_name(email, letter.reason), DAY_SECONDS)
        > MAX_REFUSALS_PER_DAY
    ):
        return TO_NOBODY
    return Recipient(
        Channel.EMAIL,
        letter.address or email.strip(),
        letter.name,
        letter.person_id,
        letter.user_id,
    )


def _refusal_counter_name(email: str, reason: NoLinkReason | None) -> str:
    """Return the name of the counter for letters without a link to an address."""
    return f"no-link:{reason}:{throttling.hash_name(email.strip().lower())}"


def _letter_context(letter: SignInLetter, link_id: str) -> dict[str, Any]:
    link = {"endpoint": letter.endpoint, "purpose": letter.purpose, "link_id": link_id}
    if letter.reason is None:
        return {"link": link}
    context: dict[str, Any] = {"why": letter.reason.value}
    match letter.reason:
        case NoLinkReason.UNCONFIRMED:
            context["link"] = link
        case NoLinkReason.UNKNOWN:
            context["page"] = {"endpoint": "registration.register_start", "values": {}}
        case NoLinkReason.PASSWORD:
            context["page"] = {"endpoint": "accounts.staff_sign_in", "values": {}}
    return context


def _choose_letter(
    user: User | None,
    roles: frozenset[Role],
    candidates: Sequence[SignInCandidate],
    unconfirmed_first: bool,
    requester_id: int | None,
) -> SignInLetter:
    possible = _candidates_for(requester_id, candidates)
    unconfirmed = [each for each in possible if each.state is SignInState.UNCONFIRMED]
    if unconfirmed and unconfirmed_first:
        return _confirmation_letter(unconfirmed)
    if user is not None and user.deactivated_at is not None:
        return SignInLetter(NoLinkReason.CLOSED)
    if user is not None and roles & STAFF_ROLES:
        return SignInLetter(NoLinkReason.PASSWORD, user_id=user.id)
    own = [each for each in candidates if user is not None and each.user_id == user.id]
    if user is not None and Role.CHAMPION in roles and (not own or own[0].may_sign_in):
        return SignInLetter(
            None, subject=str(user.id), name=user.name, address=user.email, user_id=user.id
        )
    others = [each for each in possible if each not in own]
    first = next((each for each in others if each.may_sign_in), None)
    if first is not None:
        return SignInLetter(
            None,
            subject=first.subject,
            name=first.name,
            address=first.address,
            person_id=first.person_id,
        )
    if unconfirmed:
        return _confirmation_letter(unconfirmed)
    if any(each.state is SignInState.DECLINED for each in possible):
        return SignInLetter(NoLinkReason.DECLINED)
    return SignInLetter(NoLinkReason.UNKNOWN)


def _candidates_for(
    requester_id: int | None, candidates: Sequence[SignInCandidate]
) -> Sequence[SignInCandidate]:
    """Return the candidates for a letter to the person with this ID, or to an unknown person.

    If the person no longer has this address, nobody else's registration may be confirmed instead.
    """
    if requester_id is None:
        return candidates
    own = [each for each in candidates if each.person_id == requester_id]
    return own or [each for each in candidates if each.state is not SignInState.UNCONFIRMED]


def _confirmation_letter(candidates: Sequence[SignInCandidate]) -> SignInLetter:
    """Return the letter with a link that confirms the registration of one of the candidates.

    If there are several, the page that it opens asks which registration it is.
    """
    candidate, is_choice = candidates[0], len(candidates) > 1
    return SignInLetter(
        NoLinkReason.UNCONFIRMED,
        purpose=candidate.confirm_purpose,
        subject=candidate.choice_subject if is_choice else candidate.confirm_subject,
        endpoint="registration.confirm",
        lifetime=candidate.confirm_lifetime,
        address=candidate.address,
        person_id=None if is_choice else candidate.person_id,
    )


def is_valid(token: str) -> bool:
    """Return whether the link can be used, without using it up."""
    return links.peek(LINK, token) is not None


def use_link(token: str) -> int | None:
    """Use up the link and return the ID of its user.

    Returns None if the link has been used or has expired, or if the user is not allowed to sign in.
    """
    subject = links.spend(LINK, token)
    user = _find_user(subject) if subject else None
    if user is None:
        return None
    mailbox_limits.reset(mailbox_limits.SIGN_IN, user.email)
    audit.record(PUBLIC, AuditVerb.USER_SIGN_IN, "users", user.id, how="link")
    return user.id


def _find_user(subject: str) -> User | None:
    """Return the user for the subject of a link. A person's first link creates the user."""
    if subject.isdigit():
        user = queries.user(int(subject))
    else:
        found = (find_or_create(subject) for find_or_create in registry.user_of_subject)
        user_id = next((each for each in found if each), None)
        user = queries.user(user_id) if user_id is not None else None
    return user if user is not None and user.deactivated_at is None else None
