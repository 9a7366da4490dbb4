"""Which wallet pays what: one for each form of cash, as far as its settings are there."""

from collections.abc import Mapping
from dataclasses import fields

import httpx2
from sqlalchemy.ext.asyncio import AsyncSession

from activities.policies import Policies
from db.tables.buyers import Payee
from db.tables.money import Payout
from domain.fulfilment import WALLETS, Fulfilment, WalletName, fulfilled_by
from domain.offers import OfferForm
from gateways.alipay import AlipayClient, AlipayCredentials
from gateways.transfers import Asks, BadTransfer, Order, Scene, Statements, Wallet
from gateways.wechat_pay import WeChatPayClient, WeChatPayCredentials
from settings import Settings

SETTINGS: Mapping[WalletName, str] = {
    WalletName.ALIPAY: "AMENDS_ALIPAY_APP_ID, AMENDS_ALIPAY_PRIVATE_KEY and AMENDS_ALIPAY_PUBLIC_KEY",
    WalletName.WECHAT: "AMENDS_WECHAT_PAY_MERCHANT and the settings that begin with AMENDS_WECHAT_PAY_",
}


class WalletNotSet(Exception):
    """The wallet's settings are missing; the message names them."""


class Wallets:
    def __init__(self, policies: Policies, wallets: Mapping[WalletName, Wallet | None], coupons: Asks) -> None:
        self._policies = policies
        self._wallets = wallets
        self._coupons = coupons

    @classmethod
    def of_settings(cls, settings: Settings, http: httpx2.AsyncClient, policies: Policies, coupons: Asks) -> "Wallets":
        """Raises BadKey where a key can't be read."""
        wallets = {WalletName.ALIPAY: alipay(settings, http), WalletName.WECHAT: wechat_pay(settings, http)}
        return cls(policies, wallets, coupons)

    def statements(self, name: WalletName) -> Statements | None:
        """None where the wallet is not set."""
        wallet = self._wallets.get(name)
        return wallet if isinstance(wallet, AlipayClient | WeChatPayClient) else None

    def asked(self, form: str) -> Asks:
        """Who knows what became of something given in this form. Raises WalletNotSet."""
        return self._coupons if fulfilled_by(OfferForm(form)) is Fulfilment.COUPON_API else self.of(form)

    def of(self, form: str) -> Wallet:
        """Raises WalletNotSet; the engine tries again until somebody sets it: the payout waits, nothing is lost."""
        name = WALLETS[OfferForm(form)]
        wallet = self._wallets.get(name)
        if wallet is None:
            raise WalletNotSet(
                f"{SETTINGS[name]} are not all set: set them and restart the worker; payouts wait until then"
            )
        return wallet

    async def order(self, session: AsyncSession, payout: Payout) -> Order:
        """What the wallet is asked to pay, under the policy's honest label. Raises BadTransfer."""
        payee = await session.get(Payee, payout.payee) if payout.payee else None
        if payee is None or payee.account is None:
            raise BadTransfer("the payee was erased; ask the buyer for an account")
        policy, _ = await self._policies.compensation(session, payout.shop)
        title, scene, told = policy.payout.order_title, policy.payout.transfer_scene, policy.payout.wechat
        wechat = Scene(told.scene, told.perception, told.info_type)
        return Order(payout.key, payout.amount_fen, payee.kind, payee.account, payee.name, title, scene, wechat)


def alipay(settings: Settings, http: httpx2.AsyncClient) -> AlipayClient | None:
    """None while the wallet's settings are missing: payouts wait then, everything else works."""
    if not (settings.alipay_app_id and settings.alipay_private_key.get_secret_value() and settings.alipay_public_key):
        return None
    credentials = AlipayCredentials(
        settings.alipay_app_id,
        settings.alipay_private_key,
        settings.alipay_public_key,
        settings.alipay_app_cert_sn,
        settings.alipay_root_cert_sn,
    )
    return AlipayClient(http, settings.alipay_url, credentials, seconds=settings.outside_timeout_seconds)


def wechat_pay(settings: Settings, http: httpx2.AsyncClient) -> WeChatPayClient | None:
    """None unless every one of its settings is there."""
    credentials = WeChatPayCredentials(
        settings.wechat_pay_merchant,
        settings.wechat_pay_app_id,
        settings.wechat_pay_cert_serial,
        settings.wechat_pay_private_key,
        settings.wechat_pay_platform_serial,
        settings.wechat_pay_platform_key,
    )
    if not all(str(getattr(credentials, field.name)) for field in fields(credentials)):
        return None
    return WeChatPayClient(http, settings.wechat_pay_url, credentials, seconds=settings.outside_timeout_seconds)
