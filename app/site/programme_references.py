"""Check that all names used in a programme file exist, and that names are unique."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from app.site.programme_schema import Programme


def find_broken_references(programme: Programme) -> list[str]:
    """Return a sentence for each unknown or duplicate name."""
    checks: tuple[Callable[[Programme], Iterator[str]], ...] = (
        _check_unique,
        _check_facts,
        _check_organisations,
        _check_certificates,
        _check_courses,
        _check_areas,
        _check_targets,
        _check_communities,
    )
    return [error for check in checks for error in check(programme)]


def _unknown_names(
    key: str, names: Iterable[str], known: Iterable[str], noun: str
) -> Iterator[str]:
    """Yield a sentence for each name that is not in ``known``. ``key`` is the path of the names."""
    known = frozenset(known)
    for name in names:
        if name not in known:
            yield f"{key}: there is no {noun} “{name}”."


def _check_unique(programme: Programme) -> Iterator[str]:
    geography = programme.geography
    names: dict[str, list[str]] = {
        "districts": [each.code for each in programme.districts],
        "networks": [each.slug for each in programme.networks],
        "organisations": [each.slug for each in programme.organisations],
        "certificate_kinds": [each.slug for each in programme.certificate_kinds],
        "course_types": [each.slug for each in programme.course_types],
        "area_sets": [each.slug for each in programme.area_sets],
        "targets": [each.slug for each in programme.targets],
        "crisis_lines": [each.slug for each in programme.crisis_lines],
        "privacy_notices": [str(each.version) for each in programme.privacy_notices],
        "geography.wards": [each.code for each in geography.wards],
        "geography.lsoas": [each.code for each in geography.lsoas],
        "towns, villages and localities": _community_slugs(programme)
        + [each.slug for each in programme.localities],
        "organisations, by name": [each.name.casefold() for each in programme.organisations],
    }
    for key, used in names.items():
        for name, times in Counter(used).items():
            if times > 1:
                yield f"{key}: “{name}” appears {times} times."


def _check_facts(programme: Programme) -> Iterator[str]:
    yield from _unknown_names(
        "programme.district_codes",
        programme.programme.district_codes,
        (each.code for each in programme.districts),
        "district",
    )


def _check_organisations(programme: Programme) -> Iterator[str]:
    organisations = [each.slug for each in programme.organisations]
    networks = [each.slug for each in programme.networks]
    for number, network in enumerate(programme.networks):
        if network.approver is not None:
            key = f"networks[{number}].approver"
            yield from _unknown_names(key, [network.approver], organisations, "organisation")
    for number, organisation in enumerate(programme.organisations):
        for place, agreement in enumerate(organisation.agreements):
            if agreement.network is not None:
                key = f"organisations[{number}].agreements[{place}].network"
                yield from _unknown_names(key, [agreement.network], networks, "network")


def _check_certificates(programme: Programme) -> Iterator[str]:
    kinds = {each.slug: each for each in programme.certificate_kinds}
    for number, kind in enumerate(programme.certificate_kinds):
        key = f"certificate_kinds[{number}].includes"
        yield from _unknown_names(key, kind.includes, kinds, "certificate kind")
        seen: set[str] = set()
        pending = list(kind.includes)
        while pending:
            slug = pending.pop()
            if slug in kinds and slug not in seen:
                seen.add(slug)
                pending.extend(kinds[slug].includes)
        if kind.slug in seen:
            yield f"{key}: “{kind.slug}” includes itself."


def _check_courses(programme: Programme) -> Iterator[str]:
    kinds = [each.slug for each in programme.certificate_kinds]
    for number, course in enumerate(programme.course_types):
        for key, slug in (("awards", course.awards), ("prerequisite", course.prerequisite)):
            if slug is not None:
                path = f"course_types[{number}].{key}"
                yield from _unknown_names(path, [slug], kinds, "certificate kind")


def _check_areas(programme: Programme) -> Iterator[str]:
    geography = programme.geography
    wards = [each.code for each in geography.wards]
    for number, lsoa in enumerate(geography.lsoas):
        yield from _unknown_names(f"geography.lsoas[{number}].ward", [lsoa.ward], wards, "ward")
    for place, town in enumerate(programme.towns):
        yield from _unknown_names(f"towns[{place}].wards", town.wards, wards, "ward")
    for place, locality in enumerate(programme.localities):
        yield from _unknown_names(f"localities[{place}].wards", locality.wards, wards, "ward")
    for key, groups in (("towns", programme.towns), ("localities", programme.localities)):
        used = Counter(code for group in groups for code in group.wards)
        for code in (code for code, times in used.items() if times > 1):
            yield f"{key}: ward “{code}” appears twice, but a ward can only be in one."
    known = {
        "ward": wards,
        "lsoa": [each.code for each in geography.lsoas],
        "district": [each.code for each in programme.districts],
    }
    for number, area_set in enumerate(programme.area_sets):
        key = f"area_sets[{number}]"
        yield from _unknown_names(f"{key}.codes", area_set.codes, known[area_set.of], area_set.of)
        if area_set.edition not in (None, geography.imd_edition):
            yield f"{key}.edition: geography has no deciles for “{area_set.edition}”."


def _check_targets(programme: Programme) -> Iterator[str]:
    kinds = [each.slug for each in programme.certificate_kinds]
    networks = [each.slug for each in programme.networks]
    sets = [each.slug for each in programme.area_sets]
    for number, target in enumerate(programme.targets):
        key = f"targets[{number}]"
        yield from _unknown_names(f"{key}.kinds", target.kinds, kinds, "certificate kind")
        yield from _unknown_names(f"{key}.networks", target.networks, networks, "network")
        if target.area_set is not None:
            yield from _unknown_names(f"{key}.area_set", [target.area_set], sets, "area set")
        if target.beside is not None:
            others = [each.slug for each in programme.targets if each.slug != target.slug]
            yield from _unknown_names(f"{key}.beside", [target.beside], others, "other target")


def _community_slugs(programme: Programme) -> list[str]:
    return [town.slug for town in programme.towns] + [each.slug for each in programme.villages]


def _check_communities(programme: Programme) -> Iterator[str]:
    status = programme.community_status
    if status is None:
        return
    kinds = [each.slug for each in programme.certificate_kinds]
    yield from _unknown_names("community_status.kinds", status.kinds, kinds, "certificate kind")
    places = _community_slugs(programme)
    for number, award in enumerate(status.awards):
        key = f"community_status.awards[{number}].area"
        yield from _unknown_names(key, [award.area], places, "town or village")
