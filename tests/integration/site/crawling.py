"""Every URL that accepts GET, filled with real ids, even if no page links to it."""

from __future__ import annotations

import html
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from pypdf import PdfReader
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts import queries as accounts
from app.accounts.models import RoleRequest, User
from app.certificates.models import Certificate
from app.core import clock, jobs
from app.core.actor import Actor
from app.core.permissions import Role, permissions_for_roles
from app.courses.models import Attendee, CourseRun, CourseType
from app.matching.models import Assignment, MatchingRun, Need, Proposal
from app.messages.models import Message
from app.messages.types import Channel
from app.organisations.models import Agreement, Network, Organisation
from app.people.membership_models import MembershipApplication
from app.people.models import Affiliation, Block, Membership, Person, Presence, TrainingClaim
from app.people.safety.models import DelayedChange
from app.people.safety.types import DelayedChangeKind
from app.safeguarding.models import SafeguardingReport
from app.targets.models import Target
from app.web.http import declared_permission
from tests.demo import ANCHOR
from tests.factories import people

VOID = {
    "br",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "rect",
    "path",
    "circle",
    "line",
    "source",
    "wbr",
}
FEW = 4
# The mailbox of the demonstration shows all messages to anybody. “Exit this page” signs the reader
# out, so later pages would be opened as the public.
LEFT_OUT = ("messages.dev_", "static", "site.exit")


class HtmlChecker(HTMLParser):
    """A parser that checks the order of closing tags and counts main headings."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.headings = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Handle the start of an element."""
        self.headings += tag == "h1"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """Handle an element without content."""

    def handle_endtag(self, tag: str) -> None:
        """Check that the element closes the last one opened."""
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def html_errors(page: str) -> str | None:
    """Return the errors in a page's HTML."""
    parser = HtmlChecker()
    parser.feed(page)
    if parser.wrong or parser.open:
        return f"elements out of order: {parser.wrong[:3]} {parser.open[:3]}"
    return None if parser.headings == 1 else f"{parser.headings} main headings"


def all_text(reply: TestResponse) -> str:
    """Return all text of a response, including attributes and the text of a PDF."""
    if reply.mimetype == "application/pdf":
        pages = PdfReader(io.BytesIO(reply.data)).pages
        return " ".join(page.extract_text() for page in pages)
    return html.unescape(reply.get_data(as_text=True))


@dataclass(frozen=True)
class ForbiddenWords:
    """What must not be revealed to a reader (names, postcodes, words), and allowed names."""

    names: frozenset[str]
    allowed: frozenset[str]
    postcodes: frozenset[str]
    words: frozenset[str]
    words_allowed_at: tuple[str, ...]

    def forbidden_in(self, endpoint: str, text: str) -> list[str]:
        """Return the forbidden words that are in ``text``."""
        wanted = self.names | self.postcodes
        if not endpoint.startswith(self.words_allowed_at):
            wanted |= self.words
        return _found(wanted, text)

    def allowed_in(self, text: str) -> set[str]:
        """Return the allowed names that are in ``text``."""
        return set(_found(self.allowed, text))


def _found(wanted: frozenset[str], text: str) -> list[str]:
    """Return the words of ``wanted`` that stand in ``text`` as whole words.

    A search for each word is faster than one pattern of several hundred alternatives.
    """
    return sorted(each for each in wanted if each in text and _as_whole_word(each).search(text))


