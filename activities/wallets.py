"""Which wallet pays what: one for each form of cash, as far as its settings are there."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from activities.policies import Policies
from db.tables.buyers import Payee
from db.tables.money import Payout
from domain.fulfilment import WALLETS, WalletName
from domain.offers import OfferForm
from gateways.transfers import BadTransfer, Order, Wallet

SETTINGS: Mapping[WalletName, str] = {
    WalletName.ALIPAY: "AMENDS_ALIPAY_APP_ID, AMENDS_ALIPAY_PRIVATE_KEY and AMENDS_ALIPAY_PUBLIC_KEY",
    WalletName.WECHAT: "AMENDS_WECHAT_PAY_MERCHANT and the settings that begin with AMENDS_WECHAT_PAY_",
}


class WalletNotSet(Exception):
    """The wallet's settings are missing; the message names them."""


class Wallets:
    def __init__(self, policies: Policies, wallets: Mapping[WalletName, Wallet | None]) -> None:
        self._policies = policies
        self._wallets = wallets

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
        title, scene = policy.payout.order_title, policy.payout.transfer_scene
        return Order(payout.key, payout.amount_fen, payee.kind, payee.account, payee.name, title, scene)
