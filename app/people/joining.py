"""Join and leave networks.

Some networks have an approver, and people must apply to join them. Partner coordinators who act for
the approver can add people without an application while an agreement is in force. People leave a
network immediately. Applicants become members when their registration is approved.
`update_memberships` then replaces some of the memberships with applications.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from flask_babel import gettext as _

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.words import join_list
from app.organisations import queries as organisations
from app.people.membership_models import MembershipApplication
from app.people.models import Membership, Person
from app.people.queries import joining as queries
from app.people.queries import participation


def chosen_network_ids(person_id: int, on: date) -> frozenset[int]:
    """Return the IDs of the networks that a person has joined or has applied to join."""
    return participation.network_ids(person_id, on) | queries.open_network_ids(person_id)


def join_networks(actor: Actor, person: Person, network_ids: Iterable[int], on: date) -> None:
    """Add the person to networks from a given day, or apply to join them. Idempotent.

    The caller must hold the lock on the person.
    """
    new_ids = sorted(set(network_ids) - chosen_network_ids(person.id, on))
    to_apply_for = (
        networks_to_apply_for(actor, new_ids) if person.approved_at is not None else frozenset()
    )
    for network_id in new_ids:
        if network_id in to_apply_for:
            apply_to_join(person.id, network_id)
        else:
            db.session.add(Membership(person_id=person.id, network_id=network_id, from_on=on))
    db.session.flush()


def networks_to_apply_for(
    actor: Actor, network_ids: Collection[int], vouched_by: int | None = None
) -> frozenset[int]:
    """Return the IDs of the networks that a person must apply to join.

    The actor can add the person to the other networks immediately. ``vouched_by`` is the ID of an
    organisation that vouches for the person, or None.
    """
    approvers = queries.approver_ids(network_ids)
    sensitive = organisations.sensitive_network_ids() if approvers else frozenset()
    exempt = {
        network_id
        for network_id, approver in approvers.items()
        if _acts_for_approver(actor, approver, network_id, sensitive)
        or (
            vouched_by == approver
            and organisations.agreement_in_force(approver, network_id, clock.today())
        )
    }
    return frozenset(approvers.keys() - exempt)


def _acts_for_approver(
    actor: Actor, approver: int, network_id: int, sensitive: Collection[int]
) -> bool:
    if network_id in sensitive and not actor.may("networks:sensitive"):
        return False
    return any(
        each.organisation_id == approver and each.network_id == network_id
        for each in actor.agreed_access
    )


def apply_to_join(person_id: int, network_id: int) -> None:
    """Create an application to join a network."""
    db.session.add(
        MembershipApplication(person_id=person_id, network_id=network_id, applied_at=clock.now())
    )


def leave_networks(person: Person, network_ids: Collection[int], on: date) -> None:
    """Remove the person from these networks, and withdraw their applications to join them.

    The caller must hold the lock on the person. Other networks are not changed.
    """
    for membership in participation.memberships(person.id, on):
        if membership.network_id in network_ids:
            end_membership(membership, on)
    for application in queries.find_open_applications(person.id):
        if application.network_id in network_ids:
            application.withdrawn_at = clock.now()
    db.session.flush()


def end_membership(membership: Membership, on: date) -> None:
    """End a membership from a given day. Delete it if it started on that day."""
    if membership.from_on >= on:
        db.session.delete(membership)
    else:
        membership.until_on = on - timedelta(days=1)


def decide_application(
    actor: Actor, application: MembershipApplication, *, accepted: bool, reason: str | None = None
) -> None:
    """Accept or decline an application. If it is accepted, create the membership.

    The caller must hold the lock on the person, and check that the actor is allowed to decide.
    """
    on = clock.today()
    application.decided_at = clock.now()
    application.decided_by_user_id = actor.user_id
    application.accepted = accepted
    application.reason = reason
    member = queries.find_membership(application.person_id, application.network_id, on)
    if accepted and member is None:
        db.session.add(
            Membership(
                person_id=application.person_id, network_id=application.network_id, from_on=on
            )
        )
    db.session.flush()


def update_memberships(
    actor: Actor, person: Person, on: date, previous_network_ids: Collection[int] = ()
) -> None:
    """Replace memberships that the actor is not allowed to approve with applications.

    Call this function when a registration is approved. Approvers can approve memberships of their
    own networks. Other staff can approve memberships of the networks that they can see, unless the
    approver can decide. ``previous_network_ids`` contains the networks that the person already
    belonged to.
    """
    if actor.kind == "system":
        return
    found = {
        each.network_id: each
        for each in participation.memberships(person.id, on)
        if each.network_id not in previous_network_ids
    }
    waiting = networks_to_apply_for(actor, found.keys())
    approver_names = queries.approver_names_by_network(person.id, waiting, on)
    sensitive = organisations.sensitive_network_ids()
    for network_id in sorted(waiting):
        hidden = network_id in sensitive and not actor.may("networks:sensitive")
        if network_id in approver_names or hidden:
            db.session.delete(found.pop(network_id))
            if network_id not in queries.open_network_ids(person.id):
                apply_to_join(person.id, network_id)
    for application in queries.find_open_applications(person.id):
        if application.network_id in found:
            decide_application(actor, application, accepted=True)
    db.session.flush()


def applications_sentence(names: Iterable[tuple[str, str]]) -> str:
    """Return sentences that say who decides each application, or "" for no applications.

    ``names`` contains pairs of a network and the organisation that decides ("" for the team).
    """
    by_decider: dict[str, list[str]] = {}
    for network, decider in names:
        by_decider.setdefault(decider or str(_("The team")), []).append(network)
    return " ".join(
        _(
            "%(who)s will decide whether you can join %(networks)s.",
            who=who,
            networks=join_list(networks),
        )
        for who, networks in by_decider.items()
    )


def describe_applications(names: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return a description of each application: the network, and the organisation that decides.

    ``names`` is the same as in `applications_sentence`.
    """
    return tuple(
        _(
            "%(network)s (waiting for %(organisation)s to decide)",
            network=network,
            organisation=decider,
        )
        if decider
        else _("%(network)s (waiting for the team to decide)", network=network)
        for network, decider in names
    )
