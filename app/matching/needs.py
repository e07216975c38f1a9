"""Create, change and close needs. A need can be suggested by a gap in coverage."""

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
from app.core.db import db, explain_violations
from app.core.errors import Conflict, DomainError, InvalidInput, NotFound
from app.core.limits import LONGEST_LINE
from app.core.registry import Gap
from app.matching import queries, serving
from app.matching.models import Need
from app.matching.optimum.problem import MAX_PRIORITY
from app.matching.types import BY_HAND, NeedChanges, NewNeed
from app.organisations import choices as organisations
from app.organisations.queries import secrecy

SUGGESTED_PRIORITY = 50
MAX_PLACES = 200
NO_LONGER_NEEDED = "the need was closed"


@dataclass(frozen=True)
class NeedChoices:
    """The options on the form for a new need.

    Networks and certificate kinds are (slug, name) pairs.
    """

    areas: Sequence[Place]
    networks: Sequence[tuple[str, str]]
    kinds: Sequence[tuple[str, str]]


def need_choices(actor: Actor, on: date) -> NeedChoices:
    """Return the options on the form for a new need.

    Networks that the actor is not allowed to see are left out.
    """
    return NeedChoices(
        areas=queries.list_need_areas(),
        networks=[(network.slug, network.name) for network in organisations.networks(actor, on)],
        kinds=[(kind.slug, kind.name) for kind in certificates.kinds()],
    )


def default_contact() -> str:
    """Return the contact details of the programme team, starting with the phone number."""
    contact = programme.setting("contact", {})
    details = list(filter(None, [contact.get("phone"), contact.get("email")]))
    if not details:
        details = [contact.get("web")]
    return ", ".join(filter(None, [contact.get("team"), *details]))[:LONGEST_LINE]


def create_need(actor: Actor, command: NewNeed, on: date) -> int:
    """Create a need that is open from `on`, and return its ID.

    Raises InvalidInput if a field is invalid. Raises Conflict if the gap already has an open need.
    """
    actor.require("needs:change")
    need = Need(
        area_id=_find_area_id(command.area),
        network_id=_find_network_id(actor, command.network),
        kind_id=_find_kind_id(command.kind),
        source=command.source,
        made_by_user_id=actor.user_id,
        opened_on=on,
    )
    _set_fields(need, command)
    errors = {"uq_needs_open_source": _duplicate_need_error}
    with audit.acting(actor, AuditVerb.NEED_MAKE), explain_violations(errors):
        db.session.add(need)
    return need.id


def _duplicate_need_error() -> DomainError:
    return Conflict(_("This has already been added as a need."))


def _set_fields(need: Need, values: NewNeed | NeedChanges) -> None:
    need.places = _check_range(values.places, 1, MAX_PLACES, "places", _("a number of people"))
    need.priority = _check_range(values.priority, 1, MAX_PRIORITY, "priority", _("a priority"))
    need.what_for = values.what_for.strip()
    if not need.what_for:
        raise InvalidInput(_("Enter what the champions are needed for"), "what_for")
    need.setting = values.setting.strip()
    need.times = values.times.strip()
    need.contact = values.contact.strip()


def _check_range(number: int, minimum: int, maximum: int, field: str, label: str) -> int:
    if not minimum <= number <= maximum:
        raise InvalidInput(
            _(
                "Enter %(what)s between %(least)s and %(most)s",
                what=label,
                least=minimum,
                most=maximum,
            ),
            field,
        )
    return number


def _find_area_id(code: str) -> int:
    found = next((each.id for each in queries.list_need_areas() if each.code == code), None)
    if found is None:
        raise InvalidInput(_("Choose an area from the list"), "area")
    return found


def _find_network_id(actor: Actor, slug: str | None) -> int | None:
    if slug is None:
        return None
    network_id = secrecy.visible_network_id(Scope.for_actor(actor), slug)
    if network_id is None:
        raise InvalidInput(_("There is no network called “%(slug)s”.", slug=slug), "network")
    return network_id


def _find_kind_id(slug: str | None) -> int | None:
    if slug is None:
        return None
    kind = certificates.kind_by_slug(slug)
    if kind is None:
        raise InvalidInput(_("Choose a certificate from the list"), "kind")
    return kind.id


