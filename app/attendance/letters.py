"""Letters that tell attendees about the result of a course, and that correct earlier ones.

Nobody must learn from a letter, or from the run's page, whether an attendee who was added by name
has a record. The email address that was entered for such an attendee may be that of the user who
added them. It therefore gets what it would get without a link, and a linked person's own letters
have keys that the run's page does not look up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.attendance import awarding
from app.courses import keys, notifications
from app.courses.models import Attendee
from app.courses.queries import holders
from app.courses.types import RunFacts
from app.messages import queries as messages
from app.messages import service
from app.messages.letters import add_letter
from app.messages.types import (
    COPY_OF,
    NO_ADDRESS,
    NO_RECIPIENT,
    TO_NOBODY,
    Channel,
    Letter,
    Recipient,
)
from app.people.contact import find_recipient, find_recipients

RECORDED, ATTENDED, CORRECTED = "training-recorded", "attendance-recorded", "training-corrected"


class _HasAddress(Protocol):
    """A message, or a recipient of one."""

    @property
    def person_id(self) -> int | None: ...

    @property
    def address(self) -> str: ...


@dataclass(frozen=True)
class _Series:
    """The letters to one recipient about an attendee's result.

    `is_shown` is True if the run's page shows them. Other letters are to the person linked by the
    link `link_id`, or about a certificate that was issued later to an attendee without a link.
    """

    attendee: Attendee
    is_shown: bool = False
    link_id: int | None = None

    def recording_key(self, completion: int) -> str:
        """Return the key of the letter that says that training has been recorded."""
        if self.is_shown:
            return keys.recording_key(self.attendee.id, completion)
        return keys.hidden_recording_key(self.attendee.id, completion, self.link_id)

    def correction_key(self, completion: int) -> str:
        """Return the key of the letter that says that training was recorded by mistake."""
        if self.is_shown:
            return keys.correction_key(self.attendee.id, completion)
        return keys.hidden_correction_key(self.attendee.id, completion, self.link_id)


@dataclass(frozen=True)
class _ResultLetter:
    """The latest letter of a series, which says that training has been recorded.

    `may_be_known` is false if the letter has not been sent, so that it can still be withdrawn.
    """

    series: _Series
    key: str
    person_id: int | None
    address: str
    name: str
    may_be_known: bool

    @property
    def recipient(self) -> Recipient | None:
        """Return the recipient, at their current address, or None if we cannot contact them."""
        if self.person_id is not None:
            return find_recipient(self.person_id)
        if self.address.endswith(NO_ADDRESS):
            return TO_NOBODY
        return Recipient(Channel.EMAIL, self.address, self.name)

    def is_to(self, recipient: Recipient | None) -> bool:
        """Return whether the letter went to this recipient, perhaps at an earlier address."""
        return recipient is not None and _is_same_recipient(self, recipient)


def install() -> None:
    """Register the letters about results with app.messages.letters."""
    for name, purpose in (
        (RECORDED, _l("Tell them that their training has been recorded")),
        (ATTENDED, _l("Tell them that their attendance has been recorded")),
        (CORRECTED, _l("Tell them that training was recorded by mistake")),
    ):
        add_letter(Letter(name, purpose))


def notify_of_result(
    facts: RunFacts, attendee: Attendee, completion: int, *, awarded: bool
) -> None:
    """Tell an attendee with full attendance whether they have a certificate.

    `awarded` is True if they have one. A linked person is told if they have it only because of the
    link, or if no email address was entered. If the linked person is told at the address that was
    entered, no second letter is sent to it.
    """
    entered = notifications.find_attendee_recipient(attendee)
    is_due = awarded and _is_due_without_link(facts, attendee)
    linked = copy_key = None
    if awarded and (entered is None or not is_due):
        linked, copy_key = _notify_linked_person(facts, attendee, completion)
    if is_due:
        _notify_of_recorded_training(facts, _Series(attendee, is_shown=True), completion, entered)
        return
    is_copied = notifications.is_same_mailbox(entered, linked)
    notifications.post_letter(
        TO_NOBODY if is_copied else entered,
        ATTENDED,
        keys.attendance_key(attendee.id),
        facts,
        attendee,
        kind=facts.type.prerequisite or "",
        **({COPY_OF: copy_key} if is_copied else {}),
    )


def notify_of_late_certificate(facts: RunFacts, attendee: Attendee, completion: int) -> None:
    """Tell an attendee, or the linked person, about a certificate issued after the sign-off."""
    entered = notifications.find_attendee_recipient(attendee)
    if entered is not None and _is_due_without_link(facts, attendee):
        _notify_of_recorded_training(facts, _Series(attendee), completion, entered)
    else:
        _notify_linked_person(facts, attendee, completion)


def _is_due_without_link(facts: RunFacts, attendee: Attendee) -> bool:
    """Return whether an attendee with a certificate would also have it without a link."""
    return attendee.person_id is not None or awarding.is_certificate_due(facts, attendee, None)


def _notify_linked_person(
    facts: RunFacts, attendee: Attendee, completion: int
) -> tuple[Recipient | None, str | None]:
    """Tell the linked person about the certificate, unless it is for another place on the run.

    Returns the recipient, or None if there is no link or we cannot contact the person. Also returns
    the key of the letter that told them, or None.
    """
    link = holders.current_link(attendee.id)
    if link is None:
        return None, None
    recipient, key = find_recipient(link.person_id), None
    if awarding.attendees_with_certificate([attendee], completion):
        series = _Series(attendee, link_id=link.id)
        key = _notify_of_recorded_training(facts, series, completion, recipient)
    return recipient, key


def _notify_of_recorded_training(
    facts: RunFacts, series: _Series, completion: int, recipient: Recipient | None
) -> str | None:
    """Tell a recipient that training has been recorded, unless their latest letter says so.

    If a letter that the run's page does not show has gone to the address that was entered, the page
    shows a message to nobody instead. Returns the key of the letter that told the recipient.
    """
    sent = _find_result_letters([series.attendee], completion)
    own = [each for each in sent if each.series == series]
    others = [each for each in sent if each.is_to(recipient)]
    if own or (others and (not series.is_shown or series.attendee.person_id is not None)):
        return (own or others)[-1].key
    key, copy = series.recording_key(completion), {}
    if others:
        recipient, copy = TO_NOBODY, {COPY_OF: others[-1].key}
    notifications.post_letter(recipient, RECORDED, key, facts, series.attendee, **copy)
    return key


def correct_results(
    facts: RunFacts,
    attendees: Sequence[Attendee],
    completion: int,
    awarded: Collection[int] = (),
    *,
    cancelled: bool = False,
) -> None:
    """Tell people that training was recorded by mistake, or no longer counts.

    The letter goes to whoever was told that the training had been recorded. If that letter was
    certainly not delivered, it is withdrawn instead. `awarded` contains the IDs of the attendees
    who have a certificate now. Set `cancelled` if the run was cancelled.

    Each person is told once, and people with a certificate for another place on the run are not
    told. The run's page still shows a letter for each place.
    """
    people = holders.person_ids_by_attendee(attendees)
    informed: set[int | tuple[int, str]] = set()
    posted: dict[int, str] = {}  # the keys of the corrections at the entered addresses
    wrong = [
        letter
        for letter in _find_result_letters(attendees, completion)
        if not _is_still_true(facts, letter, people, awarded)
    ]
    reason = _("the training was recorded by mistake")
    for letter in sorted(
        wrong, key=lambda each: (each.person_id is None, not each.series.is_shown)
    ):
        if service.withdraw_messages([letter.key], reason):
            continue
        attendee, recipient = letter.series.attendee, letter.recipient
        person_id = _find_person_at_mailbox(letter, people)
        reader = (attendee.id, letter.address.casefold()) if person_id is None else person_id
        if reader in informed or (
            person_id is not None and _has_certificate(attendee.run_id, person_id, completion)
        ):
            recipient = TO_NOBODY
        key, copy = letter.series.correction_key(completion), {}
        if recipient == TO_NOBODY and attendee.id in posted:
            copy = {COPY_OF: posted[attendee.id]}
        elif notifications.is_same_mailbox(
            recipient, notifications.find_attendee_recipient(attendee)
        ):
            posted[attendee.id] = key
        notifications.post_letter(
            recipient,
            CORRECTED,
            key,
            facts,
            attendee,
            cancelled=cancelled,
            attended=_has_full_attendance(attendee),
            **copy,
        )
        informed.add(reader)


def find_people_to_correct(attendees: Sequence[Attendee], completion: int) -> set[int]:
    """Return the IDs of the attendees whose linked person gets a letter if the run is cancelled.

    They were told that their training had been recorded.
    """
    if completion == 0:
        return set()
    people = holders.person_ids_by_attendee(attendees)
    told = {
        letter.series.attendee.id: letter.person_id
        for letter in _find_result_letters(attendees, completion)
        if letter.may_be_known
        and letter.series.link_id is not None
        and letter.person_id is not None
        and letter.person_id == people.get(letter.series.attendee.id)
    }
    reachable = find_recipients(told.values())
    return {attendee_id for attendee_id, person_id in told.items() if person_id in reachable}


def _find_result_letters(attendees: Iterable[Attendee], completion: int) -> list[_ResultLetter]:
    """Return the letters that say that training was recorded and that have not been corrected.

    A correction in another series counts if it is to the same recipient about the same attendee.
    """
    by_id = {each.id: each for each in attendees}
    series = [
        *(
            _Series(each, is_shown=is_shown)
            for each in by_id.values()
            for is_shown in (True, False)
        ),
        *(
            _Series(by_id[link.attendee_id], link_id=link.id)
            for link in holders.list_links(list(by_id))
        ),
    ]
    by_key = {
        key: each
        for each in series
        for number in range(1, completion + 1)
        for key in (each.recording_key(number), each.correction_key(number))
    }
    found = messages.messages_by_key(tuple(by_key), also_voided_for=NO_RECIPIENT)
    latest = {by_key[message.key]: message for message in found}
    return [
        _ResultLetter(
            each,
            message.key,
            message.person_id,
            message.address,
            message.name,
            may_be_known=message.sent_at is not None or message.unsettled_at is not None,
        )
        for each, message in latest.items()
        if message.letter == RECORDED
        and not any(
            later.letter == CORRECTED
            and later.id > message.id
            and by_key[later.key].attendee is each.attendee
            and _is_same_recipient(message, later)
            for later in found
        )
    ]


def _is_same_recipient(one: _HasAddress, other: _HasAddress) -> bool:
    """Return whether two letters are to the same person, or to the same address without a person.

    Messages to nobody have no recipient.
    """
    if one.person_id is not None or other.person_id is not None:
        return one.person_id == other.person_id
    address = one.address.casefold()
    return address == other.address.casefold() and not address.endswith(NO_ADDRESS)


def _is_still_true(
    facts: RunFacts, letter: _ResultLetter, people: Mapping[int, int], awarded: Collection[int]
) -> bool:
    """Return whether the recipient has the certificate that a letter told them about."""
    attendee = letter.series.attendee
    if attendee.cancelled_at is not None or attendee.id not in awarded:
        return False
    if letter.person_id is None:
        return _is_due_without_link(facts, attendee)
    return letter.person_id == people.get(attendee.id)


def _find_person_at_mailbox(letter: _ResultLetter, people: Mapping[int, int]) -> int | None:
    """Return the ID of the person who got a letter.

    A letter to the address that was entered reached the linked person if it is their address.
    """
    linked_id = people.get(letter.series.attendee.id)
    if letter.person_id is not None or linked_id is None:
        return letter.person_id
    return (
        linked_id
        if notifications.is_same_mailbox(letter.recipient, find_recipient(linked_id))
        else None
    )


def _has_certificate(run_id: int, person_id: int, completion: int) -> bool:
    places = holders.list_places(run_id, person_id)
    return bool(awarding.attendees_with_certificate(places, completion))


def _has_full_attendance(attendee: Attendee) -> bool:
    return attendee.cancelled_at is None and awarding.attended_every_session(attendee, attendee.run)
