"""Whom an approval is asked of: the lowest role first, those at work only, and nobody who may not give it."""

from datetime import datetime, timedelta

from domain.approval_asking import Approver, Turn, whose_turn
from domain.people import Role
from domain.policies.desk import DeskHours, Weekday
from domain.policies.documents import read_document
from domain.shifts import Presence, Shift, ShiftTerm
from tests.domain.contact_world import DAYS, at

MONDAY = at("2026-11-23 10:00")
BOTH = [Role.LEAD, Role.SUPERVISOR]


def hours(opens: str = "09:00", closes: str = "21:00") -> DeskHours:
    week = {day.value: [{"open": opens, "close": closes}] for day in Weekday}
    return read_document(DeskHours, {"zone": "Asia/Shanghai", "week": week})


def on_shift(opens: str, closes: str) -> Presence:
    shift = Shift.model_validate(hours(opens, closes).model_dump())
    return Presence((ShiftTerm(shift, at("2026-01-01 00:00").date()),))


def away(days: int) -> Presence:
    return Presence(away_until=MONDAY + timedelta(days=days))


def one(person: str, *roles: Role, presence: Presence | None = None, human: str = "") -> Approver:
    return Approver(person, human or person, frozenset(roles), presence or Presence())


def turn(*approvers: Approver, roles: list[Role] = BOTH, barred: str = "alice", now: datetime = MONDAY) -> Turn:
    return whose_turn(roles, approvers, [barred], hours(), now, DAYS)


LEE, BOB = one("lee", Role.LEAD), one("bob", Role.SUPERVISOR)


def test_the_lowest_role_that_counts_is_asked_first() -> None:
    assert turn(BOB, LEE) == Turn(Role.LEAD, ("lee",))


def test_who_is_on_leave_or_off_shift_is_passed_over_for_the_next_role() -> None:
    on_leave, off_shift = (
        one("lee", Role.LEAD, presence=away(3)),
        one("lin", Role.LEAD, presence=on_shift("15:00", "21:00")),
    )

    assert turn(on_leave, off_shift, BOB) == Turn(Role.SUPERVISOR, ("bob",), ("lee", "lin"))


def test_the_maker_is_not_asked_under_another_account_or_role() -> None:
    second = one("alice-too", Role.LEAD, Role.SUPERVISOR, human="alice")

    assert turn(second, BOB) == Turn(Role.SUPERVISOR, ("bob",))


def test_when_nobody_is_at_work_it_waits_for_the_first_who_comes() -> None:
    late, back = (
        one("lin", Role.LEAD, presence=on_shift("15:00", "21:00")),
        one("bob", Role.SUPERVISOR, presence=away(1)),
    )

    assert turn(late, back) == Turn(None, (), ("lin", "bob"), at("2026-11-23 15:00"))


def test_whose_shift_is_not_known_is_asked_in_the_desks_hours() -> None:
    assert turn(LEE, now=at("2026-11-23 22:00")).again_at == at("2026-11-24 09:00")


def test_nobody_is_waited_for_who_stays_away_for_weeks() -> None:
    assert turn(one("lee", Role.LEAD, presence=away(15))).again_at is None


def test_who_has_left_is_neither_asked_nor_waited_for() -> None:
    assert turn(one("lee", Role.LEAD, presence=Presence(active=False))) == Turn()
