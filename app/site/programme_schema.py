"""The schema of the programme file, which combines the parts of all rooms.

This module does not use Flask or the database. References are checked in
app.site.programme_references.
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
    """The team's public contact details. Only the website is required."""

    team: Line
    web: WebAddress
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = None
    phone: Line | None = None
    post: Prose | None = None


class ProgrammeFacts(Part):
    """The name, organisation, area and settings of a programme.

    ``from_on`` is the first day for which networks and organisations are recorded.
    ``changes_from_on`` is the day from which changes to targets, area sets, bands and the rules for
    counting apply. It cannot be in the past. The default is the day of loading. ``district_codes``
    are the GSS codes of the districts in the programme. ``postcode_areas`` are the postcode areas
    to load into the directory, such as NR. ``active_months`` is how long a person counts as active
    after their last confirmation. ``staff_idle_minutes`` is how long staff and partners can be idle
    before they are signed out. ``decided_within`` is the usual time for a decision about a
    registration, such as "two weeks". If it is None, pages and letters do not mention a time.
    ``free_place_after_days`` is how long we keep a place for a person who can no longer help,
    counted from the nightly check that found the problem. ``exit_to`` is the page on another site
    to which “Exit this page” redirects. ``neutral_sender`` is the sender of letters to protected
    people. The default is the organisation.
    """

    slug: Slug
    name: Annotated[Line, Field(max_length=120)]
    organisation: Annotated[Line, Field(max_length=120)]
    area_name: Line
    from_on: date
    changes_from_on: date | None = None
    district_codes: Annotated[Many[AreaCode], Field(min_length=1)]
    postcode_areas: Annotated[Many[PostcodeArea], Field(min_length=1)]
    active_months: Months
    staff_idle_minutes: Annotated[int, Field(ge=5, le=120)] = 30
    decided_within: Annotated[Line, Field(max_length=40)] | None = None
    free_place_after_days: Annotated[int, Field(ge=1, le=366)] = 28
    exit_to: WebAddress | None = None
    neutral_sender: Annotated[Line, Field(max_length=60)] | None = None
    contact: Contact
    notify: NotifyTemplates | None = None


class CrisisLinePart(Part):
    """A help line.

    ``when`` describes the situation it is for. ``panel`` is whether it is also shown in the crisis
    panel. ``checked_on`` is the date of the newest source that contains this number. ``confirmed``
    is whether the source is the owner of the line.
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
    """An attribution that a data licence requires."""

    text: Prose
    covers: Prose
    web: WebAddress | None = None


class Section(Part):
    """A heading with paragraphs and an optional list."""

    heading: Line
    paragraphs: Many[Prose] = ()
    bullets: Many[Prose] = ()


class PrivacyNotice(Part):
    """A version of the privacy notice. A version that people have been shown is never changed."""

    version: Annotated[int, Field(ge=1)]
    from_on: date
    controller: Line
    contact_web: WebAddress
    sections: Annotated[Many[Section], Field(min_length=1)]


class Issue(Part):
    """An accessibility problem, and the date by which we will fix it."""

    text: Prose
    fixed_by_on: date


class AccessibilityStatement(Part):
    """The facts in the accessibility statement (PSBAR 2018, model statement)."""

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