def change_need(actor: Actor, need_id: int, changes: NeedChanges, on: date) -> None:
    """Change an open need.

    Raises NotFound if the actor is not allowed to see the need, Conflict if it is closed, and
    InvalidInput if a field is invalid.
    """
    actor.require("needs:change")
    need = _lock_open_need(actor, need_id, on)
    # This is the number that the page shows.
    held = queries.get_need(Scope.for_actor(actor), need_id, on).held
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
        _set_fields(need, changes)


def close_need(actor: Actor, need_id: int, on: date, *, end_serving: bool = False) -> None:
    """Close a need from `on` and withdraw its unanswered requests.

    Its assignments end too if ``end_serving`` is true. Does nothing if the need is already closed.
    Raises NotFound if the actor is not allowed to see the need.
    """
    actor.require("needs:change")
    scope = Scope.for_actor(actor)
    queries.get_need(scope, need_id, on)  # check access before locking any rows
    proposals = queries.lock_pending_proposals(need_id=need_id)
    need = queries.lock_need(need_id, scope)
    if need.closed_on is not None:
        return
    with audit.acting(actor, AuditVerb.NEED_CLOSE):
        need.closed_on = on
    for proposal in proposals:
        serving.withdraw_proposal(actor, proposal, NO_LONGER_NEEDED)
    if end_serving:
        for assignment in queries.lock_current_assignments(on, need_id=need_id):
            serving.end_locked_assignment(actor, assignment, on, NO_LONGER_NEEDED)


def _lock_open_need(actor: Actor, need_id: int, on: date) -> Need:
    need = queries.lock_need(need_id, Scope.for_actor(actor))
    if need.closed_on is not None and need.closed_on <= on:
        raise Conflict(_("This need is closed."))
    return need


def find_suggested_gaps(actor: Actor, on: date) -> list[Gap]:
    """Return the gaps in coverage that have no open need, largest first."""
    existing = queries.open_need_ids_by_source(Scope.for_actor(actor))
    servable = {place.code for place in queries.list_need_areas()}
    allowed = {slug for slug, _ in need_choices(actor, on).networks}
    found = [
        gap
        for find in registry.gaps
        for gap in find(actor, on)
        if gap.source not in existing
        and gap.places > 0
        and gap.area_code in servable
        and (gap.network is None or gap.network in allowed)
    ]
    return sorted(found, key=lambda gap: (-gap.places, gap.area_name, gap.source))


def find_need_for_gap(actor: Actor, source: str) -> int | None:
    """Return the ID of the open need for a gap.

    Returns None if there is no open need, or if the actor is not allowed to see it.
    """
    return (
        None
        if source == BY_HAND
        else queries.open_need_ids_by_source(Scope.for_actor(actor)).get(source)
    )


def find_gap(actor: Actor, source: str, on: date) -> Gap:
    """Return the gap with this source.

    Raises NotFound if there is no such gap, or if it already has an open need.
    """
    found = next((each for each in find_suggested_gaps(actor, on) if each.source == source), None)
    if found is None:
        raise NotFound()
    return found


def initial_form_data(gap: Gap) -> dict[str, object]:
    """Return the initial values of the form for a need suggested by a gap.

    The description is left empty. People who are asked to serve will read it, but the gap's
    explanation is for staff.
    """
    return {
        "area": gap.area_code,
        "network": gap.network,
        "places": min(gap.places, MAX_PLACES),
        "priority": SUGGESTED_PRIORITY,
    }


def create_need_from_gap(actor: Actor, source: str, command: NewNeed, on: date) -> int:
    """Create a need suggested by a gap, and return its ID.

    Returns the ID of the existing need if the gap already has one. If the coordinator chose another
    area or network, the new need is not linked to the gap, and the gap is still suggested.
    Otherwise a gap that everybody can see might disappear because of a need that few people can
    see.

    Raises NotFound if there is no such gap.
    """
    actor.require("needs:change")
    existing = find_need_for_gap(actor, source)
    if existing is not None:
        return existing
    gap = find_gap(actor, source, on)
    matches_gap = (command.area, command.network) == (gap.area_code, gap.network)
    try:
        return create_need(actor, replace(command, source=source if matches_gap else BY_HAND), on)
    except Conflict:  # another user created the need at the same time
        return queries.open_need_ids_by_source(Scope.for_actor(actor))[source]
