"""The way in of applications: the marketplace's list by its last change, and pushes, become sealed rows and ids."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities import inbox
from activities.gateway_errors import outside
from activities.marketplace_clients import Marketplace, Marketplaces
from activities.policies import Policies
from activities.refund_batches import (
    FetchRefunds,
    Gathered,
    Known,
    RefundBatch,
    RefundItem,
    RefundPosition,
    SettleRefunds,
)
from activities.refund_facts import application_of, refund_facts
from activities.refund_readings import UnknownRefundStatus, status_of
from activities.refusals import refusing
from activities.review_facts import orders_of
from db.refunds import is_older, keep_refund
from db.sealing import KeyRing
from db.sessions import Sessions
from db.tables.cases import CaseFile, CaseKey
from db.tables.refunds import Refund, RefundCursor
from domain.case_numbers import mint
from domain.platforms import has_exchange_api
from domain.policies.refund_rules import RefundRules
from domain.refund_case.keys import KIND, BadRefundKey, check_external_id
from domain.refund_case.market import ENDED
from domain.refund_case.state import RefundOpening
from gateways.failures import Nonsense, Rejected, Transient
from gateways.top_exchanges import EXCHANGE
from gateways.top_messages import REFUND_TOPICS
from gateways.top_refunds import MarketplaceRefund, RefundPage

PAGE_SIZE = 100
ITEMS_A_BATCH = 200
PUSHES_A_BATCH = 50
# A marketplace that is ill for so many of a batch is left alone until the next run.
GIVE_UP_AFTER = 3
# An application may show up in the list some minutes after the time that it carries.
OVERLAP = timedelta(minutes=10)
GOES_ON = "the application goes on at the marketplace"


class RefundIntakeActivities:
    def __init__(self, sessions: Sessions, marketplaces: Marketplaces, ring: KeyRing, policies: Policies) -> None:
        self._sessions = sessions
        self._marketplaces = marketplaces
        self._ring = ring
        self._policies = policies

    @activity.defn
    async def fetch_refunds(self, request: FetchRefunds) -> RefundBatch:
        """What waiting pushes name, and the next pages of the list, oldest change first. Everything about buyers is
        sealed before this returns; asked again, it answers the same again until the cases are there."""
        with refusing(), outside():
            market = await self._marketplaces.of(request.shop)
            gathered = Gathered()
            position = request.position or await self._first(market, request.now)
            if request.position is None:
                await self._answer_pushes(market, gathered, request.now)
            while not position.done and len(gathered.items) + PAGE_SIZE <= ITEMS_A_BATCH:
                page = await _page(market, position)
                for why in page.unreadable:
                    gathered.skip("of the list", why)
                await self._take(market, page.refunds, gathered, request.now)
                position = position.further()
                activity.heartbeat()
        return RefundBatch(
            items=gathered.items,
            acted=gathered.acted,
            position=None if position.done else position,
            read_until=position.until if position.done else None,
            rows=gathered.rows,
            skipped=gathered.skipped,
        )

    async def _first(self, market: Marketplace, now: datetime) -> RefundPosition:
        """Since the window's end stays, an application that changes meanwhile only leaves it, so that none slips past a
        reader who goes from the last page to the first."""
        async with self._sessions() as session:
            until = await session.scalar(select(RefundCursor.read_until).where(RefundCursor.shop == market.code))
        start = min(max(until - OVERLAP if until else market.cut_off_at, market.cut_off_at), now)
        await market.pace.turn()
        total = (await market.clients.refunds.refunds_page(start, now, 1, page_size=1)).total
        exchanges = 0
        if has_exchange_api(market.rules):
            await market.pace.turn()
            exchanges = (await market.clients.exchanges.exchanges_page(start, now, 1, page_size=1)).total
        return RefundPosition(start=start, until=now, page=-(-total // PAGE_SIZE), exchanges=-(-exchanges // PAGE_SIZE))

    async def _answer_pushes(self, market: Marketplace, gathered: Gathered, now: datetime) -> None:
        async with self._sessions() as session:
            waiting = await inbox.waiting(session, market.code, PUSHES_A_BATCH, REFUND_TOPICS)
        named: dict[str, list[str]] = {}
        for push in waiting:
            named.setdefault(push.refund or "", []).append(push.message)
        for refund_id, messages in named.items():
            if refund_id and not await self._answer(market, refund_id, gathered, now):
                continue
            gathered.acted += messages
            activity.heartbeat()

    async def _answer(self, market: Marketplace, refund_id: str, gathered: Gathered, now: datetime) -> bool:
        """Whether its pushes are answered; those for which the marketplace was ill wait for the next run, and hold up
        no other."""
        if gathered.ill >= GIVE_UP_AFTER:
            return False
        await market.pace.turn()
        try:
            refund = await market.clients.refunds.refund(refund_id)
        except Transient as failure:
            gathered.ill += 1
            activity.logger.warning("application %s is read again in the next run: %s", refund_id[:64], failure)
            return False
        except (Rejected, Nonsense) as failure:
            # The list shows it too, by its last change.
            gathered.skip(refund_id[:64], failure)
            return True
        await self._take(market, [refund], gathered, now, "push")
        return True

    async def _take(
        self,
        market: Marketplace,
        refunds: Sequence[MarketplaceRefund],
        gathered: Gathered,
        now: datetime,
        source: str = "pull",
    ) -> None:
        """Seal what is new and list what each application asks for."""
        gathered.rows += len(refunds)
        shown = {one.refund_id: one for one in refunds if one.refund_id not in gathered.ids}
        async with self._sessions() as session:
            known = await known_refunds(session, market.platform, market.code, set(shown))
        new = []
        for refund_id, refund in shown.items():
            if known[refund_id].case is not None:
                gathered.items += self._news_for(market, known[refund_id], refund)
            elif self._wanted(market, refund, gathered):
                new.append(refund)
        gathered.items += [RefundItem(opening=one) for one in await self._open(market, new, now, source)]
        gathered.ids |= set(shown)

    def _news_for(self, market: Marketplace, known: Known, refund: MarketplaceRefund) -> list[RefundItem]:
        """The case itself notes what is new: noted here, a crash in between would leave it known and untold. A closed
        case whose application goes on at the marketplace begins its next run: nobody else would mind its deadlines."""
        if known.row is None:
            return []
        told = application_of(refund)
        same = (told.version, told.modified_at, told.status) == (
            known.row.version, known.row.modified_at, known.row.status,
        )  # fmt: skip
        if same or is_older(told, known.row):
            return []
        if known.workflow is not None:
            return [RefundItem(workflow=known.workflow)]
        over = status_of(market.rules.refund or RefundRules(), refund.status) in ENDED
        return [] if over else [RefundItem(opening=_next_run(market, known, known.row))]

    def _wanted(self, market: Marketplace, refund: MarketplaceRefund, gathered: Gathered) -> bool:
        """An application that was over before anybody here heard of it needs nobody."""
        try:
            check_external_id(refund.refund_id)
            ended = status_of(market.rules.refund or RefundRules(), refund.status) in ENDED
        except BadRefundKey as refusal:
            gathered.skip(refund.refund_id[:64], refusal)
            return False
        except UnknownRefundStatus:
            ended = False  # its case waits for the policy to learn the word
        return not ended and (refund.created or market.cut_off_at) >= market.cut_off_at

    async def _open(
        self, market: Marketplace, new: list[MarketplaceRefund], now: datetime, source: str
    ) -> list[RefundOpening]:
        if not new:
            return []
        async with self._sessions() as session:
            contact, _ = await self._policies.contact(session, market.code)
        orders = await orders_of(market, (one.tid for one in new))
        openings = []
        for one in new:
            facts = refund_facts(market, one, order=orders.get(one.tid), contact=contact, source=source)
            async with self._sessions.begin() as session:
                row = (await keep_refund(session, self._ring, facts, now)).row
                openings.append(
                    RefundOpening(
                        case=mint(now.year, secrets.token_bytes(16)), platform=market.platform, shop=market.code,
                        external_id=one.refund_id, refund_row=str(row.id), source=source,
                    )
                )  # fmt: skip
        return openings

    @activity.defn
    async def settle_refunds(self, request: SettleRefunds) -> None:
        """Note that a batch was acted on, then confirm its pushes. What a crash leaves undone comes again."""
        with refusing(), outside():
            market = await self._marketplaces.of(request.shop)
            async with self._sessions.begin() as session:
                await inbox.mark_acted(session, market, request.acted, request.now)
                if request.read_until is not None:
                    await _move_cursor(session, request.shop, request.read_until, request.now)
            if request.acted:
                await market.messages.confirm(request.acted)
                async with self._sessions.begin() as session:
                    await inbox.mark_confirmed(session, market, request.acted, request.now)


async def _page(market: Marketplace, position: RefundPosition) -> RefundPage:
    """The next page. What has a list of its own is not taken from the common one, where it is called otherwise."""
    await market.pace.turn()
    if not position.page:
        return await market.clients.exchanges.exchanges_page(position.start, position.until, position.exchanges)
    page = await market.clients.refunds.refunds_page(position.start, position.until, position.page)
    if not has_exchange_api(market.rules):
        return page
    return replace(page, refunds=tuple(one for one in page.refunds if one.dispute_type != EXCHANGE))


def _next_run(market: Marketplace, known: Known, row: Refund) -> RefundOpening:
    return RefundOpening(
        case=known.case or "", platform=market.platform, shop=market.code, external_id=row.external_id,
        refund_row=str(row.id), run=known.run + 1, source="pull", why=GOES_ON,
    )  # fmt: skip


async def known_refunds(session: AsyncSession, platform: str, shop: str, ids: Collection[str]) -> dict[str, Known]:
    """By external id."""
    found = await session.scalars(select(Refund).where(Refund.shop == shop, Refund.external_id.in_(ids)))
    rows = {row.external_id: row for row in found}
    cases = await session.execute(
        select(CaseKey.external_id, CaseKey.case, CaseKey.run, CaseFile.workflow, CaseFile.closed_at)
        .join(CaseFile, CaseFile.number == CaseKey.case)
        .where(CaseKey.kind == KIND, CaseKey.platform == platform, CaseKey.shop == shop, CaseKey.external_id.in_(ids))
    )
    known = {
        id: Known(rows.get(id), case, run, None if closed else workflow) for id, case, run, workflow, closed in cases
    }
    return {id: known.get(id) or Known(rows.get(id)) for id in ids}


async def _move_cursor(session: AsyncSession, shop: str, read_until: datetime, now: datetime) -> None:
    """Forwards only: a run that was held up does not undo what a later one has read."""
    row = insert(RefundCursor).values(shop=shop, read_until=read_until, ran_at=now)
    further = func.greatest(RefundCursor.read_until, row.excluded.read_until)
    await session.execute(
        row.on_conflict_do_update(index_elements=["shop"], set_={"read_until": further, "ran_at": now})
    )
