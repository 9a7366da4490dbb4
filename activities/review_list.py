"""A shop's list of reviews, read window by window from a position that can be carried to another process."""

from datetime import datetime, timedelta

from activities.intake_batches import Position
from activities.marketplace_clients import Marketplace
from gateways.top_reviews import LOOK_BACK, PAGE_SIZE_MAX, TOTAL_CAP, ReviewPage

# A review may show up in the list some minutes after the time that it carries.
OVERLAP = timedelta(minutes=10)
# The marketplace shows nothing older than its look-back, and its clock may be a little ahead of ours.
OLDEST = LOOK_BACK - timedelta(hours=1)
SECOND = timedelta(seconds=1)


def first_position(read_until: datetime | None, cut_off_at: datetime, now: datetime) -> Position:
    """From the cursor, less the overlap, to `now`; never before the cut-off or the marketplace's look-back."""
    behind = read_until - OVERLAP if read_until else cut_off_at
    start = min(max(behind, cut_off_at, now - OLDEST), now)
    return Position(window_start=start, window_end=now, until=now)


async def read_page(market: Marketplace, position: Position) -> tuple[ReviewPage | None, Position | None]:
    """The next page and the position behind it; no page where a window is empty, no position where the list ends.

    Windows come oldest first. Pages come last first, so that a review that vanishes meanwhile pulls none past the
    reader; should one appear that late, it pushes others back, and the window is read anew.
    """
    if position.page == 0:
        position = await _counted(market, position)
    page = None
    if position.page > 0:
        await market.pace.turn()
        page = await market.reviews.reviews_page(position.window_start, position.window_end, position.page)
        if page.total > position.total:
            return page, position.model_copy(update={"page": 0})
        position = position.model_copy(update={"page": position.page - 1})
    return page, position if position.page else _next_window(position)


async def _counted(market: Marketplace, position: Position) -> Position:
    """The first part of the window that the marketplace's cap does not cut off, with its number of pages.

    A single second that holds more than the cap can't be cut and is read as far as the marketplace shows it.
    """
    start, end = position.window_start, position.window_end
    while True:
        await market.pace.turn()
        total = await market.reviews.reviews_total(start, end)
        seconds = int((end - start).total_seconds())
        if total < TOTAL_CAP or seconds < 2:
            counted = {"window_end": end, "page": -(-total // PAGE_SIZE_MAX), "total": total}
            return position.model_copy(update=counted)
        end = start + (seconds // 2) * SECOND


def _next_window(position: Position) -> Position | None:
    """Neighbours share their border second, since both ends of a window belong to it."""
    if position.window_end >= position.until:
        return None
    return Position(window_start=position.window_end, window_end=position.until, until=position.until)