@cache
def _as_whole_word(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")


def whole_names(people: Iterable[Person]) -> frozenset[str]:
    """Return the names that have several words. A single word may occur in any sentence."""
    return frozenset(person.full_name for person in people if " " in person.full_name)


def both_layouts(postcodes: Iterable[str]) -> frozenset[str]:
    """Return the postcodes with and without a space."""
    return frozenset(itertools.chain.from_iterable((p, p.replace(" ", "")) for p in postcodes))


def permissions_held(user: User | None, on: date = ANCHOR) -> frozenset[str]:
    """Return the permissions that a user holds on a given day. None holds no permission."""
    return permissions_for_roles(accounts.roles_held(user.id, on)) if user else frozenset()


def may_open(app: Flask, endpoint: str, permissions: frozenset[str] | None) -> bool:
    """Return whether these permissions open an endpoint. None opens every endpoint."""
    if permissions is None:
        return True
    wanted = declared_permission(app, endpoint)
    return wanted is None or wanted in permissions


@dataclass
class SampleIds:
    """Real values for the arguments of a URL."""

    session: Session
    values: dict[str, list[object]] = field(default_factory=dict)
    owners: dict[str, tuple[str, dict[object, object]]] = field(default_factory=dict)

    def fill(self, owner: Actor) -> SampleIds:
        """Return a few rows of every table, unusual ones first."""
        job = jobs.start_job(owner, "matching", on="2027-03-29")
        organisations = self._ids(select(Organisation.id).order_by(Organisation.id))
        organisations += self._ids(select(Agreement.organisation_id))
        self.values = {
            "person_id": [*self._people()],
            "certificate_id": self._ids(select(Certificate.id).order_by(Certificate.id.desc()))
            + self._ids(select(Certificate.id).where(Certificate.person_id.is_(None))),
            "affiliation_id": self._ids(
                select(Affiliation.id).where(Affiliation.organisation_id.is_(None))
            ),
            "application_id": self._ids(select(MembershipApplication.id)),
            "claim_id": self._ids(
                select(TrainingClaim.id).where(TrainingClaim.settled_at.is_(None))
            ),
            "run_id": self._ids(select(CourseRun.id).order_by(CourseRun.id))
            + self._ids(select(CourseRun.id).order_by(CourseRun.id.desc()), 10),
            "need_id": self._ids(select(Need.id).order_by(Need.id), 8),
            "proposal_id": self._ids(select(Proposal.id).order_by(Proposal.id.desc()), 8),
            "assignment_id": self._ids(select(Assignment.id)),
            "organisation_id": [*dict.fromkeys(organisations)],
            "agreement_id": self._ids(select(Agreement.id)),
            "message_id": self._ids(
                select(Message.id).where(Message.sent_at.is_(None)).order_by(Message.id)
            )
            + self._ids(select(Message.id).where(Message.channel == Channel.EMAIL), 1),
            "job_id": [job.id],
            "request_id": [self._role_request()],
            "change_id": [self._change()],
            "report_id": self._ids(select(SafeguardingReport.id)),
            # staff first, users of champions last
            "user_id": self._ids(select(User.id).order_by(User.id), 6)
            + self._ids(select(User.id).order_by(User.id.desc()), 3),
            "other_id": self._ids(select(Person.id).order_by(Person.id), 2),
            "presence_id": self._ids(
                select(Presence.id).where(Presence.settled == "unsettled").order_by(Presence.id), 2
            )
            + self._ids(select(Presence.id).order_by(Presence.id), 1),
            "code": self._ids(select(Certificate.code)),
            "token": ["not-a-token"],
            "step": ["networks", "places", "check", "nowhere"],
            "kind": ["named", "walk-in"],
        }
        named = self.session.scalars(
            select(Attendee).where(Attendee.name.is_not(None)).order_by(Attendee.id.desc())
        ).first()
        assert named is not None
        of_named: dict[str, list[object]] = {"run_id": [named.run_id], "attendee_id": [named.id]}
        self.by_endpoint: dict[str, dict[str, list[object]]] = {
            "attendance.attendee": of_named,
            "attendance.accept_earlier_certificate": of_named,
            "coverage.people": {
                "slug": [*self._ids(select(Target.slug), 20), "dereham", "watton", "nowhere"]
            },
            "courses.schedule_run": {"slug": self._ids(select(CourseType.slug))},
            "matching.run": {"run_id": self._ids(select(MatchingRun.id))},
            "applications.undo_merge": self._merge(),
            "records.remove_organisation": self._with_a(Affiliation, "affiliation_id"),
            "records.remove_place": self._with_a(Presence, "presence_id"),
            "attendance.person_needs": self._with_a(Attendee, "run_id"),
        }
        self.owners = {
            "presence_id": ("person_id", self._owners(Presence.id, Presence.person_id)),
            "change_id": ("person_id", self._owners(DelayedChange.id, DelayedChange.person_id)),
            "agreement_id": (
                "organisation_id",
                self._owners(Agreement.id, Agreement.organisation_id),
            ),
        }
        return self

    def _role_request(self) -> int:
        """Return an open role request of the first user."""
        user_id = self.session.scalars(select(User.id).order_by(User.id)).first()
        assert user_id is not None
        now = clock.now()
        made = RoleRequest(
            user_id=user_id, role=Role.ANALYST, asked_at=now, from_on=now.date(), claimed=False
        )
        self.session.add(made)
        self.session.flush()
        return made.id

    def _with_a(self, model: Any, argument: str) -> dict[str, list[object]]:
        """Return the newest person with a row of this table, and the argument for the row."""
        row = self.session.scalars(
            select(model).where(model.person_id.is_not(None)).order_by(model.id.desc()).limit(1)
        ).one()
        return {"person_id": [row.person_id], argument: [getattr(row, argument, row.id)]}

    def _merge(self) -> dict[str, list[object]]:
        """Return a record and a merge into it."""
        kept = people.person("Merged Person")
        return {"person_id": [kept.id], "merge_id": [people.merge(kept)]}

    def _change(self) -> int:
        """Return a pending change that makes a protected person less safe."""
        protected = select(Person.id).where(Person.protected_at.is_not(None)).order_by(Person.id)
        person_id = self.session.scalars(protected).first()
        assert person_id is not None
        made = DelayedChange(
            person_id=person_id,
            kind=DelayedChangeKind.END_PROTECTION,
            detail={},
            asked_at=clock.now(),
        )
        self.session.add(made)
        self.session.flush()
        return made.id

    def _owners(self, id_column: Any, owner_column: Any) -> dict[object, object]:
        return {row[0]: row[1] for row in self.session.execute(select(id_column, owner_column))}

    def _ids(self, query: Select[Any], limit: int = FEW) -> list[object]:
        return list(self.session.scalars(query.limit(limit)))

    def _people(self) -> Iterator[object]:
        """Return people of every unusual kind, and a few others."""
        sensitive = select(Network.id).where(Network.sensitive)
        for query in (
            select(Person.id).where(Person.protected_at.is_not(None)),
            select(Person.id)
            .join(Membership)
            .where(Membership.network_id.in_(sensitive), Person.approved_at.is_(None)),
            select(Block.person_id),
            select(Presence.person_id).where(Presence.settled == "outside"),
            select(Presence.person_id).where(Presence.settled == "unsettled").order_by(Presence.id),
            select(Person.id).where(Person.left_on.is_not(None)),
            select(Person.id).where(Person.approved_at.is_(None), Person.declined_at.is_(None)),
            select(Person.id).order_by(Person.id.desc()),
        ):
            yield from self._ids(query, 2)

    def addresses(
        self, app: Flask, permissions: frozenset[str] | None = None
    ) -> Iterator[tuple[str, str]]:
        """Yield the (endpoint, URL) of everything that accepts GET.

        For a reader with these ``permissions``, an endpoint that they may not open has one URL,
        because permission is checked before a view reads any row. The matrix checks that requests
        for hidden and missing rows get the same response.
        """
        adapter = app.url_map.bind("localhost")
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
            if "GET" not in (rule.methods or ()) or rule.endpoint.startswith(LEFT_OUT):
                continue
            is_form = "POST" in (rule.methods or ()) and len(rule.arguments) == 1
            values = list(self.sample(rule.endpoint, sorted(rule.arguments), is_form=is_form))
            if not may_open(app, rule.endpoint, permissions):
                values = values[:1]
            for each in values:
                yield rule.endpoint, adapter.build(rule.endpoint, each)

    def sample(
        self, endpoint: str, arguments: Sequence[str], *, is_form: bool
    ) -> Iterator[Mapping[str, object]]:
        """Yield the values to open an endpoint with.

        Forms show less than pages, so every second row is enough: one person of each kind.
        """
        yield from itertools.islice(
            self.combinations(endpoint, arguments), None, None, 2 if is_form else 1
        )

    def _values_of(self, endpoint: str, name: str) -> list[object]:
        assert name in self.values, f"{endpoint}: no real values for “{name}” are known here"
        return self.values[name]

    def combinations(
        self, endpoint: str, arguments: Sequence[str]
    ) -> Iterator[Mapping[str, object]]:
        """Yield every combination of real values for the endpoint's arguments.

        A row is combined only with its owner, such as a place with its person. The matrix checks
        that every other combination is not found.
        """
        own = self.by_endpoint.get(endpoint, {})
        lists = [own.get(name) or self._values_of(endpoint, name) for name in arguments]
        yield from self.owned(arguments, lists)

    def owned(
        self, arguments: Sequence[str], lists: Sequence[Sequence[object]]
    ) -> Iterator[Mapping[str, object]]:
        """Yield every combination in which each row belongs to its owner."""
        for values in itertools.product(*lists):
            found = dict(zip(arguments, values, strict=True))
            if all(
                found[owner] == owners[found[name]]
                for name, (owner, owners) in self.owners.items()
                if name in found and owner in found
            ):
                yield found
