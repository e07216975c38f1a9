"""What one table of a programme file says of another: every name that is used must exist, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from app.site.programme_schema import Programme


def broken_references(programme: Programme) -> list[str]:
    """A sentence for each name that is used twice or does not exist; empty when all is well."""
    checks: tuple[Callable[[Programme], Iterator[str]], ...] = (
        _doubles,
        _facts,
        _organisations,
        _certificates,
        _courses,
        _areas,
        _targets,
        _communities,
    )
    return [mistake for check in checks for mistake in check(programme)]


def _unknown(key: str, names: Iterable[str], known: Iterable[str], what: str) -> Iterator[str]:
    """A sentence for each of `names` (at `key`) that is not among `known` (called `what`)."""
    known = frozenset(known)
    for name in names:
        if name not in known:
            yield f"{key}: there is no {what} “{name}”."


def _doubles(programme: Programme) -> Iterator[str]:
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
        "towns, villages and localities": _communities_of(programme)
        + [each.slug for each in programme.localities],
        "organisations, by name": [each.name.casefold() for each in programme.organisations],
    }
    for key, used in names.items():
        for name, times in Counter(used).items():
            if times > 1:
                yield f"{key}: “{name}” stands there {times} times."


def _facts(programme: Programme) -> Iterator[str]:
    yield from _unknown(
        "programme.district_codes",
        programme.programme.district_codes,
        (each.code for each in programme.districts),
        "district",
    )


def _organisations(programme: Programme) -> Iterator[str]:
    organisations = [each.slug for each in programme.organisations]
    networks = [each.slug for each in programme.networks]
    for number, network in enumerate(programme.networks):
        if network.approver is not None:
            key = f"networks[{number}].approver"
            yield from _unknown(key, [network.approver], organisations, "organisation")
    for number, organisation in enumerate(programme.organisations):
        for place, agreement in enumerate(organisation.agreements):
            if agreement.network is not None:
                key = f"organisations[{number}].agreements[{place}].network"
                yield from _unknown(key, [agreement.network], networks, "network")


def _certificates(programme: Programme) -> Iterator[str]:
    kinds = {each.slug: each for each in programme.certificate_kinds}
    for number, kind in enumerate(programme.certificate_kinds):
        key = f"certificate_kinds[{number}].includes"
        yield from _unknown(key, kind.includes, kinds, "certificate kind")
        reached: set[str] = set()
        ahead = list(kind.includes)
        while ahead:
            slug = ahead.pop()
            if slug in kinds and slug not in reached:
                reached.add(slug)
                ahead.extend(kinds[slug].includes)
        if kind.slug in reached:
            yield f"{key}: “{kind.slug}” includes itself."


def _courses(programme: Programme) -> Iterator[str]:
    kinds = [each.slug for each in programme.certificate_kinds]
    for number, course in enumerate(programme.course_types):
        for key, slug in (("awards", course.awards), ("prerequisite", course.prerequisite)):
            if slug is not None:
                path = f"course_types[{number}].{key}"
                yield from _unknown(path, [slug], kinds, "certificate kind")


def _areas(programme: Programme) -> Iterator[str]:
    geography = programme.geography
    wards = [each.code for each in geography.wards]
    for number, lsoa in enumerate(geography.lsoas):
        yield from _unknown(f"geography.lsoas[{number}].ward", [lsoa.ward], wards, "ward")
    for place, town in enumerate(programme.towns):
        yield from _unknown(f"towns[{place}].wards", town.wards, wards, "ward")
    for place, locality in enumerate(programme.localities):
        yield from _unknown(f"localities[{place}].wards", locality.wards, wards, "ward")
    for key, groups in (("towns", programme.towns), ("localities", programme.localities)):
        used = Counter(code for group in groups for code in group.wards)
        for code in (code for code, times in used.items() if times > 1):
            yield f"{key}: ward “{code}” stands there twice, and can lie in one only."
    known = {
        "ward": wards,
        "lsoa": [each.code for each in geography.lsoas],
        "district": [each.code for each in programme.districts],
    }
    for number, area_set in enumerate(programme.area_sets):
        key = f"area_sets[{number}]"
        yield from _unknown(f"{key}.codes", area_set.codes, known[area_set.of], area_set.of)
        if area_set.edition not in (None, geography.imd_edition):
            yield f"{key}.edition: there are no deciles of “{area_set.edition}” in geography."


def _targets(programme: Programme) -> Iterator[str]:
    kinds = [each.slug for each in programme.certificate_kinds]
    networks = [each.slug for each in programme.networks]
    sets = [each.slug for each in programme.area_sets]
    for number, target in enumerate(programme.targets):
        key = f"targets[{number}]"
        yield from _unknown(f"{key}.kinds", target.kinds, kinds, "certificate kind")
        yield from _unknown(f"{key}.networks", target.networks, networks, "network")
        if target.area_set is not None:
            yield from _unknown(f"{key}.area_set", [target.area_set], sets, "area set")
        if target.beside is not None:
            others = [each.slug for each in programme.targets if each.slug != target.slug]
            yield from _unknown(f"{key}.beside", [target.beside], others, "other target")


def _communities_of(programme: Programme) -> list[str]:
    return [town.slug for town in programme.towns] + [each.slug for each in programme.villages]


def _communities(programme: Programme) -> Iterator[str]:
    status = programme.community_status
    if status is None:
        return
    kinds = [each.slug for each in programme.certificate_kinds]
    yield from _unknown("community_status.kinds", status.kinds, kinds, "certificate kind")
    places = _communities_of(programme)
    for number, award in enumerate(status.awards):
        key = f"community_status.awards[{number}].area"
        yield from _unknown(key, [award.area], places, "town or village")
