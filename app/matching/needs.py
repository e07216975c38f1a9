"""Making, changing and closing needs; needs that a gap suggests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

from app.areas.types import Place
from app.certificates import queries as certificates
from app.core import audit, programme, registry
from app.core.actor import Actor, Scope
from app.core.audit_verbs import AuditVerb
from app.core.db import constraint_as_sentence, db
from app.core.errors import Conflict, DomainError, InvalidInput, NotFound
from app.core.limits import LONGEST_LINE
from app.core.registry import Gap
from app.matching import queries, serving
from app.matching.models import Need
from app.matching.optimum.problem import MAX_PRIORITY
from app.matching.types import BY_HAND, NeedChanges, NeedCommand
from app.organisations import choices as offered
from app.organisations.queries import secrecy

SUGGESTED_PRIORITY = 50
MOST_PLACES = 200
NO_LONGER_NEEDED = "the need was closed"


@dataclass(frozen=True)
class Choices:
    """What a need may name: places, (slug, name) of networks and of certificate kinds."""

    areas: Sequence[Place]
    networks: Sequence[tuple[str, str]]
    kinds: Sequence[tuple[str, str]]


def choices(actor: Actor, on: date) -> Choices:
    """What this actor may choose from: no network they may not know of."""
    return Choices(
        areas=queries.areas_to_serve(),
        networks=[(one.slug, one.name) for one in offered.networks(actor, on)],
        kinds=[(each.slug, each.name) for each in certificates.kinds()],
    )


def usual_contact() -> str:
    """Whom champions ask about a need unless it names somebody: the team, as the programme has it.

    The number comes before the address: it is read out on the telephone.
    """
    contact = programme.setting("contact", {})
    ways = [contact.get("phone"), contact.get("email")]
    reached = list(filter(None, ways)) or [contact.get("web")]
    return ", ".join(filter(None, [contact.get("team"), *reached]))[:LONGEST_LINE]


def make_need(actor: Actor, command: NeedCommand, on: date) -> int:
    """A new need, open from `on`. Raises InvalidInput on the field that is wrong."""
    actor.require("needs:change")
    need = Need(
        area_id=_area_id(command.area),
        network_id=_network_id(actor, command.network),
        kind_id=_kind_id(command.kind),
        source=command.source,
        made_by_user_id=actor.user_id,
        opened_on=on,
    )
    _set(need, command)
    once = {"uq_needs_open_source": _made_already}
    with audit.acting(actor, AuditVerb.NEED_MAKE), constraint_as_sentence(once):
        db.session.add(need)
    return need.id


def _made_already() -> DomainError:
    return Conflict(_("This has already been added as a need."))


def _set(need: Need, facts: NeedCommand | NeedChanges) -> None:
    need.places = _within(facts.places, 1, MOST_PLACES, "places", "places")
    need.priority = _within(facts.priority, 1, MAX_PRIORITY, "priority", _("the priority"))
    need.what_for = facts.what_for.strip()
    if not need.what_for:
        raise InvalidInput(_("Enter what the champions are needed for"), "what_for")
    need.setting = facts.setting.strip()
    need.times = facts.times.strip()
    need.contact = facts.contact.strip()


def _within(number: int, least: int, most: int, field: str, called: str) -> int:
    if not least <= number <= most:
        raise InvalidInput(
            _("Enter %(what)s between %(least)s and %(most)s", what=called, least=least, most=most),
            field,
        )
    return number


def _area_id(code: str) -> int:
    found = next((each.id for each in queries.areas_to_serve() if each.code == code), None)
    if found is None:
        raise InvalidInput(_("Choose an area from the list"), "area")
    return found


def _network_id(actor: Actor, slug: str | None) -> int | None:
    if slug is None:
        return None
    known = secrecy.network_of(Scope.of(actor), slug)
    if known is None:
        raise InvalidInput(_("There is no network “%(slug)s”.", slug=slug), "network")
    return known


def _kind_id(slug: str | None) -> int | None:
    if slug is None:
        return None
    kind = certificates.kind_by_slug(slug)
    if kind is None:
        raise InvalidInput(_("Choose a certificate from the list"), "kind")
    return kind.id


def change_need(actor: Actor, need_id: int, changes: NeedChanges, on: date) -> None:
    """Change what an open need says. Raises NotFound, Conflict (closed), InvalidInput."""
    actor.require("needs:change")
    need = _open(actor, need_id, on)
    held = queries.need(Scope.of(actor), need_id, on).held  # a number that the page shows anyway
    if changes.places < held:
        raise InvalidInput(
            ngettext(
                "%(num)s person already helps here, so enter %(num)s or more",
                "%(num)s people already help here, so enter %(num)s or more",
                held,
            ),
            "places",
        )
    with audit.acting(actor, AuditVerb.NEED_CHANGE):
        _set(need, changes)


def close_need(actor: Actor, need_id: int, on: date, *, end_serving: bool = False) -> None:
    """The need is over from `on`: nobody is asked any more, and requests are taken back.

    end_serving: those who serve stop, too; otherwise they go on. Twice is once. Raises NotFound.
    """
    actor.require("needs:change")
    scope = Scope.of(actor)
    queries.need(scope, need_id, on)  # before any row of a need that is hidden is locked
    proposals = queries.waiting_locked(need_id=need_id)
    need = queries.need_locked(need_id, scope)
    if need.closed_on is not None:
        return
    with audit.acting(actor, AuditVerb.NEED_CLOSE):
        need.closed_on = on
    for proposal in proposals:
        serving.withdraw(actor, proposal, NO_LONGER_NEEDED)
    if end_serving:
        for assignment in queries.standing_locked(on, need_id=need_id):
            serving.end(actor, assignment, on, NO_LONGER_NEEDED)


def _open(actor: Actor, need_id: int, on: date) -> Need:
    need = queries.need_locked(need_id, Scope.of(actor))
    if need.closed_on is not None and need.closed_on <= on:
        raise Conflict(_("This need is closed."))
    return need


def suggestions(actor: Actor, on: date) -> list[Gap]:
    """What targets and bands still lack and no open need was made from, the largest gap first."""
    known = queries.sources_open(Scope.of(actor))
    servable = {place.code for place in queries.areas_to_serve()}
    allowed = {slug for slug, _ in choices(actor, on).networks}
    found = [
        gap
        for find in registry.gaps
        for gap in find(actor, on)
        if gap.source not in known
        and gap.places > 0
        and gap.area_code in servable
        and (gap.network is None or gap.network in allowed)
    ]
    return sorted(found, key=lambda gap: (-gap.places, gap.area_name, gap.source))


def made_of(actor: Actor, source: str) -> int | None:
    """The open need that was made from a gap, if there is one that the actor may know of."""
    return None if source == BY_HAND else queries.sources_open(Scope.of(actor)).get(source)


def gap_called(actor: Actor, source: str, on: date) -> Gap:
    """A gap that no need was made from. Raises NotFound."""
    found = next((each for each in suggestions(actor, on) if each.source == source), None)
    if found is None:
        raise NotFound()
    return found


def typed_from(gap: Gap) -> dict[str, object]:
    """What the gap knows, as the form of a need takes it.

    Why the gap is one is for staff. Who is asked reads what for, where and when, which only a
    coordinator can say.
    """
    return {
        "area": gap.area_code,
        "network": gap.network,
        "places": min(gap.places, MOST_PLACES),
        "priority": SUGGESTED_PRIORITY,
    }


def make_from_gap(actor: Actor, source: str, command: NeedCommand, on: date) -> int:
    """Make a gap a need, as a coordinator worded it; its id. Twice is once.

    Somewhere else than the gap is, or for another network, it is a need by hand and the gap stays
    (so a gap that everybody is shown never goes because of a need that few may know of). Raises
    NotFound when there is no such gap.
    """
    actor.require("needs:change")
    known = made_of(actor, source)
    if known is not None:
        return known
    gap = gap_called(actor, source, on)
    there = (command.area, command.network) == (gap.area_code, gap.network)
    try:
        return make_need(actor, replace(command, source=source if there else BY_HAND), on)
    except Conflict:  # somebody pressed at the same moment
        return queries.sources_open(Scope.of(actor))[source]
