"""The way in: which rows open the house when, and that a key is never wider than its person."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.entry import ClockMoved, Entry, EntryKind, EntryRefused, Scope, SessionEnded, check_entry
from domain.lockout import LIMITS, Count, LoginLocked, check_attempts, counted
from domain.passwords import DENIED, SHORTEST, PasswordWeak, check_password, normal
from domain.people import Role

NOW = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
SHOPS = st.sampled_from(["demo", "other", "third"])
ROLES = st.frozensets(st.sampled_from(list(Role)))
HELD = st.dictionaries(st.none() | SHOPS, ROLES)
SCOPES = st.builds(Scope, st.none() | ROLES, st.none() | st.frozensets(SHOPS))


@given(HELD, SCOPES, SHOPS)
def test_a_key_is_never_wider_than_its_person(held: dict[str | None, frozenset[Role]], scope: Scope, shop: str) -> None:
    kept = scope.narrowed(held)
    before = held.get(shop, frozenset()) | held.get(None, frozenset())
    after = kept.get(shop, frozenset()) | kept.get(None, frozenset())
    inside = scope.shops is None or shop in scope.shops
    assert after == (before & (scope.roles if scope.roles is not None else before) if inside else frozenset())
    assert scope.shops is None or None not in kept


MINUTES = st.integers(-600, 600).map(lambda minutes: timedelta(minutes=minutes))


@given(MINUTES, MINUTES, MINUTES, st.booleans(), st.booleans())
def test_what_opens_is_alive_on_every_count(
    made: timedelta, seen: timedelta, expires: timedelta, ended: bool, active: bool
) -> None:
    entry = Entry(
        EntryKind.SESSION, NOW + made, NOW + expires, NOW if ended else None, "", NOW + seen, timedelta(hours=1)
    )
    try:
        check_entry(entry, active, NOW)
    except EntryRefused:
        return
    assert active
    assert not ended
    assert expires > timedelta(0)
    assert -timedelta(hours=1) < seen <= timedelta(minutes=2)
    assert made <= timedelta(minutes=2)


def test_what_was_ended_says_why() -> None:
    entry = Entry(EntryKind.SESSION, NOW, NOW + timedelta(hours=1), NOW, "logged out")
    with pytest.raises(SessionEnded, match="logged out"):
        check_entry(entry, True, NOW)


def test_a_key_without_an_end_is_refused_while_the_clock_stands_before_its_making() -> None:
    with pytest.raises(ClockMoved):
        check_entry(Entry(EntryKind.KEY, NOW), True, NOW - timedelta(days=1))


@given(st.sampled_from(list(Count)), st.integers(1, 200), st.integers(0, 3600))
def test_a_lock_opens_by_itself(count: Count, attempts: int, seconds: int) -> None:
    since = NOW - min(timedelta(seconds=seconds), LIMITS[count].within - timedelta(seconds=1))
    if attempts <= LIMITS[count].failures:
        check_attempts(count, attempts, since, NOW)
        return
    with pytest.raises(LoginLocked) as locked:
        check_attempts(count, attempts, since, NOW)
    assert 0 < int(str(locked.value.facts["retry_after"])) <= LIMITS[count].within.total_seconds()


def test_a_known_device_is_counted_apart_from_strangers() -> None:
    assert not set(counted(known_device=True)) & set(counted(known_device=False))


@given(st.text(min_size=SHORTEST, max_size=40))
def test_a_password_that_is_taken_is_long_and_hard_to_guess(password: str) -> None:
    try:
        check_password(password, "alice", "Alice Wang")
    except PasswordWeak:
        return
    small = normal(password).casefold()
    assert len(normal(password)) >= SHORTEST
    assert small not in DENIED
    assert "alice" not in small


@pytest.mark.parametrize(
    "password", ["Password1234!", "QWERTYUIOP123", "woaini1314520", "Alice likes kettles", "alicewang 2026 !"]
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(PasswordWeak):
        check_password(password, "alice", "Alice Wang")
