"""Words of the people room: enums, commands and rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from app.messages.types import Channel
from app.people.safety.types import Wishes

DETAILS_RECEIVED = "details-received"  # the letter that says where their details came from
# Characters that may be typed; columns are at least as long.
LONGEST_NAME = 120
LONGEST_ADDRESS = 250  # more does not fit on an envelope
LONGEST_TRAINING = 200  # the name of a course, or who trained them
LONGEST_REFERENCE = 80  # an awarding body's number of a certificate or course
# Kilometres that somebody would travel to help.
TRAVEL_KM = 15  # until they say something else
LONGEST_TRAVEL_KM = 200


class Interest(StrEnum):
    """What somebody wants to be."""

    MHFA = "mhfa"
    CHAMPION = "champion"
    TRAINED = "trained"  # already trained elsewhere


class Source(StrEnum):
    """How a person came to us."""

    SELF = "self"
    STAFF = "staff"
    IMPORT = "import"


class PersonState(StrEnum):
    """Derived from dates by `Person.state(on)`; never stored."""

    UNCONFIRMED = "unconfirmed"  # the email address is not proved yet
    WAITING = "waiting for approval"
    DECLINED = "declined"
    ACTIVE = "active"
    PAUSED = "paused by us"
    QUIET = "not heard from"  # approved, not confirmed within the active months
    AWAY = "away"
    LEFT = "left"


class Basis(StrEnum):
    """What ties a person to a place."""

    LIVES = "lives"
    WORKS = "works"
    COULD_HELP = "could_help"
    SERVES = "serves"  # agreed to serve: made when an assignment is accepted


class Settled(StrEnum):
    """How a presence's area came to be known."""

    DIRECTORY = "directory"  # from a postcode directory that holds wards
    CHOSEN = "chosen"  # the person or staff picked the ward
    OUTSIDE = "outside"  # in a district outside the programme
    UNSETTLED = "unsettled"


class Follows(StrEnum):
    """What somebody is asked after they joined a network."""

    PROTECTION = "protection"
    GENERAL = "general"


class ContactKind(StrEnum):
    """How somebody can be reached."""

    EMAIL = "email"
    PHONE = "phone"
    POST = "post"


@dataclass(frozen=True)
class DecisionNotice:
    """How somebody is told of a decision. by: None when no message goes. signs_in: they have a user
    to sign in with; None: that is not for this reader.
    """

    by: Channel | None
    signs_in: bool | None = None


@dataclass(frozen=True)
class Claim:
    """Training somebody says they did before. Month and year may be unknown."""

    course: str
    provider: str
    month: int | None = None
    year: int | None = None
    certificate_number: str | None = None


@dataclass(frozen=True)
class Avoided:
    """An organisation or a user whom somebody never wants to meet: one of the two."""

    organisation_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True)
class PlaceAnswer:
    """A place as typed: a postcode, or a ward picked (GSS code), or neither ("I don't know").

    district: GSS code, where a protected person's postcode was dropped and no ward picked.
    """

    basis: Basis
    postcode: str | None = None
    ward: str | None = None
    district: str | None = None


@dataclass(frozen=True)
class Registration:
    """A whole registration, checked by its owner (or entered by staff).

    submission: of the draft it was sent from; a second one with it is the same registration.
    """

    full_name: str
    interest: Interest
    over_18: bool
    networks: tuple[str, ...] = ()  # slugs
    general: bool | None = None  # asked only of those who choose only sensitive networks
    organisation: str | None = None
    email: str | None = None
    phone: str | None = None
    post: str | None = None
    preferred: ContactKind | None = None
    safe_to_call: bool = False  # the phone number is recorded as safe
    wishes: Wishes | None = None
    places: tuple[PlaceAnswer, ...] = ()
    protected: bool = False
    claim: Claim | None = None
    notice_version: int = 1
    source: Source = Source.SELF
    submission: str | None = None
    word: str | None = field(default=None, repr=False)  # the private word they chose


@dataclass(frozen=True)
class PersonRow:
    """A person in a list, as the reader of the list may see them."""

    id: int
    name: str
    state: PersonState
    networks: tuple[str, ...]
    home: str
    interest: Interest
    registered_on: date
    organisation: str | None = None
    extra: dict[str, str] = field(default_factory=dict)
