"""Find the kinds of certificate for training from imported lists, and record them in bulk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from app.certificates import anniversaries, queries, refreshers, service, writing
from app.certificates.expiry import earliest_award_date
from app.certificates.models import CertificateKind
from app.certificates.types import CertificateSource, ClaimFacts, DatePrecision, ExternalTraining
from app.core import audit, clock
from app.core.actor import Actor
from app.core.audit_verbs import AuditVerb
from app.core.registry import ImportedTraining, RecordedTraining

# Words that do not help to identify a course.
_IGNORED_WORDS = frozenset(
    (
        *(
            "and",
            "for",
            "the",
            "of",
            "in",
            "a",
            "adults",
            "england",
            "member",
            "online",
            "programme",
        ),
        *("course", "courses", "training", "trained", "qualified", "workshop", "refresher"),
        *("certificate", "certificates", "two-day", "half-day"),
    )
)
_SYNONYMS = (
    (r"\bmental health first aid(ers?|ing)?\b", "mhfa"),
    (r"\bmhfa(er|ers|s)\b", "mhfa"),
    (r"\b(2|two)[\s-]*days?\b", "two-day"),
    (r"\b(1|one)[\s-]*day\b", "one-day"),
    (r"\bhalf[\s-]*day\b", "half-day"),
    (r"\bchampions\b", "champion"),
    (r"\bmilitary\b", "armed forces"),
)
# Words that people leave out: "MHFA" alone means the course for adults, for example.
_IMPLIED_WORDS = ("adult", "one-day", "community")


def match_kind(course: str) -> str | None:
    """Return the slug of the kind that best matches the name of a course, or None."""
    kinds = queries.kinds()
    name = course.strip().casefold()
    for kind in kinds:
        if name in (kind.slug, kind.name.casefold()):
            return kind.slug
    words = _words(course)
    by_words: dict[frozenset[str], str] = {}
    for kind in reversed(kinds):
        by_words |= {_words(kind.slug): kind.slug, _words(kind.name): kind.slug}
        for abbreviation in re.findall(r"\(([A-Z]{3,})\)", kind.name):
            by_words[_words(abbreviation)] = kind.slug
    if not words:
        return None
    for implied in ("", *_IMPLIED_WORDS):
        found = by_words.get(words | {implied} if implied else words)
        if found:
            return found
    return None


def likely_kind(claim: ClaimFacts) -> str | None:
    """Return the slug of the kind that the claimed training most likely leads to, or None.

    For a refresher, this is the kind of the same family that the person holds.
    """
    slug = match_kind(claim.course)
    kind = queries.kind_by_slug(slug) if slug else None
    if kind is None or not is_refresher(claim.course):
        return slug
    trained_on, _known = earliest_award_date(claim.year, claim.month)
    held = refreshers.renewable_kinds([claim.person_id], kind.id, trained_on or clock.today())
    renewed = held.get(claim.person_id, ())
    return next((each.slug for each in queries.kinds() if each.id in renewed[:1]), None)


def has_nothing_to_renew(claim: ClaimFacts) -> bool:
    """Return whether the claim is for a refresher but the person has no certificate to renew."""
    return is_refresher(claim.course) and likely_kind(claim) is None


def is_refresher(course: str | None) -> bool:
    """Return whether a course is a refresher, judging by its name."""
    return "refresh" in (course or "").casefold()


def _words(text: str) -> frozenset[str]:
    normalised = re.sub(r"[^a-z0-9]+", " ", text.casefold()).strip()
    for pattern, replacement in _SYNONYMS:
        normalised = re.sub(pattern, replacement, normalised)
    return frozenset(normalised.split()) - _IGNORED_WORDS


def record_training(actor: Actor, training: Sequence[ImportedTraining]) -> RecordedTraining:
    """Record imported training as confirmed.

    Training that is already recorded for the person, with the same kind and date, is skipped.
    Refreshers are recorded last, by date. A refresher is not recorded if the person has no
    certificate to renew.
    """
    written = _record_certificates(actor, [each for each in training if not each.refresher])
    refreshed: dict[tuple[date, str], list[ImportedTraining]] = {}
    for each in training:
        if each.refresher:
            refreshed.setdefault((each.awarded_on or date.min, each.kind), []).append(each)
    to_check: list[ImportedTraining] = []
    for (on, slug), group in sorted(refreshed.items(), key=lambda item: item[0]):
        renewals, others = _split_refreshers(group, slug, on)
        written += _record_certificates(actor, renewals)
        to_check += others
    return RecordedTraining(written, to_check)


def _split_refreshers(
    group: Sequence[ImportedTraining], slug: str, on: date
) -> tuple[list[ImportedTraining], list[ImportedTraining]]:
    """Split refreshers into those that renew a certificate and those that renew nothing.

    The first list has one refresher for each kind that is renewed. Refreshers that are already
    recorded with the same date are left out.
    """
    kinds = {kind.id: kind.slug for kind in queries.kinds()}
    kind_id = next(each for each, kind in kinds.items() if kind == slug)
    people = {each.person_id for each in group}
    held = refreshers.renewable_kinds(people, kind_id, on)
    known = queries.award_dates(people)
    family = queries.family_kind_ids(kind_id)
    renewals = [
        replace(each, kind=kinds[renewed])
        for each in group
        for renewed in held.get(each.person_id, ())
    ]
    to_check = [
        each
        for each in group
        if each.person_id not in held
        and not any((each.person_id, kind, each.awarded_on) in known for kind in family)
    ]
    return renewals, to_check


def _record_certificates(actor: Actor, training: Sequence[ImportedTraining]) -> int:
    if not training:
        return 0
    kinds = {kind.slug: kind for kind in queries.kinds()}
    held = queries.award_dates({each.person_id for each in training})
    rows: dict[tuple[int, int, date | None], dict[str, Any]] = {}
    for each in training:
        kind = kinds[each.kind]
        award = (each.person_id, kind.id, each.awarded_on)
        if award not in held:
            rows.setdefault(award, _certificate_row(each, kind))
    if not rows:
        return 0
    written = writing.insert_certificates(list(rows.values()))
    audit.record_all(
        actor,
        AuditVerb.CERTIFICATE_RECORD,
        "certificates",
        {
            certificate_id: {"person_id": person_id, "source": "import"}
            for certificate_id, person_id in written.items()
        },
    )
    anniversaries.keep_anniversaries(actor, {each.person_id for each in training})
    return len(written)


def _certificate_row(training: ImportedTraining, kind: CertificateKind) -> dict[str, Any]:
    known = DatePrecision(training.known)
    last = service.external_expiry(
        kind, ExternalTraining(kind.slug, training.awarded_on, known, training.provider or "")
    )
    now = clock.now()
    return {
        "person_id": training.person_id,
        "kind_id": kind.id,
        "awarded_on": training.awarded_on,
        "award_known": known,
        "expires_on": last.on,
        "expiry_known": last.known,
        "expiry_basis": last.basis,
        "source": CertificateSource.IMPORT,
        "provider": training.provider,
        "number": training.number,
        "code": service.new_code(),
        "key": f"import:{training.person_id}:{kind.id}:{training.awarded_on or ''}",
        "recorded_at": now,
        "confirmed_at": now,
    }
