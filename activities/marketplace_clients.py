"""Clients of each shop's marketplace, made from the settings and the shop's sealed credentials."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

import httpx2
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from activities.policies import Policies
from db.sessions import Sessions, looking
from db.shops import shop_of
from db.tables.office import Shop
from domain.errors import Refusal
from domain.platforms import Platform
from domain.policies.platforms import PlatformRules
from gateways.top import TopClient, TopCredentials
from gateways.top_coupons import TopCoupons
from gateways.top_exchanges import TopExchanges
from gateways.top_messages import TopMessages
from gateways.top_refund_actions import TopRefundActions
from gateways.top_refunds import TopRefunds
from gateways.top_reviews import TopReviews
from gateways.top_sms import TopSms
from gateways.top_trades import TopTrades
from settings import Settings

# The marketplaces that speak TOP; the sandbox is one of them on the wire.
TOP_PLATFORMS = frozenset({Platform.TAOBAO, Platform.TMALL, Platform.SANDBOX})
CLIENTS_KEPT = 500


class ShopWithoutCredentials(Refusal):
    """The shop has no credentials for its marketplace, or they can't be read."""

    code = "ShopWithoutCredentials"


class NoReviewApi(Refusal):
    """The shop's marketplace lets no machine read reviews; people enter and verify them."""

    code = "NoReviewApi"


class ShopCredentials(BaseModel):
    """What a shop's sealed credentials hold, as JSON. `session` is the seller's access token."""

    model_config = ConfigDict(frozen=True)

    app_key: str = Field(min_length=1)
    app_secret: SecretStr = Field(min_length=1)
    session: SecretStr = Field(min_length=1)
    flavour: str | None = None


class Pace:
    """Spreads the calls of this process evenly over time, so that bulk reading keeps to the contract's rate."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1.0 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        now = time.monotonic()
        self._next = max(self._next + self._gap, now)
        if self._next > now:
            await asyncio.sleep(self._next - now)


@dataclass(frozen=True, slots=True)
class Clients:
    """One per thing that the marketplace has. `flavour` is taobao or tmall: what the shop's reviews are like."""

    flavour: str
    reviews: TopReviews
    trades: TopTrades
    messages: TopMessages
    refunds: TopRefunds
    refund_actions: TopRefundActions
    exchanges: TopExchanges
    sms: TopSms
    coupons: TopCoupons


@dataclass(frozen=True, slots=True)
class Marketplace:
    """A shop with the rules that count for it now and its clients; `pace.turn()` comes before each bulk call."""

    code: str
    version: int
    platform: Platform
    seller_nick: str
    zone: str
    cut_off_at: datetime
    rules: PlatformRules
    clients: Clients
    pace: Pace

    @property
    def reviews(self) -> TopReviews:
        return self.clients.reviews

    @property
    def trades(self) -> TopTrades:
        return self.clients.trades

    @property
    def messages(self) -> TopMessages:
        return self.clients.messages

    @property
    def sms(self) -> TopSms:
        return self.clients.sms

    @property
    def coupons(self) -> TopCoupons:
        return self.clients.coupons


class Marketplaces:
    """One for a process: clients are made once per shop and version, and share one HTTP client."""

    def __init__(
        self, settings: Settings, sessions: Sessions, http: httpx2.AsyncClient, policies: Policies | None = None
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._http = http
        self._policies = policies or Policies()
        self._pace = Pace(settings.marketplace_calls_per_second)
        self._made: OrderedDict[tuple[str, int], Clients] = OrderedDict()

    async def of(self, shop_code: str) -> Marketplace:
        """Raises NotThere, NoReviewApi or ShopWithoutCredentials."""
        async with looking(self._sessions) as session:
            return await self.of_shop(session, await shop_of(session, shop_code))

    async def clients_of(self, session: AsyncSession, shop_code: str, version: int) -> Clients:
        """Those of this version of a shop, without the rules that count for it. Raises as `of` does."""
        if (shop_code, version) not in self._made:
            return (await self.of_shop(session, await shop_of(session, shop_code))).clients
        self._made.move_to_end((shop_code, version))
        return self._made[shop_code, version]

    async def of_shop(self, session: AsyncSession, shop: Shop) -> Marketplace:
        """The same for a shop that was read already. Raises NoReviewApi or ShopWithoutCredentials."""
        policy, _ = await self._policies.platforms(session, shop.code)
        platform = Platform(shop.platform)
        rules = policy.rules(platform)
        if platform not in TOP_PLATFORMS:
            raise NoReviewApi(
                f"{rules.name_zh} lets no machine read reviews here: send them with POST /reviews.", platform=platform
            )
        return Marketplace(
            code=shop.code,
            version=shop.version,
            platform=platform,
            seller_nick=shop.seller_nick,
            zone=shop.zone,
            cut_off_at=shop.cut_off_at,
            rules=rules,
            clients=self._clients(shop),
            pace=self._pace,
        )

    def _clients(self, shop: Shop) -> Clients:
        key = (shop.code, shop.version)
        if key not in self._made:
            self._made[key] = self._make(shop)
        self._made.move_to_end(key)
        while len(self._made) > CLIENTS_KEPT:
            self._made.popitem(last=False)
        return self._made[key]

    def _make(self, shop: Shop) -> Clients:
        given = credentials_of(shop)
        client = TopClient(
            self._http,
            self._settings.top_url,
            TopCredentials(given.app_key, given.app_secret, given.session),
            seconds=self._settings.outside_timeout_seconds,
        )
        flavour = given.flavour or (Platform.TMALL if shop.platform == Platform.TMALL else Platform.TAOBAO)
        return Clients(
            flavour,
            TopReviews(client),
            TopTrades(client),
            TopMessages(client),
            TopRefunds(client),
            TopRefundActions(client),
            TopExchanges(client),
            TopSms(client),
            TopCoupons(client),
        )


def credentials_of(shop: Shop) -> ShopCredentials:
    """Raises ShopWithoutCredentials; its message holds no part of them."""
    if not shop.credentials:
        raise ShopWithoutCredentials(
            f"Shop {shop.code} has no credentials for its marketplace; save app_key, app_secret and session in it.",
            shop=shop.code,
        )
    try:
        return ShopCredentials.model_validate_json(shop.credentials)
    except ValidationError as error:
        wrong = sorted({str(part["loc"][0]) if part["loc"] else "the whole" for part in error.errors()})
        raise ShopWithoutCredentials(
            f"The credentials of shop {shop.code} can't be used ({', '.join(wrong)}); save them again as JSON with "
            "app_key, app_secret and session.",
            shop=shop.code,
        ) from None
