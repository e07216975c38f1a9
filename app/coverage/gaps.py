"""Suggest needs from the gaps in targets and bands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from flask_babel import gettext as _

from app.areas import queries as areas
from app.areas.types import AreaKind, Place
from app.core.actor import Actor, Scope
from app.core.registry import Gap
from app.coverage import measures
from app.coverage.places import Places
from app.coverage.queries import facts
from app.coverage.types import TargetFacts


def find_gaps(actor: Actor, on: date) -> list[Gap]:
    """Return the gaps in targets and bands on a given day.

    The gap in a target for an area set is divided among the wards of the set. Actors who are not
    allowed to see everyone, such as partners, get no gaps, because figures for their own people do
    not show the gaps in the network.
    """
    scope = Scope.for_actor(actor)
    if not scope.everyone:
        return []
    places = Places(on)
    # Everyone who can see needs will see one made from a gap without a sensitive network, so such a
    # gap must depend only on general champions.
    sharing_scope = scope.for_sharing()
    found = list(_band_gaps(places, on, sharing_scope))
    for target in facts.targets_on(on):
        if target.needed is None or (target.sensitive and not scope.sensitive):
            continue
        target_scope = scope if target.sensitive else sharing_scope
        held = measures.measure_target(target, places, on, target_scope).held
        if held < target.needed:
            found += _target_gaps(target, held, target.needed - held, on)
    return found


def _band_gaps(places: Places, on: date, scope: Scope) -> Iterator[Gap]:
    for area in measures.area_figures(places, on, scope):
        shortfall = area.needed - area.held
        if area.band is not None and shortfall > 0:
            yield Gap(
                area_code=area.code,
                area_name=area.name,
                network=None,
                places=shortfall,
                source=f"band:{area.code}",
                why=_(
                    "%(band)s: %(held)s of %(needed)s champions.",
                    band=area.band,
                    held=area.held,
                    needed=area.needed,
                ),
            )


def _target_gaps(target: TargetFacts, held: int, shortfall: int, on: date) -> list[Gap]:
    rule = target.rule
    network = rule.networks[0] if len(rule.networks) == 1 else None
    why = _(
        "%(target)s: %(held)s of %(needed)s.", target=target.name, held=held, needed=target.needed
    )
    shares = _distribute_shortfall(target, shortfall, on)
    return [
        Gap(
            place.code,
            place.name,
            network,
            number,
            _gap_key(target, place, len(shares)),
            why,
        )
        for place, number in shares
    ]


def _gap_key(target: TargetFacts, place: Place, share_count: int) -> str:
    """Return the key of a gap, which is stored as the source of a need."""
    return f"target:{target.slug}" if share_count == 1 else f"target:{target.slug}:{place.code}"


def _distribute_shortfall(target: TargetFacts, shortfall: int, on: date) -> list[tuple[Place, int]]:
    """Divide a target's shortfall among the wards of its area set.

    A shortfall for the whole district is not divided. Each ward's share is in proportion to the
    number of the set's areas in the ward. The remainder after rounding down is given to the wards
    with the largest fractions.
    """
    if target.rule.district:
        districts = areas.programme_places(AreaKind.DISTRICT)
        return [(districts[0], shortfall)] if districts else []
    if target.rule.area_set is None:
        return []
    members = areas.area_set_member_ids(target.rule.area_set, on)
    wards = {place.id: place for place in areas.programme_places(AreaKind.WARD)}
    areas_by_ward = Counter(
        whole for member in members for whole in areas.parent_area_ids(member) if whole in wards
    )
    total = sum(areas_by_ward.values())
    if not total:
        return []
    shares = {ward: divmod(shortfall * number, total) for ward, number in areas_by_ward.items()}
    left_over = shortfall - sum(whole for whole, _ in shares.values())
    by_remainder = sorted(shares, key=lambda ward: (-shares[ward][1], wards[ward].name, ward))
    rounded_up = set(by_remainder[:left_over])
    return [
        (wards[ward], shares[ward][0] + (ward in rounded_up))
        for ward in sorted(shares, key=lambda ward: (wards[ward].name, ward))
        if shares[ward][0] + (ward in rounded_up)
    ]
