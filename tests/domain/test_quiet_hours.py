"""Quiet hours, in every zone and over every change of its clocks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.quiet_hours import QuietHours, QuietWindow, heard_at

ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
CLOCK = st.builds(time, st.integers(0, 23), st.integers(0, 59))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def quiet_hours(draw: st.DrawFn) -> QuietHours:
    pairs = draw(st.lists(st.tuples(CLOCK, CLOCK).filter(lambda pair: pair[0] != pair[1]), max_size=4))
    windows = tuple(QuietWindow(start=start, end=end) for start, end in pairs)
    try:
        return QuietHours(zone=draw(st.sampled_from(ZONES)), windows=windows)
    except ValidationError:
        assume(False)
        raise


def is_quiet(quiet: QuietHours, moment: datetime) -> bool:
    """Told by the face of the clock on the wall alone."""
    local = moment.astimezone(ZoneInfo(quiet.zone)).time()
    return any(
        window.start <= local < window.end if window.start < window.end else local >= window.start or local < window.end
        for window in quiet.windows
    )


@given(quiet=quiet_hours(), now=MOMENTS)
def test_what_is_heard_is_heard_outside_of_quiet_hours_and_never_before_it_was_said(
    quiet: QuietHours, now: datetime
) -> None:
    heard = heard_at(quiet, now)
    assert heard >= now
    assert heard - now <= timedelta(hours=26)
    assert heard_at(quiet, heard) == heard


@given(quiet=quiet_hours(), now=MOMENTS)
def test_where_clocks_do_not_change_it_is_as_the_clock_on_the_wall_says(quiet: QuietHours, now: datetime) -> None:
    still = QuietHours(zone="Asia/Shanghai", windows=quiet.windows)
    heard = heard_at(still, now)
    assert not is_quiet(still, heard)
    assert (heard == now) == (not is_quiet(still, now))
    assert heard == now or is_quiet(still, heard - timedelta(seconds=1))


def test_a_night_reaches_over_midnight() -> None:
    night = QuietHours(windows=(QuietWindow(start=time(22), end=time(8)),))
    late, early, noon = (datetime(2026, 11, 29, hour, 30, tzinfo=UTC) for hour in (15, 23, 4))
    assert heard_at(night, late) == datetime(2026, 11, 30, 0, 0, tzinfo=UTC)
    assert heard_at(night, early) == datetime(2026, 11, 30, 0, 0, tzinfo=UTC)
    assert heard_at(night, noon) == noon


@pytest.mark.parametrize(
    "given_hours",
    [
        {"windows": [{"start": "00:00", "end": "12:00"}, {"start": "11:30", "end": "23:59"}]},
        {"windows": [{"start": "08:00", "end": "08:00"}]},
        {"zone": "Mars/Olympus"},
        {"windows": [{"start": "22:00:30", "end": "08:00"}]},
        {"windows": [{"start": "25:00", "end": "08:00"}]},
        {"weekdays": []},
    ],
)
def test_hours_that_can_not_be_kept_are_refused(given_hours: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        QuietHours.model_validate(given_hours)
