"""Enums, commands and rows for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from app.messages.types import Channel
from app.people.safety.types import ContactPreferences

DETAILS_RECEIVED = "details-received"  # the letter that says where their details came from
# Maximum lengths of input. Columns are at least as long.
LONGEST_NAME = 120
LONGEST_ADDRESS = 250  # longer addresses do not fit on an envelope
LONGEST_TRAINING = 200  # a course or a training provider
LONGEST_REFERENCE = 80  # an awarding body's number for a certificate or course
# Kilometres that somebody would travel to help.
TRAVEL_KM = 15  # the default
LONGEST_TRAVEL_KM = 200


class Interest(StrEnum):
    """The role that a person would like in the network."""

    MHFA = "mhfa"
    CHAMPION = "champion"
    TRAINED = "trained"  # already trained elsewhere


class Source(StrEnum):
    """How a person's record was created."""

    SELF = "self"
    STAFF = "staff"
    IMPORT = "import"


class PersonState(StrEnum):
    """The state of a person, derived from dates."""

    UNCONFIRMED = "unconfirmed"  # the email address is not verified yet
    WAITING = "waiting for approval"
    DECLINED = "declined"
    ACTIVE = "active"
    PAUSED = "paused by us"
    NOT_CONFIRMED = "not confirmed"  # not heard from within the active months, but counted
    QUIET = "not heard from"  # and two calls failed, so not counted
    AWAY = "away"
    LEFT = "left"


class Basis(StrEnum):
    """How a person is connected to a place."""

    LIVES = "lives"
    WORKS = "works"
    COULD_HELP = "could_help"
    SERVES = "serves"  # agreed to help there: created when an assignment is accepted


class MatchReason(StrEnum):
    """Why two records might be for the same person, strongest reason first."""

    CONTACT = "contact"  # the same email address or phone number
    POSTCODE = "postcode"  # a similar name and the same postcode
    NAME = "name"  # the same name, with up to one typing mistake


class AreaSource(StrEnum):
    """How the area of a place was determined."""

    DIRECTORY = "directory"  # from a postcode directory that holds wards
    CHOSEN = "chosen"  # the person or staff selected the ward
    OUTSIDE = "outside"  # in a district outside the programme
    UNSETTLED = "unsettled"


class FollowUpQuestion(StrEnum):
    """A question to ask a person after they join a network."""

    PROTECTION = "protection"
    GENERAL = "general"


class CallOutcome(StrEnum):
    """The outcome of a phone call to a person."""

    REACHED = "reached"
    LEFT_MESSAGE = "left a message"
    NOT_REACHED = "not reached"


class ContactKind(StrEnum):
    """A kind of contact detail."""

    EMAIL = "email"
    PHONE = "phone"
    POST = "post"


@dataclass(frozen=True)
class DecisionNotice:
    """How we tell a person about a decision.

    ``channel`` is None if no message is sent. ``signs_in`` is whether the person can sign in. It is
    None if the reader is not allowed to know.
    """

    channel: Channel | None
    signs_in: bool | None = None


@dataclass(frozen=True)
class Claim:
    """Previous training that a person tells us about. The month and year can be unknown."""

    course: str
    provider: str
    month: int | None = None
    year: int | None = None
    certificate_number: str | None = None


@dataclass(frozen=True)
class BlockTarget:
    """A user or an organisation to block. Exactly one of the two is set."""

    organisation_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True)
class PlaceAnswer:
    """A place that a person entered: a postcode, a ward (GSS code), both, or neither.

    ``district`` is a GSS code. It is set only for a protected person without a ward.
    """

    basis: Basis
    postcode: str | None = None
    ward: str | None = None
    district: str | None = None


@dataclass(frozen=True)
class Registration:
    """A complete registration, from the applicant or from staff.

    ``submission`` is the key of the draft. A registration with a key that was already used is not
    saved again.
    """

    full_name: str
    interest: Interest
    over_18: bool
    networks: tuple[str, ...] = ()  # slugs
    general: bool | None = None  # None unless all chosen networks are sensitive
    organisation: str | None = None
    email: str | None = None
    phone: str | None = None
    post: str | None = None
    preferred: ContactKind | None = None
    safe_to_call: bool = False  # the phone number is recorded as safe
    wishes: ContactPreferences | None = None
    places: tuple[PlaceAnswer, ...] = ()
    protected: bool = False
    claim: Claim | None = None
    notice_version: int = 1
    source: Source = Source.SELF
    submission: str | None = None
    word: str | None = field(default=None, repr=False)  # the memorable word they chose


@dataclass(frozen=True)
class PersonRow:
    """A person in a list."""

    id: int
    name: str
    state: PersonState
    networks: tuple[str, ...]
    home: str
    interest: Interest
    registered_on: date
    organisation: str | None = None
    extra: dict[str, str] = field(default_factory=dict)
