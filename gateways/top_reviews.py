"""Reviews that a Taobao or Tmall shop received, and the seller's one public reply to each."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from domain.outgoing import Cleared
from gateways.failures import Nonsense, Rejected
from gateways.nodes import Node
from gateways.top import PARTY, TopClient
from gateways.wire import china_stamp

PAGE_SIZE_MAX = 150
TOTAL_CAP = 1500  # a query never shows more rows than this, whatever the window holds
LOOK_BACK = timedelta(days=180)  # older reviews are not shown at all

_FIELDS = "tid,oid,role,nick,result,created,rated_nick,item_title,item_price,content,reply,valid_score,num_iid,ouid"


class ReviewResult(StrEnum):
    GOOD = "good"
    NEUTRAL = "neutral"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class MarketplaceReview:
    """One review as the marketplace shows it now; it has no modification time. `oid` is its key, `created` is UTC."""

    tid: str
    oid: str
    result: ReviewResult
    created: datetime
    content: str = field(repr=False)
    reply: str | None = field(repr=False)
    nick: str = field(repr=False)
    buyer_open_id: str | None = field(repr=False)
    item_title: str
    item_price_fen: int | None
    num_iid: str | None
    valid_score: bool


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """`unreadable` says why rows were left out: one odd row must not stop the intake of a whole shop."""

    reviews: tuple[MarketplaceReview, ...]
    unreadable: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True)
class TmallFeed:
    """Tmall's view of one sub-order: first review and append, each with the platform's own negative mark."""

    content: str | None = field(repr=False)
    append_content: str | None = field(repr=False)
    append_time: datetime | None
    negative: bool
    append_negative: bool
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """Both ends belong to it, at the second; aware datetimes."""

    start: datetime
    end: datetime


class TopReviews:
    def __init__(self, client: TopClient) -> None:
        self._client = client

    async def reviews_total(self, start: datetime, end: datetime) -> int:
        """How many reviews the shop received from `start` to `end`, at most TOTAL_CAP."""
        return (await self.reviews_page(start, end, page_no=1, page_size=1)).total

    async def reviews_page(
        self, start: datetime, end: datetime, page_no: int, page_size: int = PAGE_SIZE_MAX
    ) -> ReviewPage:
        """One page, newest first; pages count from 1 to 200, sizes from 1 to 150."""
        return await self._page(
            start_date=china_stamp(start), end_date=china_stamp(end), page_no=page_no, page_size=page_size
        )

    async def reviews_of_order(self, tid: str) -> ReviewPage:
        """Every review of one order, one per sub-order. A vanished review is simply not there."""
        return await self._page(tid=tid, page_no=1, page_size=PAGE_SIZE_MAX)

    async def review(self, tid: str, oid: str) -> MarketplaceReview | None:
        """One review as it stands now, None if it is gone. Raises Nonsense if a row that can't be read might be it."""
        page = await self.reviews_of_order(tid)
        found = next((review for review in page.reviews if review.oid == oid), None)
        if found is None and page.unreadable:
            raise Nonsense(PARTY, "bad-row", page.unreadable[0])
        return found

    async def windows(self, start: datetime, end: datetime) -> AsyncIterator[Window]:
        """Cut a span into windows that the cap does not truncate, oldest first.

        Neighbours share their border second, so a review may come twice (drop it by `oid`) but none is lost. A single
        second that holds more than the cap can't be cut and is given as it is.
        """
        pending = [Window(start, end)]
        while pending:
            window = pending.pop()
            middle = _middle(window)
            if middle is None or await self.reviews_total(window.start, window.end) < TOTAL_CAP:
                yield window
            else:
                pending += [Window(middle, window.end), Window(window.start, middle)]

    async def pages(self, start: datetime, end: datetime) -> AsyncIterator[ReviewPage]:
        """All pages of a span, oldest windows first and last page first: new arrivals push no row past the reader."""
        async for window in self.windows(start, end):
            total = await self.reviews_total(window.start, window.end)
            for page_no in range(-(-total // PAGE_SIZE_MAX), 0, -1):
                yield await self.reviews_page(window.start, window.end, page_no)

    async def reply(self, oid: str, reply: Cleared) -> None:
        """Post the seller's public reply. It can't be changed, so read the review back after a `maybe_done` failure."""
        answer = await self._client.call("taobao.traderate.explain.add", oid=oid, reply=reply.text)
        if not answer.flag("is_success"):
            raise Rejected(PARTY, "reply-refused", "the marketplace did not take the reply")

    async def tmall_feed(self, oid: str) -> TmallFeed | None:
        """First review and append of a Tmall sub-order, None if there is none."""
        answer = await self._client.call("tmall.traderate.feeds.get", child_trade_id=oid)
        info = answer.optional_node("tmall_rate_info")
        return None if info is None else _feed(info)

    async def _page(self, **query: str | int) -> ReviewPage:
        answer = await self._client.call(
            "taobao.traderates.get", fields=_FIELDS, rate_type="get", role="buyer", **query
        )
        reviews: list[MarketplaceReview] = []
        unreadable: list[str] = []
        for row in answer.rows("trade_rates"):
            try:
                reviews.append(review_of(row))
            except Nonsense as failure:
                unreadable.append(str(failure))
        return ReviewPage(tuple(reviews), tuple(unreadable), answer.integer("total_results"))


def _middle(window: Window) -> datetime | None:
    seconds = int((window.end - window.start).total_seconds())
    return window.start + timedelta(seconds=seconds // 2) if seconds >= 2 else None


def review_of(row: Node) -> MarketplaceReview:
    """Raises Nonsense if the row lacks what makes it a review: order, sub-order, grade and time."""
    result = row.text("result")
    if result not in ReviewResult:
        raise row.nonsense("result", "good, neutral or bad")
    return MarketplaceReview(
        tid=row.text("tid"),
        oid=row.text("oid"),
        result=ReviewResult(result),
        created=row.moment("created"),
        content=row.optional_text("content") or "",
        reply=row.optional_text("reply"),
        nick=row.optional_text("nick") or "",
        buyer_open_id=row.optional_text("ouid"),
        item_title=row.optional_text("item_title") or "",
        item_price_fen=row.optional_fen("item_price"),
        num_iid=row.optional_text("num_iid"),
        valid_score=row.flag("valid_score", default=True),
    )


def _feed(info: Node) -> TmallFeed:
    return TmallFeed(
        content=info.optional_text("content"),
        append_content=info.optional_text("append_content"),
        append_time=info.optional_moment("append_time"),
        negative=info.flag("has_negtv"),
        append_negative=info.flag("append_has_negtv"),
        tags=tuple(tag.text("tag_name") for tag in info.rows("tags")),
    )
