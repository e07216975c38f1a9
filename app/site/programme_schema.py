"""The whole programme file: each room's part, and what the site itself tells.

Pure: no Flask, no database. What one table says of another is checked in app.site.programme.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.areas.programme_part import (
    AreaSetPart,
    District,
    Geography,
    Locality,
    PostcodeArea,
    Town,
    Village,
)
from app.certificates.programme_part import CertificateKindPart
from app.core.programme_types import AreaCode, Line, Many, Months, Part, Prose, Slug, WebAddress
from app.courses.programme_part import CourseTypePart
from app.messages.programme_part import NotifyTemplates
from app.organisations.programme_part import NetworkPart, OrganisationPart
from app.safeguarding.programme_part import SafeguardingPart
from app.targets.programme_part import CommunityStatus, TargetPart


class Contact(Part):
    """How the public reaches the team: at least its web page."""

    team: Line
    web: WebAddress
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = None
    phone: Line | None = None
    post: Prose | None = None


class ProgrammeFacts(Part):
    """Who runs the programme, and where.

    from_on: the day from which its networks and organisations are on record.
    district_codes: GSS codes of the districts that are "ours".
    postcode_areas: whose postcodes are loaded into the directory, e.g. NR.
    active_months: how long somebody counts as active after they last confirmed.
    staff_idle_minutes: after how long without a page staff and partners are signed out.
    decided_within: how long a decision about a registration usually takes, e.g. "two weeks";
    without it, pages and letters name no time.
    exit_to: an everyday page elsewhere, to which “Exit this page” leads.
    neutral_sender: who letters to protected people are from; without it, the organisation.
    """

    slug: Slug
    name: Annotated[Line, Field(max_length=120)]
    organisation: Annotated[Line, Field(max_length=120)]
    area_name: Line
    from_on: date
    district_codes: Annotated[Many[AreaCode], Field(min_length=1)]
    postcode_areas: Annotated[Many[PostcodeArea], Field(min_length=1)]
    active_months: Months
    staff_idle_minutes: Annotated[int, Field(ge=5, le=120)] = 30
    decided_within: Annotated[Line, Field(max_length=40)] | None = None
    exit_to: WebAddress | None = None
    neutral_sender: Annotated[Line, Field(max_length=60)] | None = None
    contact: Contact
    notify: NotifyTemplates | None = None


class CrisisLinePart(Part):
    """Where to find help now.

    when: in which situation. panel: stands in the panel on every page about distress.
    checked_on: the day of the newest source in which this number was seen in use.
    confirmed: the owner of the line was the source; False: still to be checked with them.
    """

    slug: Slug
    name: Annotated[Line, Field(max_length=120)]
    number: Annotated[Line, Field(max_length=60)]
    hours: Annotated[Line, Field(max_length=120)]
    when: Prose
    panel: bool = False
    checked_on: date
    confirmed: bool = False


class Attribution(Part):
    """A sentence that the licence of the data asks for."""

    text: Prose
    covers: Prose
    web: WebAddress | None = None


class Section(Part):
    """A heading with paragraphs and, after them, a list."""

    heading: Line
    paragraphs: Many[Prose] = ()
    bullets: Many[Prose] = ()


class PrivacyNotice(Part):
    """A version of the privacy notice. A version that was given to people is never changed."""

    version: Annotated[int, Field(ge=1)]
    from_on: date
    controller: Line
    contact_web: WebAddress
    sections: Annotated[Many[Section], Field(min_length=1)]


class Issue(Part):
    """Something that is not accessible yet, and by when it will be."""

    text: Prose
    fixed_by_on: date


class AccessibilityStatement(Part):
    """The facts of the accessibility statement (PSBAR 2018, model statement)."""

    standard: Line
    compliance: Literal["fully", "partially", "not"]
    prepared_on: date
    tested_on: date
    tested_by: Line
    method: Prose
    issues: Many[Issue] = ()


class Programme(Part):
    """A programme file."""

    programme: ProgrammeFacts
    districts: Annotated[Many[District], Field(min_length=1)]
    networks: Annotated[Many[NetworkPart], Field(min_length=1)]
    organisations: Many[OrganisationPart] = ()
    certificate_kinds: Annotated[Many[CertificateKindPart], Field(min_length=1)]
    course_types: Many[CourseTypePart] = ()
    area_sets: Many[AreaSetPart] = ()
    targets: Many[TargetPart] = ()
    towns: Many[Town] = ()
    villages: Many[Village] = ()
    localities: Many[Locality] = ()
    community_status: CommunityStatus | None = None
    crisis_lines: Annotated[Many[CrisisLinePart], Field(min_length=1)]
    safeguarding: SafeguardingPart
    attributions: Many[Attribution] = ()
    privacy_notices: Annotated[Many[PrivacyNotice], Field(min_length=1)]
    accessibility: AccessibilityStatement
    geography: Geography
