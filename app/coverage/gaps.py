"""What targets and bands still lack, as suggestions of needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from app.areas import queries as areas
from app.areas.types import AreaKind, Place
from app.core.actor import Actor, Scope
from app.core.registry import Gap
from app.coverage import measures
from app.coverage.places import Places
from app.coverage.queries import facts
from app.coverage.types import TargetFacts


def gaps(actor: Actor, on: date) -> list[Gap]:
    """Places that numbered targets and bands lack on a day, over whom the actor may read.

    A target over an area set is shared out over the wards its areas lie in; one over the district
    is asked for there. Only for who may read everybody: a partner's own people say nothing about
    what the network lacks.
    """
    scope = Scope.of(actor)
    if not scope.everyone:
        return []
    places = Places()
    # A need is read by others, so what it asks for follows from general champions alone.
    sent_on = scope.for_sharing()
    found = list(_of_bands(places, on, sent_on))
    for target in facts.targets_on(on):
        if target.needed is None or (target.sensitive and not scope.sensitive):
            continue
        reader = scope if target.sensitive else sent_on
        held = measures.measured(target, places, on, reader).held
        if held < target.needed:
            found += _of_target(target, held, target.needed - held)
    return found


def _of_bands(places: Places, on: date, scope: Scope) -> Iterator[Gap]:
    for area in measures.area_figures(places, on, scope):
        lacking = area.needed - area.held
        if area.band is not None and lacking > 0:
            yield Gap(
                area_code=area.code,
                area_name=area.name,
                network=None,
                places=lacking,
                source=f"band:{area.code}",
                why=f"{area.band}: {area.held} of {area.needed} champions.",
            )


def _of_target(target: TargetFacts, held: int, lacking: int) -> list[Gap]:
    rule = target.rule
    network = rule.networks[0] if len(rule.networks) == 1 else None
    why = f"{target.name}: {held} of {target.needed}."
    shares = _shared_out(target, lacking)
    return [
        Gap(place.code, place.name, network, number, _source(target, place, len(shares)), why)
        for place, number in shares
    ]


def _source(target: TargetFacts, place: Place, shares: int) -> str:
    """What a need made from it bears: one need for each place that a gap is shared out over."""
    return f"target:{target.slug}" if shares == 1 else f"target:{target.slug}:{place.code}"


def _shared_out(target: TargetFacts, lacking: int) -> list[tuple[Place, int]]:
    """Wards of the target's area set, or the district, with the places that fall to each.

    By the number of the set's areas in a ward, remainders to the largest, then by name.
    """
    if target.rule.district:
        districts = areas.places(AreaKind.DISTRICT)
        return [(districts[0], lacking)] if districts else []
    if target.rule.area_set is None:
        return []
    members = areas.set_members(target.rule.area_set)
    wards = {place.id: place for place in areas.places(AreaKind.WARD)}
    weight = Counter(
        whole for member in members for whole in areas.wholes_of(member) if whole in wards
    )
    total = sum(weight.values())
    if not total:
        return []
    shares = {ward: divmod(lacking * number, total) for ward, number in weight.items()}
    left = lacking - sum(whole for whole, _ in shares.values())
    by_rest = sorted(shares, key=lambda ward: (-shares[ward][1], wards[ward].name, ward))
    more = set(by_rest[:left])
    return [
        (wards[ward], shares[ward][0] + (ward in more))
        for ward in sorted(shares, key=lambda ward: (wards[ward].name, ward))
        if shares[ward][0] + (ward in more)
    ]
