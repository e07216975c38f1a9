"""Queries for the certificates that people held at the end of a given day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

from sqlalchemy.orm import Session

from app.certificates import queries, service
from app.certificates.types import CertificateState, DatePrecision, ExpiryBasis, ExternalTraining
from app.core import clock
from app.core.actor import SYSTEM
from tests.factories import certificates, people

MHFA = ["mhfa-adult"]
CHAMPION = ["community-champion"]
AWARD = date(2024, 3, 27)
LAST = date(2027, 3, 27)


def ids_in_date(session: Session, on: date, kinds: list[str]) -> set[int | None]:
    return set(session.scalars(queries.in_date_holders(on, kinds)))


def ids_trained(session: Session, since: date, on: date, kinds: list[str]) -> set[int | None]:
    return set(session.scalars(queries.holders_trained_since(since, on, kinds)))


def test_a_certificate_is_in_date_until_the_end_of_its_last_day(session: Session) -> None:
    holder = people.person()
    certificates.certificate(holder, awarded_on=AWARD)
    assert holder.id not in ids_in_date(session, AWARD - timedelta(days=1), MHFA)
    assert holder.id in ids_in_date(session, AWARD, MHFA)
    assert holder.id in ids_in_date(session, LAST, MHFA)
    assert holder.id not in ids_in_date(session, LAST + timedelta(days=1), MHFA)
    assert holder.id in ids_trained(session, AWARD, LAST + timedelta(days=900), MHFA)
    assert holder.id not in ids_trained(session, AWARD + timedelta(days=1), LAST, MHFA)


def test_holding_a_kind_includes_the_kinds_it_covers(session: Session) -> None:
    first_aider, champion = people.person(), people.person()
    certificates.certificate(first_aider, "mhfa-youth", awarded_on=AWARD)
    certificates.certificate(champion, "community-champion", awarded_on=AWARD)
    assert {first_aider.id, champion.id} <= ids_in_date(session, AWARD, CHAMPION)
    assert champion.id not in ids_in_date(session, AWARD, MHFA)


def test_a_person_with_several_certificates_counts_once(session: Session) -> None:
    holder = people.person()
    certificates.certificate(holder, awarded_on=AWARD)
    certificates.certificate(holder, "mhfa-youth", awarded_on=AWARD)
    rows = session.scalars(queries.in_date_holders(AWARD, CHAMPION)).all()
    assert rows.count(holder.id) == 1


def test_a_certificate_does_not_count_before_it_is_confirmed(session: Session) -> None:
    holder = people.person()
    confirmed = clock.london_instant(date(2026, 5, 1), time(23, 30))
    certificates.certificate(holder, awarded_on=AWARD, confirmed_at=confirmed)
    assert holder.id not in ids_in_date(session, date(2026, 4, 30), MHFA)
    assert holder.id in ids_in_date(session, date(2026, 5, 1), MHFA)


def test_a_certificate_counts_until_the_day_before_it_is_revoked(session: Session) -> None:
    holder = people.person()
    made = certificates.certificate(holder, awarded_on=AWARD)
    with clock.frozen(clock.london_instant(date(2025, 7, 1), time(0, 30))):
        service.revoke_certificate(SYSTEM, made.id, "made out by mistake")
    assert holder.id in ids_in_date(session, date(2025, 6, 30), MHFA)
    assert holder.id not in ids_in_date(session, date(2025, 7, 1), MHFA)
    assert holder.id not in ids_trained(session, AWARD, date(2025, 7, 1), MHFA)
    assert holder.id in ids_trained(session, AWARD, date(2025, 6, 30), MHFA)


def test_an_adjustment_does_not_change_the_past(session: Session) -> None:
    holder = people.person()
    made = certificates.certificate(holder, awarded_on=AWARD)
    between = LAST + timedelta(days=10)
    with clock.frozen(LAST + timedelta(days=20)):
        adjustment = service.adjust_expiry(SYSTEM, made.id, 90, "no courses were held")
    assert holder.id not in ids_in_date(session, between, MHFA)
    assert holder.id in ids_in_date(session, LAST + timedelta(days=20), MHFA)
    assert holder.id in ids_in_date(session, LAST + timedelta(days=90), MHFA)
    assert holder.id not in ids_in_date(session, LAST + timedelta(days=91), MHFA)
    with clock.frozen(LAST + timedelta(days=40)):
        service.undo_adjustment(SYSTEM, adjustment)
    assert holder.id in ids_in_date(session, LAST + timedelta(days=30), MHFA)
    assert holder.id not in ids_in_date(session, LAST + timedelta(days=40), MHFA)
    assert certificates.reload(made.id).expires_on == LAST
    (row,) = queries.person_certificates(holder.id, LAST + timedelta(days=30))
    assert row.expires_on == LAST + timedelta(days=90)
    assert row.state is CertificateState.LAPSES_SOON


def test_undoing_an_adjustment_is_idempotent(session: Session) -> None:
    made = certificates.certificate(people.person(), awarded_on=AWARD)
    adjustment = service.adjust_expiry(SYSTEM, made.id, -30, "typed wrongly")
    service.undo_adjustment(SYSTEM, adjustment)
    service.undo_adjustment(SYSTEM, adjustment)
    assert certificates.reload(made.id).expires_on == LAST


def test_an_award_without_a_date_is_not_in_date(session: Session) -> None:
    holder, forever = people.person(), people.person()
    service.record_external_training(
        SYSTEM,
        holder.id,
        ExternalTraining("mhfa-adult", None, DatePrecision.UNKNOWN, ""),
    )
    certificates.certificate(forever, "asist", awarded_on=AWARD, never_expires=True)
    today = clock.today()
    assert holder.id not in ids_in_date(session, today, MHFA)
    assert forever.id in ids_in_date(session, today, ["asist"])
    (row,) = queries.person_certificates(holder.id, today)
    assert row.state is CertificateState.UNDATED


def test_renewal_keeps_every_award_with_its_code(session: Session) -> None:
    holder = people.person()
    kind_id = certificates.kind().id
    with clock.frozen(date(2026, 12, 1)):
        for number, year in enumerate((2017, 2020, 2023, 2026)):
            service.issue_certificate(
                SYSTEM,
                kind_id=kind_id,
                awarded_on=date(year, 3, 1),
                key=f"attendee:99{number}:1",
                person_id=holder.id,
            )
        rows = queries.person_certificates(holder.id, date(2026, 12, 1))
        best = queries.latest_certificates_by_person([holder.id], date(2026, 12, 1))
    assert [row.awarded_on for row in rows if row.awarded_on] == [
        date(2026, 3, 1),
        date(2023, 3, 1),
        date(2020, 3, 1),
        date(2017, 3, 1),
    ]
    assert len({row.code for row in rows}) == 4
    assert [row.replaced for row in rows] == [False, True, True, True]
    assert best[holder.id].expires_on == date(2029, 3, 1)


def test_issuing_is_idempotent(session: Session) -> None:
    holder, kind_id = people.person(), certificates.kind().id
    first, second = (
        service.issue_certificate(
            SYSTEM, kind_id=kind_id, awarded_on=AWARD, key="attendee:7:1", person_id=holder.id
        )
        for _ in range(2)
    )
    assert first == second
    assert len(queries.person_certificates(holder.id, clock.today())) == 1


def test_the_printed_date_overrides_the_policy_date(session: Session) -> None:
    holder = people.person()
    policy_only = ExternalTraining("mhfa-adult", date(2024, 3, 1), DatePrecision.MONTH, "Mind")
    printed = service.record_external_training(
        SYSTEM, holder.id, replace(policy_only, printed_expiry=date(2026, 12, 31))
    )
    policy = service.record_external_training(SYSTEM, holder.id, policy_only)
    assert certificates.reload(printed).expires_on == date(2026, 12, 31)
    assert certificates.reload(printed).expiry_basis is ExpiryBasis.PRINTED
    assert certificates.reload(policy).expires_on == date(2027, 3, 1)
    assert certificates.reload(policy).expiry_basis is ExpiryBasis.POLICY


def test_the_latest_certificate_is_the_one_in_date_longest(session: Session) -> None:
    holder = people.person()
    certificates.certificate(holder, awarded_on=date(2019, 1, 1))
    certificates.certificate(holder, "mhfa-youth", awarded_on=date(2025, 1, 1))
    best = queries.latest_certificates_by_person([holder.id], date(2026, 1, 1))
    assert best[holder.id].kind == "mhfa-youth"
    named = queries.latest_certificates_by_person([holder.id], date(2026, 1, 1), MHFA)
    assert named[holder.id].state is CertificateState.LAPSED
